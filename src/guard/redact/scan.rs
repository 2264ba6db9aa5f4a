//! Where the secrets are in a URL, or in a text with URLs in it.

use std::ops::Range;

use super::names::{self, Meaning};
use super::unit::{Unit, unit};

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// All of it is one URL, or was meant to be.
    Url,
    /// Words, and URLs among them.
    Message,
}

/// The places of what is secret, in order.
///
/// Text is taken as it stands, since much that is no URL holds secrets. URLs within URLs count, encoded or not.
pub(super) fn secrets(text: &str, kind: Kind) -> Vec<Range<usize>> {
    let mut scan = Scan { text, kind, found: Vec::new() };
    if memchr::memchr3(b'@', b'=', b'%', text.as_bytes()).is_some() {
        let start = if kind == Kind::Url { scan.beginning() } else { 0 };
        scan.rest(start);
    }
    scan.found
}

struct Scan<'a> {
    text: &'a str,
    kind: Kind,
    found: Vec<Range<usize>>,
}

/// In which part of a URL something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Query,
}

impl Scan<'_> {
    /// Takes in what stands before a URL's path, and says where that begins.
    ///
    /// Browsers, and so all URLs of lists, forgive much: `https:/a@b` and `https:\\a@b` are `https://a@b`.
    fn beginning(&mut self) -> usize {
        const SLASHES: [char; 5] = ['/', '\\', '\t', '\n', '\r'];
        let start = self.text.len() - self.text.trim_start_matches(|c: char| c <= ' ').len();
        let behind_slashes = |at: usize| self.text.len() - self.text[at..].trim_start_matches(SLASHES).len();
        let at = match self.text[start..].split_once(':') {
            Some((scheme, _)) if is_http(scheme) => behind_slashes(start + scheme.len() + 1),
            Some((scheme, rest)) if is_scheme(scheme) && rest.starts_with("//") => start + scheme.len() + 3,
            _ if behind_slashes(start) >= start + 2 => behind_slashes(start),
            _ => {
                // Without a scheme only "name:password@" is surely user-info: "react@18" is not.
                let found = self.user_info(start, 0, Part::Path).filter(|at| self.text[at.clone()].contains(':'));
                let end = found.as_ref().map_or(start, |at| at.end);
                self.found.extend(found);
                return end;
            }
        };
        let found = self.user_info(at, 0, Part::Path);
        let end = found.as_ref().map_or(at, |at| at.end);
        self.found.extend(found);
        end
    }

    fn rest(&mut self, start: usize) {
        let text = self.text.as_bytes();
        let (mut at, mut name, mut before) = (start, start, None);
        let mut part = Part::Path;
        while at < text.len() {
            let unit = unit(text, at);
            let mut next = unit.end;
            match unit.byte {
                b'=' => {
                    if let Some(value) = self.value(&self.text[name..at], unit, part) {
                        next = value.end;
                        self.found.push(value);
                    }
                }
                b'/' if before == Some(b'/') => {
                    if let Some(found) = self.user_info(unit.end, unit.depth, part) {
                        next = found.end;
                        self.found.push(found);
                    }
                }
                b'?' | b'#' => part = Part::Query,
                byte if byte.is_ascii_whitespace() && self.kind == Kind::Message => part = Part::Path,
                _ => {}
            }
            // Of two slashes only those that begin an authority are of interest.
            let opens = before.is_none_or(|byte: u8| b":=<>()[]{}\"',;|".contains(&byte) || byte.is_ascii_whitespace());
            before = match unit.byte {
                b'/' if before != Some(b'/') && !opens => Some(b'.'),
                byte => Some(byte),
            };
            if !is_of_a_name(unit.byte) {
                name = next;
            }
            at = next;
        }
    }

    /// The user-info of the authority that begins at `start`, if it has any.
    fn user_info(&self, start: usize, depth: usize, part: Part) -> Option<Range<usize>> {
        let (mut at, mut sign) = (start, None);
        let text = self.text.as_bytes();
        while at < text.len() {
            let unit = unit(text, at);
            let ends = b"/?#\\".contains(&unit.byte) || (unit.byte == b'&' && part == Part::Query);
            if unit.depth <= depth && (ends || self.is_beyond(unit.byte)) {
                break;
            }
            if unit.depth <= depth && unit.byte == b'@' {
                sign = Some(at);
            }
            at = unit.end;
        }
        let sign = sign.or_else(|| if depth == 0 && part == Part::Path { self.torn(start, at) } else { None })?;
        (start < sign).then_some(start..sign)
    }

    /// The sign behind a password with a slash in it, which makes a port of its beginning: no URL, but a secret.
    fn torn(&self, start: usize, end: usize) -> Option<usize> {
        let (_, port) = self.text[start..end].rsplit_once(':').filter(|(_, port)| !port.contains(']'))?;
        if port.is_empty() || port.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let rest = &self.text[end..];
        let rest = &rest[..rest.bytes().position(|byte| self.is_beyond(byte)).unwrap_or(rest.len())];
        rest.rfind('@').map(|at| end + at)
    }

    /// What stands behind an equals sign, if the name before it makes a secret of it.
    fn value(&self, name: &str, sign: Unit, part: Part) -> Option<Range<usize>> {
        let meaning = names::meaning(name);
        if meaning == Meaning::Harmless {
            return None; // a long value is not looked through for each sign in it
        }
        let value = sign.end..self.value_end(sign.end, sign.depth, part);
        let is_secret = match meaning {
            Meaning::Code => value.len() >= names::MIN_LONG || self.text.contains("state="),
            Meaning::Either => value.len() >= names::MIN_LONG,
            _ => !value.is_empty(),
        };
        is_secret.then_some(value)
    }

    /// Where the value ends that begins at `start`.
    fn value_end(&self, start: usize, depth: usize, part: Part) -> usize {
        let text = self.text.as_bytes();
        let mut at = start;
        while at < text.len() {
            let unit = unit(text, at);
            let ends = b"&#".contains(&unit.byte) || (part == Part::Path && b"/;?".contains(&unit.byte));
            if unit.depth <= depth && (ends || self.is_beyond(unit.byte)) {
                break;
            }
            at = unit.end;
        }
        match self.kind {
            Kind::Url => at,
            Kind::Message => start + self.text[start..at].trim_end_matches(|c: char| "'`)]},.;:!".contains(c)).len(),
        }
    }

    /// Whether no URL of this text goes on with `byte`.
    fn is_beyond(&self, byte: u8) -> bool {
        self.kind == Kind::Message && (byte.is_ascii_whitespace() || b"\"<>".contains(&byte))
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Tabs and line breaks within are overlooked, as all who read URLs do.
fn is_http(scheme: &str) -> bool {
    let mut letters = scheme.bytes().filter(|byte| !b"\t\n\r".contains(byte)).map(|byte| byte.to_ascii_lowercase());
    let is_http = b"http".iter().all(|&letter| letters.next() == Some(letter));
    is_http && matches!((letters.next(), letters.next()), (None | Some(b's'), None))
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.[]$".contains(&byte)
}
