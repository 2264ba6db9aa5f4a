//! How many connections this process may have open.

/// Descriptors that are left for files, the standard streams, the resolver and the runtimes.
const RESERVED: usize = 64;

/// The number of connections where the system sets no limit that is known.
const UNKNOWN: usize = 10_000;

/// How many connections may be open at once.
pub(super) fn connections() -> usize {
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
