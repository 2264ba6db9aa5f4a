//! Endpoints that return parts of the request.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::HeaderMap;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, USER_AGENT};
use serde::{Serialize, Serializer};
use serde_json::map::Entry;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::reply::{Fault, Reply};
use super::request::{Call, read};

pub(super) fn get(call: &Call) -> Reply {
    #[derive(Serialize)]
    struct Get<'a> {
        args: Map<String, Value>,
        headers: Headers<'a>,
        method: &'a str,
        url: String,
    }

    Reply::json(&Get {
        args: grouped(call.params()),
        headers: Headers(call),
        method: call.method().as_str(),
        url: call.absolute(call.target()),
    })
}

pub(super) async fn anything(call: &Call, body: Incoming) -> Result<Reply, Fault> {
    #[derive(Serialize)]
    struct Anything<'a> {
        args: Map<String, Value>,
        data: Cow<'a, str>,
        form: Map<String, Value>,
        headers: Headers<'a>,
        json: Option<&'a RawValue>,
        method: &'a str,
        url: String,
    }

    let body = read(body).await?;
    let is_form = call.header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let (data, form) = if is_form { (&[][..], &body[..]) } else { (&body[..], &[][..]) };
    Ok(Reply::json(&Anything {
        args: grouped(call.params()),
        data: text(data),
        form: grouped(form_urlencoded::parse(form)),
        headers: Headers(call),
        json: serde_json::from_slice(data).ok(),
        method: call.method().as_str(),
        url: call.absolute(call.target()),
    }))
}

pub(super) fn headers(call: &Call) -> Reply {
    Reply::json(&json!({ "headers": Headers(call) }))
}

pub(super) fn user_agent(call: &Call) -> Reply {
    Reply::json(&json!({ "user-agent": call.header(USER_AGENT) }))
}

/// The header fields as in httpbin: names capitalised, values of the same name joined, and `Host` even over HTTP/2.
pub(super) struct Headers<'a>(pub(super) &'a Call);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let headers = self.0.headers();
        let host = (!headers.contains_key(HOST)).then(|| (capitalized(&HOST), self.0.host().into()));
        let fields = headers.keys().map(|name| (capitalized(name), joined(headers, name)));
        serializer.collect_map(host.into_iter().chain(fields))
    }
}

fn capitalized(name: &HeaderName) -> String {
    let mut is_start = true;
    let capital = |letter: char| {
        let letter = if is_start { letter.to_ascii_uppercase() } else { letter };
        is_start = letter == '-';
        letter
    };
    name.as_str().chars().map(capital).collect()
}

fn joined<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Cow<'a, str> {
    let mut values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let first = values.next().unwrap_or_default();
    values.fold(first, |joined, value| joined + "," + value)
}

/// Groups values by name: a single value as a string, several as a list.
fn grouped(pairs: form_urlencoded::Parse<'_>) -> Map<String, Value> {
    let mut grouped = Map::new();
    for (name, value) in pairs {
        let value = Value::from(value);
        match grouped.entry(name) {
            Entry::Vacant(entry) => _ = entry.insert(value),
            Entry::Occupied(entry) => match entry.into_mut() {
                Value::Array(values) => values.push(value),
                first => *first = Value::Array(vec![first.take(), value]),
            },
        }
    }
    grouped
}

/// A body as a JSON string: text unchanged, other bytes as a data URL.
fn text(data: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(data) {
        Ok(text) => text.into(),
        Err(_) => format!("data:application/octet-stream;base64,{}", BASE64_STANDARD.encode(data)).into(),
    }
}
