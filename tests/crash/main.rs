//! The binary killed at random moments, and gone on with: every input has its record once.

mod kills;
mod pages;
mod server;
mod starts;
