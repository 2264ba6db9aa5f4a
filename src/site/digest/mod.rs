//! Digest authentication ([RFC 7616]): parses a server's challenge and computes the responses to it.
//!
//! [RFC 7616]: https://www.rfc-editor.org/rfc/rfc7616

mod algorithm;
mod answer;
mod challenges;
mod unanswerable;

use std::fmt;

use http::Method;
use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use url::Url;

use self::algorithm::{Algorithm, hex};
use self::challenges::AuthChallenge;
pub use self::unanswerable::Unanswerable;

/// The longest header field that is searched for a challenge, in bytes. A challenge is kept for each host.
const MAX_FIELD: usize = 8 << 10;

/// A user name and password for digest authentication.
#[derive(Clone, PartialEq, Eq)]
pub struct DigestCredentials {
    /// The user name.
    pub user: String,
    /// The password. Only a hash of it is sent.
    pub password: String,
}

/// Shows neither the user nor the password.
impl fmt::Debug for DigestCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// A challenge of a server. It counts its uses, since each response needs a new nonce count.
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge {
    algorithm: Algorithm,
    /// The server named the algorithm.
    names_algorithm: bool,
    realm: Vec<u8>,
    nonce: Vec<u8>,
    opaque: Option<Vec<u8>>,
    /// The quality of protection is `auth`. Without one, the answer is that of RFC 2069.
    has_qop: bool,
    hashes_user: bool,
    is_stale: bool,
    nonce_count: u32,
}

impl Challenge {
    /// The strongest supported challenge in the header fields of a response; of several, the first.
    ///
    /// Supported are the algorithms MD5, SHA-256 and SHA-512-256, with or without `-sess`, and the quality of protection
    /// `auth` or none (RFC 2069).
    ///
    /// # Errors
    /// There is none that is supported.
    pub fn of(head: &HeaderMap) -> Result<Challenge, Unanswerable> {
        let fields = head.get_all(WWW_AUTHENTICATE);
        let is_long = fields.iter().any(|field| field.len() > MAX_FIELD);
        let fields = fields.iter().filter(|field| field.len() <= MAX_FIELD);
        // A character for each byte: a quoted string can contain any (RFC 9110, section 5.6.4).
        let texts = fields.map(|field| field.as_bytes().iter().map(|&byte| char::from(byte)).collect::<String>());
        let (mut best, mut why) = (None::<Challenge>, is_long.then_some(Unanswerable::TooLong));
        for one in texts.flat_map(|text| challenges::parse(&text)) {
            match Challenge::new(&one) {
                Ok(one) if best.as_ref().is_some_and(|best| best.algorithm.strength() >= one.algorithm.strength()) => {}
                Ok(one) => best = Some(one),
                Err(other) => why = Some(why.map_or_else(|| other.clone(), |why| why.or(&other))),
            }
        }
        best.ok_or(why.unwrap_or(Unanswerable::NoChallenge))
    }

    fn new(challenge: &AuthChallenge) -> Result<Self, Unanswerable> {
        if !challenge.scheme.eq_ignore_ascii_case("Digest") {
            return Err(Unanswerable::Schemes(vec![challenge.scheme.clone()]));
        }
        let bytes = |name| Some(challenge.get(name)?.chars().filter_map(|c| u8::try_from(c).ok()).collect());
        let is_true = |name| challenge.get(name).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
        let algorithm = challenge.get("algorithm");
        let qops = challenge.get("qop").unwrap_or_default().trim();
        let has_qop = qops.split(',').any(|qop| qop.trim().eq_ignore_ascii_case("auth"));
        if !qops.is_empty() && !has_qop {
            return Err(Unanswerable::Qop(qops.to_owned()));
        }
        let name = algorithm.unwrap_or("MD5");
        Ok(Challenge {
            algorithm: Algorithm::named(name).ok_or_else(|| Unanswerable::Algorithm(name.to_owned()))?,
            names_algorithm: algorithm.is_some(),
            realm: bytes("realm").ok_or(Unanswerable::Missing("realm"))?,
            nonce: bytes("nonce").ok_or(Unanswerable::Missing("nonce"))?,
            opaque: bytes("opaque"),
            has_qop,
            hashes_user: is_true("userhash"),
            is_stale: is_true("stale"),
            nonce_count: 0,
        })
    }

    /// Whether the server rejected an expired nonce rather than the credentials.
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// The value of the Authorization header for one request. It differs at each call. Returns `None` if the challenge
    /// cannot be answered.
    pub fn answer(&mut self, credentials: &DigestCredentials, method: &Method, url: &Url) -> Option<HeaderValue> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).ok()?;
        self.respond(credentials, method, url, &hex(&random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenges(fields: &[&str]) -> Option<Challenge> {
        let mut head = HeaderMap::new();
        for field in fields {
            head.append(WWW_AUTHENTICATE, HeaderValue::from_str(field).unwrap());
        }
        Challenge::of(&head).ok()
    }

    #[test]
    fn what_cannot_be_answered_says_why() {
        let long = format!("Digest realm=\"x\", nonce=n, opaque=\"{}\"", "x".repeat(MAX_FIELD));
        for (fields, why) in [
            (&[][..], "the response has no challenge in WWW-Authenticate"),
            (&["Basic realm=\"x\""], "the server offers only Basic"),
            (&["Negotiate", "Basic realm=x, NTLM"], "the server offers only Negotiate, Basic and NTLM"),
            (&["\"\""], "the response has no challenge in WWW-Authenticate"),
            (&["Digest realm=x, nonce=n, qop=\"auth-int\""], "qop \"auth-int\" is not supported"),
            (&["Digest realm=x, nonce=n, algorithm=SHA-1024"], "algorithm \"SHA-1024\" is not supported"),
            (&["Basic realm=x, Digest nonce=n"], "the challenge has no realm"),
            (&["Digest realm=x", "Basic realm=x"], "the challenge has no nonce"),
            (&[&long], "the challenge is longer than 8 KiB"),
            (
                &[&format!("Digest realm=x, nonce=n, qop={}", "q".repeat(99))],
                "qop \"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq…\" is not supported",
            ),
        ] {
            let mut head = HeaderMap::new();
            for field in fields {
                head.append(WWW_AUTHENTICATE, HeaderValue::from_str(field).unwrap());
            }
            assert_eq!(Challenge::of(&head).unwrap_err().to_string(), why, "{fields:?}");
        }
    }

    fn mufasa() -> DigestCredentials {
        DigestCredentials { user: "Mufasa".into(), password: "Circle of Life".into() }
    }

    const RFC_7616: &str = r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=ALGORITHM,
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;

    /// The example of RFC 7616, section 3.9.1.
    #[test]
    fn answers_match_the_examples_of_the_rfc() {
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let field = RFC_7616.replace("ALGORITHM", algorithm).replace('\n', "");
            let mut challenge = challenges(&[&field]).unwrap();
            let url = Url::parse("http://www.example.org/dir/index.html#part").unwrap();
            let (user, method) = (mufasa(), Method::GET);
            let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
            let answer = challenge.respond(&user, &method, &url, cnonce).unwrap();
            let answer = answer.to_str().unwrap();
            assert!(answer.contains(&format!("response=\"{response}\"")), "{answer}");
            assert!(answer.contains("uri=\"/dir/index.html\"") && answer.contains("nc=00000001"), "{answer}");
        }
    }

    /// The expected value was computed with Python's hashlib.
    #[test]
    fn a_session_hashes_both_nonces() {
        let field = r#"Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess"#;
        let mut challenge = challenges(&[field]).unwrap();
        let (user, method, url) = (mufasa(), Method::POST, Url::parse("http://a.test/x?y=1").unwrap());
        let answer = challenge.respond(&user, &method, &url, "c").unwrap();
        let answer = answer.to_str().unwrap();
        assert!(answer.contains("response=\"87c8eb2dcc530314a8ea0dee290b6656\""), "{answer}");
    }

    #[test]
    fn every_answer_is_different() {
        let mut challenge = challenges(&[r#"Digest realm="r", nonce="n", qop=auth"#]).unwrap();
        let url = Url::parse("http://a.test/").unwrap();
        let mut answer = || challenge.answer(&mufasa(), &Method::GET, &url).unwrap();
        let (first, second) = (answer(), answer());
        assert!(first.is_sensitive());
        assert!(first.to_str().unwrap().contains("nc=00000001") && second.to_str().unwrap().contains("nc=00000002"));
    }

    #[test]
    fn names_of_algorithms_and_qualities_have_no_case() {
        let url = Url::parse("http://a.test/x").unwrap();
        let answer = |field: &str| {
            let mut challenge = challenges(&[field])?;
            Some(challenge.answer(&mufasa(), &Method::GET, &url)?.to_str().unwrap().to_owned())
        };
        for (given, sent) in [
            ("algorithm=md5", "algorithm=MD5,"),
            ("algorithm=Md5-SESS", "algorithm=MD5-sess,"),
            ("algorithm=\"sha-256\"", "algorithm=SHA-256,"),
            ("algorithm = sha-256-sess", "algorithm=SHA-256-sess,"),
            ("ALGORITHM=sha-512-256", "algorithm=SHA-512-256,"),
            ("foo=bar", "algorithm=MD5,"),
        ] {
            for qop in ["qop=\"auth\"", "qop=auth", "QOP = \"auth-int , AUTH\"", "qop=\"auth,auth-int,new\""] {
                let answer = answer(&format!("digest realm=\"r\", nonce=\"n\", {given} , {qop}")).unwrap();
                assert!(answer.contains(sent) && answer.contains("qop=auth,"), "{given} {qop}: {answer}");
            }
        }
        for wrong in ["algorithm=sha", "algorithm=\"\"", "qop=auth-int", "qop=new"] {
            assert_eq!(answer(&format!("Digest realm=\"r\", nonce=\"n\", {wrong}")), None, "{wrong}");
        }
        let plain = answer("Digest realm=r, nonce=a+b/c==, qop=\"\"").unwrap();
        assert!(plain.contains("nonce=\"a+b/c==\"") && !plain.contains("qop"), "{plain}");
    }

    #[test]
    fn opaque_is_returned_as_it_is() {
        let url = Url::parse("http://a.test/x").unwrap();
        for (given, sent) in [
            (", opaque=\"\"", ", opaque=\"\""),
            (", opaque=", ", opaque=\"\""),
            (", opaque=\"x y\"", ", opaque=\"x y\""),
            (", opaque=\"a\\\"b\"", ", opaque=\"a\\\"b\""),
            ("", ""),
        ] {
            let field = format!("Digest realm=\"a \\\"b\\\"\", nonce=n, qop=auth{given}");
            let answer = challenges(&[&field]).unwrap().answer(&mufasa(), &Method::GET, &url).unwrap();
            let answer = answer.to_str().unwrap();
            assert!(answer.ends_with(sent) && answer.contains("opaque") != sent.is_empty(), "{answer}");
            assert!(answer.contains("realm=\"a \\\"b\\\"\""), "{answer}");
        }
    }

    #[test]
    fn the_strongest_challenge_is_answered() {
        let of = |algorithm: &str| format!("Digest realm=\"{algorithm}\", nonce=n, qop=auth, algorithm={algorithm}");
        for (fields, chosen) in [
            (vec![of("MD5"), of("SHA-256")], "SHA-256"),
            (vec![of("SHA-256"), of("MD5")], "SHA-256"),
            (vec![of("md5") + ", Basic realm=x, " + &of("sha-256")], "sha-256"),
            (vec![of("MD5"), of("SHA-512-256"), of("SHA-256")], "SHA-512-256"),
            (vec![of("SHA-3"), of("MD5")], "MD5"),
            (vec![of("MD5-sess"), of("MD5")], "MD5-sess"),
        ] {
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            assert_eq!(challenges(&fields).unwrap().realm, chosen.as_bytes());
        }
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
            assert_eq!((&challenge.realm[..], challenge.is_stale()), (&b"a, b"[..], true), "{fields:?}");
        }
        for fields in [&[][..], &["Basic realm=\"x\""], &["Digest"], &["Digest realm=\"x\""], &["Digest ,,=\""]] {
            assert_eq!(challenges(fields), None, "{fields:?}");
        }
        assert_eq!(challenges(&[&format!("{digest}, opaque=\"{}\"", "x".repeat(MAX_FIELD))]), None);
    }
}
