//! Totals that can be merged.

/// Totals of some records, starting from nothing.
pub(super) trait Merge: Default {
    /// Adds the totals of other records.
    fn merge(&mut self, other: &Self);
}
