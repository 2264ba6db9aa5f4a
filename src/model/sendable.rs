//! Which URLs a request can name: parsers of URLs accept more than HTTP can carry.

use std::fmt;

use url::{Position, Url};

use crate::model::{ErrorKind, Failure};

/// The longest URL that is sent, in bytes, without user-info and fragment. Servers accept far shorter ones.
pub const MAX_URL: usize = 65_534;

/// Why no request can name a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// It is longer than [`MAX_URL`].
    #[error("the URL is longer than {MAX_URL} bytes")]
    TooLong,
    /// The name of its host has a character that URIs exclude everywhere ([RFC 3986], appendix A).
    ///
    /// [RFC 3986]: https://www.rfc-editor.org/rfc/rfc3986#appendix-A
    #[error("the host name has a {}, which no request can carry", Quoted(*.0))]
    Host(char),
}

/// A character as text shows it.
struct Quoted(char);

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// Checks that a request can name `url`.
///
/// # Errors
/// It is too long, or its host has a character that no request can carry.
pub fn check_sendable(url: &Url) -> Result<(), Unsendable> {
    let length = url[..Position::BeforeUsername].len() + url[Position::BeforeHost..Position::AfterQuery].len();
    if length > MAX_URL {
        return Err(Unsendable::TooLong);
    }
    let excluded = url.host_str().and_then(|host| host.chars().find(|c| matches!(c, '"' | '`' | '{' | '}')));
    excluded.map_or(Ok(()), |c| Err(Unsendable::Host(c)))
}

impl From<Unsendable> for Failure {
    fn from(why: Unsendable) -> Self {
        Failure::new(ErrorKind::InvalidInput, why.to_string())
    }
}

#[cfg(test)]
mod tests {
    use http::Uri;
    use proptest::prelude::*;

    use super::*;

    fn checked(text: &str) -> Result<(), Unsendable> {
        check_sendable(&Url::parse(text).unwrap())
    }

    #[test]
    fn a_url_is_sent_unless_it_is_too_long_or_its_host_has_what_uris_exclude() {
        for text in [
            "http://a.test/",
            "http://a_b.test:0/",
            "http://*.a.test/",
            "http://a'b;c=d,e&f.test/",
            "http://[::1]:80/",
            "http://bücher.test/",
            "http://a..b/",
            "http://a.test/{x}?{y}&`z`|^#{w}",
            "http://{u}:\"p\"@a.test/",
        ] {
            assert_eq!(checked(text), Ok(()), "{text}");
        }
        for (text, c) in
            [("http://{{host}}/", '{'), ("http://a}.test/", '}'), ("http://\"a\"/", '"'), ("https://a`/", '`')]
        {
            assert_eq!(checked(text), Err(Unsendable::Host(c)), "{text}");
        }
        let of_length = |length: usize| format!("http://a.test/?{}", "x".repeat(length - 15));
        assert_eq!(checked(&of_length(MAX_URL)), Ok(()));
        assert_eq!(checked(&of_length(MAX_URL + 1)), Err(Unsendable::TooLong));
        let unsent = of_length(MAX_URL).replace("//", &format!("//{}@", "u".repeat(100))) + "#part";
        assert_eq!(checked(&unsent), Ok(()), "neither user-info nor fragment is sent");
    }

    #[test]
    fn the_messages_name_what_is_wrong() {
        assert_eq!(Unsendable::Host('"').to_string(), "the host name has a '\"', which no request can carry");
        assert_eq!(Unsendable::TooLong.to_string(), "the URL is longer than 65534 bytes");
    }

    proptest! {
        /// `http::Uri` is what clients take.
        #[test]
        fn what_is_sendable_is_a_uri(
            host in "[!-~é]{1,6}", port in "(:[0-9]{1,4})?", rest in "(/[ -~é]{0,9})?([?][ -~é]{0,9})?",
        ) {
            if let Ok(url) = Url::parse(&format!("http://{host}.test{port}{rest}")) {
                let mut sent = url.clone();
                sent.set_fragment(None);
                let _ = sent.set_username("");
                let _ = sent.set_password(None);
                prop_assert_eq!(check_sendable(&url).is_ok(), Uri::try_from(sent.as_str()).is_ok(), "{}", url);
            }
        }
    }
}
