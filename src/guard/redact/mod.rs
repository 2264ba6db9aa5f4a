//! Secrets stay secret: what is masked before anything is written or shown.
//!
//! [`Redact`] is how much of that a run wants. What cannot know of a plan uses [`url()`] and [`message()`].

mod names;
mod scan;
mod unit;

use std::borrow::Cow;

use http::header::HeaderName;

use scan::{Kind, secrets};

/// What stands in the place of a secret.
pub const MASK: &str = "REDACTED";

/// Header fields whose value is a URL, maybe a relative one.
const URL_HEADERS: [&str; 5] = ["content-location", "location", "referer", "sourcemap", "x-sourcemap"];

/// What is masked in records and reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Redact {
    /// User-info, well-known secret parameters of URLs, and header fields that hold credentials or cookies.
    #[default]
    Secrets,
    /// Nothing: URLs and header fields stand as they are.
    Nothing,
}

impl Redact {
    /// A URL as it may be shown, by [`url()`].
    pub fn url(self, text: &str) -> Cow<'_, str> {
        if self == Redact::Nothing { Cow::Borrowed(text) } else { url(text) }
    }

    /// A message as it may be shown, by [`message()`].
    pub fn message(self, text: &str) -> Cow<'_, str> {
        if self == Redact::Nothing { Cow::Borrowed(text) } else { message(text) }
    }

    /// The value of a header field as it may be shown: [`MASK`] if all of it is a secret, and no secrets in its URLs.
    ///
    /// Whoever has named the field has asked for its value, which is no secret to be kept then; of a URL it still is.
    pub fn header<'a>(self, name: &HeaderName, value: &'a str, named: bool) -> Cow<'a, str> {
        match name.as_str() {
            _ if self == Redact::Nothing => Cow::Borrowed(value),
            name if names::is_secret_header(name) && named => Cow::Borrowed(value),
            name if names::is_secret_header(name) => Cow::Borrowed(MASK),
            name if URL_HEADERS.contains(&name) => url(value),
            _ => message(value),
        }
    }
}

/// A URL as it may be shown: user-info and the values of well-known secret parameters masked, those of URLs within it
/// as well.
///
/// It takes any text, since what a list holds need not be a URL; what it does not understand it leaves alone.
pub fn url(text: &str) -> Cow<'_, str> {
    masked(text, Kind::Url)
}

/// A message as it may be shown: every URL in it is masked.
pub fn message(text: &str) -> Cow<'_, str> {
    masked(text, Kind::Message)
}

fn masked(text: &str, kind: Kind) -> Cow<'_, str> {
    let secrets = secrets(text, kind);
    if secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut end) = (String::with_capacity(text.len()), 0);
    for secret in secrets {
        out.extend([&text[end..secret.start], MASK]);
        end = secret.end;
    }
    out.push_str(&text[end..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn user_info_and_secret_parameters_are_masked() {
        for (given, shown) in [
            ("https://example.com/a?b=c", "https://example.com/a?b=c"),
            ("https://ann:pw@example.com/a", "https://REDACTED@example.com/a"),
            ("http://a@b@example.com", "http://REDACTED@example.com"),
            ("https://example.com/@user", "https://example.com/@user"),
            ("/r?q=1&Token=abc&x=2#t=1", "/r?q=1&Token=REDACTED&x=2#t=1"),
            ("https://s3/x?X-Amz-Signature=ab&X-Amz-Date=1", "https://s3/x?X-Amz-Signature=REDACTED&X-Amz-Date=1"),
            ("/cb#access_token=ab&token_type=bearer", "/cb#access_token=REDACTED&token_type=bearer"),
            ("/app#/cb?id_token=ab", "/app#/cb?id_token=REDACTED"),
            ("/x?%74oken=ab&sig=a/b+c%26d==&y=1", "/x?%74oken=REDACTED&sig=REDACTED&y=1"),
            ("/x?a=1;token=ab;c=2&d=3", "/x?a=1;token=REDACTED&d=3"),
            ("/a;jsessionid=ab/b?c=d", "/a;jsessionid=REDACTED/b?c=d"),
            ("/hdnts=ab/b?token=", "/hdnts=REDACTED/b?token="),
            ("/cb?code=ab&state=1", "/cb?code=REDACTED&state=1"),
            ("/by?code=DE", "/by?code=DE"),
            ("/x?code=0123456789abcdef", "/x?code=REDACTED"),
            ("/list?page_token=ab&cursor=cd", "/list?page_token=ab&cursor=cd"),
            ("ann:pw@example.com/x", "REDACTED@example.com/x"),
            ("//ann:pw@example.com/x", "//REDACTED@example.com/x"),
            ("react@18/index.js", "react@18/index.js"),
            ("not a url", "not a url"),
            ("//not:a url", "//not:a url"),
        ] {
            assert_eq!(url(given), shown);
        }
    }

    #[test]
    fn urls_within_urls_are_masked() {
        for (given, shown) in [
            ("/to?u=http://a@b/", "/to?u=http://REDACTED@b/"),
            ("/to?u=http://b/?token=ab&x=a@b", "/to?u=http://b/?token=REDACTED&x=a@b"),
            ("/to?u=http%3A%2F%2Fa%3Apw%40b%2F&x=1", "/to?u=http%3A%2F%2FREDACTED%40b%2F&x=1"),
            ("/to?u=%2Fb%3Ftoken%3Dab%26c%3Dd&x=1", "/to?u=%2Fb%3Ftoken%3DREDACTED%26c%3Dd&x=1"),
            ("/to?u=%252Fb%253Ftoken%253Dab%2526c&x", "/to?u=%252Fb%253Ftoken%253DREDACTED%2526c&x"),
            ("https://w/web/2020/http://a:pw@b/c", "https://w/web/2020/http://REDACTED@b/c"),
            ("/to?u=//ann:pw@b/", "/to?u=//REDACTED@b/"),
            ("/a//b@c", "/a//b@c"),
        ] {
            assert_eq!(url(given), shown);
        }
    }

    #[test]
    fn what_is_hardly_a_url_keeps_no_secret_either() {
        for given in [
            "http:/ann:hunter2@h/",
            "http:ann:hunter2@h/",
            "HTTP:\\\\ann:hunter2@h",
            "http:///ann:hunter2@h/",
            "ht\ntps:/\t/ann:hunter2@h",
            " https://ann:hunter2@h",
            "http://ann:hun/hunter2@h/",
            "http://ann:hunter2@[h/",
            "ftp://ann:hunter2@h",
            "http://h/?token=hunter2 hunter2",
            "ann:hunter2@",
            "\\/ann:hunter2@h",
            "h/x?pwd=hunter2",
            "token=hunter2",
            "http://ann:é/hunter2@h",
            "http://h/é?é&token=hunter2é",
        ] {
            assert!(!url(given).contains("hunter2"), "{given}: {}", url(given));
        }
    }

    #[test]
    fn a_message_has_no_secrets_of_urls() {
        for (told, shown) in [
            (
                "invalid value 'http://u:pw@[x/' for '--base-url': see https://a/b@c, or http://v@d",
                "invalid value 'http://REDACTED@[x/' for '--base-url': see https://a/b@c, or http://REDACTED@d",
            ),
            ("a@b: no URL", "a@b: no URL"),
            ("at 'http://h/?token=ab': no", "at 'http://h/?token=REDACTED': no"),
            ("back to /x?sig=ab&y=1, then (/y?sig=cd).", "back to /x?sig=REDACTED&y=1, then (/y?sig=REDACTED)."),
            ("</x?token=ab>; rel=\"next\", <//u:p@h/>", "</x?token=REDACTED>; rel=\"next\", <//REDACTED@h/>"),
            ("0; url=/x?token=ab", "0; url=/x?token=REDACTED"),
            ("{\"url\":\"https://h/?key=ab\",\"n\":1}", "{\"url\":\"https://h/?key=REDACTED\",\"n\":1}"),
        ] {
            assert_eq!(message(told), shown);
        }
    }

    #[test]
    fn headers_that_hold_credentials_show_none() {
        let shown =
            |redact: Redact, name, value| redact.header(&HeaderName::from_static(name), value, false).into_owned();
        for (name, value, masked) in [
            ("set-cookie", "sid=ab; Path=/", MASK),
            ("authorization", "Bearer ab", MASK),
            ("x-subject-token", "ab", MASK),
            ("location", "//u:p@h/?sig=ab", "//REDACTED@h/?sig=REDACTED"),
            ("link", "<?token=ab>; rel=next", "<?token=REDACTED>; rel=next"),
            ("refresh", "5; url=http://u:p@h/", "5; url=http://REDACTED@h/"),
            ("www-authenticate", "Basic realm=\"x\"", "Basic realm=\"x\""),
            ("etag", "\"a=b\"", "\"a=b\""),
        ] {
            assert_eq!(shown(Redact::Secrets, name, value), masked);
            assert_eq!(shown(Redact::Nothing, name, value), value);
        }
        let named = |name, value| Redact::Secrets.header(&HeaderName::from_static(name), value, true).into_owned();
        assert_eq!(named("set-cookie", "url=/x?token=ab"), "url=/x?token=ab");
        assert_eq!(named("location", "/x?token=ab"), "/x?token=REDACTED");
    }

    proptest! {
        #[test]
        fn masking_twice_is_masking_once(text in "(https?:)?[/\\\\]{0,2}[a-z:@%/?#&;=.\" é]{0,30}((token|sig|code)=|%3D|%2540|://|@)?.{0,20}") {
            for mask in [url, message] {
                let once = mask(&text).into_owned();
                prop_assert_eq!(&*mask(&once), &*once);
            }
        }

        #[test]
        fn no_url_shows_its_user_info(
            user in "[a-z!$&'*+,;=%:/?#@]{0,8}", password in "[a-z!$&'*+,;=%:/?#@]{0,8}", rest in "[/?#][a-z/?&=@]{0,12}",
        ) {
            let mut given = Url::parse(&format!("https://h.test{rest}")).unwrap();
            given.set_username(&format!("xyz{user}")).unwrap();
            given.set_password(Some(&format!("zyx{password}"))).unwrap();
            let shown = url(given.as_str()).into_owned();
            prop_assert!(shown.starts_with("https://REDACTED@h.test") && !shown.contains("zyx"), "{}", shown);
        }

        #[test]
        fn no_parameter_shows_its_secret(
            before in "[a-z/?&;=#.%]{0,12}", name in "(access_token|X-Amz-Signature|pass%77ord|user\\[pwd\\])",
            sign in "[?&#;]", after in "[&#][a-z=&]{0,8}",
        ) {
            let shown = url(&format!("https://h.test/{before}{sign}{name}=zyxw{after}")).into_owned();
            prop_assert!(!shown.contains("zyxw"), "{}", shown);
        }
    }
}
