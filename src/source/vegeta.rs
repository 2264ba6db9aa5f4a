//! Parses vegeta's JSON targets: `{"method": …, "url": …, "header": {name: [values]}, "body": base64}`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::value::RawValue;

use super::Entry;
use super::error::LineError;
use super::job_builder::{JobBuilder, LineRequest, PartialRequest, parse_method};
use super::lines::{InputLine, LineContext, is_blank};
use super::ndjson::{Pairs, is_null, not_json, read_line, set_headers, text, unknown_key};
use crate::model::{Job, LinePosition};

const KEYS: [&str; 4] = ["method", "url", "header", "body"];

/// Turns lines into entries.
pub(super) struct VegetaParser {
    jobs: JobBuilder,
}

/// A line's values as written. A null counts as absent.
#[derive(Default)]
struct VegetaTarget<'a> {
    values: [Option<&'a RawValue>; KEYS.len()],
}

impl VegetaParser {
    pub(super) fn new(jobs: JobBuilder) -> Self {
        VegetaParser { jobs }
    }

    /// The entry for `line`, unless it is blank.
    pub(super) fn entry(&mut self, line: InputLine<'_>, context: LineContext<'_>) -> Option<Entry> {
        if is_blank(line.text) {
            return None;
        }
        let place = context.position(line);
        let mut target = VegetaTarget::default();
        let job = read_line(line.text, |text| target.read(text)).and_then(|()| self.job(&target, place, context.seq));
        Some(match job {
            Ok(job) => Entry::Job(Box::new(job)),
            Err(error) => self.jobs.invalid(error, target.partial_request(), place, context),
        })
    }

    fn job(&mut self, target: &VegetaTarget<'_>, place: LinePosition, seq: u64) -> Result<Job, LineError> {
        let mut line = LineRequest::default();
        if let Some(raw) = target.get("method") {
            let name = text(raw).ok_or_else(|| LineError::of_key("method", "must be a string"))?;
            line.method = Some(parse_method(&name).map_err(|why| LineError::of_key("method", why))?);
        }
        if let Some(raw) = target.get("header") {
            set_headers(raw, line.request.get_or_insert_with(|| self.jobs.request()))
                .map_err(|why| LineError::of_key("header", why))?;
        }
        if let Some(raw) = target.get("body") {
            let bytes = text(raw).and_then(|text| BASE64_STANDARD.decode(text.as_bytes()).ok());
            let bytes = bytes.ok_or_else(|| LineError::of_key("body", "must be a base64 string"))?;
            let request = line.request.take().unwrap_or_else(|| self.jobs.request());
            (line.request, line.has_body) = (Some(request.bytes(bytes)), true);
        }
        let given = target.get("url").ok_or_else(|| LineError::new("missing \"url\""))?;
        let given = text(given).ok_or_else(|| LineError::of_key("url", "must be a string"))?;
        let url = self.jobs.resolve(&given).map_err(|why| LineError::of_key("url", why))?;
        self.jobs.job((&given, url), line, |_| None, place, seq)
    }
}

impl<'a> VegetaTarget<'a> {
    fn read(&mut self, line: &'a str) -> Result<(), LineError> {
        if !line.starts_with('{') {
            return Err(LineError::new("not a JSON object: a list needs one per line"));
        }
        let Pairs(pairs) = serde_json::from_str(line).map_err(|why| not_json(&why))?;
        let mut error = None;
        for (name, raw) in pairs {
            match KEYS.iter().position(|known| *known == name) {
                Some(key) => self.values[key] = Some(raw),
                None => _ = error.get_or_insert_with(|| unknown_key(&name, KEYS.into_iter())),
            }
        }
        error.map_or(Ok(()), Err)
    }

    fn get(&self, key: &str) -> Option<&'a RawValue> {
        let at = KEYS.iter().position(|known| *known == key)?;
        self.values[at].filter(|raw| !is_null(raw))
    }

    fn partial_request(&self) -> PartialRequest {
        let known = |key: &str| self.get(key).and_then(text);
        PartialRequest {
            method: known("method").and_then(|text| parse_method(&text).ok()),
            url: known("url").unwrap_or_default().into_owned(),
            ..PartialRequest::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::request::Content;
    use crate::source::ListOptions;

    fn entry(text: &str) -> Option<Entry> {
        let line = InputLine { text: text.as_bytes(), end: b"\n", number: 3, offset: 0 };
        let context = LineContext { list: 0, line_name: "t.json line", seq: 0 };
        VegetaParser::new(JobBuilder::new(&ListOptions::default())).entry(line, context)
    }

    #[test]
    fn a_target_is_a_request() {
        let line = r#"{"method":"PUT","url":"http://a/","body":"aGk=","header":{"X-A":["1","2"],"User-Agent":["me"]}}"#;
        let Some(Entry::Job(job)) = entry(line) else { panic!() };
        assert_eq!((job.request.method.as_str(), job.url.as_str()), ("PUT", "http://a/"));
        assert_eq!(job.request.headers.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(job.request.headers.get_all("user-agent").iter().collect::<Vec<_>>(), ["me"]);
        let Content::Bytes(body) = &job.request.body.as_ref().unwrap().content else { panic!() };
        assert_eq!(body, "hi");
        let Some(Entry::Job(job)) = entry(r#"{"method":"GET","url":"http://a/","body":null,"header":null}"#) else {
            panic!()
        };
        assert!(job.request.body.is_none());
        assert!(entry(" \r").is_none());
    }

    #[test]
    fn errors_name_the_key() {
        for (line, message) in [
            (r#"{"method":"GET"}"#, r#"missing "url""#),
            (r#"{"url":"http://a/","headers":{}}"#, r#""headers": unknown key; did you mean "header"?"#),
            (r#"{"url":"http://a/","body":"?"}"#, r#""body": must be a base64 string"#),
            (
                r#"{"url":"http://a/","header":{"Host":1,"X":{}}}"#,
                r#""header": x must be a string, a number, true, false, or a list of them"#,
            ),
            ("GET http://a/", "not a JSON object: a list needs one per line"),
        ] {
            let Some(Entry::Invalid(invalid)) = entry(line) else { panic!("{line}") };
            assert_eq!(invalid.message, format!("t.json line 3: {message}"));
        }
    }
}
