//! The chunked transfer coding ([RFC 9112], section 7.1).
//!
//! [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112#section-7.1

use super::ProtocolError;

/// The longest line of a chunk's size with its extensions, and the longest trailer section, in bytes.
const MAX_LINE: usize = 16 << 10;

/// Undoes the chunked coding, piece by piece.
#[derive(Debug, Default)]
pub(super) struct ChunkDecoder {
    state: State,
    /// The size of the chunk, or what is left of it.
    size: u64,
    digits: u8,
    /// The bytes of the present line, or of the trailer section.
    line: usize,
    /// The bytes of lines since somebody asked.
    line_bytes: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    /// Blanks after the size.
    Blank,
    Extension,
    SizeEnd,
    Data,
    DataEnd,
    DataLineFeed,
    /// At the start of a line of the trailer section.
    Trailer,
    TrailerLine,
    TrailerLineFeed,
    LastLineFeed,
    Done,
}

impl ChunkDecoder {
    /// Whether the last chunk and the trailer section have come.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// How many bytes were not data since the last call. Each of them is looked at by itself, unlike data.
    pub(super) fn take_line_bytes(&mut self) -> usize {
        std::mem::take(&mut self.line_bytes)
    }

    /// Passes the data of `bytes` to `sink`. Returns how many bytes belong to the body: all, unless it ends before.
    pub(super) fn decode(&mut self, bytes: &[u8], sink: &mut impl FnMut(&[u8])) -> Result<usize, ProtocolError> {
        let mut at = 0;
        while at < bytes.len() && self.state != State::Done {
            if self.state == State::Data {
                let len = self.size.min((bytes.len() - at) as u64) as usize;
                sink(&bytes[at..at + len]);
                at += len;
                self.size -= len as u64;
                if self.size == 0 {
                    self.state = State::DataEnd;
                }
                continue;
            }
            self.state = self.next(bytes[at])?;
            at += 1;
            self.line_bytes += 1;
        }
        Ok(at)
    }

    fn next(&mut self, byte: u8) -> Result<State, ProtocolError> {
        self.line += 1;
        if self.line > MAX_LINE {
            return Err(ProtocolError::new("a line between two chunks is too long"));
        }
        Ok(match (self.state, byte) {
            (State::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => self.digit(byte)?,
            (State::Size | State::Blank, b' ' | b'\t') if self.digits > 0 => State::Blank,
            (State::Size | State::Blank, b';') if self.digits > 0 => State::Extension,
            (State::Size | State::Blank, b'\r') if self.digits > 0 => State::SizeEnd,
            (State::Extension, b'\r') => State::SizeEnd,
            (State::Extension, b'\n') => return Err(ProtocolError::new("a chunk extension is invalid")),
            (State::Extension, _) => State::Extension,
            (State::SizeEnd, b'\n') => self.size_known(),
            (State::DataEnd, b'\r') => State::DataLineFeed,
            (State::DataLineFeed, b'\n') => {
                self.line = 0;
                State::Size
            }
            (State::Trailer, b'\r') => State::LastLineFeed,
            (State::TrailerLine, b'\r') => State::TrailerLineFeed,
            (State::Trailer | State::TrailerLine, b'\n') => return Err(ProtocolError::new("a trailer is invalid")),
            (State::Trailer | State::TrailerLine, _) => State::TrailerLine,
            (State::TrailerLineFeed, b'\n') => State::Trailer,
            (State::LastLineFeed, b'\n') => State::Done,
            (State::DataEnd | State::DataLineFeed, _) => {
                return Err(ProtocolError::new("a chunk is longer than its chunk size"));
            }
            (State::TrailerLineFeed | State::LastLineFeed, _) => {
                return Err(ProtocolError::new("a trailer is invalid"));
            }
            (State::Size | State::Blank | State::SizeEnd, _) => {
                return Err(ProtocolError::new("a chunk size is invalid"));
            }
            (State::Data | State::Done, _) => unreachable!("handled by the caller"),
        })
    }

    fn digit(&mut self, digit: u8) -> Result<State, ProtocolError> {
        let value = (digit as char).to_digit(16).unwrap_or_default();
        let is_leading_zero = self.size == 0 && value == 0;
        let Some(size) = self.size.checked_mul(16) else { return Err(ProtocolError::new("a chunk size is too large")) };
        self.size = size + u64::from(value);
        self.digits = if is_leading_zero { 1 } else { self.digits.saturating_add(1) };
        Ok(State::Size)
    }

    fn size_known(&mut self) -> State {
        (self.digits, self.line) = (0, 0);
        if self.size == 0 { State::Trailer } else { State::Data }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The data, how many bytes were of the body, and whether it is done.
    fn decoded<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> Result<(Vec<u8>, usize, bool), ProtocolError> {
        let (mut decoder, mut data, mut used) = (ChunkDecoder::default(), Vec::new(), 0);
        for piece in pieces {
            used += decoder.decode(piece, &mut |bytes| data.extend_from_slice(bytes))?;
        }
        Ok((data, used, decoder.is_done()))
    }

    #[test]
    fn chunks_are_joined() {
        for (coded, data) in [
            ("0\r\n\r\n", ""),
            ("2\r\nhi\r\n0\r\n\r\n", "hi"),
            ("1\r\nh\r\n1\r\ni\r\n000\r\n\r\n", "hi"),
            ("00000000000000000000002\r\nhi\r\n0\r\n\r\n", "hi"),
            ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
            ("2 \t\r\nhi\r\n0 \r\n\r\n", "hi"),
            ("2;a;b=c ; d=\"e;f\"\r\nhi\r\n0;x\r\n\r\n", "hi"),
            ("2\r\nhi\r\n0\r\nTrailer: 1\r\nOther:\r\n\r\n", "hi"),
        ] {
            assert_eq!(decoded([coded.as_bytes()]), Ok((data.into(), coded.len(), true)), "{coded:?}");
        }
        assert_eq!(decoded([&b"0\r\n\r\nHTTP/1.1"[..]]), Ok((vec![], 5, true)));
    }

    #[test]
    fn what_is_not_chunked_is_refused() {
        let long = format!("1;{}\r\n", "x".repeat(MAX_LINE));
        let trailers = format!("0\r\n{}", "a: b\r\n".repeat(MAX_LINE / 6 + 1));
        for coded in [
            "\r\n",
            ";\r\n",
            " 2\r\n",
            "x\r\n",
            "-1\r\n",
            "+2\r\n",
            "0x2\r\n",
            "2\nhi",
            "2\r\nhi0\r\n",
            "2\r\nhi\n0",
            "2\r\nhi\r0",
            "2 3\r\n",
            "2;a\nhi",
            "10000000000000000\r\n",
            "0\r\nx\n",
            "0\r\n\n",
            "0\r\n\rx",
            &long,
            &trailers,
        ] {
            assert!(decoded([coded.as_bytes()]).is_err(), "{coded:?}");
        }
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same(chunks: Vec<Vec<u8>>, cuts: Vec<prop::sample::Index>) {
            let mut coded = Vec::new();
            for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
                coded.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                coded.extend(chunk);
                coded.extend(b"\r\n");
            }
            coded.extend(b"0\r\n\r\n");
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(coded.len())).chain([0, coded.len()]).collect();
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|cut| &coded[cut[0]..cut[1]]);
            prop_assert_eq!(decoded(pieces), Ok((chunks.concat(), coded.len(), true)));
        }
    }
}
