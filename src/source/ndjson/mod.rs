//! Parses lists with one JSON object per line, whose keys are named after the arguments of Python's `requests`.

mod body;
mod keys;
mod schedule;
#[cfg(test)]
mod tests;
mod values;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE};
use jiff::SignedDuration;
use serde_json::value::RawValue;

use super::Entry;
use super::error::LineError;
use super::job_builder::{JobBuilder, LineRequest, PartialRequest, parse_method};
use super::lines::{InputLine, LineContext, MAX_RECORD, is_blank};
use super::probe::parse_group;
use super::template::UrlTemplate;
use crate::model::condition::Condition;
use crate::model::request::{Params, basic, bearer, cookie_header, header_name, header_value};
use crate::model::{LinePosition, Request, Tags};
use crate::storage::text::{from_decoded, without_boms};
use body::{body, fields};
use keys::{InputKey, LineObject};
use schedule::LineSchedule;
use values::{Object, Strings, is_string, template_value};

pub(super) use keys::{not_json, unknown_key};
pub(super) use values::{Pairs, UNPAIRED, is_null, text};

/// The longest timeout that a line may set.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// The most retries that a line can ask for.
const MAX_RETRIES: u32 = 100;

/// Turns lines into entries.
pub(super) struct NdjsonParser {
    jobs: JobBuilder,
}

impl NdjsonParser {
    pub(super) fn new(jobs: JobBuilder) -> Self {
        NdjsonParser { jobs }
    }

    /// The entry for `line`, unless it is blank.
    pub(super) fn entry(&mut self, line: InputLine<'_>, context: LineContext<'_>) -> Option<Entry> {
        if is_blank(line.text) {
            return None;
        }
        let place = context.position(line);
        let mut object = LineObject::default();
        let url_column = self.jobs.url_template().and_then(UrlTemplate::whole_column);
        let read = read_line(line.text, |text| object.read(text, url_column));
        let job = read.and_then(|()| self.job(&object, place, context.seq));
        Some(match job {
            Ok(entry) => entry,
            Err(error) => self.jobs.invalid(error, partial_request(&object), place, context),
        })
    }

    fn job(&mut self, object: &LineObject<'_>, place: LinePosition, seq: u64) -> Result<Entry, LineError> {
        let meta = OnceCell::new();
        let read_meta = || object.get(InputKey::Meta).and_then(Object::read);
        let values = &|column: &str| meta.get_or_init(read_meta).as_ref()?.value(column);
        let schedule = LineSchedule::read(object, self.jobs.options(), values)?;
        let line = LineRequest {
            method: object
                .string(InputKey::Method)?
                .map(|text| parse_method(&text))
                .transpose()
                .map_err(InputKey::Method.error())?,
            params: params(object)?,
            has_body: object.body()?.is_some(),
            is_body_fixed: object.get(InputKey::BodyBase64).is_some(),
            request: self.request(object)?,
            tags: Tags { group: schedule.group, ..tags(object, id(object)?) },
            weight: schedule.weight,
            at: schedule.at,
            ..LineRequest::default()
        };
        let given = object.string(InputKey::Url)?;
        let url = match (&given, self.jobs.url_template()) {
            (Some(given), _) => self.jobs.resolve(given, values).map_err(InputKey::Url.error())?,
            (None, Some(template)) => {
                let is_whole = template.whole_column().is_some();
                let whole = object.url_column().filter(|_| is_whole).map(template_value);
                let values = &|column: &str| whole.clone().or_else(|| values(column));
                self.jobs.fill_url(template, values).map_err(LineError::new)?
            }
            (None, None) => return Err(LineError::new("missing \"url\"")),
        };
        self.jobs.entry(url, line, values, place, seq)
    }

    /// The request, if the line sets more of it than the method.
    fn request(&self, object: &LineObject<'_>) -> Result<Option<Request>, LineError> {
        use InputKey::{Auth, Cookies, Expect, Headers, Retry, Timeout};
        const CHANGES: [InputKey; 6] = [Headers, Auth, Cookies, Timeout, Retry, Expect];
        let body_given = object.body()?;
        if body_given.is_none() && CHANGES.iter().all(|&key| object.get(key).is_none()) {
            return Ok(None);
        }
        let mut request = self.jobs.request();
        if let Some(raw) = object.get(InputKey::Headers) {
            set_headers(raw, &mut request).map_err(InputKey::Headers.error())?;
        }
        if let Some(raw) = object.get(InputKey::Auth) {
            if sets_header(object, "authorization") {
                return Err(LineError::of_key("auth", "\"headers\" sets Authorization, too"));
            }
            request.headers.insert(AUTHORIZATION, auth(raw).map_err(InputKey::Auth.error())?);
        }
        if let Some(raw) = object.get(InputKey::Cookies) {
            if sets_header(object, "cookie") {
                return Err(LineError::of_key("cookies", "\"headers\" sets Cookie, too"));
            }
            set_cookies(raw, &mut request).map_err(InputKey::Cookies.error())?;
        }
        if let Some(raw) = object.get(InputKey::Timeout) {
            request.timeout = Some(timeout(raw).map_err(InputKey::Timeout.error())?);
        }
        if let Some(raw) = object.get(InputKey::Retry) {
            request.retries = Some(retries(raw).map_err(InputKey::Retry.error())?);
        }
        if let Some(raw) = object.get(InputKey::Expect) {
            request.expect = Some(conditions(raw).map_err(InputKey::Expect.error())?);
        }
        if let Some((key, raw)) = body_given {
            request.body = Some(body(key, raw).map_err(key.error())?);
        }
        Ok(Some(request))
    }
}

/// Reads a line as UTF-8 text.
pub(super) fn read_line<'a>(
    line: &'a [u8],
    read: impl FnOnce(&'a str) -> Result<(), LineError>,
) -> Result<(), LineError> {
    // Only a part of a longer line is in the buffer.
    if line.len() > MAX_RECORD {
        return Err(LineError::new(format!(
            "longer than {} MiB; use \"body_file\" for a large body",
            MAX_RECORD >> 20
        )));
    }
    let line = without_boms(line).trim_ascii();
    read(from_decoded(line).map_err(|why| LineError::new(why.to_string()))?)
}

fn partial_request(object: &LineObject<'_>) -> PartialRequest {
    PartialRequest {
        method: object.string(InputKey::Method).ok().flatten().and_then(|text| parse_method(&text).ok()),
        url: object.string(InputKey::Url).ok().flatten().unwrap_or_default().into_owned(),
        tags: Tags { group: group(object), ..tags(object, id(object).ok().flatten()) },
    }
}

/// The group of a line, if it names a valid one.
fn group(object: &LineObject<'_>) -> Option<Arc<str>> {
    parse_group(&object.string(InputKey::Name).ok()??).ok()?
}

fn tags(object: &LineObject<'_>, id: Option<Box<RawValue>>) -> Tags {
    Tags { id, meta: object.get(InputKey::Meta).map(ToOwned::to_owned), note: None, group: None }
}

fn id(object: &LineObject<'_>) -> Result<Option<Box<RawValue>>, LineError> {
    let Some(raw) = object.get(InputKey::Id) else { return Ok(None) };
    let number = raw.get().trim_start_matches('-');
    if !is_string(raw) && !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(LineError::of_key("id", "must be a string or an integer"));
    }
    Ok(Some(raw.to_owned()))
}

/// Whether the line's own `headers` set this one.
fn sets_header(object: &LineObject<'_>, header: &str) -> bool {
    let pairs = object.get(InputKey::Headers).and_then(Pairs::read);
    pairs.is_some_and(|pairs| pairs.0.iter().any(|(name, raw)| name.eq_ignore_ascii_case(header) && !is_null(raw)))
}

/// Sets header fields of `request`, replacing those of the same name.
pub(super) fn set_headers(raw: &RawValue, request: &mut Request) -> Result<(), String> {
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

fn set_cookies(raw: &RawValue, request: &mut Request) -> Result<(), String> {
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

/// A condition, a list of conditions that must all hold, or a status.
fn conditions(raw: &RawValue) -> Result<Arc<[Condition]>, String> {
    let one = |text: Cow<'_, str>| match text.parse::<u16>() {
        Ok(status) => format!("status=={status}").parse::<Condition>(),
        Err(_) => text.parse(),
    };
    let texts = Strings::read(raw).ok_or("must be a condition such as \"status==200\", or a list of them")?;
    texts.0.into_iter().map(|text| one(text).map_err(|why| why.to_string())).collect()
}

fn retries(raw: &RawValue) -> Result<u32, String> {
    let number = raw.get().parse().ok().filter(|number| *number <= MAX_RETRIES);
    number.ok_or_else(|| format!("must be a whole number from 0 to {MAX_RETRIES}"))
}

/// The parameters of a line, to append to the query of its URL. Those of the run follow later.
fn params(object: &LineObject<'_>) -> Result<Params, LineError> {
    object
        .get(InputKey::Params)
        .map_or_else(|| Ok(Params::default()), |raw| fields(raw).map_err(InputKey::Params.error()))
}
