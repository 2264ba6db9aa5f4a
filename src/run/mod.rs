//! A run as a library user sees it: built, started, read.

mod builder;
mod haul;
mod output;
mod records;
mod running;

pub use builder::{BuildError, HaulBuilder};
pub use haul::Haul;
pub use records::Records;
