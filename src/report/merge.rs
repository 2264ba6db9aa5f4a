//! What adds up.

/// A sum, which takes in others.
pub(super) trait Merge: Default {
    /// Adds what another has.
    fn merge(&mut self, other: &Self);
}
