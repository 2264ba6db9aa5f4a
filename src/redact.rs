//! Secrets stay secret: what is masked before anything is written or shown.

use std::borrow::Cow;

/// What stands in the place of a secret.
pub const MASK: &str = "REDACTED";

/// Query parameters that carry a signature or a credential, in lower case.
const SECRET_PARAMS: [&str; 20] = [
    "access_token",
    "api_key",
    "apikey",
    "auth",
    "client_secret",
    "id_token",
    "key",
    "passwd",
    "password",
    "refresh_token",
    "secret",
    "sig",
    "signature",
    "token",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
    "x-goog-credential",
    "x-goog-signature",
    "googleaccessid",
];

/// A URL as it may be shown: user-info and the values of well-known secret parameters masked.
///
/// It takes any text, since what a list holds need not be a URL; what it does not understand it leaves alone.
pub fn url(text: &str) -> Cow<'_, str> {
    let masked = user_info(text);
    match query(&masked) {
        Some(masked) => Cow::Owned(masked),
        None => masked,
    }
}

/// A message as it may be shown: the user-info of every URL in it is masked.
pub fn message(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let end = after.find(|c: char| c.is_whitespace() || "/?#\\'\"".contains(c)).unwrap_or(after.len());
        out.push_str(before);
        match after[..end].rfind('@') {
            Some(host) => out.extend([MASK, &after[host..end]]),
            None => out.push_str(&after[..end]),
        }
        rest = &after[end..];
    }
    if out.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(out + rest) }
}

fn user_info(text: &str) -> Cow<'_, str> {
    let scheme = text.find("://").map(|at| at + 3).filter(|&at| !text[..at - 3].contains(['/', '?', '#']));
    let start = scheme.unwrap_or(if text.starts_with("//") { 2 } else { 0 });
    let end = text[start..].find(['/', '?', '#', '\\']).map_or(text.len(), |at| start + at);
    // Without a scheme only "name:password@" is surely user-info: "react@18" is not.
    match text[start..end].rfind('@') {
        Some(at) if scheme.is_some() || text[start..start + at].contains(':') => {
            Cow::Owned(format!("{}{MASK}{}", &text[..start], &text[start + at..]))
        }
        _ => Cow::Borrowed(text),
    }
}

fn query(text: &str) -> Option<String> {
    let start = text.find('?')? + 1;
    let end = text[start..].find('#').map_or(text.len(), |at| start + at);
    if !text[start..end].split('&').any(is_secret) {
        return None;
    }
    let mut out = String::from(&text[..start]);
    for (n, pair) in text[start..end].split('&').enumerate() {
        if n > 0 {
            out.push('&');
        }
        match pair.split_once('=') {
            Some((name, _)) if is_secret(pair) => out.extend([name, "=", MASK]),
            _ => out.push_str(pair),
        }
    }
    out.push_str(&text[end..]);
    Some(out)
}

fn is_secret(pair: &str) -> bool {
    let Some((name, value)) = pair.split_once('=') else { return false };
    !value.is_empty() && SECRET_PARAMS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn a_message_keeps_no_user_info() {
        let told = "invalid value 'http://u:pw@[x/' for '--base-url': see https://a/b@c, or http://v@d";
        let shown = "invalid value 'http://REDACTED@[x/' for '--base-url': see https://a/b@c, or http://REDACTED@d";
        assert_eq!(super::message(told), shown);
        assert_eq!(super::message("a@b: no URL"), "a@b: no URL");
    }

    #[test]
    fn user_info_and_secret_parameters_are_masked() {
        for (given, shown) in [
            ("https://example.com/a?b=c", "https://example.com/a?b=c"),
            ("https://ann:pw@example.com/a", "https://REDACTED@example.com/a"),
            ("http://a@b@example.com", "http://REDACTED@example.com"),
            ("https://example.com/@user", "https://example.com/@user"),
            ("/r?q=1&Token=abc&x=2#t=1", "/r?q=1&Token=REDACTED&x=2#t=1"),
            ("https://s3/x?X-Amz-Signature=ab&X-Amz-Date=1", "https://s3/x?X-Amz-Signature=REDACTED&X-Amz-Date=1"),
            ("ann:pw@example.com/x", "REDACTED@example.com/x"),
            ("//ann:pw@example.com/x", "//REDACTED@example.com/x"),
            ("react@18/index.js", "react@18/index.js"),
            ("/to?u=http://a@b/", "/to?u=http://a@b/"),
            ("not a url", "not a url"),
        ] {
            assert_eq!(url(given), shown);
        }
    }
}
