//! Files on disk: compression, and files that grow by whole blocks.

mod appender;
pub mod compression;
mod hex;
mod layout;

pub(crate) use appender::sync_directory;
pub use appender::{Appender, Position, Tail};
pub(crate) use hex::hex;
pub use layout::{Layout, Rotate};
