//! Threads beside a run, which end with it.

use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

/// A thread that watches a run until it is stopped.
pub(crate) struct Watching {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Watching {
    /// Watches until what `watch` receives is closed.
    pub(crate) fn start(watch: impl FnOnce(oneshot::Receiver<()>) + Send + 'static) -> Self {
        let (stop, stopped) = oneshot::channel();
        Watching { stop, thread: thread::spawn(move || watch(stopped)) }
    }

    /// Ends the watch, and waits for the end of the thread.
    pub(crate) fn stop(self) {
        drop(self.stop);
        let _ = self.thread.join();
    }
}
