//! Valid answers, and how they go wrong.

use fastrand::Rng;

use crate::Case;

const ANSWERS: &[&str] = &[
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nServer: x\r\nX-A: one\r\nX-B: two\r\nContent-Length: 11\r\nETag: \"a\"\r\n\r\nhello world",
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end",
    "HTTP/1.0 200 OK\r\nX-A: a\r\n\r\nto the end",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1 ; c=\"d\"\r\n!\r\n00\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0b\r\nhello world\r\n0\r\nX-A: a\r\nX-B: b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTrailer: X-A\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\r\n\r\n0\r\nX-A: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 204 No Content\r\nX-A: a\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 X\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 200\r\ncontent-length:2\r\n\r\nhi",
    "HTTP/1.1 503 Not now\r\nRetry-After: 5\r\nContent-Length: 4\r\n\r\nbusy",
    "HTTP/1.1 302 Found\r\nLocation: /caf\u{e9}\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX-A: one\r\n two\r\nContent-Length: 2\r\n\r\nhi",
    "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
    "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
];

/// What is worth having in between.
const TOKENS: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    "\n\n",
    " ",
    "\t",
    ":",
    ";",
    ",",
    "\"",
    "\0",
    "\x01",
    "\x7f",
    "0",
    "1",
    "5",
    "a",
    "f",
    "-",
    "+",
    "chunked",
    "identity",
    "gzip, ",
    "Content-Length: 5\r\n",
    "Content-Length: 6\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "X-C : c\r\n",
    "X-C: c\r\n d\r\n",
    "nonsense\r\n",
    "0\r\n\r\n",
    "5\r\nhello\r\n",
    "HTTP/1.1 100 X\r\n\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.0",
    "HTTP/1.2",
    "101",
    "204",
    "999",
    "\u{e9}",
    "ffffffffffffffff",
    "18446744073709551615",
    "0x",
];

/// Makes cases, the same for the same seed.
pub(crate) struct Mutator(Rng);

impl Mutator {
    pub(crate) fn new(seed: u64) -> Self {
        Mutator(Rng::with_seed(seed))
    }

    pub(crate) fn case(&mut self) -> Case {
        let mut bytes = self.answer().to_vec();
        for _ in 0..self.0.usize(0..5) {
            self.mutate(&mut bytes);
        }
        let mut cuts: Vec<usize> = (0..self.0.usize(0..6)).map(|_| self.0.usize(0..=bytes.len())).collect();
        if self.0.u8(..) < 16 {
            cuts = (1..bytes.len()).collect();
        }
        cuts.sort_unstable();
        cuts.dedup();
        Case { bytes, cuts, to_head: self.0.u8(..) < 24 }
    }

    fn answer(&mut self) -> &'static [u8] {
        ANSWERS[self.0.usize(0..ANSWERS.len())].as_bytes()
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.0.usize(0..=bytes.len());
        let end = (at + self.0.usize(1..8)).min(bytes.len());
        match self.0.u8(0..12) {
            0 | 1 => self.insert_token(bytes, at),
            2 => drop(bytes.drain(at..end)),
            3 => drop(bytes.drain(at..(at + 1).min(bytes.len()))),
            4 if at < bytes.len() => bytes[at] ^= 1 << self.0.u8(0..8),
            5 if at < bytes.len() => bytes[at] = self.0.u8(..),
            6 if at < bytes.len() => {
                let other = self.0.usize(0..bytes.len());
                bytes.swap(at, other);
            }
            7 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            8 => self.lines(bytes),
            9 => bytes.truncate(at),
            10 => self.digit(bytes),
            _ => {
                let other = self.answer();
                let from = self.0.usize(0..=other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }

    fn insert_token(&mut self, bytes: &mut Vec<u8>, at: usize) {
        let token = TOKENS[self.0.usize(0..TOKENS.len())].as_bytes();
        // Where a line begins, it may become one of its own.
        let starts: Vec<usize> = (1..=bytes.len()).filter(|at| bytes[at - 1] == b'\n').collect();
        let start = self.0.choice(starts).unwrap_or(at);
        let at = if self.0.bool() { start } else { at };
        bytes.splice(at..at, token.iter().copied());
    }

    /// Doubles, drops or swaps lines.
    fn lines(&mut self, bytes: &mut Vec<u8>) {
        let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        if lines.is_empty() {
            return;
        }
        let (one, other) = (self.0.usize(0..lines.len()), self.0.usize(0..lines.len()));
        match self.0.u8(0..3) {
            0 => lines.insert(other, lines[one].clone()),
            1 => drop(lines.remove(one)),
            _ => lines.swap(one, other),
        }
        *bytes = lines.concat();
    }

    fn digit(&mut self, bytes: &mut [u8]) {
        let digits: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()).collect();
        if let Some(at) = self.0.choice(digits) {
            bytes[at] = self.0.u8(b'0'..=b'9');
        }
    }
}
