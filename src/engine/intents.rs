//! Where requests that are not safe to repeat pass by: their start is durable before they leave.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;

use tokio::sync::{mpsc, oneshot};

use super::fetcher::Dispatch;
use crate::durable::IntentLog;

/// The way to the gate's thread.
#[derive(Debug)]
pub(super) struct IntentGate(Sender<Dispatch>);

impl IntentGate {
    /// Starts the thread. The receiver hears when the log has failed: then nothing passes any more, and what comes
    /// ends as cancelled.
    ///
    /// # Errors
    /// The thread could not be started.
    pub(super) fn spawn(
        starts: IntentLog,
        fetchers: Vec<mpsc::UnboundedSender<Dispatch>>,
    ) -> io::Result<(IntentGate, oneshot::Receiver<io::Error>)> {
        let (errands, inbox) = channel();
        let (failed, failure) = oneshot::channel();
        Builder::new().name("haul-starts".into()).spawn(move || {
            if let Err(why) = serve(&inbox, &starts, &fetchers) {
                let _ = failed.send(why);
            }
        })?;
        Ok((IntentGate(errands), failure))
    }

    pub(super) fn send(&self, errand: Dispatch) {
        let _ = self.0.send(errand);
    }
}

/// What came while the disk was busy goes together: many share one sync.
fn serve(
    inbox: &Receiver<Dispatch>,
    starts: &IntentLog,
    fetchers: &[mpsc::UnboundedSender<Dispatch>],
) -> io::Result<()> {
    while let Ok(first) = inbox.recv() {
        let errands: Vec<Dispatch> = std::iter::once(first).chain(inbox.try_iter()).collect();
        starts.begin(errands.iter().map(Dispatch::seq))?;
        for errand in errands {
            let _ = fetchers[errand.fetcher()].send(errand);
        }
    }
    Ok(())
}
