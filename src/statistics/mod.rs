//! Statistics: what can be told from measurements, and what is chance.

pub(crate) mod batches;
pub(crate) mod binomial;
pub(crate) mod holm;
#[cfg_attr(not(test), expect(dead_code, reason = "for what ends by precision"))]
pub(crate) mod quantile;
pub(crate) mod student;
