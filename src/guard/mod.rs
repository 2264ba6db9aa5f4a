//! What keeps output harmless: secrets are masked, and control characters do not reach a terminal.

pub mod redact;
pub mod terminal;
