//! Endpoints that show, set and delete cookies.

use hyper::StatusCode;
use hyper::header::{COOKIE, HeaderValue, LOCATION, SET_COOKIE};
use serde_json::{Map, Value, json};

use super::reply::{Fault, Reply, header_value};
use super::request::Call;

pub(super) fn show(call: &Call) -> Reply {
    // HTTP/2 may send each cookie in a field of its own (RFC 9113, section 8.2.3).
    let fields = call.headers().get_all(COOKIE).iter().filter_map(|field| field.to_str().ok());
    let cookies: Map<String, Value> = fields
        .flat_map(|field| field.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    Reply::json(&json!({ "cookies": cookies }))
}

/// Sets every parameter of the query.
pub(super) fn set(call: &Call) -> Result<Reply, Fault> {
    change(call, |name, value| format!("{name}={value}; Path=/"))
}

/// Deletes every cookie that the query names.
pub(super) fn delete(call: &Call) -> Result<Reply, Fault> {
    change(call, |name, _| format!("{name}=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/"))
}

fn change(call: &Call, cookie: impl Fn(&str, &str) -> String) -> Result<Reply, Fault> {
    let reply = Reply::empty().status(StatusCode::FOUND).header(LOCATION, HeaderValue::from_static("/cookies"));
    call.params()
        .try_fold(reply, |reply, (name, value)| Ok(reply.header(SET_COOKIE, header_value(cookie(&name, &value))?)))
}
