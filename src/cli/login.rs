//! `--login`: the one request that a file holds.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use haul::extract::Filter;
use haul::job::Request;
use haul::plan::{Login, Template};
use haul::source::{self, Entry, Input};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use url::form_urlencoded::Serializer;

use super::args::Options;
use super::exit::CliError;

/// The largest file that is read, in bytes: it holds one request.
const MAX_LOGIN: u64 = 1 << 20;

/// A line of a list as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    url: String,
    method: Option<String>,
    #[serde(default)]
    params: Map<String, Value>,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(borrow)]
    json: Option<&'a RawValue>,
    form: Option<Map<String, Value>>,
    body: Option<String>,
    auth: Option<Auth>,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Auth {
    Pair([String; 2]),
    Basic { user: String, password: String },
    Bearer { bearer: String },
}

/// The login that is asked for, if one is. Of the run's own headers it gets the User-Agent alone: the others may be
/// meant for another host.
pub(crate) fn login(options: &Options, user_agent: Option<&HeaderValue>) -> Result<Option<Login>, CliError> {
    let Some(path) = &options.session.login else { return Ok(None) };
    let wrong = |why: String| CliError::usage(format!("--login {}: {why}", path.display()));
    let text = read(path).map_err(wrong)?;
    let (url, mut request) = match text.trim_start().starts_with('{') {
        true => from_json(&text, options.base_url.as_ref()).map_err(wrong)?,
        false => from_list(path, text, options).map_err(wrong)?,
    };
    if let Some(name) = user_agent {
        request.headers.entry(USER_AGENT).or_insert(name.clone());
    }
    let token = options.session.login_token.as_deref().map(Filter::compile).transpose();
    let token = token.map_err(|why| CliError::usage(format!("--login-token: {why}")))?;
    Ok(Some(Login { url, request: Template::new(request).0, token }))
}

fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_LOGIN + 1).read_to_end(&mut bytes));
    read.map_err(|why| format!("cannot read it: {why}"))?;
    if bytes.len() as u64 > MAX_LOGIN {
        return Err("it is larger than 1 MiB: it is to hold one request".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

/// A method and a URL, or a URL.
fn from_list(path: &Path, text: String, options: &Options) -> Result<(Url, Request), String> {
    let plain = source::Options { base_url: options.base_url.clone(), request: Arc::default() };
    let input = Input::Text { name: path.display().to_string(), text };
    let mut source = source::open([input], &plain).map_err(|why| why.to_string())?;
    let mut entries = Vec::new();
    while let Some(batch) = source.next_batch().map_err(|why| why.to_string())? {
        entries.extend(batch.into_iter().take(2));
        if entries.len() > 1 {
            return Err("it has more than one request".to_owned());
        }
    }
    match entries.pop() {
        Some(Entry::Job(job)) => Ok((job.url, Arc::unwrap_or_clone(job.request))),
        Some(Entry::Invalid(invalid)) => Err(invalid.message),
        _ => Err("it has no request: write a URL, a method before it or not, or a JSON object".to_owned()),
    }
}

/// Messages name the key and never show what is there, which may be a password.
fn from_json(text: &str, base: Option<&Url>) -> Result<(Url, Request), String> {
    let line: Line<'_> = serde_json::from_str(text).map_err(|why| match why.classify() {
        serde_json::error::Category::Data => {
            format!("it is no request, as line {} shows: {}", why.line(), reason(&why))
        }
        _ => format!("it is no JSON object: {why}"),
    })?;
    let url = base.map_or_else(|| Url::parse(&line.url), |base| base.join(&line.url));
    let mut url = url.map_err(|why| format!("url: {why}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("url: only http and https can be fetched".to_owned());
    }
    if !line.params.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs("params", &line.params)?);
    }
    let mut headers = HeaderMap::new();
    for (name, value) in pairs("headers", &line.headers)? {
        let key = HeaderName::try_from(&name).map_err(|_| format!("headers: {name:?} is no header name"))?;
        headers.append(key, secret("headers", value)?);
    }
    let body = body(&line, &mut headers)?;
    if let Some(auth) = line.auth {
        headers.insert(AUTHORIZATION, secret("auth", credentials(auth))?);
    }
    let implied = if body.is_some() { Method::POST } else { Method::GET };
    let method = line.method.map_or(Ok(implied), |name| name.parse());
    let method = method.map_err(|_| "method: it is none".to_owned())?;
    Ok((url, Request { method, headers, body }))
}

/// What serde says of a key or a type; what it says of a value may show it.
fn reason(why: &serde_json::Error) -> String {
    let text = why.to_string();
    let safe = text.starts_with("unknown field") || text.starts_with("missing field");
    if safe { text } else { "a value is of the wrong type".to_owned() }
}

fn body(line: &Line<'_>, headers: &mut HeaderMap) -> Result<Option<Bytes>, String> {
    let (bytes, content_type) = match (line.json, &line.form, &line.body) {
        (None, None, None) => return Ok(None),
        (Some(json), None, None) => (json.get().to_owned(), Some("application/json")),
        (None, Some(form), None) => {
            let form = Serializer::new(String::new()).extend_pairs(pairs("form", form)?).finish();
            (form, Some("application/x-www-form-urlencoded"))
        }
        (None, None, Some(body)) => (body.clone(), None),
        _ => return Err("of json, form and body there can be one".to_owned()),
    };
    if let Some(content_type) = content_type {
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
    }
    Ok(Some(bytes.into()))
}

/// Names and values; a list is its name as often as it has values.
fn pairs(key: &str, object: &Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(format!("{key}: a value is neither a string nor a number, nor true or false")),
    };
    let mut pairs = Vec::new();
    for (name, value) in object {
        match value {
            Value::Array(values) => {
                for value in values {
                    pairs.push((name.clone(), text(value)?));
                }
            }
            value => pairs.push((name.clone(), text(value)?)),
        }
    }
    Ok(pairs)
}

fn credentials(auth: Auth) -> String {
    match auth {
        Auth::Pair([user, password]) | Auth::Basic { user, password } => {
            format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
        }
        Auth::Bearer { bearer } => format!("Bearer {bearer}"),
    }
}

fn secret(key: &str, value: String) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_bytes(value.as_bytes())
        .map_err(|_| format!("{key}: a value has a character that no header may have"))?;
    value.set_sensitive(true);
    Ok(value)
}
