//! Text as people save it: UTF-8 with or without a byte order mark, or UTF-16 with one.

use std::borrow::Cow;
use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_16BE, UTF_16LE};
use memchr::memmem;

/// The byte order mark of UTF-8.
pub const BOM: &[u8] = b"\xef\xbb\xbf";

/// A line without the byte order marks that it begins with: several, where files were concatenated, or where a program
/// wrote one ahead of that of a file.
pub fn without_boms(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_prefix(BOM) {
        line = rest;
    }
    line
}

/// How much of a file in UTF-16 is decoded at once, in bytes.
const CHUNK: usize = 16 << 10;

/// Stands for what is not valid in UTF-16: these bytes are in no text of any encoding, so that the line is refused like
/// any other that is not text, and the message can say why.
const INVALID: &[u8] = b"\xff\xc0\xff\xc0\xff";

/// What is neither UTF-8 nor UTF-16 with a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// It has no byte order mark, or that of UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// It has the byte order mark of UTF-16, and half a character.
    #[error("not UTF-16")]
    Utf16,
}

/// Text that was decoded if it was in UTF-16.
///
/// # Errors
/// It is not text.
pub fn from_decoded(bytes: &[u8]) -> Result<&str, NotText> {
    std::str::from_utf8(bytes).map_err(|_| not_text(bytes))
}

fn not_text(bytes: &[u8]) -> NotText {
    memmem::find(bytes, INVALID).map_or(NotText::Utf8, |_| NotText::Utf16)
}

/// The same as far as it is text.
pub fn from_decoded_lossy(bytes: &[u8]) -> Cow<'_, str> {
    match memmem::find(bytes, INVALID) {
        Some(at) => Cow::Owned(format!(
            "{}\u{fffd}{}",
            String::from_utf8_lossy(&bytes[..at]),
            from_decoded_lossy(&bytes[at + INVALID.len()..])
        )),
        None => String::from_utf8_lossy(bytes),
    }
}

/// The content of a text file, without its byte order mark.
///
/// # Errors
/// It is not text.
pub fn decode(file: Vec<u8>) -> Result<String, NotText> {
    String::from_utf8(decode_bytes(file)).map_err(|error| not_text(error.as_bytes()))
}

/// The content of a file that may also have bytes that are not text: only a byte order mark says how to read it.
pub fn decode_bytes(mut file: Vec<u8>) -> Vec<u8> {
    if let Some(encoding) = utf16(&file) {
        let mut decoded = Vec::new();
        let read = Utf16Reader::new(encoding, &file[2..]).read_to_end(&mut decoded);
        debug_assert!(read.is_ok(), "a slice can be read");
        return decoded;
    }
    if file.starts_with(BOM) {
        file.drain(..BOM.len());
    }
    file
}

/// Reads a text file piece by piece, without its byte order mark. If its first bytes cannot be read, the first read fails.
pub fn reader<R: Read + Send + 'static>(mut bytes: R) -> Box<dyn Read + Send> {
    let mut head = match head(&mut bytes) {
        Ok(head) => head,
        Err(error) => return Box::new(Unreadable(Some(error))),
    };
    match utf16(&head) {
        Some(encoding) => Box::new(Utf16Reader::new(encoding, io::Cursor::new(head.split_off(2)).chain(bytes))),
        None => Box::new(io::Cursor::new(decode_bytes(head)).chain(bytes)),
    }
}

struct Unreadable(Option<io::Error>);

impl Read for Unreadable {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// The lines of a text, without their ends: LF, CRLF or CR.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_terminator('\n').flat_map(|part| part.strip_suffix('\r').unwrap_or(part).split('\r'))
}

/// The first bytes of a file, as many as tell what it is: four, unless it ends before.
///
/// # Errors
/// They cannot be read.
pub fn head(bytes: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(4);
    bytes.take(4).read_to_end(&mut head)?;
    Ok(head)
}

/// The encoding of a file in UTF-16, which its first four bytes show. Their first two are the byte order mark.
pub fn utf16(head: &[u8]) -> Option<&'static Encoding> {
    match head {
        [0xff, 0xfe, 0, 0, ..] => None, // UTF-32
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// Turns UTF-16 into UTF-8. What is not valid becomes a byte that is not valid either.
pub struct Utf16Reader<R> {
    bytes: R,
    /// Dropped at the end, for it must not be used beyond.
    decoder: Option<Decoder>,
    read: Box<[u8]>,
    decoded: Vec<u8>,
    /// The start of what has not been returned yet.
    start: usize,
}

impl<R: Read> Utf16Reader<R> {
    /// Reads `bytes`, without their byte order mark, as `encoding`.
    pub fn new(encoding: &'static Encoding, bytes: R) -> Self {
        let decoder = Some(encoding.new_decoder_without_bom_handling());
        Utf16Reader { bytes, decoder, read: vec![0; CHUNK].into(), decoded: Vec::with_capacity(2 * CHUNK), start: 0 }
    }

    /// Decodes what one read returns. That may be nothing, after half a character.
    fn decode_more(&mut self) -> io::Result<()> {
        self.start = 0;
        self.decoded.clear();
        let Some(decoder) = &mut self.decoder else { return Ok(()) };
        let read = self.bytes.read(&mut self.read)?;
        let (mut rest, is_last) = (&self.read[..read], read == 0);
        loop {
            let room = self.decoded.len();
            self.decoded.resize(room + CHUNK, 0);
            let out = &mut self.decoded[room..];
            let (result, used, written) = decoder.decode_to_utf8_without_replacement(rest, out, is_last);
            self.decoded.truncate(room + written);
            rest = &rest[used..];
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.decoded.extend_from_slice(INVALID),
            }
        }
        if is_last {
            self.decoder = None;
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.start == self.decoded.len() && self.decoder.is_some() {
            self.decode_more()?;
        }
        let mut rest = &self.decoded[self.start..];
        let read = rest.read(buffer)?;
        self.start += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(text: &str, big: bool) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn what_is_not_valid_is_not_text() {
        for (file, content) in [
            (&b"a"[..], Ok("a")),
            (b"\xef\xbb\xbfa", Ok("a")),
            (b"\xef\xbb\xbf", Ok("")),
            (b"a\xef\xbb\xbf", Ok("a\u{feff}")),
            (b"\xff\xfea\0", Ok("a")),
            (b"\xfe\xff\0a", Ok("a")),
            (b"\xff\xfe", Ok("")),
            (b"\xff\xfea\0b", Err(NotText::Utf16)),       // half a unit
            (b"\xff\xfe\0\xd8a\0", Err(NotText::Utf16)),  // half a pair
            (b"\xff\xfe\0\0a\0\0\0", Err(NotText::Utf8)), // UTF-32
            (b"caf\xe9", Err(NotText::Utf8)),
        ] {
            assert_eq!(decode(file.to_vec()).as_deref(), content.as_ref().copied(), "{file:?}");
        }
        assert_eq!(decode_bytes(b"caf\xe9".to_vec()), b"caf\xe9");
    }

    #[test]
    fn a_line_ends_with_lf_crlf_or_cr() {
        for (text, expected) in [
            ("", vec![]),
            ("a", vec!["a"]),
            ("a\nb\n", vec!["a", "b"]),
            ("a\rb\r", vec!["a", "b"]),
            ("a\r\nb\r\n", vec!["a", "b"]),
            ("a\r\r\n\nb\rc", vec!["a", "", "", "b", "c"]),
        ] {
            assert_eq!(lines(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    /// Returns one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(1);
            self.0.read(&mut buffer[..most])
        }
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text: String, times in 1..2000usize, big: bool) {
            let text = text.repeat(times);
            prop_assert!(decode(encoded(&text, big)).as_ref() == Ok(&text));
        }

        #[test]
        fn the_size_of_reads_does_not_matter(bytes: Vec<u8>, big: bool) {
            let encoding = if big { UTF_16BE } else { UTF_16LE };
            let (mut whole, mut slow) = (Vec::new(), Vec::new());
            Utf16Reader::new(encoding, &bytes[..]).read_to_end(&mut whole).unwrap();
            Utf16Reader::new(encoding, Slow(&bytes)).read_to_end(&mut slow).unwrap();
            prop_assert_eq!(whole, slow);
        }
    }
}
