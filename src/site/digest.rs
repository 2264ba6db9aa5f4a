//! Digest authentication ([RFC 7616]): a server's challenge, and the answers to it.
//!
//! [RFC 7616]: https://www.rfc-editor.org/rfc/rfc7616

use std::fmt;

use http::Method;
use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use http_auth::parser::ChallengeParser;
use http_auth::{DigestClient, PasswordParams};
use url::Position;
use url::Url;

/// The longest header field that is searched for a challenge, in bytes: it is kept for each host.
const MAX_FIELD: usize = 8 << 10;

/// Who asks.
#[derive(Clone, PartialEq, Eq)]
pub struct DigestCredentials {
    /// The name.
    pub user: String,
    /// The password, which is never sent.
    pub password: String,
}

/// Shows neither.
impl fmt::Debug for DigestCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// What a server wants to have answered. It counts how often it was, since a server takes no answer twice.
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge(DigestClient);

impl Challenge {
    /// The first challenge in the head of a response that can be answered.
    ///
    /// Algorithms are MD5, SHA-256 and SHA-512-256, and each for a session; the quality of protection is `auth`, or
    /// none, as before RFC 2617.
    pub fn of(head: &HeaderMap) -> Option<Challenge> {
        let fields = head.get_all(WWW_AUTHENTICATE).iter().filter(|field| field.len() <= MAX_FIELD);
        let mut clients = fields.filter_map(|field| field.to_str().ok()).flat_map(|field| {
            ChallengeParser::new(field).map_while(Result::ok).filter_map(|one| DigestClient::try_from(&one).ok())
        });
        clients.find(|client| client.qop() & http_auth::digest::Qop::Auth).map(Challenge)
    }

    /// Whether what was wrong is that an answer came too late, and not who gave it.
    pub fn is_stale(&self) -> bool {
        self.0.stale()
    }

    /// The Authorization header for a request, another one each time.
    pub fn answer(&mut self, by: &DigestCredentials, method: &Method, url: &Url) -> Option<HeaderValue> {
        let answer = self.0.respond(&params(by, method, url)).ok()?;
        let mut value = HeaderValue::try_from(answer).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

fn params<'a>(by: &'a DigestCredentials, method: &'a Method, url: &'a Url) -> PasswordParams<'a> {
    let uri = &url[Position::BeforePath..Position::AfterQuery];
    PasswordParams { username: &by.user, password: &by.password, uri, method: method.as_str(), body: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenges(fields: &[&str]) -> Option<Challenge> {
        let mut head = HeaderMap::new();
        for field in fields {
            head.append(WWW_AUTHENTICATE, HeaderValue::from_str(field).unwrap());
        }
        Challenge::of(&head)
    }

    fn mufasa() -> DigestCredentials {
        DigestCredentials { user: "Mufasa".into(), password: "Circle of Life".into() }
    }

    const RFC_7616: &str = r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=ALGORITHM,
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;

    /// The example of RFC 7616, section 3.9.1.
    #[test]
    fn the_answers_are_those_of_the_rfc() {
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let field = RFC_7616.replace("ALGORITHM", algorithm).replace('\n', "");
            let mut challenge = challenges(&[&field]).unwrap();
            let url = Url::parse("http://www.example.org/dir/index.html#part").unwrap();
            let (by, method) = (mufasa(), Method::GET);
            let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
            let answer = challenge.0.respond_with_testing_cnonce(&params(&by, &method, &url), cnonce).unwrap();
            assert!(answer.contains(&format!("response=\"{response}\"")), "{answer}");
            assert!(answer.contains("uri=\"/dir/index.html\"") && answer.contains("nc=00000001"), "{answer}");
        }
    }

    /// Worked out with Python's hashlib.
    #[test]
    fn a_sessions_answer_goes_by_both_nonces() {
        let field = r#"Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess"#;
        let mut challenge = challenges(&[field]).unwrap();
        let (by, method, url) = (mufasa(), Method::POST, Url::parse("http://a.test/x?y=1").unwrap());
        let answer = challenge.0.respond_with_testing_cnonce(&params(&by, &method, &url), "c").unwrap();
        assert!(answer.contains("response=\"87c8eb2dcc530314a8ea0dee290b6656\""), "{answer}");
    }

    #[test]
    fn no_answer_is_given_twice() {
        let mut challenge = challenges(&[r#"Digest realm="r", nonce="n", qop=auth"#]).unwrap();
        let url = Url::parse("http://a.test/").unwrap();
        let mut answer = || challenge.answer(&mufasa(), &Method::GET, &url).unwrap();
        let (first, second) = (answer(), answer());
        assert!(first.is_sensitive());
        assert!(first.to_str().unwrap().contains("nc=00000001") && second.to_str().unwrap().contains("nc=00000002"));
    }

    #[test]
    fn a_challenge_is_found_among_others() {
        let digest = r#"Digest realm="a, b", nonce="n", stale=TRUE, qop="auth""#;
        for fields in [
            &[digest][..],
            &["Basic realm=\"x\"", digest],
            &[&format!("Basic realm=\"x\", {digest}")],
            &[&format!("{digest}, Basic realm=\"x\"")],
            &[r#"Digest realm="x", nonce="m", algorithm=SHA-1024"#, digest],
            &[r#"Digest realm="x", nonce="m", qop="auth-int""#, digest],
        ] {
            let challenge = challenges(fields).unwrap();
            assert_eq!((challenge.0.realm(), challenge.is_stale()), ("a, b", true), "{fields:?}");
        }
        for fields in [&[][..], &["Basic realm=\"x\""], &["Digest"], &["Digest realm=\"x\""], &["Digest ,,=\""]] {
            assert_eq!(challenges(fields), None, "{fields:?}");
        }
        assert_eq!(challenges(&[&format!("{digest}, opaque=\"{}\"", "x".repeat(MAX_FIELD))]), None);
    }
}
