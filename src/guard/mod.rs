//! Makes output safe: masks secrets, and keeps control characters from terminals.

pub mod redact;
pub mod terminal;
