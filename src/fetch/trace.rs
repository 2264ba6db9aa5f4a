//! What an attempt learns of its connection while a client opens it.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::model::Phase;

/// Where a client reports its progress for one attempt.
#[derive(Debug, Default)]
pub(super) struct ConnectTrace(Cell<ConnectProgress>);

/// How far a request has got.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ConnectProgress {
    /// A new connection is being opened for this request, or was.
    pub(super) started: bool,
    /// The resolver has not answered yet, or could not.
    pub(super) resolving: bool,
    /// What has been spent so far.
    pub(super) timings: ConnectTimings,
    /// When the handshakes were over.
    pub(super) connected_at: Option<Instant>,
    /// When the server last took some of the request, if the request is large.
    pub(super) active_at: Option<Instant>,
    /// The server's address, once there is a connection.
    pub(super) remote: Option<SocketAddr>,
}

/// How long it took to open a connection.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ConnectTimings {
    /// The name look-ups: a proxy has a name, too.
    pub(super) dns: Option<Duration>,
    /// The TCP and TLS handshakes.
    pub(super) handshakes: Option<Duration>,
}

impl ConnectTrace {
    /// The progress so far.
    pub(super) fn progress(&self) -> ConnectProgress {
        self.0.get()
    }

    /// Replaces the progress.
    pub(super) fn set(&self, progress: ConnectProgress) {
        self.0.set(progress);
    }

    /// Changes the progress.
    pub(super) fn update(&self, change: impl FnOnce(&mut ConnectProgress)) {
        let mut progress = self.0.get();
        change(&mut progress);
        self.0.set(progress);
    }

    /// The phase of a request that waits for the head of its response.
    pub(super) fn phase(&self) -> Phase {
        let progress = self.progress();
        if progress.resolving {
            Phase::Dns
        } else if progress.started && progress.connected_at.is_none() {
            Phase::Connect
        } else {
            Phase::Wait
        }
    }
}
