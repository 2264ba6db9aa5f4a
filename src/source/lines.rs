//! Lines out of a fixed buffer, however long they are and however the bytes come.

use std::io::{self, Read};
use std::mem;

use memchr::memchr;

use crate::model::LinePosition;

/// The longest line of a text list that is taken for a request, in bytes.
pub const MAX_LINE: usize = 64 << 10;

/// What is read at once, beside the start of a line that is too long.
const CHUNK: usize = MAX_LINE;

/// The buffer between an input and its lines.
///
/// Whatever complete lines it holds can be taken without reading, which is how a slow input is served line by line.
pub(super) struct Lines {
    buffer: Box<[u8]>,
    /// The longest line that is kept whole.
    max: usize,
    /// Where the next line starts.
    start: usize,
    /// How far it is known to have no end.
    searched: usize,
    /// Where the bytes read end.
    filled: usize,
    /// How many bytes of the next line were dropped because it is too long.
    dropped: u64,
    /// Where the next line starts in the input.
    offset: u64,
    /// The lines before the next one.
    number: u64,
    ended: bool,
}

/// A line without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// The line: whole up to the longest that is kept; of a longer one, some more than that.
    pub text: &'a [u8],
    /// Its number in its input, from 1.
    pub number: u64,
    /// The byte at which it starts in its input.
    pub offset: u64,
}

impl Lines {
    /// Lines of up to `max` bytes each.
    pub(super) fn new(max: usize) -> Self {
        Lines::over(vec![0; max + CHUNK + 1].into_boxed_slice(), max)
    }

    fn over(buffer: Box<[u8]>, max: usize) -> Self {
        Lines { buffer, max, start: 0, searched: 0, filled: 0, dropped: 0, offset: 0, number: 0, ended: false }
    }

    /// Forgets the input, to begin with another.
    pub(super) fn restart(&mut self) {
        *self = Lines::over(mem::take(&mut self.buffer), self.max);
    }

    /// Forgets the input, to go on with one that stands at the line of `place`.
    pub(super) fn restart_at(&mut self, place: LinePosition) {
        self.restart();
        (self.offset, self.number) = (place.offset, place.line.saturating_sub(1));
    }

    /// The next line, if the buffer has its end.
    pub(super) fn next_line(&mut self) -> Option<Line<'_>> {
        let (end, next) = match memchr(b'\n', &self.buffer[self.searched..self.filled]) {
            Some(at) => (self.searched + at, self.searched + at + 1),
            None if self.ended && self.start < self.filled => (self.filled, self.filled),
            None => {
                self.searched = self.filled;
                return None;
            }
        };
        let text = &self.buffer[self.start..end];
        let offset = self.offset;
        self.offset += self.dropped + (next - self.start) as u64;
        self.number += 1;
        self.dropped = 0;
        (self.start, self.searched) = (next, next);
        Some(Line { text, number: self.number, offset })
    }

    /// Reads once, when there is no next line.
    pub(super) fn fill(&mut self, input: &mut (impl Read + ?Sized)) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.start = 0;
        if let Some(surplus @ 1..) = self.filled.checked_sub(self.max + 1) {
            self.dropped += surplus as u64;
            self.filled -= surplus;
        }
        self.searched = self.filled;
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

    /// Whether the input has no bytes left to read.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// How many bytes the lines so far took.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{Line, Lines, MAX_LINE};

    /// A reader that gives no more than the next of `sizes` at once, over and over.
    struct Trickle<'a> {
        bytes: &'a [u8],
        sizes: std::iter::Cycle<std::slice::Iter<'a, usize>>,
    }

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(*self.sizes.next().unwrap());
            self.bytes.read(&mut buffer[..most])
        }
    }

    /// Every line: as much of it as is promised, its number, its offset.
    fn read(lines: &mut Lines, input: &mut impl Read) -> Vec<(Vec<u8>, u64, u64)> {
        let mut out = Vec::new();
        loop {
            while let Some(Line { text, number, offset }) = lines.next_line() {
                out.push((text[..text.len().min(MAX_LINE + 1)].to_vec(), number, offset));
            }
            if lines.ended() {
                return out;
            }
            lines.fill(input).unwrap();
        }
    }

    fn split(bytes: &[u8]) -> Vec<(Vec<u8>, u64, u64)> {
        let (mut out, mut offset) = (Vec::new(), 0);
        for (line, number) in bytes.split_inclusive(|&byte| byte == b'\n').zip(1..) {
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            out.push((text[..text.len().min(MAX_LINE + 1)].to_vec(), number, offset));
            offset += line.len() as u64;
        }
        out
    }

    fn short() -> impl Strategy<Value = Vec<u8>> {
        vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..300)
    }

    fn long() -> impl Strategy<Value = Vec<u8>> {
        let len =
            prop_oneof![0..3usize, MAX_LINE - 2..MAX_LINE + 3, 2 * MAX_LINE - 2..2 * MAX_LINE + 3, 0..6 * MAX_LINE];
        vec((len, any::<u8>(), any::<bool>()), 0..4).prop_map(|runs| {
            let run = |(len, byte, ends): (usize, u8, bool)| [vec![byte; len], vec![b'\n'; ends.into()]].concat();
            runs.into_iter().flat_map(run).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn lines_are_those_of_a_split(bytes in short(), sizes in vec(1usize..40, 1..8)) {
            let mut input = Trickle { bytes: &bytes, sizes: sizes.iter().cycle() };
            prop_assert_eq!(read(&mut Lines::new(MAX_LINE), &mut input), split(&bytes));
        }

        #[test]
        fn long_lines_are_cut_and_nothing_else(
            bytes in long(),
            sizes in vec(prop_oneof![100..2000usize, MAX_LINE - 2..3 * MAX_LINE], 1..4),
        ) {
            let mut input = Trickle { bytes: &bytes, sizes: sizes.iter().cycle() };
            prop_assert!(read(&mut Lines::new(MAX_LINE), &mut input) == split(&bytes));
        }
    }

    #[test]
    fn nothing_is_left_for_the_next_input() {
        let mut lines = Lines::new(MAX_LINE);
        for bytes in [&b"a\nb"[..], b"", b"\n", &[b'x'; 3 * MAX_LINE], b"c\n"] {
            assert!(read(&mut lines, &mut &*bytes) == split(bytes));
            assert_eq!(lines.offset(), bytes.len() as u64);
            lines.restart();
        }
    }
}
