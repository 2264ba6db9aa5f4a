//! A JSON object a line, its keys named as the arguments of `requests` are.

mod keys;
#[cfg(test)]
mod tests;
mod values;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE};
use jiff::SignedDuration;
use serde_json::value::RawValue;
use url::Url;

use super::Entry;
use super::base::{Base, Flaw, Seen, Wanted, method, place};
use super::format::{At, MAX_RECORD, is_blank};
use super::lines::Line;
use super::text::BOM;
use crate::model::request::{
    Multipart, Params, Part, Payload, Piece, basic, bearer, cookie_header, header_name, header_value,
};
use crate::model::{Job, LinePosition, Request, Tags};
use keys::{Key, Keys};
use values::{Object, Strings, is_string};

pub(super) use keys::{not_json, unknown};
pub(super) use values::{Pairs, is_null, text};

/// The longest time that a line may give one attempt.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Turns lines into entries.
pub(super) struct Ndjson {
    base: Base,
}

impl Ndjson {
    pub(super) fn new(base: Base) -> Self {
        Ndjson { base }
    }

    /// The entry that `line` is, unless it is blank.
    pub(super) fn entry(&mut self, line: Line<'_>, at: At<'_>) -> Option<Entry> {
        if is_blank(line.text) {
            return None;
        }
        let place = place(line, at);
        let mut keys = Keys::default();
        let job = read_line(line.text, |text| keys.read(text)).and_then(|()| self.job(&keys, place, at.seq));
        Some(match job {
            Ok(job) => Entry::Job(Box::new(job)),
            Err(flaw) => self.base.invalid(flaw, seen(&keys), place, at),
        })
    }

    fn job(&mut self, keys: &Keys<'_>, place: LinePosition, seq: u64) -> Result<Job, Flaw> {
        let wanted = Wanted {
            method: keys.string(Key::Method)?.map(|text| method(&text)).transpose().map_err(Key::Method.is_wrong())?,
            has_body: keys.body()?.is_some(),
            request: self.request(keys)?,
            tags: Tags { id: id(keys)?, meta: keys.get(Key::Meta).map(ToOwned::to_owned) },
        };
        let meta = OnceCell::new();
        let read_meta = || keys.get(Key::Meta).and_then(Object::read);
        let values = |column: &str| meta.get_or_init(read_meta).as_ref()?.value(column);
        let (given, mut url) = match (keys.string(Key::Url)?, self.base.url_template()) {
            (Some(given), _) => {
                let url = self.base.resolve(&given).map_err(Key::Url.is_wrong())?;
                (given, url)
            }
            (None, Some(template)) => {
                let (given, url) = self.base.fill_url(template, values).map_err(Flaw::new)?;
                (Cow::Owned(given), url)
            }
            (None, None) => return Err(Flaw::new("missing \"url\"")),
        };
        add_params(keys, &mut url)?;
        self.base.job((&given, url), wanted, values, place, seq)
    }

    /// The request, where the line has more to say of it than the method.
    fn request(&self, keys: &Keys<'_>) -> Result<Option<Request>, Flaw> {
        const CHANGES: [Key; 4] = [Key::Headers, Key::Auth, Key::Cookies, Key::Timeout];
        let body_given = keys.body()?;
        if body_given.is_none() && CHANGES.iter().all(|&key| keys.get(key).is_none()) {
            return Ok(None);
        }
        let mut request = self.base.request();
        if let Some(raw) = keys.get(Key::Headers) {
            headers(raw, &mut request).map_err(Key::Headers.is_wrong())?;
        }
        if let Some(raw) = keys.get(Key::Auth) {
            if sets(keys, "authorization") {
                return Err(Flaw::at("auth", "\"headers\" sets Authorization, too"));
            }
            request.headers.insert(AUTHORIZATION, auth(raw).map_err(Key::Auth.is_wrong())?);
        }
        if let Some(raw) = keys.get(Key::Cookies) {
            if sets(keys, "cookie") {
                return Err(Flaw::at("cookies", "\"headers\" sets Cookie, too"));
            }
            cookies(raw, &mut request).map_err(Key::Cookies.is_wrong())?;
        }
        if let Some(raw) = keys.get(Key::Timeout) {
            request.timeout = Some(timeout(raw).map_err(Key::Timeout.is_wrong())?);
        }
        if let Some((key, raw)) = body_given {
            request.body = Some(body(key, raw).map_err(key.is_wrong())?);
        }
        Ok(Some(request))
    }
}

/// Reads a line as text.
pub(super) fn read_line<'a>(line: &'a [u8], read: impl FnOnce(&'a str) -> Result<(), Flaw>) -> Result<(), Flaw> {
    // Of a longer line there is no telling what is there: as much as a read brought.
    if line.len() > MAX_RECORD {
        return Err(Flaw::new(format!("longer than {} MiB; use \"body_file\" for a large body", MAX_RECORD >> 20)));
    }
    let line = line.strip_prefix(BOM).unwrap_or(line).trim_ascii();
    read(std::str::from_utf8(line).map_err(|_| Flaw::new("not UTF-8"))?)
}

fn seen(keys: &Keys<'_>) -> Seen {
    Seen {
        method: keys.string(Key::Method).ok().flatten().and_then(|text| method(&text).ok()),
        url: keys.string(Key::Url).ok().flatten().unwrap_or_default().into_owned(),
        tags: Tags { id: id(keys).ok().flatten(), meta: keys.get(Key::Meta).map(ToOwned::to_owned) },
    }
}

fn id(keys: &Keys<'_>) -> Result<Option<Box<RawValue>>, Flaw> {
    let Some(raw) = keys.get(Key::Id) else { return Ok(None) };
    let number = raw.get().trim_start_matches('-');
    if !is_string(raw) && !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Flaw::at("id", "must be a string or an integer"));
    }
    Ok(Some(raw.to_owned()))
}

/// Whether the line's own headers have this one.
fn sets(keys: &Keys<'_>, header: &str) -> bool {
    let pairs = keys.get(Key::Headers).and_then(Pairs::read);
    pairs.is_some_and(|pairs| pairs.0.iter().any(|(name, raw)| name.eq_ignore_ascii_case(header) && !is_null(raw)))
}

/// Lays header fields over those of `request`.
pub(super) fn headers(raw: &RawValue, request: &mut Request) -> Result<(), String> {
    let Pairs(pairs) = Pairs::read(raw).ok_or("must be an object of names and values")?;
    let mut named = Vec::with_capacity(pairs.len());
    for (name, raw) in &pairs {
        let name = header_name(name).map_err(|why| why.to_string())?;
        request.headers.remove(&name);
        named.push((name, raw));
    }
    for (name, raw) in named {
        let Strings(values) = Strings::read(raw)
            .ok_or_else(|| format!("{name} must be a string, a number, true, false, or a list of them"))?;
        for value in values {
            let value =
                header_value(&name, value.trim_matches([' ', '\t']).as_bytes()).map_err(|why| why.to_string())?;
            request.add_header(name.clone(), value).map_err(|why| why.to_string())?;
        }
    }
    Ok(())
}

fn auth(raw: &RawValue) -> Result<http::header::HeaderValue, String> {
    const FORMS: &str = r#"must be ["user", "password"], {"user": …, "password": …} or {"bearer": …}"#;
    let credentials = match Pairs::read(raw) {
        None => {
            let pair: Vec<Cow<'_, str>> = Strings::read_texts(raw).ok_or(FORMS)?;
            let [user, password] = &pair[..] else { return Err(FORMS.to_owned()) };
            basic(user, password)
        }
        Some(Pairs(pairs)) => {
            let get = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).and_then(|(_, raw)| text(raw));
            match (pairs.len(), get("bearer"), get("user"), get("password")) {
                (1, Some(token), ..) => bearer(&token),
                (2, _, Some(user), Some(password)) => basic(&user, &password),
                _ => return Err(FORMS.to_owned()),
            }
        }
    };
    credentials.map_err(|why| why.to_string())
}

fn cookies(raw: &RawValue, request: &mut Request) -> Result<(), String> {
    let Pairs(pairs) = Pairs::read(raw).ok_or("must be an object of names and values")?;
    let mut changes: Vec<(&str, Option<Cow<'_, str>>)> = Vec::with_capacity(pairs.len());
    for (name, raw) in &pairs {
        let Strings(values) =
            Strings::read(raw).ok_or_else(|| format!("{name:?} must be a string, a number, true or false"))?;
        match <[_; 1]>::try_from(values) {
            Ok([value]) => changes.push((name, Some(value))),
            Err(values) if values.is_empty() => changes.push((name, None)),
            Err(_) => return Err(format!("{name:?} has several values, but a cookie has only one")),
        }
    }
    let changes = changes.iter().map(|(name, value)| (*name, value.as_deref()));
    let header = cookie_header(request.headers.get(COOKIE), changes).map_err(|why| why.to_string())?;
    match header {
        Some(header) => _ = request.headers.insert(COOKIE, header),
        None => _ = request.headers.remove(COOKIE),
    }
    Ok(())
}

fn timeout(raw: &RawValue) -> Result<Duration, String> {
    const FORMS: &str = "must be a number of seconds of at least 0.001, or a time such as \"500ms\", at most a day";
    let time = match text(raw) {
        Some(text) => text.parse::<SignedDuration>().ok().and_then(|signed| Duration::try_from(signed).ok()),
        None => raw.get().parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
    };
    time.filter(|time| (Duration::from_millis(1)..=MAX_TIMEOUT).contains(time)).ok_or_else(|| FORMS.to_owned())
}

/// The parameters of a line stand behind those that its URL has, and before the run's.
fn add_params(keys: &Keys<'_>, url: &mut Url) -> Result<(), Flaw> {
    if let Some(raw) = keys.get(Key::Params) {
        fields(raw).map_err(Key::Params.is_wrong())?.add_to(url);
    }
    Ok(())
}

fn fields(raw: &RawValue) -> Result<Params, String> {
    let Pairs(pairs) = Pairs::read(raw).ok_or("must be an object of names and values")?;
    let mut fields = Params::default();
    for (name, raw) in &pairs {
        let Strings(values) = Strings::read(raw)
            .ok_or_else(|| format!("{name:?} must be a string, a number, true, false, or a list of them"))?;
        values.iter().for_each(|value| fields.add(name, value));
    }
    Ok(fields)
}

fn body(key: Key, raw: &RawValue) -> Result<Payload, String> {
    const STRING: &str = "must be a string";
    match key {
        Key::Json => Ok(Payload::of_type(Bytes::copy_from_slice(raw.get().as_bytes()), crate::model::request::JSON)),
        Key::Form => Ok(Payload::of_type(fields(raw)?.into_string(), crate::model::request::FORM)),
        Key::Multipart => multipart(raw),
        Key::BodyFile => Ok(Payload::file(text(raw).filter(|path| !path.is_empty()).ok_or(STRING)?.into_owned())),
        Key::BodyBase64 => {
            let text = text(raw).ok_or(STRING)?;
            let bytes = BASE64_STANDARD.decode(text.as_bytes()).map_err(|_| "is not valid base64")?;
            Ok(untyped(bytes))
        }
        _ => Ok(untyped(text(raw).ok_or(STRING)?.into_owned())),
    }
}

fn untyped(bytes: impl Into<Bytes>) -> Payload {
    Payload::untyped(bytes)
}

fn multipart(raw: &RawValue) -> Result<Payload, String> {
    let Pairs(pairs) = Pairs::read(raw).ok_or("must be an object of names and values or files")?;
    let mut form = Multipart::new();
    for (name, raw) in &pairs {
        for raw in values::listed(raw) {
            form = form.part(part(name, raw)?);
        }
    }
    form.into_payload().map_err(|why| why.to_string())
}

fn part(name: &str, raw: &RawValue) -> Result<Part, String> {
    let wrong =
        || format!(r#"{name:?} must be a string, a number, true, false, or {{"file": …, "filename": …, "type": …}}"#);
    let mut part =
        Part { name: name.to_owned(), content: Piece::Bytes(Bytes::new()), filename: None, content_type: None };
    let Some(Pairs(pairs)) = Pairs::read(raw) else {
        let Strings(values) = Strings::read(raw).ok_or_else(wrong)?;
        let [value] = &values[..] else { return Err(wrong()) };
        part.content = Piece::Bytes(value.to_string().into());
        return Ok(part);
    };
    let mut file = None;
    for (key, raw) in &pairs {
        let value = Some(text(raw).ok_or_else(wrong)?.into_owned());
        match &**key {
            "file" => file = value,
            "filename" => part.filename = value,
            "type" => part.content_type = value,
            _ => return Err(wrong()),
        }
    }
    part.content = Piece::File(file.filter(|path| !path.is_empty()).ok_or_else(wrong)?.into());
    Ok(part)
}
