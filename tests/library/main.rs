//! The library as its users see it.

mod builder;
mod records;
mod runs;
mod sources;
