//! A checksum by which a file can be recognised.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The checksum of the last bytes before a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TailChecksum {
    /// How many bytes.
    pub len: u64,
    /// Their CRC-32.
    pub crc: u32,
}

impl TailChecksum {
    /// Enough to tell two outputs apart.
    const MAX: usize = 4 << 10;

    pub(super) fn of(block: &[u8]) -> Self {
        let last = &block[block.len().saturating_sub(Self::MAX)..];
        TailChecksum { len: last.len() as u64, crc: crc32fast::hash(last) }
    }

    /// Whether the file at `path` has these bytes before its byte `end`.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn is_before(self, end: u64, path: &Path) -> io::Result<bool> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(end.saturating_sub(self.len)))?;
        let mut last = Vec::new();
        file.take(self.len.min(Self::MAX as u64)).read_to_end(&mut last)?;
        Ok(TailChecksum::of(&last) == self)
    }
}
