//! Holds requests that are not safe to repeat until the intent to send them is durable.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;

use tokio::sync::{mpsc, oneshot};

use super::fetcher::Dispatch;
use crate::durable::IntentLog;

/// A handle to the thread that writes the log of intents.
#[derive(Debug)]
pub(super) struct IntentGate(Sender<Dispatch>);

impl IntentGate {
    /// Starts the thread. The receiver is told when the log has failed: from then on every request ends as cancelled.
    ///
    /// # Errors
    /// The thread could not be started.
    pub(super) fn spawn(
        log: IntentLog,
        fetchers: Vec<mpsc::UnboundedSender<Dispatch>>,
    ) -> io::Result<(IntentGate, oneshot::Receiver<io::Error>)> {
        let (requests, inbox) = channel();
        let (failed, failure) = oneshot::channel();
        Builder::new().name("haul-intents".into()).spawn(move || {
            if let Err(error) = forward(&inbox, &log, &fetchers) {
                let _ = failed.send(error);
            }
        })?;
        Ok((IntentGate(requests), failure))
    }

    pub(super) fn send(&self, request: Dispatch) {
        let _ = self.0.send(request);
    }
}

/// Logs requests and passes them on to their fetchers. Those that came while the disk was busy share one sync.
fn forward(
    inbox: &Receiver<Dispatch>,
    log: &IntentLog,
    fetchers: &[mpsc::UnboundedSender<Dispatch>],
) -> io::Result<()> {
    while let Ok(first) = inbox.recv() {
        let requests: Vec<Dispatch> = std::iter::once(first).chain(inbox.try_iter()).collect();
        log.append(requests.iter().map(Dispatch::seq))?;
        for request in requests {
            let _ = fetchers[request.fetcher()].send(request);
        }
    }
    Ok(())
}
