//! The lines of a robots.txt, rewritten for what robotxt reads in another way than RFC 9309 and Google's parser.
//!
//! No line changes its length, so that the limit on the size of a file means the same.

use super::token::is_of_name;

/// A robots.txt in up to three texts, each with all groups.
pub(super) struct Texts {
    /// The rules that do not begin with a star.
    pub(super) plain: Vec<u8>,
    /// Those that do. robotxt puts a slash before them.
    pub(super) starred: Option<Vec<u8>>,
    /// The file with its `Crawl-delay` lines. The other texts do not have them, since they end a list of user agents for
    /// robotxt, but not by RFC 9309, section 2.2.4.
    pub(super) delays: Option<Vec<u8>>,
}

/// Splits `text` into its parts.
pub(super) fn split(text: &[u8]) -> Texts {
    let (mut plain, mut starred, mut delays) = (text.to_vec(), text.to_vec(), text.to_vec());
    let (mut has_stars, mut has_delays) = (false, false);
    let mut start = 0;
    for line in text.split_inclusive(|&byte| is_end(byte)) {
        if let Some((key, value)) = key_and_value(line) {
            let at = start + value.start..start + value.end;
            let value = &line[value];
            let key = key.to_ascii_lowercase();
            if key.starts_with(b"user") {
                for part in [&mut plain, &mut starred, &mut delays] {
                    part[at.start + product(value)..at.end].fill(b' ');
                }
            } else if key.starts_with(b"crawl") {
                has_delays = true;
                let length = line.iter().position(|&byte| is_end(byte)).unwrap_or(line.len());
                for part in [&mut plain, &mut starred] {
                    part[start..start + length].fill(b' ');
                }
            } else if !key.starts_with(b"site") {
                let is_starred = value.starts_with(b"*");
                has_stars |= is_starred;
                let other = if is_starred { &mut plain } else { &mut starred };
                other[at].fill(b' ');
            }
        }
        start += line.len();
    }
    Texts { plain, starred: has_stars.then_some(starred), delays: has_delays.then_some(delays) }
}

fn is_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | 0)
}

/// The key of a line and where its value is. Between the two is a colon, or at least a blank.
fn key_and_value(line: &[u8]) -> Option<(&[u8], std::ops::Range<usize>)> {
    let end = line.iter().position(|byte| matches!(byte, b'#' | b'\n' | b'\r' | 0)).unwrap_or(line.len());
    let is_key = |key: &&[u8]| key.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b' ' | b'\t'));
    let colon = line[..end].iter().position(|&byte| byte == b':').filter(|&at| is_key(&&line[..at]));
    let blank = || {
        let word = line.iter().position(|byte| !byte.is_ascii_whitespace())?;
        Some(word + line[word..end].iter().position(u8::is_ascii_whitespace)?)
    };
    let split = colon.or_else(blank)?;
    let key = line[..split].trim_ascii();
    let key = key.strip_prefix(b"\xef\xbb\xbf").unwrap_or(key);
    let value = &line[split + 1..end];
    let start = split + 1 + (value.len() - value.trim_ascii_start().len());
    Some((key, start..start.max(end - (value.len() - value.trim_ascii_end().len()))))
}

/// How much of the value of a `User-agent` line is the name: the rest is a version or a remark, as in `FooBot/2.1 (x)`.
fn product(value: &[u8]) -> usize {
    value.iter().position(|&byte| !is_of_name(byte) && byte != b'*').unwrap_or(value.len())
}
