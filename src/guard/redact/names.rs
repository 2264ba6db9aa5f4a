//! Classifies parameters and header fields by name. `docs/safety.md` gives the reasons.

use super::decode::decode;

/// The longest name that is classified, in bytes. No rule applies to longer ones.
const MAX_NAME: usize = 128;

/// Names of secrets, sorted: lower case, with letters and digits only.
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

/// Suffixes of names of secrets.
const SECRET_SUFFIXES: [&str; 16] = [
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

/// Parts of the names of pagination tokens, such as `nextPageToken`. These are not secret, and distinguish one page from
/// another.
const PAGINATION: [&str; 13] = [
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

/// Names of secrets, but of many other values too.
const AMBIGUOUS: [&str; 3] = ["appid", "pin", "ticket"];

/// The shortest value of such a name that counts as a secret, in bytes: the codes of countries, products and errors are
/// shorter.
pub(super) const MIN_SECRET_LEN: usize = 16;

/// Header fields whose whole value is a secret, or lets one be derived.
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

/// What a parameter's name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sensitivity {
    /// The value is a secret.
    Secret,
    /// The value is a secret if it is long.
    Ambiguous,
    /// The value is a secret if it is long or accompanied by `state`: an OAuth authorization code (RFC 6749,
    /// section 4.1.2).
    Code,
    /// The value is not a secret.
    Harmless,
}

/// Classifies a parameter by its name, as written.
///
/// Case, percent-encodings and separators are ignored: `X-Amz-Signature` equals `x_amz_signature`. For `user[password]`
/// and `hub.secret` the last part suffices.
pub(super) fn sensitivity(name: &str) -> Sensitivity {
    if name.is_empty() || name.len() > MAX_NAME {
        return Sensitivity::Harmless;
    }
    let (mut letters, mut last, mut at) = (String::with_capacity(name.len()), 0, 0);
    while at < name.len() {
        let decoded = decode(name.as_bytes(), at);
        match decoded.byte {
            b'[' | b'.' => last = letters.len(),
            byte if byte.is_ascii_alphanumeric() => letters.push(byte.to_ascii_lowercase().into()),
            _ => {}
        }
        at = decoded.end;
    }
    match &*letters {
        name if is_secret(name) || is_secret(&name[last..]) => Sensitivity::Secret,
        "code" => Sensitivity::Code,
        name if AMBIGUOUS.contains(&name) => Sensitivity::Ambiguous,
        _ => Sensitivity::Harmless,
    }
}

fn is_secret(name: &str) -> bool {
    match name.strip_suffix("token") {
        Some(prefix) => !PAGINATION.iter().any(|part| prefix.contains(part)),
        None => SECRET.binary_search(&name).is_ok() || SECRET_SUFFIXES.iter().any(|suffix| name.ends_with(suffix)),
    }
}

/// Whether the whole value of a header field is a secret. Expects the name in lower case.
pub(super) fn is_secret_header(name: &str) -> bool {
    SECRET_HEADERS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(SECRET.is_sorted() && SECRET_HEADERS.is_sorted());
    }

    #[test]
    fn names_are_classified() {
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
            assert!(sensitivity(name) == Sensitivity::Secret, "{name}");
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
            assert!(sensitivity(name) == Sensitivity::Harmless, "{name}");
        }
        assert_eq!(sensitivity("code"), Sensitivity::Code);
        assert_eq!(sensitivity(&"token".repeat(30)), Sensitivity::Harmless);
    }
}
