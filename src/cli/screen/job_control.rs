//! Ctrl-Z and `fg`: the shell gets its terminal as it was, and the screen comes back.

use std::thread;

use rustix::process::{Signal, getpid, kill_process};
use tokio::runtime::Builder;
use tokio::signal::unix::SignalKind;

use super::terminal;
use crate::cli::signals::Signals;

/// Leaves the screen before the process stops, and lets it be shown once the process goes on.
pub(super) fn watch() {
    let runtime = Builder::new_current_thread().enable_io().build();
    let [stop, go_on] = [Signal::TSTP, Signal::CONT].map(|signal| SignalKind::from_raw(signal.as_raw()));
    // Without the thread, Ctrl-Z stops the process as usual, and the shell clears the screen.
    let _ = thread::Builder::new().name("haul-jobs".into()).spawn(move || {
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::listen(&[stop, go_on]) else { return };
            loop {
                if signals.next().await == stop {
                    terminal::pause();
                    let _ = kill_process(getpid(), Signal::STOP); // which may return before all threads have stopped
                } else {
                    terminal::resume();
                }
            }
        });
    });
}
