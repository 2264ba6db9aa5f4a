//! Parses vegeta's targets: `{"method": …, "url": …, "header": {name: [values]}, "body": base64}` on each line, or
//! [text](text).

mod text;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::value::RawValue;

use self::text::TextTarget;
use super::Entry;
use super::error::LineError;
use super::job_builder::{JobBuilder, LineRequest, PartialRequest, parse_method};
use super::lines::{InputLine, LineContext, is_blank};
use super::ndjson::{Pairs, UNPAIRED, is_null, not_json, read_line, set_headers, text as string, unknown_key};
use crate::guard::json::has_unpaired_surrogate;
use crate::model::LinePosition;
use crate::model::request::Payload;
use crate::storage::text::without_boms;

const KEYS: [&str; 4] = ["method", "url", "header", "body"];

/// Turns lines into entries.
pub(super) struct VegetaParser {
    jobs: JobBuilder,
    /// The target in text whose end has not been read yet.
    open: Option<TextTarget>,
}

/// What a line ends.
enum Ended {
    /// A target in JSON, which is this line, or a line that is not a target.
    Line,
    Text(TextTarget),
}

/// A line's values as written. A null counts as absent.
#[derive(Default)]
struct VegetaTarget<'a> {
    values: [Option<&'a RawValue>; KEYS.len()],
}

impl VegetaParser {
    pub(super) fn new(jobs: JobBuilder) -> Self {
        VegetaParser { jobs, open: None }
    }

    /// The entry that `line` completes. A target in text ends where the next one begins.
    pub(super) fn entry(&mut self, line: InputLine<'_>, context: LineContext<'_>) -> Option<Entry> {
        let place = context.position(line);
        Some(match self.push(line, place)? {
            Ended::Text(target) => self.text_entry(target, context),
            Ended::Line => {
                let mut target = VegetaTarget::default();
                let read = read_line(line.text, |text| target.read(text));
                match read.and_then(|()| self.job(&target, place, context.seq)) {
                    Ok(entry) => entry,
                    Err(error) => self.jobs.invalid(error, target.partial_request(), place, context),
                }
            }
        })
    }

    /// Whether `line` completes an entry.
    pub(super) fn skip(&mut self, line: InputLine<'_>, context: LineContext<'_>) -> bool {
        self.push(line, context.position(line)).is_some() // the line may begin a target that is not skipped
    }

    /// The entry for a target in text at the end of the list.
    pub(super) fn finish(&mut self, context: LineContext<'_>) -> Option<Entry> {
        let target = self.open.take()?;
        Some(self.text_entry(target, context))
    }

    fn push(&mut self, line: InputLine<'_>, place: LinePosition) -> Option<Ended> {
        if is_blank(line.text) {
            return self.open.take().map(Ended::Text);
        }
        let text = without_boms(line.text).trim_ascii();
        match (TextTarget::begin(text, place), &mut self.open) {
            (Some(target), open) => open.replace(target).map(Ended::Text),
            (None, _) if text.starts_with(b"#") => None,
            (None, Some(open)) => {
                open.add(text, line.number);
                None
            }
            (None, None) => Some(Ended::Line),
        }
    }

    fn text_entry(&mut self, mut target: TextTarget, context: LineContext<'_>) -> Entry {
        let job = self.text_job(&mut target, context.seq);
        job.unwrap_or_else(|error| {
            let partial = PartialRequest { method: target.method, url: target.url, ..PartialRequest::default() };
            self.jobs.invalid(error, partial, target.place, context)
        })
    }

    fn text_job(&mut self, target: &mut TextTarget, seq: u64) -> Result<Entry, LineError> {
        let has_body = target.body.is_some();
        let mut line = LineRequest { method: target.method.clone(), has_body, ..LineRequest::default() };
        if has_body || target.changes_request() {
            let mut request = self.jobs.request();
            target.apply(&mut request)?;
            request.body = target.body.take().map(Payload::file).or(request.body);
            line.request = Some(request);
        }
        let url = self.jobs.resolve(&target.url, &|_| None).map_err(LineError::new)?;
        self.jobs.entry(url, line, &|_| None, target.place, seq)
    }

    fn job(&mut self, target: &VegetaTarget<'_>, place: LinePosition, seq: u64) -> Result<Entry, LineError> {
        let mut line = LineRequest::default();
        if let Some(raw) = target.get("method") {
            let name = string(raw).ok_or_else(|| LineError::of_key("method", "must be a string"))?;
            line.method = Some(parse_method(&name).map_err(|why| LineError::of_key("method", why))?);
        }
        if let Some(raw) = target.get("header") {
            set_headers(raw, line.request.get_or_insert_with(|| self.jobs.request()))
                .map_err(|why| LineError::of_key("header", why))?;
        }
        if let Some(raw) = target.get("body") {
            let bytes = string(raw).and_then(|text| BASE64_STANDARD.decode(text.as_bytes()).ok());
            let bytes = bytes.ok_or_else(|| LineError::of_key("body", "must be a base64 string"))?;
            let request = line.request.take().unwrap_or_else(|| self.jobs.request());
            (line.request, line.has_body, line.is_body_fixed) = (Some(request.bytes(bytes)), true, true);
        }
        let given = target.get("url").ok_or_else(|| LineError::new("missing \"url\""))?;
        let given = string(given).ok_or_else(|| LineError::of_key("url", "must be a string"))?;
        let url = self.jobs.resolve(&given, &|_| None).map_err(|why| LineError::of_key("url", why))?;
        self.jobs.entry(url, line, &|_| None, place, seq)
    }
}

impl<'a> VegetaTarget<'a> {
    fn read(&mut self, line: &'a str) -> Result<(), LineError> {
        if !line.starts_with('{') {
            return Err(LineError::new("neither a JSON object nor a method and a URL"));
        }
        let Pairs(pairs) = serde_json::from_str(line).map_err(|why| not_json(&why))?;
        let mut error = None;
        for (name, raw) in pairs {
            match KEYS.iter().position(|known| *known == name) {
                Some(key) if has_unpaired_surrogate(raw.get().as_bytes()) => {
                    error.get_or_insert_with(|| LineError::of_key(KEYS[key], UNPAIRED));
                }
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
        let known = |key: &str| self.get(key).and_then(string);
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
            ("http://a/", "neither a JSON object nor a method and a URL"),
        ] {
            let Some(Entry::Invalid(invalid)) = entry(line) else { panic!("{line}") };
            assert_eq!(invalid.message, format!("t.json line 3: {message}"));
        }
    }

    /// The targets of a list in text.
    fn targets(list: &str) -> Vec<Entry> {
        let input = crate::source::Input::Text { name: "t".to_owned(), text: list.to_owned() };
        let options = ListOptions { format: Some(crate::source::InputFormat::Vegeta), ..ListOptions::default() };
        crate::source::tests::entries(crate::source::open([input], &options).unwrap())
    }

    #[test]
    fn a_target_in_text_may_have_headers_and_a_body() {
        let list =
            "# targets\nGET http://a/\nPOST http://b/\nX-A: 1\nX-A:2\n# c\n@body.json\n\n\nDELETE http://c/\r\nX-B: 3";
        let shown: Vec<_> = targets(list)
            .into_iter()
            .map(|entry| match entry {
                Entry::Job(job) => {
                    let fields = job.request.headers.iter().filter(|(name, _)| name.as_str().starts_with("x-"));
                    let fields: Vec<_> =
                        fields.map(|(name, value)| format!("{name}={}", value.to_str().unwrap())).collect();
                    let file = job
                        .request
                        .body
                        .as_ref()
                        .and_then(|body| body.files().next().map(|path| path.display().to_string()));
                    format!("{} {} {} {fields:?} {file:?}", job.place.line, job.request.method, job.url)
                }
                Entry::Invalid(invalid) => invalid.message,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "2 GET http://a/ [] None",
                "3 POST http://b/ [\"x-a=1\", \"x-a=2\"] Some(\"body.json\")",
                "10 DELETE http://c/ [\"x-b=3\"] None",
            ]
        );
    }

    #[test]
    fn a_bad_target_in_text_names_its_line() {
        let list = "GET http://a/\nX(A: 1\nGET ftp://b/\nGET http://c/\nnonsense\n\nhttp://d/\nGET http://e/\n@a\n@b\n";
        let messages: Vec<_> = targets(list).iter().map(crate::source::tests::shown).collect();
        assert_eq!(
            messages,
            [
                "t line 1: \"X(A\" is not a header name",
                "t line 3: scheme \"ftp\" is not http or https",
                "t line 4: line 5 is neither a header, an @FILE nor a target",
                "t line 7: neither a JSON object nor a method and a URL",
                "t line 8: has two bodies",
            ]
        );
    }
}
