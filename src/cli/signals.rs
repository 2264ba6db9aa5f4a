//! Ctrl-C and SIGTERM: once to come to an end, twice to stop at once, thrice to leave everything as it is.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use haul::engine::{Control, Stop};
use indicatif::ProgressBar;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

/// The first signal that came, if one did.
#[derive(Debug, Default)]
pub(crate) struct Caught(AtomicU8);

impl Caught {
    /// 128 and the signal's number, as shells have it.
    pub(crate) fn exit_code(&self) -> Option<ExitCode> {
        self.code().map(ExitCode::from)
    }

    fn code(&self) -> Option<u8> {
        match self.0.load(Ordering::Acquire) {
            0 => None,
            signal => Some(128 + signal),
        }
    }

    fn catch(&self, kind: SignalKind) {
        let number = u8::try_from(kind.as_raw_value()).unwrap_or(1);
        let _ = self.0.compare_exchange(0, number, Ordering::AcqRel, Ordering::Acquire);
    }
}

/// Stops the run under `control` when signals say so. Without a way to hear them, they end the process as ever.
pub(crate) fn watch(control: &Control, bar: &ProgressBar) -> Arc<Caught> {
    let caught = Arc::<Caught>::default();
    let (control, bar, seen) = (control.clone(), bar.clone(), Arc::clone(&caught));
    let runtime = runtime::Builder::new_current_thread().enable_io().build();
    let (ready, listening) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let (Ok(mut interrupt), Ok(mut terminate)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            let _ = ready.send(());
            let mut next = async || {
                seen.catch(tokio::select! {
                    _ = interrupt.recv() => SignalKind::interrupt(),
                    _ = terminate.recv() => SignalKind::terminate(),
                });
            };
            next().await;
            control.stop(Stop::Drain);
            bar.println("stopping: what is in flight comes to its end; once more stops at once");
            next().await;
            control.stop(Stop::Now);
            next().await; // only an output that takes nothing can have kept us
            std::process::exit(seen.code().unwrap_or_default().into());
        });
    });
    let _ = listening.recv();
    caught
}
