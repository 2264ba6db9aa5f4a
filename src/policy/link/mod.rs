//! The `Link` field ([RFC 8288], section 3), read as its appendix B.2 says, and further where it is malformed: other
//! clients follow such links, too.
//!
//! [RFC 8288]: https://www.rfc-editor.org/rfc/rfc8288

mod element;
mod lenient;
mod scanner;
#[cfg(test)]
mod tests;

use self::element::Link;
use self::scanner::Scanner;

/// A field that names a next page, but cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its Link header is malformed")]
pub struct MalformedLink;

/// The target of the first link to the next page, in the values of a response's `Link` fields.
///
/// A link with an anchor belongs to something other than the response.
///
/// # Errors
/// No link to the next page could be read, but a malformed part names one.
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
    let (mut in_bare_url, mut stray_quotes) = (false, 0);
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
        let (text, behind) = text.split_at(lenient::end(&malformed, text, &mut stray_quotes));
        rest = Scanner(behind);
        let is_bare = !text.starts_with(b"<");
        let link = lenient::link(malformed, text)
            .filter(|link| link.is_next() && !(is_bare && (in_bare_url || !link.is_url())));
        // The comma may be in the URL: what follows it does not begin there.
        in_bare_url = is_bare && link.is_none() && (in_bare_url || !text.contains(&b';'));
        Some(link.map_or(Element::Malformed(text), Element::Link))
    })
}
