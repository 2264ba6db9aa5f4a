//! Parses plain text lists: one URL per line, optionally preceded by a method.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use http::Method;
use memchr::memchr3;
use url::Url;

use super::job_builder::{GivenUrl, JobBuilder, LineRequest, RequestCache};
use super::line_url::{blank_inside, parse_url, redacted};
use super::lines::{InputLine, LineContext, MAX_LINE};
use super::{Entry, ListOptions};
use crate::guard::redact::Redact;
use crate::model::{Invalid, Job, LinePosition, SettingNames, shown_url};
use crate::storage::text::{from_decoded, from_decoded_lossy, without_boms};

const BLANKS: [char; 3] = [' ', '\t', '\r'];

/// Turns lines of text into entries.
pub(super) struct TextParser {
    base_url: Option<Url>,
    requests: RequestCache,
    redact: Redact,
    setting_names: SettingNames,
    /// What builds the entries of a probe.
    probe: Option<JobBuilder>,
}

impl TextParser {
    pub(super) fn new(options: &ListOptions) -> Self {
        let requests = RequestCache::new(Arc::clone(&options.request));
        TextParser {
            base_url: options.base_url.clone(),
            requests,
            redact: options.redact,
            setting_names: options.setting_names,
            probe: options.value_seed.map(|_| JobBuilder::new(options)),
        }
    }

    /// Whether `line` is an entry, valid or not. That is all that matters for a completed one.
    pub(super) fn is_entry(line: InputLine<'_>) -> bool {
        content(line.text).is_some()
    }

    /// Whether `line` is a request.
    pub(super) fn is_request(line: &[u8], options: &ListOptions) -> bool {
        let jobs = JobBuilder::new(options);
        match from_decoded(line).ok().filter(|line| jobs.is_template(line)) {
            Some(line) => jobs.resolve(split_template(line.trim()).1, &|_| None).is_ok(),
            None => matches!(parse_line(line, options.base_url.as_ref(), options.setting_names), Ok(Some(_))),
        }
    }

    /// The entry for `line`, unless it is blank or a comment.
    pub(super) fn entry(&mut self, line: InputLine<'_>, context: LineContext<'_>) -> Option<Entry> {
        let place = context.position(line);
        let entry = match &mut self.probe {
            None => match parse_line(line.text, self.base_url.as_ref(), self.setting_names) {
                Ok(parsed) => Ok(parsed?.job(&mut self.requests, place, context.seq)),
                Err(error) => Err(error),
            },
            Some(jobs) => probe_line(line.text, jobs, place, context.seq).transpose()?,
        };
        Some(entry.unwrap_or_else(|TextLineError { method, text, reason }| {
            let method = method.unwrap_or_else(|| self.requests.template.method.clone());
            let message = format!("{} {}: {reason}", context.line_name, line.number);
            let url = shown_url(&text, self.redact).into_owned();
            Entry::Invalid(Box::new(Invalid { seq: context.seq, place, tags: None, method, url, message }))
        }))
    }
}

/// The entry of a line of a probe, whose URL may have placeholders.
fn probe_line<'a>(
    line: &'a [u8],
    jobs: &mut JobBuilder,
    place: LinePosition,
    seq: u64,
) -> Result<Option<Entry>, TextLineError<'a>> {
    let is_short = line.len() <= MAX_LINE;
    let template = content(line).filter(|_| is_short).and_then(|text| from_decoded(text).ok());
    let (method, target, url) = match template.filter(|text| jobs.is_template(text)) {
        Some(text) => {
            let (method, target) = split_template(text);
            let error = |reason| TextLineError { method: method.clone(), ..TextLineError::new(target, reason) };
            let url = jobs.resolve(target, &|_| None).map_err(error)?;
            (method, target, url)
        }
        None => match parse_line(line, jobs.options().base_url.as_ref(), jobs.options().setting_names)? {
            None => return Ok(None),
            Some(ParsedLine { method, target, url }) => (method, target, GivenUrl::new(target, url)),
        },
    };
    let request = LineRequest { method: method.clone(), ..LineRequest::default() };
    let entry = jobs.entry(url, request, &|_| None, place, seq);
    entry.map(Some).map_err(|why| TextLineError { method, ..TextLineError::new(target, why.reason) })
}

/// The method and the URL of a line with placeholders, which may have blanks.
fn split_template(text: &str) -> (Option<Method>, &str) {
    match text.split_once(BLANKS).and_then(|(first, rest)| Some((parse_method(first)?, rest))) {
        Some((method, rest)) => (Some(method), rest.trim_start_matches(BLANKS)),
        None => (None, text),
    }
}

#[derive(Debug)]
struct ParsedLine<'a> {
    method: Option<Method>,
    /// The URL as written.
    target: &'a str,
    url: Url,
}

impl ParsedLine<'_> {
    fn job(self, requests: &mut RequestCache, place: LinePosition, seq: u64) -> Entry {
        let mut job = Job { place, ..Job::new(seq, self.url, requests.with_method(self.method)) };
        job.given = (self.target != job.url.as_str()).then(|| self.target.into());
        Entry::Job(Box::new(job))
    }
}

/// Why a line is not a request.
#[derive(Debug)]
struct TextLineError<'a> {
    method: Option<Method>,
    /// The line, without the method if that could be parsed.
    text: Cow<'a, str>,
    reason: String,
}

impl<'a> TextLineError<'a> {
    fn new(text: impl Into<Cow<'a, str>>, reason: impl Into<String>) -> Self {
        TextLineError { method: None, text: text.into(), reason: reason.into() }
    }
}

/// The content of a line, or `None` if it is blank or a comment.
///
/// Byte order marks are ignored at the start of any line, since files may have been concatenated. Of a line that is too
/// long, only the part that is always in the buffer counts: whether it is an entry must not depend on how the bytes
/// arrived.
fn content(line: &[u8]) -> Option<&[u8]> {
    let line = &line[..line.len().min(MAX_LINE + 1)];
    let text = without_boms(line).trim_ascii();
    let ignored = text.first() == Some(&b'#') || text.is_empty() && line.len() <= MAX_LINE;
    (!ignored).then_some(text)
}

fn parse_line<'a>(
    line: &'a [u8],
    base: Option<&Url>,
    names: SettingNames,
) -> Result<Option<ParsedLine<'a>>, TextLineError<'a>> {
    let Some(text) = content(line) else { return Ok(None) };
    if line.len() > MAX_LINE {
        return Err(TextLineError::new(String::from_utf8_lossy(text), format!("longer than {} KiB", MAX_LINE >> 10)));
    }
    let text = from_decoded(text).map_err(|why| TextLineError::new(from_decoded_lossy(text), why.to_string()))?;
    let (method, target) = split_method(text)?;
    match parse_url(target, base, names) {
        Ok(url) => Ok(Some(ParsedLine { method, target, url })),
        Err(reason) => Err(TextLineError { method, ..TextLineError::new(target, reason) }),
    }
}

fn split_method(text: &str) -> Result<(Option<Method>, &str), TextLineError<'_>> {
    let Some(at) = memchr3(b' ', b'\t', b'\r', text.as_bytes()) else { return Ok((None, text)) };
    let (first, target) = (&text[..at], text[at..].trim_start_matches(BLANKS));
    let Some(method) = parse_method(first) else {
        let reason = if first.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            format!("{:?} is not a method; methods are in capitals, such as GET", redacted(first))
        } else {
            several_words(text)
        };
        return Err(TextLineError::new(text, reason));
    };
    if target.contains(BLANKS) {
        return Err(TextLineError { method: Some(method), ..TextLineError::new(target, several_words(target)) });
    }
    Ok((Some(method), target))
}

/// What is wrong with several words that do not begin with a method.
fn several_words(text: &str) -> String {
    let (first, rest) = text.split_once(BLANKS).unwrap_or((text, ""));
    let rest = rest.trim_start_matches(BLANKS);
    let is_url = |word: &str| word.starts_with("http://") || word.starts_with("https://");
    match blank_inside(text) {
        _ if rest.starts_with('#') => "a comment needs a line of its own".to_owned(),
        _ if is_url(first) && parse_method(rest).is_some() => format!("the method goes before the URL: {rest} URL"),
        _ if rest.split(BLANKS).any(is_url) => "write one URL per line, with at most a method before it".to_owned(),
        Some(why) if why.contains("%20") => format!("{why}, or one URL per line"),
        Some(why) => format!("{why}; write one URL per line"),
        None => String::new(),
    }
}

/// Parses a method in capitals. The rule is narrower than a token (RFC 9110, section 5.6.2), so that prose and Markdown
/// are not taken for requests.
fn parse_method(text: &str) -> Option<Method> {
    let capitals = text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    capitals.then(|| Method::from_bytes(text.as_bytes()).ok())?
}
