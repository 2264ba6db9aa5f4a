//! How many fetchers a run has, and how many connections they may have open.

use std::fs;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use crate::plan::{Fetch, Limits};

/// The descriptors that are kept for what a run opens later: runtimes, look-ups of names, files of bodies.
const RESERVED: usize = 64;

/// The most connections where the system sets no limit. Linux sets this one unless it is told otherwise.
const NO_LIMIT: usize = 1 << 20;

/// The largest window of a stream of HTTP/2: how much of a body a server may send before haul has read any.
const MAX_WINDOW: usize = 2 << 20;

/// The smallest: what the protocol begins with.
const MIN_WINDOW: usize = (64 << 10) - 1;

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
    /// The share of each fetcher in `connections`.
    pub(super) fn of(plan: &Fetch, connections: usize) -> Self {
        let fetchers = fetchers(plan).get();
        let max_open = (connections / fetchers).max(1);
        let max_idle = plan.transport.max_idle.map_or(max_open, |max| max.div_ceil(fetchers));
        ConnectionLimits { max_open, max_idle }
    }
}

/// The window of a stream of HTTP/2. What has come and was not read is in memory, so all streams together have a quarter
/// of the memory for bodies.
pub(super) fn stream_window(limits: &Limits) -> u32 {
    let share = limits.max_memory / 4 / limits.concurrency.get();
    u32::try_from(share.clamp(MIN_WINDOW, MAX_WINDOW)).unwrap_or(u32::MAX)
}

/// How many connections may be open at once. Ask before the first one: what is open already, such as lists and outputs,
/// is taken off.
pub fn for_connections() -> usize {
    descriptors().map_or(NO_LIMIT, |limit| within(limit, open()))
}

fn within(limit: usize, open: usize) -> usize {
    let reserved = RESERVED.min(limit / 4);
    limit.saturating_sub(open + reserved).clamp(1, NO_LIMIT)
}

/// The number of open descriptors. Where it cannot be told, none but the standard streams count.
fn open() -> usize {
    fs::read_dir("/dev/fd").map_or(3, |entries| entries.count().saturating_sub(1)) // one is for reading this
}

/// The limit on open files, connections included. `None` if there is none.
#[cfg(unix)]
fn descriptors() -> Option<usize> {
    use rustix::process::{Resource, getrlimit};

    getrlimit(Resource::Nofile).current.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn descriptors() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn something_is_left_for_what_is_not_a_connection() {
        for (limit, open, connections) in [
            (1024, 10, 950),
            (256, 10, 182),
            (128, 10, 86),
            (64, 10, 38),
            (8, 5, 1),
            (0, 3, 1),
            (4096, 4096, 1),
            (usize::MAX, 10, NO_LIMIT),
        ] {
            assert_eq!(within(limit, open), connections, "{limit}, {open} of them open");
        }
    }

    #[cfg(unix)]
    #[test]
    fn open_files_count() {
        let limit = descriptors().unwrap_or(usize::MAX);
        assert!(for_connections() < limit && for_connections() > 1);
        let files: Vec<_> = (0..100).map(|_| File::open("/dev/null").unwrap()).collect();
        assert!(open() >= 103, "{} are open", open()); // other tests open some, too
        drop(files);
    }
}
