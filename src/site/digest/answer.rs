//! The response to a challenge (RFC 7616, section 3.4, and RFC 2617, section 3.2.2).

use http::Method;
use http::header::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Position, Url};

use super::{Challenge, DigestCredentials};

/// What is encoded in an extended value: all but attr-char (RFC 8187, section 3.2.1).
const NOT_ATTR_CHAR: AsciiSet = NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The fields of an answer, as bytes, since a realm can be in any encoding.
struct Fields(Vec<u8>);

impl Fields {
    fn plain(&mut self, name: &str, value: &str) {
        self.0.extend_from_slice(if self.0.is_empty() { b"Digest " } else { b", " });
        self.0.extend_from_slice(format!("{name}={value}").as_bytes());
    }

    fn quoted(&mut self, name: &str, value: &[u8]) {
        self.plain(name, "\"");
        for &byte in value {
            if matches!(byte, b'"' | b'\\') {
                self.0.push(b'\\');
            }
            self.0.push(byte);
        }
        self.0.push(b'"');
    }

    /// The name of a user. If it is not ASCII, its encoding is said (RFC 7616, section 3.4).
    fn user(&mut self, user: &str) {
        if user.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.quoted("username", user.as_bytes());
        }
        self.plain("username*", &format!("UTF-8''{}", utf8_percent_encode(user, &NOT_ATTR_CHAR)));
    }
}

impl Challenge {
    /// The answer with a given client nonce.
    pub(super) fn respond(
        &mut self,
        credentials: &DigestCredentials,
        method: &Method,
        url: &Url,
        cnonce: &str,
    ) -> Option<HeaderValue> {
        let count = self.nonce_count.checked_add(1)?;
        let (algorithm, uri) = (self.algorithm, &url[Position::BeforePath..Position::AfterQuery]);
        let (nc, is_session) = (format!("{count:08x}"), algorithm.is_session);
        let (user, realm) = (credentials.user.as_bytes(), &self.realm[..]);
        let mut secret = algorithm.hash(&[user, realm, credentials.password.as_bytes()]);
        if is_session {
            secret = algorithm.hash(&[secret.as_bytes(), &self.nonce, cnonce.as_bytes()]);
        }
        let request = algorithm.hash(&[method.as_str().as_bytes(), uri.as_bytes()]);
        let qop: [&[u8]; 3] = [nc.as_bytes(), cnonce.as_bytes(), b"auth"];
        let mut parts: Vec<&[u8]> = vec![secret.as_bytes(), &self.nonce];
        parts.extend(qop.iter().filter(|_| self.has_qop));
        parts.push(request.as_bytes());
        let response = algorithm.hash(&parts);

        let mut fields = Fields(Vec::new());
        if self.hashes_user {
            fields.quoted("username", algorithm.hash(&[user, realm]).as_bytes());
            fields.plain("userhash", "true");
        } else {
            fields.user(&credentials.user);
        }
        fields.quoted("realm", realm);
        fields.quoted("uri", uri.as_bytes());
        fields.quoted("nonce", &self.nonce);
        if self.has_qop || self.names_algorithm {
            fields.plain("algorithm", algorithm.name());
        }
        if self.has_qop {
            fields.plain("nc", &nc);
        }
        if self.has_qop || is_session {
            fields.quoted("cnonce", cnonce.as_bytes()); // a server needs it for the hash of a session
        }
        if self.has_qop {
            fields.plain("qop", "auth");
        }
        fields.quoted("response", response.as_bytes());
        self.opaque.iter().for_each(|opaque| fields.quoted("opaque", opaque));

        let mut value = HeaderValue::from_bytes(&fields.0).ok()?;
        value.set_sensitive(true);
        self.nonce_count = count;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use http::header::{HeaderMap, WWW_AUTHENTICATE};

    use super::*;

    fn answer(field: &[u8], user: &str) -> Vec<u8> {
        let mut head = HeaderMap::new();
        head.append(WWW_AUTHENTICATE, HeaderValue::from_bytes(field).unwrap());
        let credentials = DigestCredentials { user: user.into(), password: "p".into() };
        let url = "http://a.test/x".parse().unwrap();
        let mut challenge = Challenge::of(&head).unwrap();
        challenge.respond(&credentials, &Method::GET, &url, "c").unwrap().as_bytes().to_vec()
    }

    fn response(parts: &[&[u8]]) -> String {
        let hash = |text: &[u8]| super::super::algorithm::Algorithm::named("MD5").unwrap().hash(&[text]);
        let [first, second] = [&parts[0], parts.last().unwrap()].map(|text| hash(text));
        let inner = parts[1..parts.len() - 1].join(&b':');
        hash(&[first.as_bytes(), b":", &inner, b":", second.as_bytes()].concat())
    }

    #[test]
    fn without_a_quality_of_protection_the_algorithm_is_echoed() {
        for (given, sent) in [
            ("", ""),
            (", algorithm=md5", "algorithm=MD5, "),
            (", algorithm=MD5, qop=", "algorithm=MD5, "),
            (", algorithm=SHA-256", "algorithm=SHA-256, "),
            (", algorithm=\"sha-512-256\"", "algorithm=SHA-512-256, "),
            (", algorithm=MD5-sess", "algorithm=MD5-sess, cnonce=\"c\", "),
            (", algorithm=SHA-256-sess", "algorithm=SHA-256-sess, cnonce=\"c\", "),
        ] {
            let answer = String::from_utf8(answer(format!("Digest realm=r, nonce=n{given}").as_bytes(), "u")).unwrap();
            let start = format!("Digest username=\"u\", realm=\"r\", uri=\"/x\", nonce=\"n\", {sent}response=\"");
            assert!(answer.starts_with(&start), "{answer}");
        }
        let plain = String::from_utf8(answer(b"Digest realm=r, nonce=n", "u")).unwrap();
        let expected = response(&[b"u:r:p", b"n", b"GET:/x"]);
        assert!(plain.ends_with(&format!("response=\"{expected}\"")), "{plain}");
    }

    #[test]
    fn a_realm_is_hashed_and_echoed_byte_for_byte() {
        for realm in [&b"Bur\xe9au"[..], "Büro".as_bytes(), b"\xff", b"a\tb", "日本".as_bytes(), b""] {
            let field = [b"Basic realm=\"x\", Digest realm=\"", realm, b"\", nonce=\"n\xe9\", qop=\"auth\""].concat();
            let answer = answer(&field, "u");
            let first = [b"u:", realm, b":p"].concat();
            let response = response(&[&first, b"n\xe9", b"00000001", b"c", b"auth", b"GET:/x"]);
            for part in [&[b"realm=\"", realm, b"\""].concat()[..], b"nonce=\"n\xe9\"", response.as_bytes()] {
                assert!(answer.windows(part.len()).any(|window| window == part), "{}", answer.escape_ascii());
            }
        }
    }

    #[test]
    fn users_are_named_or_hashed() {
        let of = |user: &str, more: &str| {
            String::from_utf8(answer(format!("Digest realm=r, nonce=n{more}").as_bytes(), user)).unwrap()
        };
        assert!(of("a\"b\\c", "").starts_with("Digest username=\"a\\\"b\\\\c\", "));
        assert!(of("jä n", "").starts_with("Digest username*=UTF-8''j%C3%A4%20n, "));
        let hashed = of("u", ", userhash=TRUE, algorithm=SHA-256");
        let user = super::super::algorithm::Algorithm::named("SHA-256").unwrap().hash(&[b"u", b"r"]);
        assert!(hashed.starts_with(&format!("Digest username=\"{user}\", userhash=true, ")), "{hashed}");
    }
}
