//! Ctrl-C, SIGTERM and SIGHUP: the first drains the run, the second stops it, the third exits at once.

use std::fs;
use std::future::poll_fn;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Poll;
use std::thread;

use haul::engine::{Control, Stop};
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

use super::printer::Printer;
use super::screen::terminal;

/// The signals that end a run.
pub(crate) const ENDING: [SignalKind; 3] = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];

/// Some signals that are caught instead of what they would do to the process.
pub(crate) struct Signals(Vec<(SignalKind, Signal)>);

impl Signals {
    /// Catches `kinds`, except those that were ignored when haul was started: they stay so.
    pub(crate) fn listen(kinds: &[SignalKind]) -> io::Result<Self> {
        let ignored = ignored();
        let kinds = kinds.iter().filter(|kind| !is_ignored(**kind, ignored));
        kinds.map(|&kind| Ok((kind, signal(kind)?))).collect::<io::Result<_>>().map(Signals)
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> SignalKind {
        poll_fn(|cx| {
            let mut signals = self.0.iter_mut();
            let arrived = signals.find_map(|(kind, signal)| signal.poll_recv(cx).is_ready().then_some(*kind));
            arrived.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// The signals that this process ignores, one a bit, if the system says so. Whoever started it wants that: nohup for
/// SIGHUP, and a shell without job control for SIGINT, which Ctrl-C sends to its jobs in the background as well.
fn ignored() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

fn is_ignored(kind: SignalKind, ignored: Option<u64>) -> bool {
    match ignored {
        Some(mask) => mask >> (kind.as_raw_value() - 1) & 1 == 1,
        None => kind == SignalKind::hangup(), // not caught, it does what whoever started haul wants
    }
}

/// The first signal that arrived, if any.
#[derive(Debug, Default)]
pub(crate) struct Caught {
    number: AtomicU8,
    /// Told when somebody asks for the end with a key.
    key: Notify,
}

impl Caught {
    /// 128 plus the signal's number, as in shells.
    pub(crate) fn exit_code(&self) -> Option<ExitCode> {
        self.code().map(ExitCode::from)
    }

    /// Whether the terminal may be gone.
    pub(crate) fn is_hangup(&self) -> bool {
        i32::from(self.number.load(Ordering::Acquire)) == SignalKind::hangup().as_raw_value()
    }

    /// Ends the run as Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.key.notify_one();
    }

    fn code(&self) -> Option<u8> {
        match self.number.load(Ordering::Acquire) {
            0 => None,
            signal => Some(128 + signal),
        }
    }

    fn catch(&self, kind: SignalKind) {
        let number = u8::try_from(kind.as_raw_value()).unwrap_or(1);
        let _ = self.number.compare_exchange(0, number, Ordering::AcqRel, Ordering::Acquire);
    }
}

/// Stops the run under `control` on signals. If they cannot be caught, they end the process as usual.
pub(crate) fn watch(control: &Control, printer: &Printer) -> Arc<Caught> {
    let caught = Arc::<Caught>::default();
    let (control, printer, seen) = (control.clone(), printer.clone(), Arc::clone(&caught));
    let runtime = runtime::Builder::new_current_thread().enable_io().build();
    let (ready, listening) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::listen(&ENDING) else { return };
            let _ = ready.send(());
            let mut next = async || {
                let kind = tokio::select! {
                    kind = signals.next() => kind,
                    () = seen.key.notified() => SignalKind::interrupt(),
                };
                seen.catch(kind);
            };
            next().await;
            control.stop(Stop::Drain);
            say_with(printer, "haul: stopping: waiting for requests in flight; repeat to stop at once\n");
            next().await;
            control.stop(Stop::Now);
            next().await; // only a blocked output can have delayed the exit
            terminal::end_soon();
            std::process::exit(seen.code().unwrap_or_default().into());
        });
    });
    let _ = listening.recv();
    caught
}

/// Prints `message` from a thread of its own: a terminal that is stuck must not hold up the next signal.
fn say_with(printer: Printer, message: &'static str) {
    let _ = thread::Builder::new().spawn(move || printer.print(message));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_a_bit_of_the_mask() {
        let (interrupt, hangup) = (SignalKind::interrupt(), SignalKind::hangup());
        for (mask, wanted) in [
            (Some(0), [false, false]),
            (Some(0b1), [false, true]),     // nohup
            (Some(0b110), [true, false]),   // in the background of a script
            (Some(0x1000), [false, false]), // SIGPIPE, which Rust ignores
            (None, [false, true]),
        ] {
            assert_eq!([is_ignored(interrupt, mask), is_ignored(hangup, mask)], wanted, "{mask:?}");
        }
    }
}
