//! Which parameters and header fields hold secrets, by their names.
//!
//! `docs/safety.md` has the reasons.

use super::unit::unit;

/// More letters of a name than any rule looks at.
const MAX_NAME: usize = 128;

/// Names that are secret as they are: in lower case, letters and digits alone, in order.
const SECRET: [&str; 46] = [
    "2fa",
    "accesskey",
    "apikey",
    "appkey",
    "applicationkey",
    "auth",
    "authkey",
    "authorization",
    "awsaccesskeyid",
    "bearer",
    "codeverifier",
    "csrf",
    "devicecode",
    "googleaccessid",
    "hdnea",
    "hdnts",
    "hmac",
    "idtokenhint",
    "jsessionid",
    "jwt",
    "key",
    "oauthverifier",
    "ossaccesskeyid",
    "otp",
    "pass",
    "passcode",
    "phpsessid",
    "privatekey",
    "pw",
    "pwd",
    "qak",
    "samlart",
    "samlresponse",
    "secretkey",
    "sessid",
    "session",
    "sessionid",
    "sessionkey",
    "sharedkey",
    "sid",
    "sig",
    "sign",
    "subscriptionkey",
    "totp",
    "usercode",
    "xsrf",
];

/// Ends of names that say what the value is, whatever stands before them.
const SECRET_ENDS: [&str; 16] = [
    "accesskey",
    "apikey",
    "assertion",
    "authkey",
    "credential",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "secretkey",
    "sessionid",
    "signature",
    "subscriptionkey",
    "appsecretproof",
];

/// What a token is called that says where a list goes on: no secret, and what tells one page from another.
const PLACES: [&str; 13] = [
    "page",
    "paging",
    "pagination",
    "next",
    "prev",
    "continu",
    "sync",
    "skip",
    "delta",
    "cursor",
    "scroll",
    "start",
    "resum",
];

/// Names of secrets and of much else.
const EITHER: [&str; 3] = ["appid", "pin", "ticket"];

/// The shortest value of such a name that is taken for a secret, in bytes: no country, product or error has a code
/// this long.
pub(super) const MIN_LONG: usize = 16;

/// Header fields whose whole value is a secret, or is what one can be found from.
const SECRET_HEADERS: [&str; 25] = [
    "api-key",
    "apikey",
    "authentication-info",
    "authorization",
    "cookie",
    "cookie2",
    "private-token",
    "proxy-authentication-info",
    "proxy-authorization",
    "set-cookie",
    "set-cookie2",
    "x-access-token",
    "x-amz-security-token",
    "x-api-key",
    "x-auth-request-access-token",
    "x-auth-token",
    "x-authorization",
    "x-csrf-token",
    "x-forwarded-access-token",
    "x-refresh-token",
    "x-session-token",
    "x-storage-token",
    "x-subject-token",
    "x-vault-token",
    "x-xsrf-token",
];

/// What a parameter's name says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is a secret.
    Secret,
    /// It is one if it is long.
    Either,
    /// It is one if it is long, or beside a `state`: what OAuth hands to a client.
    Code,
    /// It is none.
    Harmless,
}

/// What a parameter's name, as it is written, says of its value.
///
/// Case, percent-encodings and what joins words do not count: `X-Amz-Signature` is `x_amz_signature`. Of
/// `user[password]` and `hub.secret` the last part is enough.
pub(super) fn meaning(name: &str) -> Meaning {
    if name.is_empty() || name.len() > MAX_NAME {
        return Meaning::Harmless;
    }
    let (mut letters, mut last, mut at) = (String::with_capacity(name.len()), 0, 0);
    while at < name.len() {
        let unit = unit(name.as_bytes(), at);
        match unit.byte {
            b'[' | b'.' => last = letters.len(),
            byte if byte.is_ascii_alphanumeric() => letters.push(byte.to_ascii_lowercase().into()),
            _ => {}
        }
        at = unit.end;
    }
    match &*letters {
        name if is_secret(name) || is_secret(&name[last..]) => Meaning::Secret,
        "code" => Meaning::Code,
        name if EITHER.contains(&name) => Meaning::Either,
        _ => Meaning::Harmless,
    }
}

fn is_secret(name: &str) -> bool {
    match name.strip_suffix("token") {
        Some(kind) => !PLACES.iter().any(|place| kind.contains(place)),
        None => SECRET.binary_search(&name).is_ok() || SECRET_ENDS.iter().any(|end| name.ends_with(end)),
    }
}

/// Whether a header field's value is a secret as a whole; its name is in lower case.
pub(super) fn is_secret_header(name: &str) -> bool {
    SECRET_HEADERS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order() {
        assert!(SECRET.is_sorted() && SECRET_HEADERS.is_sorted());
    }

    #[test]
    fn names_are_told_apart() {
        for name in [
            "token",
            "access_token",
            "X-Amz-Signature",
            "AWSAccessKeyId",
            "sig",
            "client_secret",
            "%74oken",
            "user[password]",
            "x-goog-credential",
            "csrfmiddlewaretoken",
            "Ocp-Apim-Subscription-Key",
            "hub.verify_token",
            "client_assertion",
            "oauth_signature",
            "PHPSESSID",
            "auth%5Botp%5D",
            "%2574oken",
            "new_password",
            "JWT",
            "private_token",
        ] {
            assert!(meaning(name) == Meaning::Secret, "{name}");
        }
        for name in [
            "page_token",
            "nextToken",
            "ContinuationToken",
            "resumptionToken",
            "cursor",
            "q",
            "keyword",
            "max_tokens",
            "token_type",
            "expires_in",
            "state",
            "nonce",
            "sort_key",
            "author",
            "X-Amz-Date",
            "design",
            "country",
            "",
            "user[name]",
            "key_id",
            "passenger",
            "secretary",
            "sid_count",
        ] {
            assert!(meaning(name) == Meaning::Harmless, "{name}");
        }
        assert_eq!(meaning("code"), Meaning::Code);
        assert_eq!(meaning(&"token".repeat(30)), Meaning::Harmless);
    }
}
