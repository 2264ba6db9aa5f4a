//! Recognises lists that are not in the format in which they are to be read.
//!
//! Only certainty counts, since the list is then refused: either its first line cannot belong to any list of its
//! format, or neither of its first two lines does. Anything else is left to the parsers, which make a record of each
//! bad line. The answer depends on the first bytes alone, however they arrive.

#[cfg(test)]
mod tests;
mod wrong_format;

use serde::de::IgnoredAny;
use serde_json::error::Category;

pub use self::wrong_format::{LooksLike, WrongFormat};
use super::lines::MAX_LINE;
use super::text::TextParser;
use super::{InputFormat, ListOptions};
use crate::storage::text::without_boms;

/// What the first bytes of a list show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing yet: more are needed.
    Undecided,
    /// Nothing against its format.
    Fine,
    /// The same so far, but the second line can show that it has vegeta's targets. A pipe may be slow to bring it, so
    /// it is not waited for.
    Unsure,
    Wrong(LooksLike),
}

/// Looks at the first bytes of a list in `format`, which `may_grow`. With `patience`, the line behind a good one is
/// waited for; a pipe may be slow to bring it.
pub(super) fn look(head: &[u8], may_grow: bool, patience: bool, format: InputFormat, options: &ListOptions) -> Look {
    let may_grow = may_grow && head.len() < MAX_LINE;
    let head = &head[..head.len().min(MAX_LINE)];
    let has_comments = !matches!(format, InputFormat::Csv | InputFormat::Tsv); // a column's name may begin with a #
    let mut lines = Lines { rest: without_boms(head), may_grow, has_comments };
    let first = match lines.next() {
        Some(first) => first,
        None if may_grow => return Look::Undecided,
        None => return Look::Fine,
    };
    if let Some(looks) = not_text(first) {
        return Look::Wrong(looks);
    }
    let looker = Looker { format, options };
    let Some(looks) = looker.suspicion(first) else {
        let is_request = looker.may_be_vegeta(first);
        if !is_request && !looker.may_be_header(first) {
            return Look::Fine;
        }
        return match lines.next() {
            None if may_grow && (patience || !is_request) => Look::Undecided,
            None if may_grow => Look::Unsure,
            Some(second) if is_request && is_vegeta_detail(second) => {
                Look::Wrong(LooksLike::Format(InputFormat::Vegeta))
            }
            Some(second) if !is_request && !looker.fits(second) => {
                row_below(first, second).map_or(Look::Fine, Look::Wrong)
            }
            _ => Look::Fine,
        };
    };
    if looker.is_certain(looks) {
        return Look::Wrong(looks);
    }
    match (looks, lines.next()) {
        (_, None) if may_grow => Look::Undecided,
        (_, Some(second)) if looker.fits(second) => Look::Fine,
        (LooksLike::JsonDocument, None) => Look::Fine, // a line that was cut off
        (LooksLike::JsonDocument, Some(second)) if first == b"{" && begins_har(second) => Look::Wrong(LooksLike::Har),
        (LooksLike::JsonObjects, second) => Look::Wrong(array_of(first, second)),
        (looks, _) => Look::Wrong(looks),
    }
}

/// The lines of a list that are neither blank nor comments.
struct Lines<'a> {
    rest: &'a [u8],
    may_grow: bool,
    /// Whether a line that begins with a # is a comment.
    has_comments: bool,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let end = self.rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let line = match end {
                Some(end) => &self.rest[..end],
                None if self.may_grow || self.rest.is_empty() => return None,
                None => self.rest,
            };
            self.rest = end.map_or(&[], |end| &self.rest[end + 1..]);
            let line = without_boms(line).trim_ascii();
            let is_comment = self.has_comments && line.starts_with(b"#");
            if !line.is_empty() && !is_comment {
                return Some(line);
            }
        }
    }
}

/// What a line is whose bytes are not those of a text.
fn not_text(line: &[u8]) -> Option<LooksLike> {
    let nul = |parity: usize| line.iter().skip(parity).step_by(2).all(|&byte| byte == 0);
    let nuls = line.iter().filter(|&&byte| byte == 0).count();
    Some(match line {
        [b'P', b'K', 3, 4, ..] => LooksLike::Zip,
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => LooksLike::Xz,
        [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', ..] => LooksLike::Bzip2,
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => LooksLike::Utf32,
        [b'%', b'P', b'D', b'F', b'-', ..] => LooksLike::Binary,
        _ if nuls == 0 => return None,
        [0, 0, 0, 1..=0xff, ..] | [1..=0xff, 0, 0, 0, ..] => LooksLike::Utf32,
        [first, ..] if *first != 0 && nul(1) => LooksLike::Utf16Le,
        [0, ..] if nul(0) => LooksLike::Utf16Be,
        _ if is_url(line) => LooksLike::NulSeparated,
        _ => LooksLike::Binary,
    })
}

struct Looker<'a> {
    format: InputFormat,
    options: &'a ListOptions,
}

impl Looker<'_> {
    /// What a line looks like, if not like the format.
    fn suspicion(&self, line: &[u8]) -> Option<LooksLike> {
        if self.is_table() && self.names_columns(line, delimiter(self.format)) {
            return None;
        }
        match line {
            _ if is_sep_line(line) => Some(LooksLike::SepLine),
            [b'<', ..] => markup(line),
            [b'[', rest @ ..] => starts_array(rest).then_some(LooksLike::JsonObjects),
            [b'{', ..] => self.json(line).filter(|looks| *looks != LooksLike::Format(self.format)),
            [b'"', ..] if is_url_in_json(line) => Some(LooksLike::JsonLines),
            _ if is_request(line) => match self.format {
                InputFormat::Text => None,
                InputFormat::Vegeta if line.contains(&b' ') => None,
                InputFormat::Csv | InputFormat::Tsv if line.contains(&delimiter(self.format)) => {
                    Some(LooksLike::Headless)
                }
                _ => Some(LooksLike::Format(InputFormat::Text)),
            },
            _ if self.options.base_url.is_some() && !self.is_table() => None, // it may be a relative reference
            _ if self.names_columns(line, b',') => Some(LooksLike::Format(InputFormat::Csv)),
            _ if self.names_columns(line, b'\t') => Some(LooksLike::Format(InputFormat::Tsv)),
            _ => self.names_columns(line, b';').then_some(LooksLike::Semicolons),
        }
    }

    fn is_table(&self) -> bool {
        matches!(self.format, InputFormat::Csv | InputFormat::Tsv)
    }

    /// Whether one line is enough to know. A line of JSON or text may have strayed into the list.
    fn is_certain(&self, looks: LooksLike) -> bool {
        match looks {
            LooksLike::Format(InputFormat::Csv | InputFormat::Tsv) => true,
            LooksLike::Format(InputFormat::Vegeta) if self.format == InputFormat::Ndjson => true,
            LooksLike::JsonObjects => false, // the next line may tell of what
            LooksLike::Format(_) | LooksLike::JsonDocument | LooksLike::JsonLines => self.is_table(),
            _ => true,
        }
    }

    /// A line that begins with a brace: an object, or a part of one.
    fn json(&self, line: &[u8]) -> Option<LooksLike> {
        if line.strip_prefix(b"{").is_some_and(|members| begins_har(members.trim_ascii_start())) {
            return Some(LooksLike::Har);
        }
        let lines = match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line) {
            Ok(object) if self.format == InputFormat::Ndjson && has_vegeta_header(&object) => {
                return Some(LooksLike::Format(InputFormat::Vegeta));
            }
            Ok(object) if object.contains_key("header") && !object.contains_key("headers") => InputFormat::Vegeta,
            Ok(_) => InputFormat::Ndjson,
            Err(error) if error.classify() == Category::Eof && line.len() < MAX_LINE => {
                return Some(LooksLike::JsonDocument);
            }
            Err(_) => return None,
        };
        // Vegeta's objects and our own have most keys in common: which of them a line is, its parser says better.
        let of_json = matches!(self.format, InputFormat::Ndjson | InputFormat::Vegeta);
        Some(LooksLike::Format(if of_json { self.format } else { lines }))
    }

    /// Whether a line names the columns that the rows of a table need.
    fn names_columns(&self, line: &[u8], delimiter: u8) -> bool {
        let name = |field: &[u8]| String::from_utf8_lossy(field).trim().trim_matches('"').trim().to_owned();
        let names: Vec<String> = line.split(|&byte| byte == delimiter).map(name).collect();
        let mut needed = self.options.template_columns().peekable();
        if self.is_table() && needed.peek().is_some() {
            return needed.all(|column| names.iter().any(|name| name == column));
        }
        (names.len() > 1 || self.is_table()) && names.iter().any(|name| name.eq_ignore_ascii_case("url"))
    }

    /// Whether the first line of a text list may be that of a target in vegeta's own format.
    fn may_be_vegeta(&self, line: &[u8]) -> bool {
        self.format == InputFormat::Text && line.contains(&b' ') && is_request(line)
    }

    /// Whether the first line of a text list may name the columns of a table, none of which is called `url`.
    fn may_be_header(&self, line: &[u8]) -> bool {
        let is_divided = DELIMITERS.iter().any(|(delimiter, _)| line.contains(delimiter));
        self.format == InputFormat::Text && self.options.base_url.is_none() && is_divided && !is_request(line)
    }

    /// Whether a line could be one of the format.
    fn fits(&self, line: &[u8]) -> bool {
        match self.format {
            InputFormat::Text => TextParser::is_request(line, self.options),
            InputFormat::Ndjson => is_object(line),
            InputFormat::Vegeta => is_object(line) || is_request(line) && line.contains(&b' '),
            InputFormat::Csv | InputFormat::Tsv => false,
        }
    }
}

/// What a table with each of these between its fields is.
const DELIMITERS: [(u8, LooksLike); 3] = [
    (b',', LooksLike::Format(InputFormat::Csv)),
    (b'\t', LooksLike::Format(InputFormat::Tsv)),
    (b';', LooksLike::Semicolons),
];

/// The table of which `second` is a row with a URL, if `first` has as many columns.
fn row_below(first: &[u8], second: &[u8]) -> Option<LooksLike> {
    let is_row = |delimiter: u8| {
        let (names, cells) = (first.split(|&byte| byte == delimiter), second.split(|&byte| byte == delimiter));
        let columns = names.count();
        columns > 1 && columns == cells.clone().count() && cells.map(<[u8]>::trim_ascii).any(is_url)
    };
    DELIMITERS.into_iter().find(|(delimiter, _)| is_row(*delimiter)).map(|(_, looks)| looks)
}

/// Whether a line tells Excel the delimiter of the table below, as in `sep=;`.
fn is_sep_line(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"sep=")) && line.len() <= 5
}

/// Whether the members of an object begin as those of an HTTP archive do.
fn begins_har(members: &[u8]) -> bool {
    let value = members.strip_prefix(b"\"log\"").map(<[u8]>::trim_ascii_start);
    value.and_then(|value| value.strip_prefix(b":")).is_some_and(|value| matches!(value.trim_ascii(), [] | [b'{', ..]))
}

/// Whether an object is a target of vegeta, whose headers are lists.
fn has_vegeta_header(object: &serde_json::Map<String, serde_json::Value>) -> bool {
    let is_known = |key: &String| ["method", "url", "body", "header"].contains(&key.as_str());
    let header = object.get("header").and_then(serde_json::Value::as_object);
    header.is_some_and(|fields| !fields.is_empty() && fields.values().all(serde_json::Value::is_array))
        && object.keys().all(is_known)
}

fn delimiter(format: InputFormat) -> u8 {
    if format == InputFormat::Tsv { b'\t' } else { b',' }
}

fn is_object(line: &[u8]) -> bool {
    line.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(line).is_ok()
}

/// Whether a line is a URL, or a method and a URL.
fn is_request(line: &[u8]) -> bool {
    let method = line.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    is_url(line) || method > 0 && line[method..].starts_with(b" ") && is_url(line[method..].trim_ascii())
}

fn is_url(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let starts = |scheme: &[u8]| line.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts(b"http://") || starts(b"https://")
}

fn is_url_in_json(line: &[u8]) -> bool {
    serde_json::from_slice::<String>(line).is_ok_and(|text| is_url(text.as_bytes()))
}

fn markup(line: &[u8]) -> Option<LooksLike> {
    let starts = |tag: &str| line.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()));
    let html = ["<!doctype html", "<html", "<head", "<body", "<a href"].into_iter().any(starts);
    let xml = ["<?xml", "<urlset", "<sitemapindex", "<rss", "<feed"].into_iter().any(starts);
    html.then_some(LooksLike::Html).or(xml.then_some(LooksLike::Xml))
}

/// Whether `rest`, behind a bracket, continues an array rather than an address.
fn starts_array(rest: &[u8]) -> bool {
    matches!(rest.trim_ascii_start().first(), None | Some(b'{' | b'"' | b'[' | b']'))
}

/// What the elements of an array are, of which these are the first two lines.
fn array_of(first: &[u8], second: Option<&[u8]>) -> LooksLike {
    let element = first[1..].trim_ascii().first().or(second.and_then(<[u8]>::first));
    if element == Some(&b'"') { LooksLike::JsonStrings } else { LooksLike::JsonObjects }
}

/// The content of a line that is neither blank nor a comment.
pub(super) fn content(line: &[u8]) -> Option<&[u8]> {
    let text = without_boms(line).trim_ascii();
    Some(text).filter(|text| !text.is_empty() && !text.starts_with(b"#"))
}

/// Whether a line gives a header or the file of a body to the target before it.
pub(super) fn is_vegeta_detail(line: &[u8]) -> bool {
    let name = line.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    line.starts_with(b"@") || name > 0 && line[name..].starts_with(b": ")
}
