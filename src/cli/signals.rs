//! Ctrl-C and SIGTERM: the first drains the run, the second stops it, the third exits at once.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use haul::engine::{Control, Stop};
use indicatif::ProgressBar;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

/// The first signal that arrived, if any.
#[derive(Debug, Default)]
pub(crate) struct Caught(AtomicU8);

impl Caught {
    /// 128 plus the signal's number, as in shells.
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

/// Stops the run under `control` on signals. If they cannot be caught, they end the process as usual.
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
            bar.println("haul: stopping: waiting for requests in flight; repeat to stop at once");
            next().await;
            control.stop(Stop::Now);
            next().await; // only a blocked output can have delayed the exit
            std::process::exit(seen.code().unwrap_or_default().into());
        });
    });
    let _ = listening.recv();
    caught
}
