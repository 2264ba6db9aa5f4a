//! What an element of a field may be.

/// The parts of a link that matter here.
#[derive(Debug, Default)]
pub(super) struct Link<'a> {
    pub(super) target: &'a [u8],
    /// Its first relation parameter: later ones do not count.
    pub(super) rel: Option<Vec<u8>>,
    pub(super) has_anchor: bool,
}

impl Link<'_> {
    pub(super) fn is_next(&self) -> bool {
        let rel = self.rel.as_deref().unwrap_or_default();
        !self.has_anchor && rel.split(u8::is_ascii_whitespace).any(|rel| rel.eq_ignore_ascii_case(b"next"))
    }

    /// Whether its target looks like a URL even without brackets.
    pub(super) fn is_url(&self) -> bool {
        let begins = |with: &&[u8]| self.target.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
        let is_begun = [&b"/"[..], b"?", b"http://", b"https://"].iter().any(begins);
        is_begun && !self.target.iter().any(u8::is_ascii_whitespace)
    }

    pub(super) fn add(&mut self, name: &[u8], value: Vec<u8>) {
        match trim_quotes(name) {
            name if name.eq_ignore_ascii_case(b"rel") => {
                self.rel.get_or_insert(value);
            }
            name if name.eq_ignore_ascii_case(b"anchor") => self.has_anchor = true,
            _ => {}
        }
    }
}

/// Why an element is malformed, with what was read before byte `at`.
#[derive(Debug)]
pub(super) enum Malformed<'a> {
    /// It does not begin with `<`.
    NoBracket,
    /// Its `<` has no `>`.
    OpenBracket,
    /// Something else is in place of a parameter.
    NoParameter { link: Link<'a>, at: usize },
    /// Nobody can tell where the value of a parameter ends.
    OpenParameter { link: Link<'a>, at: usize },
}

/// `text` without blanks and quotes around it.
pub(super) fn trim_quotes(text: &[u8]) -> &[u8] {
    trim(text, b" \t'\"")
}

/// `text` without any of `bytes` around it.
pub(super) fn trim<'a>(mut text: &'a [u8], bytes: &[u8]) -> &'a [u8] {
    while let Some((_, rest)) = text.split_first().filter(|(first, _)| bytes.contains(first)) {
        text = rest;
    }
    while let Some((_, rest)) = text.split_last().filter(|(last, _)| bytes.contains(last)) {
        text = rest;
    }
    text
}
