//! Totals that can be merged.

/// Totals of some records, starting from nothing.
pub(super) trait Merge: Default {
    /// Adds the totals of other records.
    fn merge(&mut self, other: &Self);
}

/// Adds to each sum what belongs to it. A sum saturates: a file that was tampered with may claim any number.
pub(super) fn add<const N: usize>(sums: [(&mut u64, u64); N]) {
    for (sum, more) in sums {
        *sum = sum.saturating_add(more);
    }
}
