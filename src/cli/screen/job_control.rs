//! Ctrl-Z and `fg`: the shell gets its terminal as it was, and the screen comes back. So it is with Ctrl-\, but for good.

use std::thread;

use rustix::process::{Signal, getpid, kill_process};
use signal_hook::low_level::emulate_default_handler;
use tokio::runtime::Builder;
use tokio::signal::unix::SignalKind;

use super::terminal;
use crate::cli::signals::Signals;

/// Leaves the screen before the process stops, and lets it be shown once the process goes on. Leaves it before the
/// process dies of SIGQUIT, too.
pub(super) fn watch() {
    let runtime = Builder::new_current_thread().enable_io().build();
    let [stop, go_on] = [Signal::TSTP, Signal::CONT].map(|signal| SignalKind::from_raw(signal.as_raw()));
    let quit = SignalKind::quit();
    // Without the thread, Ctrl-Z stops the process as usual, and the shell clears the screen.
    let _ = thread::Builder::new().name("haul-jobs".into()).spawn(move || {
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::listen(&[stop, go_on, quit]) else { return };
            loop {
                match signals.next().await {
                    signal if signal == stop => {
                        terminal::pause();
                        let _ = kill_process(getpid(), Signal::STOP); // may return before all threads have stopped
                    }
                    signal if signal == quit => {
                        terminal::end_soon();
                        let _ = emulate_default_handler(quit.as_raw_value());
                    }
                    _ => terminal::resume(),
                }
            }
        });
    });
}
