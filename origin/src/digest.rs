//! An endpoint with digest authentication (RFC 7616).

use std::fmt::Write;

use http_auth::{ChallengeRef, parse_challenges};
use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use md5::Md5;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::limits;
use super::reply::{Fault, Reply, header_value};
use super::request::{Call, within};

const REALM: &str = "haul-origin";

/// Responds 200 to valid credentials, by `?algorithm=` (MD5 or SHA-256). A nonce is valid for `?uses=` requests.
pub(super) fn digest(call: &Call, user: &str, password: &str) -> Result<Reply, Fault> {
    let hash = match call.param("algorithm").as_deref() {
        None | Some("MD5") => hex::<Md5>,
        Some("SHA-256") => hex::<Sha256>,
        Some(other) => return Err(Fault::bad_request(format!("the algorithm is MD5 or SHA-256, not {other:?}"))),
    };
    let uses = call.param("uses").map_or(Ok(*limits::NONCE_USES.end()), |uses| within(&uses, limits::NONCE_USES))?;
    let given = call.header(AUTHORIZATION).and_then(|field| parse_challenges(field).ok());
    let given = given.as_deref().and_then(|schemes| schemes.first()).filter(|first| first.scheme == "Digest");
    let Some(given) = given else { return challenge(call, false) };
    let credentials = DigestCredentials(given);
    if credentials.get("username") != user
        || credentials.expected_response(hash, call, password) != credentials.get("response")
    {
        return challenge(call, false);
    }
    match u64::from_str_radix(&credentials.get("nc"), 16) {
        Ok(count) if count <= uses => {
            Ok(Reply::json(&json!({ "authenticated": true, "user": user, "nonce_count": count })))
        }
        _ => challenge(call, true),
    }
}

fn challenge(call: &Call, stale: bool) -> Result<Reply, Fault> {
    let algorithm = call.param("algorithm").unwrap_or("MD5".into());
    let nonce = format!("{:032x}", fastrand::u128(..));
    let challenge = format!(
        r#"Digest realm="{REALM}", qop="auth", algorithm={algorithm}, nonce="{nonce}", opaque="0", stale={stale}"#
    );
    let reply = Reply::json(&json!({ "authenticated": false })).status(StatusCode::UNAUTHORIZED);
    Ok(reply.header(WWW_AUTHENTICATE, header_value(challenge)?))
}

/// The credentials of a client, which have the same syntax as a challenge.
struct DigestCredentials<'a>(&'a ChallengeRef<'a>);

impl DigestCredentials<'_> {
    fn get(&self, name: &str) -> String {
        let found = self.0.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or(String::new(), |(_, value)| value.to_unescaped())
    }

    /// The correct value of `response`.
    fn expected_response(&self, hash: fn(&str) -> String, call: &Call, password: &str) -> String {
        let who = hash(&format!("{}:{REALM}:{password}", self.get("username")));
        let what = hash(&format!("{}:{}", call.method(), call.target()));
        let [nonce, nc, cnonce] = ["nonce", "nc", "cnonce"].map(|name| self.get(name));
        hash(&format!("{who}:{nonce}:{nc}:{cnonce}:auth:{what}"))
    }
}

fn hex<H: Digest>(text: &str) -> String {
    H::digest(text).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
