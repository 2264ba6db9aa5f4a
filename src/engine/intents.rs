//! Where requests that are not safe to repeat pass by: their start is durable before they leave.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;

use tokio::sync::{mpsc, oneshot};

use super::fetcher::Errand;
use crate::durable::Starts;

/// The way to the gate's thread.
#[derive(Debug)]
pub(super) struct Gate(Sender<Errand>);

impl Gate {
    /// Starts the thread. The receiver hears when the log has failed: then nothing passes any more, and what comes
    /// ends as cancelled.
    ///
    /// # Errors
    /// The thread could not be started.
    pub(super) fn spawn(
        starts: Starts,
        fetchers: Vec<mpsc::UnboundedSender<Errand>>,
    ) -> io::Result<(Gate, oneshot::Receiver<io::Error>)> {
        let (errands, inbox) = channel();
        let (failed, failure) = oneshot::channel();
        Builder::new().name("haul-starts".into()).spawn(move || {
            if let Err(why) = serve(&inbox, &starts, &fetchers) {
                let _ = failed.send(why);
            }
        })?;
        Ok((Gate(errands), failure))
    }

    pub(super) fn send(&self, errand: Errand) {
        let _ = self.0.send(errand);
    }
}

/// What came while the disk was busy goes together: many share one sync.
fn serve(inbox: &Receiver<Errand>, starts: &Starts, fetchers: &[mpsc::UnboundedSender<Errand>]) -> io::Result<()> {
    while let Ok(first) = inbox.recv() {
        let errands: Vec<Errand> = std::iter::once(first).chain(inbox.try_iter()).collect();
        starts.begin(errands.iter().map(Errand::seq))?;
        for errand in errands {
            let _ = fetchers[errand.fetcher()].send(errand);
        }
    }
    Ok(())
}
