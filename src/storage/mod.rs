//! Files on disk: compression, files that grow by whole blocks, and files that are replaced as a whole.

mod appender;
pub mod compression;
mod hex;
mod layout;
mod replace;
mod tail;
pub mod text;

pub use appender::{Appender, Position};
pub(crate) use hex::hex;
pub use layout::{Layout, Rotate};
pub(crate) use replace::{FileAccess, NEW, replace, replace_exclusively, sync_directory};
pub use replace::{folder, write_whole};
pub use tail::TailChecksum;
