//! The `Link` field ([RFC 8288], section 3), read as its appendix B.2 says, and further where it is malformed: other
//! clients follow such links, too.
//!
//! [RFC 8288]: https://www.rfc-editor.org/rfc/rfc8288

mod lenient;
mod scanner;
#[cfg(test)]
mod tests;

use self::scanner::{Scanner, trim_quotes};

/// A field that names a next page, but cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its Link field is malformed")]
pub struct MalformedLink;

/// The target of the first link to the next page, in the values of a response's `Link` fields.
///
/// A link with an anchor belongs to something other than the response.
///
/// # Errors
/// None can be read, but there is a part that cannot be read and names the next page.
pub fn next<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<Vec<u8>>, MalformedLink> {
    let mut is_malformed = false;
    for element in values.into_iter().flat_map(elements) {
        match element {
            Element::Link(link) if link.is_next() => return Ok(Some(link.target.to_vec())),
            Element::Link(_) => {}
            Element::Malformed(text) => is_malformed |= lenient::names_next(text),
        }
    }
    if is_malformed { Err(MalformedLink) } else { Ok(None) }
}

/// The parts of a link that matter here.
#[derive(Debug, Default)]
struct Link<'a> {
    target: &'a [u8],
    /// Its first relation parameter: later ones do not count.
    rel: Option<Vec<u8>>,
    has_anchor: bool,
}

impl Link<'_> {
    fn is_next(&self) -> bool {
        let rel = self.rel.as_deref().unwrap_or_default();
        !self.has_anchor && rel.split(u8::is_ascii_whitespace).any(|rel| rel.eq_ignore_ascii_case(b"next"))
    }

    /// Whether its target looks like a URL even without brackets.
    fn is_url(&self) -> bool {
        let begins = |with: &&[u8]| self.target.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
        let is_begun = [&b"/"[..], b"?", b"http://", b"https://"].iter().any(begins);
        is_begun && !self.target.iter().any(u8::is_ascii_whitespace)
    }

    fn add(&mut self, name: &[u8], value: Vec<u8>) {
        match trim_quotes(name) {
            name if name.eq_ignore_ascii_case(b"rel") => {
                self.rel.get_or_insert(value);
            }
            name if name.eq_ignore_ascii_case(b"anchor") => self.has_anchor = true,
            _ => {}
        }
    }
}

/// One element of the list that a value is.
#[derive(Debug)]
enum Element<'a> {
    Link(Link<'a>),
    /// It is malformed, and cannot be read as a link to the next page.
    Malformed(&'a [u8]),
}

/// The elements of one value. A malformed one ends at the next comma.
fn elements(value: &[u8]) -> impl Iterator<Item = Element<'_>> {
    let mut rest = Scanner(value);
    let mut in_bare_url = false;
    std::iter::from_fn(move || {
        rest.skip_empty_elements();
        let text = rest.0;
        if text.is_empty() {
            return None;
        }
        let malformed = match rest.link() {
            Ok(link) => {
                in_bare_url = false;
                return Some(Element::Link(link));
            }
            Err(malformed) => malformed,
        };
        let (text, behind) = text.split_at(malformed.end(text));
        rest = Scanner(behind);
        let is_bare = !text.starts_with(b"<");
        let link =
            malformed.into_link(text).filter(|link| link.is_next() && !(is_bare && (in_bare_url || !link.is_url())));
        // The comma may be in the URL: what follows it does not begin there.
        in_bare_url = is_bare && link.is_none() && (in_bare_url || !text.contains(&b';'));
        Some(link.map_or(Element::Malformed(text), Element::Link))
    })
}
