//! How many fetchers a run has, and how many connections they may have open.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use crate::plan::Fetch;

/// Descriptors that are left for files, the standard streams, the resolver and the runtimes.
const RESERVED: usize = 64;

/// The number of connections where the system sets no limit that is known.
const UNKNOWN: usize = 10_000;

/// How many fetchers a run has.
pub fn fetchers(plan: &Fetch) -> NonZeroUsize {
    plan.threads.or(available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}

/// The share of one fetcher in the connections that may be open, and that may idle.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectionLimits {
    pub(super) max_open: usize,
    pub(super) max_idle: usize,
}

impl ConnectionLimits {
    pub(super) fn of(plan: &Fetch) -> Self {
        let fetchers = fetchers(plan).get();
        let max_open = (connections() / fetchers).max(1);
        let max_idle = plan.transport.max_idle.map_or(max_open, |max| max.div_ceil(fetchers));
        ConnectionLimits { max_open, max_idle }
    }
}

/// How many connections may be open at once.
fn connections() -> usize {
    descriptors().map_or(UNKNOWN, |limit| limit.saturating_sub(RESERVED).max(1))
}

#[cfg(unix)]
fn descriptors() -> Option<usize> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current.map(|current| usize::try_from(current).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn descriptors() -> Option<usize> {
    None
}
