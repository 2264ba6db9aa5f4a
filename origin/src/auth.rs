//! Endpoints with basic and bearer authentication.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use serde_json::json;

use super::reply::Reply;
use super::request::Call;

pub(super) fn basic(call: &Call, user: &str, password: &str) -> Reply {
    let expected = BASE64_STANDARD.encode(format!("{user}:{password}"));
    match credentials(call, "Basic") {
        Some(given) if given == expected => Reply::json(&json!({ "authenticated": true, "user": user })),
        _ => unauthorized(r#"Basic realm="haul-origin""#),
    }
}

/// Accepts any token.
pub(super) fn bearer(call: &Call) -> Reply {
    match credentials(call, "Bearer") {
        Some(token) => Reply::json(&json!({ "authenticated": true, "token": token })),
        None => unauthorized("Bearer"),
    }
}

fn credentials<'a>(call: &'a Call, scheme: &str) -> Option<&'a str> {
    let (given, credentials) = call.header(AUTHORIZATION)?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
}

fn unauthorized(challenge: &'static str) -> Reply {
    Reply::json(&json!({ "authenticated": false }))
        .status(StatusCode::UNAUTHORIZED)
        .header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}
