//! A run as a library user sees it: built, started, read.

mod builder;
mod check;
mod haul;
mod output;
mod records;
mod running;

pub use builder::HaulBuilder;
pub use check::BuildError;
pub use haul::Haul;
pub use records::Records;
