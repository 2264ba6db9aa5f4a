//! How many requests of a probe may be in flight, unless an option says.

use std::num::NonZeroUsize;

/// The share of the memory that each request in flight must have: what a connection may buffer before anything is read.
const MEMORY_EACH: usize = 64 << 10;

/// As many as there may be connections, and as `max_memory` has room for.
pub(crate) fn default(connections: usize, max_memory: usize) -> NonZeroUsize {
    NonZeroUsize::new(connections.min(max_memory / MEMORY_EACH)).unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::default;

    #[test]
    fn the_lower_bound_counts() {
        const GIB: usize = 1 << 30;
        for (connections, memory, in_flight) in
            [(950, GIB, 950), (1 << 20, GIB, 16_384), (1 << 20, 4 * GIB, 65_536), (1, GIB, 1), (0, 0, 1)]
        {
            assert_eq!(default(connections, memory).get(), in_flight);
        }
    }
}
