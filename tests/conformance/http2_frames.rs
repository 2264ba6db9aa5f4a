//! HTTP/2 frames, written by hand, and as much of a server as rows need.

use std::collections::HashMap;

use bytes::Bytes;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;
pub(crate) const PRIORITISED: u8 = 32;

pub(crate) const NO_ERROR: u32 = 0;
pub(crate) const PROTOCOL_ERROR: u32 = 1;
pub(crate) const INTERNAL_ERROR: u32 = 2;
pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const CANCEL: u32 = 8;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;

const PREFACE: usize = 24;

const LARGEST_FRAME: usize = 16_384;

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A whole head.
pub(crate) fn headers(stream: u32, flags: u8, fields: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | flags, stream, block(fields))
}

/// A whole head of these fields, after the status 200.
pub(crate) fn head(stream: u32, fields: &[(&str, &str)]) -> Vec<u8> {
    headers(stream, 0, &[&[(":status", "200")], fields].concat())
}

pub(crate) fn data(stream: u32, flags: u8, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    frame(DATA, flags, stream, bytes)
}

pub(crate) fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, code.to_be_bytes())
}

pub(crate) fn go_away(last: u32, code: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, [last.to_be_bytes(), code.to_be_bytes()].concat())
}

/// Literal fields without an index, without Huffman coding.
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            length(&mut block, text.len());
            block.extend_from_slice(text.as_bytes());
        }
    }
    block
}

/// An integer with a prefix of seven bits (RFC 7541, section 5.1).
fn length(block: &mut Vec<u8>, length: usize) {
    const PREFIX: usize = 127;
    let Some(mut rest) = length.checked_sub(PREFIX) else { return block.push(length as u8) };
    block.push(PREFIX as u8);
    while rest >= 128 {
        block.push((rest % 128 + 128) as u8);
        rest /= 128;
    }
    block.push(rest as u8);
}

/// What a server knows of its connection.
pub(crate) struct Http2 {
    greeted: bool,
    /// The last stream that has asked.
    last: u32,
    /// Whether that stream has ended.
    ended: bool,
    /// How many requests are answered well at once.
    warm_up: usize,
    connection_window: i64,
    initial_window: i64,
    windows: HashMap<u32, i64>,
}

impl Http2 {
    pub(crate) fn new(warm_up: usize) -> Self {
        const WINDOW: i64 = 65_535;
        Http2 {
            greeted: false,
            last: 0,
            ended: false,
            warm_up,
            connection_window: WINDOW,
            initial_window: WINDOW,
            windows: HashMap::new(),
        }
    }

    /// Whether the last request has ended.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// A good answer to the last request.
    pub(crate) fn good(&self) -> Vec<u8> {
        [head(self.last, &[]), data(self.last, END_STREAM, "good")].concat()
    }

    /// Takes frames from `unread` up to a head that counts. Tells it, and what to reply.
    pub(crate) fn hear(&mut self, unread: &mut Vec<u8>) -> (Option<Vec<u8>>, Vec<u8>) {
        let mut replies = Vec::new();
        if !self.greeted {
            if unread.len() < PREFACE {
                return (None, replies);
            }
            assert!(unread.starts_with(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "no preface");
            unread.drain(..PREFACE);
            self.greeted = true;
            replies.extend(frame(SETTINGS, 0, 0, ""));
        }
        while let Some((kind, flags, stream, payload)) = take(unread) {
            self.ended |= kind == DATA && flags & END_STREAM != 0;
            match kind {
                SETTINGS if flags & ACK == 0 => {
                    self.settings(&payload);
                    replies.extend(frame(SETTINGS, ACK, 0, ""));
                }
                PING if flags & ACK == 0 => replies.extend(frame(PING, ACK, 0, payload)),
                WINDOW_UPDATE => self.widen(stream, i64::from(number(&payload))),
                DATA if !payload.is_empty() => {
                    let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
                    replies.extend(frame(WINDOW_UPDATE, 0, 0, size));
                    replies.extend(frame(WINDOW_UPDATE, 0, stream, size));
                }
                HEADERS => {
                    (self.last, self.ended) = (stream, flags & END_STREAM != 0);
                    if self.warm_up == 0 {
                        return (Some(payload), replies);
                    }
                    self.warm_up -= 1;
                    replies.extend(self.good());
                }
                _ => {}
            }
        }
        (None, replies)
    }

    fn settings(&mut self, payload: &[u8]) {
        const INITIAL_WINDOW_SIZE: u8 = 4;
        for setting in payload.chunks_exact(6).filter(|setting| setting[1] == INITIAL_WINDOW_SIZE) {
            self.initial_window = i64::from(number(&setting[2..]));
        }
    }

    fn widen(&mut self, stream: u32, by: i64) {
        match stream {
            0 => self.connection_window += by,
            _ => *self.windows.entry(stream).or_default() += by,
        }
    }

    /// As much of `body` as fits both windows, in a frame; nothing if nothing fits.
    pub(crate) fn data_within_window(&mut self, stream: u32, body: &mut Bytes) -> Vec<u8> {
        let widened = self.windows.entry(stream).or_default();
        let window = self.connection_window.min(self.initial_window + *widened).max(0);
        let size = body.len().min(LARGEST_FRAME).min(window as usize);
        if size == 0 {
            return Vec::new();
        }
        *widened -= size as i64;
        self.connection_window -= size as i64;
        let chunk = body.split_to(size);
        data(stream, if body.is_empty() { END_STREAM } else { 0 }, chunk)
    }
}

/// The first frame of `bytes`: kind, flags, stream and payload.
fn take(bytes: &mut Vec<u8>) -> Option<(u8, u8, u32, Vec<u8>)> {
    let [a, b, c, kind, flags, stream @ ..] = *bytes.first_chunk::<9>()?;
    let end = 9 + u32::from_be_bytes([0, a, b, c]) as usize;
    if bytes.len() < end {
        return None;
    }
    let payload = bytes.drain(..end).skip(9).collect();
    Some((kind, flags, u32::from_be_bytes(stream), payload))
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(*bytes.first_chunk().unwrap())
}
