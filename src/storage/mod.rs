//! Files on disk: compression, and files that grow by whole blocks.

mod appender;
pub mod compression;
mod layout;

pub(crate) use appender::sync_directory;
pub use appender::{Appender, Position, Tail};
pub use layout::{Layout, Rotate};
