//! The compression of lists and outputs, which follows from their names.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

/// A compressed file is a sequence of members ([RFC 1952], section 2.2) or frames ([RFC 8878], section 3.1), which can be
/// decompressed one by one.
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
    /// The compression of a file with this name.
    pub fn of(path: &Path) -> Coding {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some(gz) if gz.eq_ignore_ascii_case("gz") => Coding::Gzip,
            Some(zst) if zst.eq_ignore_ascii_case("zst") => Coding::Zstd,
            _ => Coding::Plain,
        }
    }

    /// The compression of a file with these first four bytes.
    pub fn of_content(head: &[u8]) -> Coding {
        let known = [Coding::Gzip, Coding::Zstd].into_iter().find(|coding| head.starts_with(coding.magic()));
        known.unwrap_or(Coding::Plain)
    }

    /// What every file with this compression begins with.
    pub fn magic(self) -> &'static [u8] {
        match self {
            Coding::Plain => b"",
            Coding::Gzip => b"\x1f\x8b\x08",
            Coding::Zstd => b"\x28\xb5\x2f\xfd",
        }
    }

    /// Appends `block` to `out`, compressed as a member or frame of its own.
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

    /// Decompresses `bytes`. A truncated member or frame is an error, and so is anything else behind one: that error
    /// contains [`TrailingData`].
    ///
    /// # Errors
    /// The decompressor could not be set up.
    pub fn reader<R: Read + Send + 'static>(self, bytes: R) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Coding::Plain => Box::new(bytes),
            Coding::Gzip => Box::new(GzipMembers(Some(GzDecoder::new(BufReader::new(bytes))))),
            Coding::Zstd => Box::new(ZstdFrames { frames: zstd::stream::read::Decoder::new(bytes)?, is_first: true }),
        })
    }

    /// Appends the next line, member or frame of `bytes` to `out`, decompressed.
    ///
    /// # Errors
    /// It is damaged or incomplete.
    pub fn decode_one(self, mut bytes: impl BufRead, out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Coding::Plain => bytes.read_until(b'\n', out)?,
            Coding::Gzip => GzDecoder::new(bytes).read_to_end(out)?,
            Coding::Zstd => zstd::stream::read::Decoder::with_buffer(bytes)?.single_frame().read_to_end(out)?,
        };
        Ok(())
    }
}

/// Something else follows the compressed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("something else follows the compressed data")]
pub struct TrailingData;

impl From<TrailingData> for io::Error {
    fn from(error: TrailingData) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, error)
    }
}

/// The members of a gzip file. `None` after the last.
struct GzipMembers<R>(Option<GzDecoder<R>>);

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.0 {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let next = loop {
                match member.get_mut().fill_buf() {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    next => break next?.first().copied(),
                }
            };
            if next.is_some_and(|next| next != Coding::Gzip.magic()[0]) {
                return Err(TrailingData.into());
            }
            let rest = self.0.take().filter(|_| next.is_some());
            self.0 = rest.map(|member| GzDecoder::new(member.into_inner()));
        }
        Ok(0)
    }
}

/// The frames of a zstd file.
struct ZstdFrames<R: Read> {
    frames: zstd::stream::read::Decoder<'static, BufReader<R>>,
    /// Whether nothing has been decompressed yet.
    is_first: bool,
}

impl<R: Read> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.frames.read(buffer).map_err(|error| match error.to_string().as_str() {
            "Unknown frame descriptor" if !self.is_first => TrailingData.into(),
            _ => error,
        })?;
        self.is_first &= read == 0;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_follows_compressed_data_is_told_from_a_truncation() {
        for coding in [Coding::Gzip, Coding::Zstd] {
            for junk in
                [&b"x"[..], b"http://a/\n", b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", b"<html></html>\n<!-- -->"]
            {
                let mut file = Vec::new();
                coding.encode(b"one\n", &mut file).unwrap();
                coding.encode(b"two\n", &mut file).unwrap();
                file.extend_from_slice(junk);
                let mut whole = Vec::new();
                let error = coding.reader(io::Cursor::new(file)).unwrap().read_to_end(&mut whole).unwrap_err();
                assert_eq!(error.to_string(), TrailingData.to_string(), "{coding:?} {junk:?}");
                assert_eq!(whole, b"one\ntwo\n");
            }
        }
    }

    const BLOCKS: [&[u8]; 3] = [b"one\n", b"", b"two\nthree\n"];

    #[test]
    fn the_compression_follows_from_the_name() {
        for (name, coding) in [("a.ndjson.gz", Coding::Gzip), ("A.ZST", Coding::Zstd), ("gz", Coding::Plain)] {
            assert_eq!(Coding::of(Path::new(name)), coding);
        }
    }

    #[test]
    fn blocks_are_read_together_or_one_by_one() {
        for coding in [Coding::Gzip, Coding::Zstd] {
            let mut file = Vec::new();
            for block in BLOCKS {
                coding.encode(block, &mut file).unwrap();
            }
            let mut whole = Vec::new();
            coding.reader(io::Cursor::new(file.clone())).unwrap().read_to_end(&mut whole).unwrap();
            assert_eq!(whole, BLOCKS.concat());
            assert_eq!((Coding::of_content(&file), Coding::of_content(&whole)), (coding, Coding::Plain));

            let mut rest = &*file;
            for block in BLOCKS {
                let mut one = Vec::new();
                coding.decode_one(&mut rest, &mut one).unwrap();
                assert_eq!(one, block);
            }
            assert!(rest.is_empty());

            let truncated = file[..file.len() - 1].to_vec();
            assert!(coding.reader(io::Cursor::new(truncated)).unwrap().read_to_end(&mut whole).is_err());
        }
    }
}
