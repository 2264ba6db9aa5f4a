//! The record's keys: as they are documented, and as they are written, byte for byte.

mod docs;
mod records;
