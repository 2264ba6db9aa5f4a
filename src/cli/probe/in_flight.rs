//! How many requests of a probe may be in flight.

use std::num::NonZeroUsize;

use haul::engine::Adjustment;
use haul::plan::LoadModel;

use crate::cli::args::Load;

/// The share of the memory that each request in flight must have: what a connection may buffer before anything is read.
const MEMORY_EACH: usize = 64 << 10;

/// As many as there may be connections, and as `max_memory` has room for.
pub(crate) fn default(connections: usize, max_memory: usize) -> NonZeroUsize {
    NonZeroUsize::new(connections.min(max_memory / MEMORY_EACH)).unwrap_or(NonZeroUsize::MIN)
}

/// What to say of an adjustment, if anything: the default is what open files allow, and few more of them may be open when
/// requests begin.
pub(crate) fn adjusted(adjustment: &Adjustment, model: &LoadModel, typed: &Load) -> Option<String> {
    match adjustment {
        Adjustment::Concurrency { requested, used } if !matches!(model, LoadModel::Closed { .. }) => {
            typed.max_in_flight.map(|_| {
                format!("--max-in-flight was lowered from {requested} to {used}, which the limit on open files allows")
            })
        }
        adjustment => Some(adjustment.to_string()),
    }
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
