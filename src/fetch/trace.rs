//! What an attempt learns of its connection while a client opens it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::model::Phase;

/// Where a client reports its progress in connecting for one attempt.
///
/// It is shared: a client may finish opening the connection in the background after the attempt is over.
#[derive(Debug, Clone, Default)]
pub(super) struct ConnectTrace(Arc<Mutex<ConnectProgress>>);

/// How far connecting has got.
#[derive(Debug, Clone, Default)]
pub(super) struct ConnectProgress {
    /// A new connection is being opened for this request, or was.
    pub(super) started: bool,
    /// The resolver has not answered yet, or could not.
    pub(super) resolving: bool,
    /// What has been spent so far.
    pub(super) timings: ConnectTimings,
    /// When the handshakes were over.
    pub(super) connected_at: Option<Instant>,
    /// Both ends of the connection, once it is open.
    pub(super) addrs: Option<ConnectionAddrs>,
}

/// How long it took to open a connection.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ConnectTimings {
    /// The name look-ups: a proxy has a name, too.
    pub(super) dns: Option<Duration>,
    /// The TCP and TLS handshakes.
    pub(super) handshakes: Option<Duration>,
}

/// Both ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ConnectionAddrs {
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
}

impl ConnectTrace {
    /// The progress so far, to read or to update.
    pub(super) fn progress(&self) -> MutexGuard<'_, ConnectProgress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
