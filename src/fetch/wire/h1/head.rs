//! The head of a response: found among the bytes that come in, parsed, and mended where that is safe.

use bytes::Bytes;
use http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{StatusCode, Version};
use memchr::memchr_iter;

use super::{ProtocolError, mend};
use crate::fetch::client::TransferCoding;
use crate::fetch::framing::{TransferCodings, content_length, transfer_codings};
use crate::model::Head;

/// The largest head, in bytes.
const MAX_SIZE: usize = 256 << 10;

/// The most fields of a head.
const MAX_FIELDS: usize = 1_000;

/// How many fields are parsed without an allocation.
const FEW_FIELDS: usize = 32;

/// A response's head, and what it says of the rest.
#[derive(Debug)]
pub(super) struct ParsedHead {
    pub(super) head: Head,
    pub(super) framing: Framing,
    pub(super) transfer_codings: Vec<TransferCoding>,
    /// Whether another request may follow on the connection.
    pub(super) is_persistent: bool,
    /// What was wrong with the head and has been mended.
    pub(super) notes: Vec<String>,
}

/// How the end of a body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(u64),
    Chunked,
    /// It ends with the connection.
    Close,
}

/// Finds the head among the bytes that come in, in time linear in their number.
#[derive(Debug, Default)]
pub(super) struct HeadReader {
    /// An unfinished head.
    held: Vec<u8>,
    /// How many bytes of it hold no end.
    scanned: usize,
    /// The head was preceded by blank lines.
    after_blank_lines: bool,
    blank: usize,
}

impl HeadReader {
    /// Whether nothing of a head has come.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.blank == 0
    }

    /// Takes in `bytes`. Returns the final head and how many of `bytes` belong to it, or none as long as more must come.
    /// Informational heads are passed over ([RFC 9110], section 15.2). `to_head` is set if the request was a HEAD.
    ///
    /// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-15.2
    pub(super) fn read(&mut self, bytes: &[u8], to_head: bool) -> Result<Option<(ParsedHead, usize)>, ProtocolError> {
        let mut used = 0;
        while used < bytes.len() {
            let Some((head, len)) = self.read_one(&bytes[used..], to_head)? else { return Ok(None) };
            used += len;
            match head.head.status.as_u16() {
                101 => return Err(ProtocolError::new("the server switched to another protocol without being asked")),
                100..200 => {}
                _ => return Ok(Some((head, used))),
            }
        }
        Ok(None)
    }

    fn read_one(&mut self, bytes: &[u8], to_head: bool) -> Result<Option<(ParsedHead, usize)>, ProtocolError> {
        let blank = if self.held.is_empty() { self.skip_blank_lines(bytes)? } else { 0 };
        let bytes = &bytes[blank..];
        let before = self.held.len();
        if before > 0 {
            self.held.extend_from_slice(bytes);
        }
        let seen = if before > 0 { &self.held } else { bytes };
        check_start(seen)?;
        let (end, scanned) = end_of_head(seen, self.scanned);
        let len = end.unwrap_or(seen.len());
        if len > MAX_SIZE {
            return Err(ProtocolError::new(format!("the head is larger than {MAX_SIZE} bytes")));
        }
        if end.is_none() {
            self.scanned = scanned;
            if before == 0 {
                self.held = bytes.to_vec();
            }
            return Ok(None);
        }
        let mut parsed = parse(&seen[..len], to_head)?;
        parsed.is_persistent &= !std::mem::take(&mut self.after_blank_lines);
        (self.held, self.scanned, self.blank) = (Vec::new(), 0, 0);
        Ok(Some((parsed, blank + len - before)))
    }

    /// Blank lines before a head are not a part of it ([RFC 9112], section 2.2, has that for requests).
    ///
    /// [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112#section-2.2
    fn skip_blank_lines(&mut self, bytes: &[u8]) -> Result<usize, ProtocolError> {
        let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.blank += blank;
        self.after_blank_lines |= blank > 0;
        if self.blank > MAX_SIZE {
            return Err(ProtocolError::new("the server sends nothing but blank lines"));
        }
        Ok(blank)
    }
}

/// Refuses what is not the beginning of a response, without waiting for the end of it.
fn check_start(bytes: &[u8]) -> Result<(), ProtocolError> {
    const START: &[u8] = b"HTTP/1.";
    let len = bytes.len().min(START.len());
    if bytes[..len] == START[..len] {
        return Ok(());
    }
    let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let shown = &line[..line.len().min(24)];
    Err(ProtocolError::new(format!("the answer is not HTTP/1: it begins with \"{}\"", shown.escape_ascii())))
}

/// Where the head ends, if it does: behind the first empty line. The second number is how many bytes need not be
/// looked at again.
fn end_of_head(bytes: &[u8], from: usize) -> (Option<usize>, usize) {
    for at in memchr_iter(b'\n', &bytes[from..]) {
        let at = from + at;
        match bytes[at + 1..] {
            [b'\n', ..] => return (Some(at + 2), 0),
            [b'\r', b'\n', ..] => return (Some(at + 3), 0),
            [] | [b'\r'] => return (None, at),
            _ => {}
        }
    }
    (None, bytes.len())
}

fn parse(bytes: &[u8], to_head: bool) -> Result<ParsedHead, ProtocolError> {
    match parse_strictly(bytes) {
        Ok(head) => {
            let is_lenient = memchr_iter(b'\n', bytes).any(|at| at == 0 || bytes[at - 1] != b'\r');
            with_framing(head, to_head, is_lenient, Vec::new())
        }
        Err(httparse::Error::TooManyHeaders) => Err(too_many_fields()),
        Err(httparse::Error::Version) if matches!(bytes.get(7), Some(b'2'..=b'9')) => {
            let mut known = bytes.to_vec();
            known[7] = b'1'; // a later minor version is read like the last one that is known (RFC 9110, section 2.5)
            parse(&known, to_head)
        }
        Err(error) => {
            let Some(mended) = mend::fields(bytes)? else { return Err(describe(error)) };
            let head = parse_strictly(&mended.head).map_err(describe)?;
            with_framing(head, to_head, true, mended.notes)
        }
    }
}

fn parse_strictly(bytes: &[u8]) -> Result<Head, httparse::Error> {
    let config = httparse::ParserConfig::default();
    let mut few = [const { std::mem::MaybeUninit::uninit() }; FEW_FIELDS];
    let mut response = httparse::Response::new(&mut []);
    match config.parse_response_with_uninit_headers(&mut response, bytes, &mut few) {
        Err(httparse::Error::TooManyHeaders) => {}
        parsed => return parsed.and_then(|_| head(&response, bytes)),
    }
    let mut many = vec![std::mem::MaybeUninit::uninit(); MAX_FIELDS];
    let mut response = httparse::Response::new(&mut []);
    config.parse_response_with_uninit_headers(&mut response, bytes, &mut many)?;
    head(&response, bytes)
}

/// The values share one copy of the head's bytes.
fn head(response: &httparse::Response<'_, '_>, bytes: &[u8]) -> Result<Head, httparse::Error> {
    let status = response.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or(httparse::Error::Status)?;
    let version = if response.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
    let start = bytes.as_ptr().addr();
    let block = Bytes::copy_from_slice(bytes);
    let mut headers = HeaderMap::with_capacity(response.headers.len());
    for field in response.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| httparse::Error::HeaderName)?;
        let at = field.value.as_ptr().addr().wrapping_sub(start);
        let value = if field.value.is_empty() { Bytes::new() } else { block.slice(at..at + field.value.len()) };
        let value = HeaderValue::from_maybe_shared(value).map_err(|_| httparse::Error::HeaderValue)?;
        headers.append(name, value);
    }
    Ok(Head { status, version, headers })
}

/// Finds out how the body ends, and whether the connection can be used again ([RFC 9112], sections 6.3 and 9.3).
///
/// [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112#section-6.3
fn with_framing(head: Head, to_head: bool, is_lenient: bool, notes: Vec<String>) -> Result<ParsedHead, ProtocolError> {
    let transfer = if head.headers.contains_key(TRANSFER_ENCODING) {
        transfer_codings(&head.headers).map_err(ProtocolError::new)?
    } else {
        TransferCodings::default()
    };
    let length = content_length(&head.headers).map_err(ProtocolError::new)?;
    let has_body = !to_head && !matches!(head.status.as_u16(), 100..200 | 204 | 304);
    let is_coded = transfer.chunked || !transfer.codings.is_empty();
    let framing = match length {
        _ if !has_body => Framing::Length(0),
        _ if transfer.chunked => Framing::Chunked,
        Some(length) if !is_coded => Framing::Length(length),
        _ => Framing::Close,
    };
    let is_ambiguous = transfer.is_given && (length.is_some() || head.version == Version::HTTP_10);
    let is_persistent = !is_lenient && !is_ambiguous && framing != Framing::Close && stays_open(&head);
    let transfer_codings = if has_body { transfer.codings } else { Vec::new() };
    Ok(ParsedHead { head, framing, transfer_codings, is_persistent, notes })
}

fn stays_open(head: &Head) -> bool {
    let mut keep_alive = head.version == Version::HTTP_11;
    for value in head.headers.get_all(CONNECTION) {
        for option in value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if option.eq_ignore_ascii_case(b"close") {
                return false;
            }
            keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }
    keep_alive
}

fn too_many_fields() -> ProtocolError {
    ProtocolError::new(format!("the head has more than {MAX_FIELDS} fields"))
}

fn describe(error: httparse::Error) -> ProtocolError {
    ProtocolError::new(match error {
        httparse::Error::Version => "the HTTP version is invalid",
        httparse::Error::Status => "the status line is invalid",
        httparse::Error::TooManyHeaders => return too_many_fields(),
        httparse::Error::HeaderName => "the name of a header field is invalid",
        httparse::Error::HeaderValue => "the value of a header field is invalid",
        httparse::Error::NewLine | httparse::Error::Token => "the head is invalid",
    })
}
