//! One rule of a robots.txt, and which URLs it matches (RFC 9309, sections 2.2.2 and 2.2.3).

use std::borrow::Cow;

use url::{Position, Url};

/// An `Allow` or `Disallow` line.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// Normalised, with `*` and a final `$` in their special meaning, and as `%2A` and `%24` where they stand for
    /// themselves.
    pattern: Box<str>,
    is_allow: bool,
}

/// The path and query of a URL, normalised like a rule.
pub(super) struct Target {
    text: String,
    /// Where the query begins: after the question mark.
    query: usize,
}

impl Rule {
    /// The rule with this pattern.
    pub(super) fn new(pattern: &str, is_allow: bool) -> Self {
        let (pattern, end) = pattern.strip_suffix('$').map_or((pattern, ""), |pattern| (pattern, "$"));
        Rule { pattern: (normalised(pattern, b"*") + end).into(), is_allow }
    }

    /// Whether it allows what it matches.
    pub(super) fn is_allow(&self) -> bool {
        self.is_allow
    }

    /// The pattern, percent-encoded as in the comparison.
    pub(super) fn pattern(&self) -> &str {
        &self.pattern
    }

    /// How many octets it has. An encoded `*` or `$` counts like the plain one.
    pub(super) fn octets(&self) -> usize {
        let encoded = self.pattern.matches("%2A").count() + self.pattern.matches("%24").count();
        self.pattern.len() - 2 * encoded
    }

    /// Whether it applies to `target`.
    pub(super) fn matches(&self, target: &Target) -> bool {
        let (pattern, is_anchored) =
            self.pattern.strip_suffix('$').map_or((&*self.pattern, false), |text| (text, true));
        let mut parts = pattern.split('*');
        let first = parts.next().unwrap_or_default();
        if !target.text.starts_with(first) {
            return false;
        }
        let Some(last) = parts.next_back() else { return !is_anchored || target.text == first };
        let mut at = first.len();
        for part in parts {
            let Some(end) = target.find(part, at) else { return false };
            at = end;
        }
        if is_anchored { target.ends_with(last, at) } else { target.find(last, at).is_some() }
    }
}

impl Target {
    /// The part of `url` that rules are compared with.
    pub(super) fn of(url: &Url) -> Self {
        let text = normalised(&url[Position::BeforePath..Position::AfterQuery], b"");
        let query = text.find('?').map_or(text.len(), |at| at + 1);
        Target { text, query }
    }

    /// Where the first occurrence of `part` from `at` on ends.
    ///
    /// A star may reach into the query, where an encoded slash or question mark means the same as a plain one.
    fn find(&self, part: &str, at: usize) -> Option<usize> {
        let find = |part: &str, at: usize| self.text[at..].find(part).map(|found| at + found + part.len());
        match of_query(part) {
            Cow::Borrowed(part) => find(part, at),
            Cow::Owned(in_query) => find(part, at).into_iter().chain(find(&in_query, at.max(self.query))).min(),
        }
    }

    fn ends_with(&self, part: &str, at: usize) -> bool {
        self.text[at..].ends_with(part) || self.text[at.max(self.query)..].ends_with(&*of_query(part))
    }
}

/// A part of a pattern, in the form in which it occurs in a query.
fn of_query(part: &str) -> Cow<'_, str> {
    let is_encoded = part.contains("%2F") || part.contains("%3F");
    if is_encoded { Cow::Owned(part.replace("%2F", "/").replace("%3F", "?")) } else { Cow::Borrowed(part) }
}

/// Percent-encodes `text` in the one way in which texts are compared: printable ASCII characters are plain, other octets
/// are encoded. Encoded are `%` and `#`, up to the question mark a slash or a question mark that was encoded, since it is
/// part of a name there, and the characters that are special in rules, unless they are plain and in `special`.
fn normalised(text: &str, special: &[u8]) -> String {
    let mut normalised = String::with_capacity(text.len());
    let (mut rest, mut is_query) = (text.as_bytes(), false);
    while let Some((&first, after)) = rest.split_first() {
        let decoded = if first == b'%' { after.first_chunk().and_then(octet) } else { None };
        let octet = decoded.unwrap_or(first);
        let is_plain = match octet {
            b'%' | b'#' => false,
            b'/' | b'?' => is_query || decoded.is_none(),
            b'*' | b'$' => decoded.is_none() && special.contains(&octet),
            octet => octet.is_ascii_graphic(),
        };
        if is_plain {
            normalised.push(char::from(octet))
        } else {
            normalised += &format!("%{octet:02X}")
        }
        is_query |= octet == b'?' && decoded.is_none();
        rest = if decoded.is_some() { &after[2..] } else { after };
    }
    normalised
}

fn octet(digits: &[u8; 2]) -> Option<u8> {
    let digit = |at: usize| char::from(digits[at]).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}
