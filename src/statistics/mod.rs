//! Statistics: what can be told from measurements, and what is chance.

pub(crate) mod batches;
pub(crate) mod binomial;
pub(crate) mod holm;
pub(crate) mod shares;
pub(crate) mod student;
