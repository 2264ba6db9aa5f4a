//! Splits a stream of bytes into lines, in a buffer of fixed size.
//!
//! A line ends with LF, CRLF or, as in files of old Macs and of Excel for Mac, CR. One input may have all three.

use std::io::{self, Read};
use std::mem;

use memchr::memchr2;

use crate::model::LinePosition;
use crate::storage::text::without_boms;

/// The longest line of a text list that can be a request, in bytes.
pub const MAX_LINE: usize = 64 << 10;

/// The longest line, or record of several lines, in any other format, in bytes. It exceeds [`MAX_LINE`] because it may
/// contain a body; larger bodies belong in files.
pub const MAX_RECORD: usize = 1 << 20;

/// How much is read at once, on top of the start of a line that is too long.
const CHUNK: usize = MAX_LINE;

/// A line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InputLine<'a> {
    /// The line without its end: whole up to the longest that is kept; of a longer line, somewhat more than that.
    pub text: &'a [u8],
    /// What ends it: LF, CRLF, CR, or nothing at the end of the input.
    pub end: &'a [u8],
    /// Its number in its input, from 1.
    pub number: u64,
    /// The byte offset in its input at which it starts.
    pub offset: u64,
}

/// The list that a line belongs to, and the ordinal that its entry gets.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineContext<'a> {
    /// The index of the list.
    pub(super) list: u32,
    /// What messages call a line of it, without the number.
    pub(super) line_name: &'a str,
    /// The ordinal of the entry.
    pub(super) seq: u64,
}

impl LineContext<'_> {
    pub(super) fn position(self, line: InputLine<'_>) -> LinePosition {
        LinePosition { list: self.list, line: line.number, offset: line.offset }
    }
}

/// Whether a line is blank. One that is too long to be kept never is.
pub(super) fn is_blank(line: &[u8]) -> bool {
    line.len() <= MAX_RECORD && without_boms(line).trim_ascii().is_empty()
}

/// The buffer between an input and its lines.
///
/// Complete lines in the buffer are returned before anything more is read, so that a slow input is served line by line.
pub(super) struct LineBuffer {
    buffer: Box<[u8]>,
    /// The longest line that is kept whole.
    max: usize,
    /// The start of the next line.
    start: usize,
    /// The end of the bytes already searched for the end of a line.
    searched: usize,
    /// The end of the bytes read.
    filled: usize,
    /// The number of bytes dropped from the next line because it is too long.
    dropped: u64,
    /// The offset of the next line in the input.
    offset: u64,
    /// The number of lines before the next one.
    number: u64,
    ended: bool,
}

impl LineBuffer {
    /// A buffer for lines of up to `max` bytes each.
    pub(super) fn new(max: usize) -> Self {
        LineBuffer::over(vec![0; max + CHUNK + 1].into_boxed_slice(), max)
    }

    fn over(buffer: Box<[u8]>, max: usize) -> Self {
        LineBuffer { buffer, max, start: 0, searched: 0, filled: 0, dropped: 0, offset: 0, number: 0, ended: false }
    }

    /// Discards the input, to start with another.
    pub(super) fn restart(&mut self) {
        *self = LineBuffer::over(mem::take(&mut self.buffer), self.max);
    }

    /// Discards the input, to continue with one that was moved to `position`.
    pub(super) fn restart_at(&mut self, position: LinePosition) {
        self.restart();
        (self.offset, self.number) = (position.offset, position.line.saturating_sub(1));
    }

    /// The next line, if the buffer contains its end.
    pub(super) fn next_line(&mut self) -> Option<InputLine<'_>> {
        let (end, next) = match memchr2(b'\n', b'\r', &self.buffer[self.searched..self.filled]) {
            Some(at) => {
                let end = self.searched + at;
                match (self.buffer[end], self.buffer[end + 1..self.filled].first()) {
                    (b'\r', Some(b'\n')) => (end, end + 2),
                    (b'\r', None) if !self.ended => {
                        self.searched = end; // its line feed may be still to come
                        return None;
                    }
                    _ => (end, end + 1),
                }
            }
            None if self.ended && self.start < self.filled => (self.filled, self.filled),
            None => {
                self.searched = self.filled;
                return None;
            }
        };
        let (text, terminator) = (&self.buffer[self.start..end], &self.buffer[end..next]);
        let offset = self.offset;
        self.offset += self.dropped + (next - self.start) as u64;
        self.number += 1;
        self.dropped = 0;
        (self.start, self.searched) = (next, next);
        Some(InputLine { text, end: terminator, number: self.number, offset })
    }

    /// What is in the buffer of the next lines, and whether more can follow it there.
    pub(super) fn ahead(&self) -> (&[u8], bool) {
        let ahead = &self.buffer[self.start..self.filled];
        (ahead, !self.ended && ahead.len() <= self.max)
    }

    /// Reads once, after [`Self::next_line`] has returned nothing, or while [`Self::ahead`] says that more can follow.
    pub(super) fn fill(&mut self, input: &mut (impl Read + ?Sized)) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.searched -= self.start;
        self.start = 0;
        // A carriage return at the end stays: whether it is the whole end of the line, the next byte tells.
        let undecided = self.filled - self.searched;
        if let Some(surplus @ 1..) = self.searched.checked_sub(self.max + 1) {
            self.dropped += surplus as u64;
            self.buffer.copy_within(self.searched..self.filled, self.max + 1);
            self.searched = self.max + 1;
            self.filled = self.searched + undecided;
        }
        let end = self.buffer.len().min(self.filled + 2 * CHUNK);
        let read = loop {
            match input.read(&mut self.buffer[self.filled..end]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.filled += read;
        self.ended = read == 0;
        Ok(())
    }

    /// Whether the input was read to its end.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// The number of bytes in the lines so far.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{InputLine, LineBuffer, MAX_LINE};

    /// A reader that returns at most the next of `sizes` bytes at a time, cyclically.
    struct ChunkedReader<'a> {
        bytes: &'a [u8],
        sizes: std::iter::Cycle<std::slice::Iter<'a, usize>>,
    }

    impl Read for ChunkedReader<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(*self.sizes.next().unwrap());
            self.bytes.read(&mut buffer[..most])
        }
    }

    /// Every line: as much of it as is guaranteed, its number, its offset.
    fn read(lines: &mut LineBuffer, input: &mut impl Read) -> Vec<(Vec<u8>, u64, u64)> {
        let mut out = Vec::new();
        loop {
            while let Some(InputLine { text, number, offset, .. }) = lines.next_line() {
                out.push((text[..text.len().min(MAX_LINE + 1)].to_vec(), number, offset));
            }
            if lines.ended() {
                return out;
            }
            lines.fill(input).unwrap();
        }
    }

    fn split(bytes: &[u8]) -> Vec<(Vec<u8>, u64, u64)> {
        let (mut out, mut start) = (Vec::new(), 0);
        while start < bytes.len() {
            let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
            let end = bytes[start..].iter().position(is_end).map_or(bytes.len(), |at| start + at);
            let next = if bytes[end..].starts_with(b"\r\n") { end + 2 } else { bytes.len().min(end + 1) };
            out.push((bytes[start..end.min(start + MAX_LINE + 1)].to_vec(), out.len() as u64 + 1, start as u64));
            start = next;
        }
        out
    }

    fn short() -> impl Strategy<Value = Vec<u8>> {
        vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..300)
    }

    fn long() -> impl Strategy<Value = Vec<u8>> {
        let len =
            prop_oneof![0..3usize, MAX_LINE - 2..MAX_LINE + 3, 2 * MAX_LINE - 2..2 * MAX_LINE + 3, 0..6 * MAX_LINE];
        let end = prop::sample::select(&["", "\n", "\r", "\r\n"][..]);
        vec((len, any::<u8>(), end), 0..4).prop_map(|runs| {
            let run = |(len, byte, end): (usize, u8, &str)| [&vec![byte; len], end.as_bytes()].concat();
            runs.into_iter().flat_map(run).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn lines_equal_those_of_a_split(bytes in short(), sizes in vec(1usize..40, 1..8)) {
            let mut input = ChunkedReader { bytes: &bytes, sizes: sizes.iter().cycle() };
            prop_assert_eq!(read(&mut LineBuffer::new(MAX_LINE), &mut input), split(&bytes));
        }

        #[test]
        fn only_long_lines_are_truncated(
            bytes in long(),
            sizes in vec(prop_oneof![100..2000usize, MAX_LINE - 2..3 * MAX_LINE], 1..4),
        ) {
            let mut input = ChunkedReader { bytes: &bytes, sizes: sizes.iter().cycle() };
            prop_assert!(read(&mut LineBuffer::new(MAX_LINE), &mut input) == split(&bytes));
        }
    }

    #[test]
    fn restarting_clears_the_buffer() {
        let mut lines = LineBuffer::new(MAX_LINE);
        for bytes in [&b"a\nb"[..], b"", b"\n", &[b'x'; 3 * MAX_LINE], b"c\n", b"d\re\r"] {
            assert!(read(&mut lines, &mut &*bytes) == split(bytes));
            assert_eq!(lines.offset(), bytes.len() as u64);
            lines.restart();
        }
    }
}
