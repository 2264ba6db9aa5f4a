//! Reads well-formed links.

use super::element::{Link, Malformed, trim_quotes};

/// What is left of a value.
pub(super) struct Scanner<'a>(pub(super) &'a [u8]);

impl<'a> Scanner<'a> {
    /// Takes a link, and the comma behind it.
    pub(super) fn link(&mut self) -> Result<Link<'a>, Malformed<'a>> {
        let text = self.0;
        let mut link = Link::default();
        if !self.take(b'<') {
            return Err(Malformed::NoBracket);
        }
        link.target = self.until(|byte| matches!(byte, b'<' | b'>'));
        if !self.take(b'>') {
            return Err(Malformed::OpenBracket);
        }
        loop {
            self.skip_space();
            let at = text.len() - self.0.len();
            if self.0.is_empty() || self.take(b',') {
                return Ok(link);
            }
            if !self.take(b';') {
                return Err(Malformed::NoParameter { link, at });
            }
            match self.parameter() {
                Some((name, value)) => link.add(name, value),
                None => return Err(Malformed::OpenParameter { link, at }),
            }
        }
    }

    pub(super) fn skip_space(&mut self) {
        self.until(|byte| !matches!(byte, b' ' | b'\t'));
    }

    /// Skips commas and blanks: a list may have empty elements ([RFC 9110], section 5.6.1.2).
    ///
    /// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1.2
    pub(super) fn skip_empty_elements(&mut self) {
        self.until(|byte| !matches!(byte, b' ' | b'\t' | b','));
    }

    /// Takes what comes before the first byte that is an end.
    pub(super) fn until(&mut self, is_end: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|&byte| is_end(byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    /// Takes one byte, if it is the next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let rest = self.0.strip_prefix(&[byte]);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Takes `name=value`, or `name`; `None` if nobody can tell where the value ends.
    fn parameter(&mut self) -> Option<(&'a [u8], Vec<u8>)> {
        self.skip_space();
        let name = self.until(|byte| matches!(byte, b' ' | b'\t' | b'=' | b';' | b','));
        self.skip_space();
        if !self.take(b'=') {
            return Some((name, Vec::new()));
        }
        self.skip_space();
        if !self.take(b'"') {
            return Some((name, self.token()?));
        }
        let value = self.quoted()?;
        // What directly follows the quote shows that it opens another string: the one before is unclosed.
        matches!(self.0.first(), None | Some(b' ' | b'\t' | b';' | b',')).then_some((name, value))
    }

    /// Takes a value without double quotes. Some servers write single ones.
    fn token(&mut self) -> Option<Vec<u8>> {
        if let Some(inner) = self.0.strip_prefix(b"'") {
            let mut behind = Scanner(inner);
            let value = behind.until(|byte| byte == b'\'');
            if behind.take(b'\'') && behind.ends() {
                self.0 = behind.0;
                return Some(value.to_vec());
            }
        }
        let value = self.until(|byte| matches!(byte, b';' | b',' | b'<' | b'>'));
        matches!(self.0.first(), None | Some(b';' | b',')).then(|| trim_quotes(value).to_vec())
    }

    /// Takes a quoted string, whose quote is taken already; `None` if it is unclosed.
    pub(super) fn quoted(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        loop {
            text.extend_from_slice(self.until(|byte| matches!(byte, b'"' | b'\\')));
            if !self.take(b'\\') {
                return self.take(b'"').then_some(text);
            }
            if let Some((&escaped, rest)) = self.0.split_first() {
                text.push(escaped);
                self.0 = rest;
            }
        }
    }

    /// Whether a parameter can end here.
    pub(super) fn ends(&self) -> bool {
        matches!(self.0.trim_ascii_start().first(), None | Some(b';' | b','))
    }
}
