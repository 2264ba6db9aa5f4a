//! The plain format: one URL a line, with a method before it or without.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use http::Method;
use memchr::memchr3;
use url::ParseError;
use url::Url;

use super::lines::{Line, MAX_LINE};
use super::{Entry, ListOptions};
use crate::guard::redact::Redact;
use crate::model::{Invalid, Job, LinePosition, Request, shown_url};

pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";
const BLANKS: [char; 3] = [' ', '\t', '\r'];

/// Turns lines into entries.
pub(super) struct Text {
    base_url: Option<Url>,
    requests: Requests,
    redact: Redact,
}

impl Text {
    pub(super) fn new(options: &ListOptions) -> Self {
        let requests = Requests::new(Arc::clone(&options.request));
        Text { base_url: options.base_url.clone(), requests, redact: options.redact }
    }

    /// Whether `line` is an entry at all, good or bad, which is all that must be known of one that is done.
    pub(super) fn is_entry(line: Line<'_>) -> bool {
        content(line.text).is_some()
    }

    /// The entry numbered `seq` that `line` is, unless it is blank or a comment.
    pub(super) fn entry(&mut self, line: Line<'_>, list: u32, line_name: &str, seq: u64) -> Option<Entry> {
        let place = LinePosition { list, line: line.number, offset: line.offset };
        match parse_line(line.text, self.base_url.as_ref()) {
            Ok(None) => None,
            Ok(Some(Parsed { method, target, url })) => {
                let request = self.requests.with(method);
                let mut job = Job { place, ..Job::new(seq, url, request) };
                job.given = (target != job.url.as_str()).then(|| target.into());
                Some(Entry::Job(Box::new(job)))
            }
            Err(Flaw { method, text, reason }) => {
                let method = method.unwrap_or_else(|| self.requests.template.method.clone());
                let message = format!("{line_name} {}: {reason}", line.number);
                let url = shown_url(&text, self.redact).into_owned();
                Some(Entry::Invalid(Box::new(Invalid { seq, place, tags: None, method, url, message })))
            }
        }
    }
}

/// The run's request with each method that lines name.
pub(super) struct Requests {
    pub(super) template: Arc<Request>,
    /// The template with other methods than its own.
    others: Vec<Arc<Request>>,
}

impl Requests {
    /// So many methods are kept for sharing; a list that names more of them is odd, and may be hostile.
    const MAX_OTHERS: usize = 16;

    pub(super) fn new(template: Arc<Request>) -> Self {
        Requests { template, others: Vec::new() }
    }

    pub(super) fn with(&mut self, method: Option<Method>) -> Arc<Request> {
        let Some(method) = method.filter(|method| *method != self.template.method) else {
            return Arc::clone(&self.template);
        };
        if let Some(request) = self.others.iter().find(|request| request.method == method) {
            return Arc::clone(request);
        }
        let request = Arc::new(Request { method, ..Request::clone(&self.template) });
        if self.others.len() < Self::MAX_OTHERS {
            self.others.push(Arc::clone(&request));
        }
        request
    }
}

/// What a line asks for.
#[derive(Debug)]
struct Parsed<'a> {
    method: Option<Method>,
    /// The URL as the line has it.
    target: &'a str,
    url: Url,
}

/// Why a line is no request.
#[derive(Debug)]
struct Flaw<'a> {
    method: Option<Method>,
    /// The line, without the method if that could be read.
    text: Cow<'a, str>,
    reason: String,
}

impl<'a> Flaw<'a> {
    fn new(text: impl Into<Cow<'a, str>>, reason: impl Into<String>) -> Self {
        Flaw { method: None, text: text.into(), reason: reason.into() }
    }
}

/// What a line holds; a blank one and a comment hold nothing.
///
/// A byte order mark is nothing at the start of any line, since files are concatenated. Of a line that is too long no
/// more counts than is always there: its number must not depend on how the bytes came.
fn content(line: &[u8]) -> Option<&[u8]> {
    let line = &line[..line.len().min(MAX_LINE + 1)];
    let text = line.strip_prefix(BOM).unwrap_or(line).trim_ascii();
    let nothing = text.first() == Some(&b'#') || text.is_empty() && line.len() <= MAX_LINE;
    (!nothing).then_some(text)
}

/// Parses one line.
fn parse_line<'a>(line: &'a [u8], base: Option<&Url>) -> Result<Option<Parsed<'a>>, Flaw<'a>> {
    let Some(text) = content(line) else { return Ok(None) };
    if line.len() > MAX_LINE {
        return Err(Flaw::new(String::from_utf8_lossy(text), format!("longer than {} KiB", MAX_LINE >> 10)));
    }
    let Ok(text) = std::str::from_utf8(text) else {
        return Err(Flaw::new(String::from_utf8_lossy(text), "not UTF-8"));
    };
    let (method, target) = split_method(text)?;
    match resolve(target, base) {
        Ok(url) => Ok(Some(Parsed { method, target, url })),
        Err(reason) => Err(Flaw { method, ..Flaw::new(target, reason) }),
    }
}

fn split_method(text: &str) -> Result<(Option<Method>, &str), Flaw<'_>> {
    const BLANK_INSIDE: &str = "a URL cannot contain a space; write %20";
    let Some(at) = memchr3(b' ', b'\t', b'\r', text.as_bytes()) else { return Ok((None, text)) };
    let (word, target) = (&text[..at], text[at..].trim_start_matches(BLANKS));
    let Some(method) = method(word) else {
        let reason = if word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            format!("{:?} is not a method; methods are in capitals, such as GET", shown(word))
        } else {
            BLANK_INSIDE.to_owned()
        };
        return Err(Flaw::new(text, reason));
    };
    if target.contains(BLANKS) {
        return Err(Flaw { method: Some(method), ..Flaw::new(target, BLANK_INSIDE) });
    }
    Ok((Some(method), target))
}

/// Narrower than a token of RFC 9110, so that prose and Markdown are not taken for requests.
fn method(word: &str) -> Option<Method> {
    let capitals = word.starts_with(|first: char| first.is_ascii_uppercase())
        && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    capitals.then(|| Method::from_bytes(word.as_bytes()).ok())?
}

/// The URL that `target` is, against `base` if there is one.
pub(super) fn resolve(target: &str, base: Option<&Url>) -> Result<Url, String> {
    let parsed = match base {
        Some(base) => base.join(target),
        None => Url::parse(target),
    };
    match parsed {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) => Err(match with_scheme(target).filter(|_| has_port(target) || has_user(target, &url)) {
            Some(meant) => format!("no scheme: did you mean {meant} ?"),
            None if has_user(target, &url) => "no scheme".to_owned(),
            None => format!("scheme {:?} is not http or https", shown(url.scheme())),
        }),
        Err(ParseError::RelativeUrlWithoutBase) => Err(match with_scheme(target) {
            Some(meant) => format!("no scheme: did you mean {meant} ? (or use --base-url)"),
            None => "no scheme: use --base-url for relative URLs".to_owned(),
        }),
        Err(ParseError::EmptyHost) => Err("no host".to_owned()),
        Err(error) => Err(format!("not a URL: {error}")),
    }
}

/// What `target` may have been meant to be, if it can begin with a host.
fn with_scheme(target: &str) -> Option<String> {
    let target = target.strip_prefix("//").unwrap_or(target);
    if !target.starts_with(char::is_alphanumeric) {
        return None;
    }
    Url::parse(&format!("https://{target}")).ok().map(|url| shown(url.as_str()))
}

/// Whether what looks like a scheme is a host, as in `localhost:8080`.
fn has_port(target: &str) -> bool {
    target.split_once(':').is_some_and(|(_, rest)| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// Whether what looks like a scheme is a user, who may be a secret, as in `sk_live:@api.example.com`.
fn has_user(target: &str, url: &Url) -> bool {
    url.cannot_be_a_base() && url.scheme() != "mailto" && target.contains('@')
}

/// A part of a line as a message may have it: without its secrets, which are in the record if they are asked for.
pub(super) fn shown(text: &str) -> String {
    shown_url(text, Redact::Secrets).into_owned()
}
