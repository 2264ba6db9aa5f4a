//! A URL with `{columns}` in it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::{Piece, Pieces, Value, missing, no_text};
use crate::source::text::{resolve, shown};

/// All but the unreserved characters (RFC 3986, section 2.3): a value stays within its segment or parameter.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A URL with placeholders such as `https://api.example.com/users/{id}?q={q}`, each filled as its place demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTemplate {
    source: Box<str>,
    text: Pieces<Spot>,
    /// How the path is made up, whatever fills it.
    shape: Shape,
}

/// Where in a URL something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    Scheme,
    Host,
    Path,
    Query,
}

impl UrlTemplate {
    /// Reads a template; one without a scheme and host is for lists with a base URL.
    ///
    /// # Errors
    /// A brace has no partner, a placeholder has no name or stands where none can, or what it makes is no URL.
    pub fn parse(text: &str, base: Option<&Url>) -> Result<Self, String> {
        let mut spot = if text.contains("://") { Spot::Scheme } else { Spot::Path };
        let (mut pieces, mut rest, mut read) = (Vec::new(), text, String::new());
        while let Some(at) = rest.find(['{', '}']) {
            let literal = rest[..at].to_owned();
            let closed = rest[at..].strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let (column, behind) = closed.ok_or("unmatched brace; write %7B or %7D for a literal one")?;
            let column = column.trim();
            if column.is_empty() || column.contains('{') {
                return Err("a placeholder has no name".to_owned());
            }
            read.push_str(&literal);
            spot = spot_after(&read, spot);
            if spot == Spot::Scheme {
                return Err(format!("{{{column}}} is not allowed before the host"));
            }
            if spot == Spot::Host && behind.split(['/', '?', '#']).next().unwrap_or_default().contains('@') {
                return Err(format!("{{{column}}} is not allowed in the userinfo"));
            }
            pieces.push(Piece { literal, column: column.to_owned(), at: spot });
            rest = behind;
        }
        let mut template =
            UrlTemplate { source: text.into(), text: Pieces { pieces, tail: rest.to_owned() }, shape: (0, false) };
        let sample = resolve(&template.text.written(|_| Ok("1".to_owned()))?, base)?;
        template.shape = shape(&sample);
        Ok(template)
    }

    /// The text that it was read from.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The columns that it wants.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.text.columns()
    }

    /// The URL that `values` make, as text and parsed.
    pub(in crate::source) fn fill<'v>(
        &self,
        base: Option<&Url>,
        values: impl Fn(&str) -> Option<Value<'v>>,
    ) -> Result<(String, Url), String> {
        let text = self.text.written(|piece| {
            let value = values(&piece.column).ok_or_else(|| missing(&piece.column))?;
            encoded(piece, value.text().ok_or_else(|| no_text(&piece.column))?)
        })?;
        let url = resolve(&text, base)?;
        if shape(&url) != self.shape {
            return Err("a path segment would be . or .., which a URL cannot contain".to_owned());
        }
        Ok((text, url))
    }
}

/// Where the end of `read`, a URL's beginning, stands.
fn spot_after(read: &str, start: Spot) -> Spot {
    let behind = match (start, read.split_once("://")) {
        (Spot::Path | Spot::Query, None) => read,
        (_, None) => return Spot::Scheme,
        (_, Some((_, behind))) => match behind.find(['/', '?', '#']) {
            None => return Spot::Host,
            Some(at) => &behind[at..],
        },
    };
    if behind.contains(['?', '#']) { Spot::Query } else { Spot::Path }
}

fn encoded(piece: &Piece<Spot>, value: &str) -> Result<String, String> {
    let column = &piece.column;
    match piece.at {
        Spot::Query => {}
        _ if value.is_empty() => return Err(format!("{column:?} is empty, but is used in the host or path")),
        Spot::Path => {}
        Spot::Host | Spot::Scheme => {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
            return match value.bytes().all(fits) {
                true => Ok(value.to_owned()),
                false => Err(format!("{column:?} has a character that is not allowed in a host: {:?}", shown(value))),
            };
        }
    }
    Ok(utf8_percent_encode(value, RESERVED).to_string())
}

/// How many segments a path has, and whether it ends with a slash: a dot-segment would change one of them.
type Shape = (usize, bool);

fn shape(url: &Url) -> Shape {
    (url.path().matches('/').count(), url.path().ends_with('/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fill(template: &str, value: &str) -> Result<String, String> {
        let template = UrlTemplate::parse(template, None)?;
        template.fill(None, |column| (column == "x").then_some(Value::Cell(value))).map(|(_, url)| url.to_string())
    }

    #[test]
    fn a_value_is_encoded_as_its_place_demands() {
        for (template, value, url) in [
            ("http://a/{x}", "b/c?d#e f%", "http://a/b%2Fc%3Fd%23e%20f%25"),
            ("http://a/?q={x}&r=1", "b&c=d+e ä#", "http://a/?q=b%26c%3Dd%2Be%20%C3%A4%23&r=1"),
            ("http://a/?q={x}", "", "http://a/?q="),
            ("http://a/#{x}", "b c", "http://a/#b%20c"),
            ("http://{x}.example/", "eu-1", "http://eu-1.example/"),
            ("http://a:{x}/{ x }", "8080", "http://a:8080/8080"),
            ("http://a/..{x}", "...", "http://a/....."),
        ] {
            assert_eq!(fill(template, value).as_deref(), Ok(url), "{template} {value}");
        }
    }

    #[test]
    fn what_would_leave_its_place_is_refused() {
        for (template, value, reason) in [
            ("http://{x}/", "evil.example/", "not allowed in a host"),
            ("http://{x}.good.example/", "evil.example#", "not allowed in a host"),
            ("http://{x}/", "u@evil", "not allowed in a host"),
            ("http://a/{x}/b", "..", "would be . or .."),
            ("http://a/{x}", ".", "would be . or .."),
            ("http://a/{x}{x}/b", ".", "would be . or .."),
            ("http://a/{x}/b", "", "is empty"),
            ("http://a/{y}", "", "no \"y\""),
        ] {
            let refused = fill(template, value).unwrap_err();
            assert!(refused.contains(reason), "{template} {value}: {refused}");
        }
    }

    #[test]
    fn a_template_that_makes_no_url_is_refused() {
        for template in
            ["{x}://a/", "http://{x}:pw@a/", "http://a/{", "http://a/}", "http://a/{}", "http://a/{{x}}", "/{x}"]
        {
            assert!(UrlTemplate::parse(template, None).is_err(), "{template}");
        }
        let base = Url::parse("http://a/b/").unwrap();
        let template = UrlTemplate::parse("c/{x}?{y}", Some(&base)).unwrap();
        assert_eq!(template.columns().collect::<Vec<_>>(), ["x", "y"]);
        let filled = template.fill(Some(&base), |_| Some(Value::Json("1"))).unwrap();
        assert_eq!((filled.0.as_str(), filled.1.as_str()), ("c/1?1", "http://a/b/c/1?1"));
    }

    proptest! {
        #[test]
        fn a_value_can_be_read_back(value in "\\PC{1,20}|[./%?#&=+ ]{1,5}") {
            let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
            let url = Url::parse(&fill("http://a/s/{x}x/t?q={x}&r=1#f", &value).unwrap()).unwrap();
            prop_assert_eq!(url.host_str(), Some("a"));
            let path: Vec<_> = url.path_segments().unwrap().map(decoded).collect();
            prop_assert_eq!(path, ["s".to_owned(), format!("{value}x"), "t".to_owned()]);
            let query: Vec<_> = url.query_pairs().map(|(_, value)| value.into_owned()).collect();
            prop_assert_eq!(query, [value, "1".to_owned()]);
            prop_assert_eq!(url.fragment(), Some("f"));
        }

        #[test]
        fn no_template_is_a_panic(text in "(http://|[a{}:/?#@.])*", value: String) {
            let _ = fill(&text, &value);
        }
    }
}
