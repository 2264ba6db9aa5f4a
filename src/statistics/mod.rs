//! Statistics: what can be told from measurements, and what is chance.

pub(crate) mod batches;
pub(crate) mod binomial;
mod correlation;
pub(crate) mod holm;
pub(crate) mod quantile;
#[cfg(test)]
pub(crate) mod random;
pub(crate) mod shares;
pub(crate) mod student;
