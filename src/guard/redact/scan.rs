//! Finds the secrets in a URL, or in a text that contains URLs.

use std::ops::Range;

use super::decode::{DecodedByte, decode};
use super::names::{self, Sensitivity};

/// How to read a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKind {
    /// As one URL, or something that was meant to be one.
    Url,
    /// As prose that may contain URLs.
    Message,
}

/// The ranges of the secrets in `text`, in order.
///
/// The text is scanned without parsing it as a URL, since malformed URLs contain secrets too. URLs within URLs are
/// scanned as well, encoded or not.
pub(super) fn secrets(text: &str, kind: TextKind) -> Vec<Range<usize>> {
    if is_plainly_harmless(text) { Vec::new() } else { scan(text, kind) }
}

fn scan(text: &str, kind: TextKind) -> Vec<Range<usize>> {
    let mut scan = Scan { text, kind, found: Vec::new() };
    let start = if kind == TextKind::Url { scan.authority() } else { 0 };
    scan.rest(start);
    scan.found
}

/// Whether there is neither user-info nor anything encoded, and no name of a secret before a sign: so it is with nearly
/// every text, and scanning costs twenty times as much.
fn is_plainly_harmless(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_harmless = |sign: usize| {
        let start = bytes[..sign].iter().rposition(|byte| !is_name_byte(*byte)).map_or(0, |before| before + 1);
        names::sensitivity(&text[start..sign]) == Sensitivity::Harmless
    };
    memchr::memchr2(b'@', b'%', bytes).is_none() && memchr::memchr_iter(b'=', bytes).all(is_harmless)
}

struct Scan<'a> {
    text: &'a str,
    kind: TextKind,
    found: Vec<Range<usize>>,
}

/// The section of a URL. A query includes the fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Path,
    Query,
}

impl Scan<'_> {
    /// Scans scheme and authority, and returns where the path starts.
    ///
    /// The URL standard is lenient: `https:/a@b` and `https:\\a@b` mean `https://a@b`.
    fn authority(&mut self) -> usize {
        const SLASHES: [char; 5] = ['/', '\\', '\t', '\n', '\r'];
        let start = self.text.len() - self.text.trim_start_matches(|c: char| c <= ' ').len();
        let after_slashes = |at: usize| self.text.len() - self.text[at..].trim_start_matches(SLASHES).len();
        let at = match self.text[start..].split_once(':') {
            Some((scheme, _)) if is_http(scheme) => after_slashes(start + scheme.len() + 1),
            Some((scheme, rest)) if is_scheme(scheme) && rest.starts_with("//") => start + scheme.len() + 3,
            _ if after_slashes(start) >= start + 2 => after_slashes(start),
            _ => {
                // Without a scheme, only "name:password@" is certainly user-info: "react@18" is not.
                let found = self.user_info(start, 0, Section::Path).filter(|at| self.text[at.clone()].contains(':'));
                let end = found.as_ref().map_or(start, |at| at.end);
                self.found.extend(found);
                return end;
            }
        };
        let found = self.user_info(at, 0, Section::Path);
        let end = found.as_ref().map_or(at, |at| at.end);
        self.found.extend(found);
        end
    }

    fn rest(&mut self, start: usize) {
        let text = self.text.as_bytes();
        let (mut at, mut name, mut before) = (start, start, None);
        let mut section = Section::Path;
        while at < text.len() {
            let decoded = decode(text, at);
            let mut next = decoded.end;
            match decoded.byte {
                b'=' => {
                    if let Some(value) = self.value(&self.text[name..at], decoded, section) {
                        next = value.end;
                        self.found.push(value);
                    }
                }
                b'/' if before == Some(b'/') => {
                    if let Some(found) = self.user_info(decoded.end, decoded.depth, section) {
                        next = found.end;
                        self.found.push(found);
                    }
                }
                b'?' | b'#' => section = Section::Query,
                byte if byte.is_ascii_whitespace() && self.kind == TextKind::Message => section = Section::Path,
                _ => {}
            }
            // Two slashes start an authority only here, not within a path.
            let may_start_authority =
                before.is_none_or(|byte: u8| b":=<>()[]{}\"',;|".contains(&byte) || byte.is_ascii_whitespace());
            before = match decoded.byte {
                b'/' if before != Some(b'/') && !may_start_authority => Some(b'.'),
                byte => Some(byte),
            };
            if !is_name_byte(decoded.byte) {
                name = next;
            }
            at = next;
        }
    }

    /// The user-info of the authority that starts at `start`, if any.
    fn user_info(&self, start: usize, depth: usize, section: Section) -> Option<Range<usize>> {
        let (mut at, mut at_sign) = (start, None);
        let text = self.text.as_bytes();
        while at < text.len() {
            let decoded = decode(text, at);
            let ends = b"/?#\\".contains(&decoded.byte) || (decoded.byte == b'&' && section == Section::Query);
            if decoded.depth <= depth && (ends || self.ends_url(decoded.byte)) {
                break;
            }
            if decoded.depth <= depth && decoded.byte == b'@' {
                at_sign = Some(at);
            }
            at = decoded.end;
        }
        let in_password =
            || if depth == 0 && section == Section::Path { self.at_sign_after_slash(start, at) } else { None };
        let at_sign = at_sign.or_else(in_password)?;
        (start < at_sign).then_some(start..at_sign)
    }

    /// The `@` after a password that contains a slash. Its start then looks like a port, which makes the URL invalid, but
    /// the password is still a secret.
    fn at_sign_after_slash(&self, start: usize, end: usize) -> Option<usize> {
        let (_, port) = self.text[start..end].rsplit_once(':').filter(|(_, port)| !port.contains(']'))?;
        if port.is_empty() || port.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let rest = &self.text[end..];
        let rest = &rest[..rest.bytes().position(|byte| self.ends_url(byte)).unwrap_or(rest.len())];
        rest.rfind('@').map(|at| end + at)
    }

    /// The value after an equals sign, if its name makes it a secret.
    fn value(&self, name: &str, equals: DecodedByte, section: Section) -> Option<Range<usize>> {
        let sensitivity = names::sensitivity(name);
        if sensitivity == Sensitivity::Harmless {
            return None; // before searching for the end, which would make long values quadratic
        }
        let value = equals.end..self.value_end(equals.end, equals.depth, section);
        let is_secret = match sensitivity {
            Sensitivity::Code => value.len() >= names::MIN_SECRET_LEN || self.text.contains("state="),
            Sensitivity::Ambiguous => value.len() >= names::MIN_SECRET_LEN,
            _ => !value.is_empty(),
        };
        is_secret.then_some(value)
    }

    /// The end of the value that starts at `start`.
    fn value_end(&self, start: usize, depth: usize, section: Section) -> usize {
        let text = self.text.as_bytes();
        let mut at = start;
        while at < text.len() {
            let decoded = decode(text, at);
            let ends = b"&#".contains(&decoded.byte) || (section == Section::Path && b"/;?".contains(&decoded.byte));
            if decoded.depth <= depth && (ends || self.ends_url(decoded.byte)) {
                break;
            }
            at = decoded.end;
        }
        match self.kind {
            TextKind::Url => at,
            TextKind::Message => {
                start + self.text[start..at].trim_end_matches(|c: char| "'`)]},.;:!".contains(c)).len()
            }
        }
    }

    /// Whether `byte` ends a URL in this text.
    fn ends_url(&self, byte: u8) -> bool {
        self.kind == TextKind::Message && (byte.is_ascii_whitespace() || b"\"<>".contains(&byte))
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Whether a scheme is http or https. Tabs and line breaks within it are ignored, as in the URL standard.
fn is_http(scheme: &str) -> bool {
    let mut letters = scheme.bytes().filter(|byte| !b"\t\n\r".contains(byte)).map(|byte| byte.to_ascii_lowercase());
    let is_http = b"http".iter().all(|&letter| letters.next() == Some(letter));
    is_http && matches!((letters.next(), letters.next()), (None | Some(b's'), None))
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.[]$".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_plainly_harmless_has_no_secrets(
            text in "(https?://)?[a-z.]{0,9}(/[a-zäé_.;-]{0,9}|[?&#;]?(q|code|token|sig|a.key|page_token|ticket|é)?=[a-z0-9=/é]{0,20}){0,6}",
        ) {
            if is_plainly_harmless(&text) {
                prop_assert!(scan(&text, TextKind::Url).is_empty());
                prop_assert!(scan(&text, TextKind::Message).is_empty());
            }
        }
    }
}
