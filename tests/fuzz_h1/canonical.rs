//! Answers as hyper needs them to find what the client finds: where the two are meant to differ, and why.
//!
//! This reads heads in a way of its own, so that a mistake of the client's is not repeated here.

use crate::Case;

/// An answer that hyper can be asked about.
pub(crate) enum Canonical {
    /// The client has to refuse it, whatever hyper says.
    Refused(&'static str),
    /// It is in a coding that the client decodes, and hyper does not.
    Encoded,
    /// The answer, and what was changed for what reason.
    Rewritten(Case, Vec<&'static str>),
}

const BLANK_LINES: &str = "line ends before a head are skipped in any form";
const FOLDS: &str = "folds become blanks";
const LOST: &str = "a malformed field is lost alone";
const CODINGS: &str = "transfer codings are a list, of which empty elements and identity mean nothing";
const LARGEST: &str = "hyper keeps the two largest lengths for itself";
const HTTP_10: &str = "HTTP/1.0 with a transfer coding is read";
const LATER_MINOR: &str = "a later minor version is read like HTTP/1.1";
const TRAILERS: &str = "trailers are read over";
const TRAILER_LINE_FEED: &str = "a bare line feed does not end a trailer";

const FRAMING: [&str; 3] = ["content-length", "transfer-encoding", "connection"];

/// `case` as hyper needs it.
pub(crate) fn of(case: &Case) -> Canonical {
    let mut rewrite = Rewrite { rest: &case.bytes, out: Vec::new(), reasons: Vec::new() };
    match rewrite.heads(case.to_head) {
        Err(why) => Canonical::Refused(why),
        Ok(Continue::Encoded) => Canonical::Encoded,
        Ok(Continue::Yes) => {
            let Rewrite { rest, mut out, reasons } = rewrite;
            out.extend_from_slice(rest);
            // What was rewritten comes in one piece: where it is cut is hyper's own affair then.
            let mut cuts = if reasons.is_empty() { case.cuts.clone() } else { Vec::new() };
            cuts.retain(|cut| *cut <= out.len()); // line ends and blanks may be fewer
            Canonical::Rewritten(Case { bytes: out, cuts, to_head: case.to_head }, reasons)
        }
    }
}

/// Whether the head of the final answer is whole.
pub(crate) fn has_whole_head(case: &Case) -> bool {
    let mut rest = skip_line_ends(&case.bytes);
    while let Some(end) = end_of_head(rest) {
        if !is_informational(&rest[..end]) {
            return true;
        }
        rest = skip_line_ends(&rest[end..]);
    }
    false
}

enum Continue {
    Yes,
    Encoded,
}

struct Rewrite<'a> {
    rest: &'a [u8],
    out: Vec<u8>,
    reasons: Vec<&'static str>,
}

impl Rewrite<'_> {
    fn heads(&mut self, to_head: bool) -> Result<Continue, &'static str> {
        loop {
            let skipped = skip_line_ends(self.rest);
            if skipped.len() < self.rest.len() {
                self.because(BLANK_LINES);
                self.rest = skipped;
            }
            let Some(end) = end_of_head(self.rest) else { return Ok(Continue::Yes) };
            let (head, rest) = self.rest.split_at(end);
            self.rest = rest;
            let Some(is_chunked) = self.head(head)? else { return Ok(Continue::Encoded) };
            if is_informational(head) {
                if head.get(9..12) == Some(b"101") {
                    return Err("nobody asked for another protocol");
                }
                continue;
            }
            if is_chunked && !to_head && !matches!(head.get(9..12), Some(b"204" | b"304")) {
                self.trailers();
            }
            return Ok(Continue::Yes);
        }
    }

    fn known_version(&mut self, first: &[u8]) -> Vec<u8> {
        let mut first = first.to_vec();
        if first.starts_with(b"HTTP/1.") && matches!(first.get(7), Some(b'2'..=b'9')) {
            self.because(LATER_MINOR);
            first[7] = b'1';
        }
        first
    }

    /// Rewrites a head. Tells whether it announces chunks; nothing if it announces more.
    fn head(&mut self, head: &[u8]) -> Result<Option<bool>, &'static str> {
        let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let first = &self.known_version(lines.next().unwrap_or_default());
        let fields = self.fields(lines)?;
        let codings = codings(&fields)?;
        let is_largest = length(&fields)?.is_some_and(|length| length >= u64::MAX - 1);
        let Some(is_chunked) = codings else { return Ok(None) };
        let (first, is_given) = match (is_chunked, first.strip_prefix(b"HTTP/1.0")) {
            (Codings::None, _) => (first.to_vec(), false),
            (_, Some(rest)) => {
                self.because(HTTP_10);
                ([b"HTTP/1.1", rest].concat(), true)
            }
            _ => (first.to_vec(), true),
        };
        self.out.extend(first);
        self.out.extend_from_slice(b"\r\n");
        for (name, value) in &fields {
            let is_framing = name == "transfer-encoding" || name == "content-length" && is_chunked == Codings::Chunked;
            if is_largest && name == "content-length" {
                self.because(LARGEST);
                self.out.extend_from_slice(b"content-length: 9223372036854775807\r\n");
            } else if !(is_given && is_framing) {
                self.out.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
            }
        }
        if is_given {
            self.because(CODINGS);
        }
        if is_chunked == Codings::Chunked {
            self.out.extend_from_slice(b"transfer-encoding: chunked\r\n");
        }
        self.out.extend_from_slice(b"\r\n");
        Ok(Some(is_chunked == Codings::Chunked))
    }

    /// The fields of a head, unfolded, without those that are malformed.
    fn fields<'l>(&mut self, lines: impl Iterator<Item = &'l [u8]>) -> Result<Vec<(String, Vec<u8>)>, &'static str> {
        let mut unfolded: Vec<Vec<u8>> = Vec::new();
        for line in lines.filter(|line| !line.is_empty()) {
            match unfolded.last_mut() {
                Some(field) if matches!(line[0], b' ' | b'\t') => {
                    if line.contains(&b':') && is_framing_line(line) {
                        return Err("a fold that looks like framing");
                    }
                    self.because(FOLDS);
                    field.extend([b" ", trim_blanks(line)].concat());
                }
                _ => unfolded.push(line.to_vec()),
            }
        }
        let mut fields = Vec::new();
        for line in unfolded {
            match well_formed(&line) {
                Some(field) => fields.push(field),
                None if is_framing_line(&line) => return Err("malformed framing"),
                None => self.because(LOST),
            }
        }
        Ok(fields)
    }

    /// Leaves out trailers. What is wrong before them is left as it is.
    fn trailers(&mut self) {
        let Some(start) = end_of_chunks(self.rest) else { return };
        let (chunks, mut trailers) = self.rest.split_at(start);
        let chunks = chunks.to_vec();
        self.rest = &[];
        self.out.extend(chunks);
        loop {
            let Some(at) = trailers.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
                // Cut off.
                return;
            };
            match (at, &trailers[at..]) {
                (_, [b'\n', ..]) => {
                    self.because(TRAILER_LINE_FEED);
                    self.out.extend_from_slice(b"\rx");
                    return;
                }
                (0, end) => {
                    self.out.extend_from_slice(end);
                    return;
                }
                (_, [b'\r', b'\n', more @ ..]) => {
                    self.because(TRAILERS);
                    trailers = more;
                }
                (_, [b'\r']) => return,
                _ => {
                    self.out.extend_from_slice(b"\rx");
                    return;
                }
            }
        }
    }

    fn because(&mut self, reason: &'static str) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Codings {
    /// The field does not occur.
    None,
    /// It names nothing.
    Nothing,
    Chunked,
}

/// What all `Transfer-Encoding` lines say together; none for a coding that the client decodes and hyper does not.
fn codings(fields: &[(String, Vec<u8>)]) -> Result<Option<Codings>, &'static str> {
    let lines: Vec<&[u8]> = values(fields, "transfer-encoding").collect();
    if lines.is_empty() {
        return Ok(Some(Codings::None));
    }
    let elements = lines.iter().flat_map(|line| line.split(|byte| *byte == b','));
    let mut named = elements.map(|element| element.trim_ascii().to_ascii_lowercase()).collect::<Vec<_>>();
    named.retain(|element| !element.is_empty() && element != b"identity");
    let known: [&[u8]; 4] = [b"chunked", b"gzip", b"x-gzip", b"deflate"];
    if !named.iter().all(|element| known.contains(&&element[..])) {
        return Err("an unknown transfer coding");
    }
    match named.iter().position(|element| element == b"chunked") {
        Some(at) if at + 1 < named.len() => Err("a coding after chunked"),
        Some(0) => Ok(Some(Codings::Chunked)),
        None if named.is_empty() => Ok(Some(Codings::Nothing)),
        _ => Ok(None),
    }
}

fn length(fields: &[(String, Vec<u8>)]) -> Result<Option<u64>, &'static str> {
    let elements = values(fields, "content-length").flat_map(|line| line.split(|byte| *byte == b','));
    let mut lengths = elements.map(|element| {
        let text = std::str::from_utf8(element.trim_ascii()).ok()?;
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok())?
    });
    let Some(first) = lengths.next() else { return Ok(None) };
    match first.is_some() && lengths.all(|length| length == first) {
        true => Ok(first),
        false => Err("lengths that are invalid, or differ"),
    }
}

fn values<'f>(fields: &'f [(String, Vec<u8>)], name: &str) -> impl Iterator<Item = &'f [u8]> {
    fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| &value[..])
}

/// Name, in lower case, and value of a field that has nothing wrong with it.
fn well_formed(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], trim_blanks(&line[colon + 1..]));
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let is_text = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
    let is_right = !name.is_empty() && name.iter().all(is_token) && value.iter().all(is_text);
    is_right.then(|| (String::from_utf8_lossy(name).to_ascii_lowercase(), value.to_vec()))
}

/// Whether a line is meant for a field that says where a body or a connection ends.
fn is_framing_line(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let name = match line.iter().position(|byte| *byte == b':') {
        Some(colon) => line[..colon].trim_ascii(),
        None => line.split(u8::is_ascii_whitespace).next().unwrap_or_default(),
    };
    FRAMING.iter().any(|field| name.eq_ignore_ascii_case(field.as_bytes()))
}

fn is_informational(head: &[u8]) -> bool {
    head.starts_with(b"HTTP/1.") && head.get(8) == Some(&b' ') && head.get(9) == Some(&b'1')
}

/// Without the blanks that may surround a value: other white space is a part of it, and wrong.
fn trim_blanks(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

fn skip_line_ends(bytes: &[u8]) -> &[u8] {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    &bytes[blank..]
}

/// Behind the first empty line.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.filter_map(|at| match bytes[at..] {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    })
    .next()
}

/// Behind the line of the last chunk, if all before is right.
fn end_of_chunks(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = bytes[at..].windows(2).position(|pair| pair == b"\r\n")?;
        let text = &bytes[at..at + line];
        let digits = text.split(|byte| b"; \t".contains(byte)).next().unwrap_or_default();
        let size = u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok().filter(|_| digits[0] != b'+')?;
        let extension = trim_blanks(&text[digits.len()..]);
        if !(extension.is_empty() || extension[0] == b';') || text.contains(&b'\n') || text.contains(&b'\r') {
            return None;
        }
        let size = usize::try_from(size).ok()?;
        at += line + 2;
        if size == 0 {
            return Some(at);
        }
        let end = at.checked_add(size)?;
        if bytes.get(end..end.checked_add(2)?)? != b"\r\n" {
            return None;
        }
        at = end + 2;
    }
}
