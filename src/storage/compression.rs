//! How a list or an output is compressed: what its name says.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::bufread::{GzDecoder, MultiGzDecoder};
use flate2::write::GzEncoder;

/// A compressed file is a row of members ([RFC 1952], section 2.2) or frames ([RFC 8878], section 3.1), each of which
/// can be undone alone.
///
/// [RFC 1952]: https://www.rfc-editor.org/rfc/rfc1952#section-2.2
/// [RFC 8878]: https://www.rfc-editor.org/rfc/rfc8878#section-3.1
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Coding {
    /// Not compressed.
    #[default]
    Plain,
    /// `.gz`
    Gzip,
    /// `.zst`
    Zstd,
}

impl Coding {
    /// What the name of a file says.
    pub fn of(path: &Path) -> Coding {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some(gz) if gz.eq_ignore_ascii_case("gz") => Coding::Gzip,
            Some(zst) if zst.eq_ignore_ascii_case("zst") => Coding::Zstd,
            _ => Coding::Plain,
        }
    }

    /// Appends `block` to `out`, as a member or frame of its own if it is to be compressed.
    ///
    /// # Errors
    /// The compressor failed.
    pub fn encode(self, block: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Coding::Plain => out.extend_from_slice(block),
            Coding::Gzip => {
                let mut member = GzEncoder::new(out, Compression::default());
                member.write_all(block)?;
                member.finish()?;
            }
            Coding::Zstd => {
                let mut frame = zstd::stream::write::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                frame.include_checksum(true)?;
                frame.write_all(block)?;
                frame.finish()?;
            }
        }
        Ok(())
    }

    /// All that `bytes` hold, undone. What breaks off is an error, not an end.
    ///
    /// # Errors
    /// The decompressor could not be set up.
    pub fn reader<R: Read + Send + 'static>(self, bytes: R) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Coding::Plain => Box::new(bytes),
            Coding::Gzip => Box::new(MultiGzDecoder::new(BufReader::new(bytes))),
            Coding::Zstd => Box::new(zstd::stream::read::Decoder::new(bytes)?),
        })
    }

    /// Appends the member or frame at which `bytes` stand to `out`; `bytes` stand behind it then.
    ///
    /// # Errors
    /// It is broken or not whole.
    pub fn decode_one(self, mut bytes: impl BufRead, out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Coding::Plain => bytes.read_until(b'\n', out)?,
            Coding::Gzip => GzDecoder::new(bytes).read_to_end(out)?,
            Coding::Zstd => zstd::stream::read::Decoder::with_buffer(bytes)?.single_frame().read_to_end(out)?,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const BLOCKS: [&[u8]; 3] = [b"one\n", b"", b"two\nthree\n"];

    #[test]
    fn a_name_says_how() {
        for (name, coding) in [("a.ndjson.gz", Coding::Gzip), ("A.ZST", Coding::Zstd), ("gz", Coding::Plain)] {
            assert_eq!(Coding::of(Path::new(name)), coding);
        }
    }

    #[test]
    fn blocks_are_read_as_one_or_one_by_one() {
        for coding in [Coding::Gzip, Coding::Zstd] {
            let mut file = Vec::new();
            for block in BLOCKS {
                coding.encode(block, &mut file).unwrap();
            }
            let mut whole = Vec::new();
            coding.reader(io::Cursor::new(file.clone())).unwrap().read_to_end(&mut whole).unwrap();
            assert_eq!(whole, BLOCKS.concat());

            let mut rest = &*file;
            for block in BLOCKS {
                let mut one = Vec::new();
                coding.decode_one(&mut rest, &mut one).unwrap();
                assert_eq!(one, block);
            }
            assert!(rest.is_empty());

            let torn = file[..file.len() - 1].to_vec();
            assert!(coding.reader(io::Cursor::new(torn)).unwrap().read_to_end(&mut whole).is_err());
        }
    }
}
