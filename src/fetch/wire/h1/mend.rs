//! Mends a head with invalid fields, if it can be told what is meant.
//!
//! A folded field is unfolded, as [RFC 9112], section 5.2, requires of a user agent. A field that is malformed is lost
//! alone, with a note; but not one that says where the body or the connection ends.
//!
//! [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112#section-5.2

use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};

use super::ProtocolError;

/// How many notes are kept.
const MAX_NOTES: usize = 4;

/// A head without what was wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mended {
    pub(super) head: Vec<u8>,
    /// What was left out or changed.
    pub(super) notes: Vec<String>,
}

/// Mends the fields of `head`, if that is where it is wrong.
///
/// # Errors
/// A field that says where the body or the connection ends is malformed.
pub(super) fn fields(head: &[u8]) -> Result<Option<Mended>, ProtocolError> {
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut mended = Mended { head: lines.next().unwrap_or_default().to_vec(), notes: Vec::new() };
    mended.head.extend_from_slice(b"\r\n");
    let (mut field, mut changed) = (None::<Vec<u8>>, false);
    for line in lines.filter(|line| !line.is_empty()) {
        match &mut field {
            Some(field) if matches!(line[0], b' ' | b'\t') => {
                check_fold(line)?;
                changed = true;
                while field.ends_with(b" ") || field.ends_with(b"\t") {
                    field.pop();
                }
                field.push(b' ');
                field.extend_from_slice(without_blanks(line));
            }
            _ => {
                let complete = field.replace(line.to_vec());
                changed |= complete.map_or(Ok(false), |field| mended.add(&field))?;
            }
        }
    }
    changed |= field.map_or(Ok(false), |field| mended.add(&field))?;
    mended.head.extend_from_slice(b"\r\n");
    Ok(changed.then_some(mended))
}

impl Mended {
    /// Adds an unfolded field. True if it is malformed, so that it is left out.
    fn add(&mut self, field: &[u8]) -> Result<bool, ProtocolError> {
        let colon = memchr::memchr(b':', field);
        let name = match colon {
            Some(colon) => &field[..colon],
            None => field.trim_ascii().split(u8::is_ascii_whitespace).next().unwrap_or_default(),
        };
        let value = colon.map(|colon| without_blanks(&field[colon + 1..]));
        let is_valid =
            HeaderName::from_bytes(name).is_ok() && value.is_some_and(|value| HeaderValue::from_bytes(value).is_ok());
        if is_valid {
            self.head.extend_from_slice(field);
            self.head.extend_from_slice(b"\r\n");
            return Ok(false);
        }
        let shown = name[..name.len().min(40)].escape_ascii();
        if frames_the_message(name.trim_ascii()) {
            return Err(ProtocolError::new(format!("the header field \"{shown}\" is malformed")));
        }
        if self.notes.len() < MAX_NOTES {
            self.notes.push(format!("the header field \"{shown}\" is malformed and was left out"));
        }
        Ok(true)
    }
}

/// A continuation that looks like a field of its own that frames the message may be read as one by others.
fn check_fold(line: &[u8]) -> Result<(), ProtocolError> {
    let name = memchr::memchr(b':', line).map(|colon| line[..colon].trim_ascii());
    match name.filter(|name| frames_the_message(name)) {
        Some(name) => Err(ProtocolError::new(format!("the header field \"{}\" is malformed", name.escape_ascii()))),
        None => Ok(()),
    }
}

/// Without the blanks around a value. Other white space is a part of it, and malformed.
fn without_blanks(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn frames_the_message(name: &[u8]) -> bool {
    [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION]
        .iter()
        .any(|field| name.eq_ignore_ascii_case(field.as_str().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(fields: &str) -> Result<(String, Vec<String>), ProtocolError> {
        let head = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n");
        let mended = super::fields(head.as_bytes())?.expect("something to mend");
        let text = String::from_utf8(mended.head).unwrap();
        Ok((text["HTTP/1.1 200 OK\r\n".len()..].trim_end().to_owned(), mended.notes))
    }

    #[test]
    fn a_folded_field_is_unfolded() {
        for fold in ["A: one\r\n two", "A: one\r\n\t two", "A: one\n two", "A:one\r\n  two\r\n "] {
            let (text, notes) = mended(fold).unwrap();
            assert_eq!(text.replace(": ", ":").trim_end(), "A:one two", "{fold:?}");
            assert!(notes.is_empty());
        }
        assert_eq!(mended("Transfer-Encoding:\r\n chunked").unwrap().0, "Transfer-Encoding: chunked");
    }

    #[test]
    fn a_malformed_field_is_lost_alone() {
        for broken in ["B : 1", "B(c): 1", "no colon", ": 1", " B: 1", "B: a\u{1}b", "B: a\0", "B: a\rb", "B : 1\r\n 2"]
        {
            let (text, notes) = mended(&format!("{broken}\r\nC: 2")).unwrap();
            assert_eq!(text, "C: 2", "{broken:?}");
            assert!(notes.len() == 1 && notes[0].ends_with("is malformed and was left out"), "{notes:?}");
        }
        assert_eq!(mended(&"B : 1\r\n".repeat(9)).unwrap().1.len(), MAX_NOTES);
    }

    #[test]
    fn a_malformed_field_that_frames_the_message_is_an_error() {
        for broken in [
            "Content-Length : 2",
            " Content-Length: 2",
            "content-length",
            "Content-Length 2",
            "Content-Length: 2\0",
            "Transfer-Encoding : chunked",
            "transfer-encoding\t: x",
            "Connection : close",
            "Connection: a\u{7f}",
        ] {
            assert!(mended(&format!("A: 1\r\n{broken}\r\nB: 2")).is_err(), "{broken:?}");
        }
    }
}
