//! What of a plan and its inputs makes the run's fingerprint.

use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, USER_AGENT};

use crate::durable::RunFingerprint;
use crate::durable::fingerprint::key;
use crate::guard::redact::Redact;
use crate::model::host_glob::HostGlob;
use crate::model::request::{BodyOrigin, Content, Payload, Request};
use crate::plan::{BodyMode, Condition, DEFAULT_USER_AGENT, Expect, OutputFormat, Plan};
use crate::site::robots::ProductToken;
use crate::source::{self, InputFormat};

/// What an option without a value to compare has for one.
const GIVEN: &str = "given";

/// The fingerprint of a run that fetches `lines` as `plan` says.
pub fn fingerprint(plan: &Plan, lines: &source::ListOptions) -> RunFingerprint {
    let print = of_request(&plan.request.0, RunFingerprint::default());
    let print = of_records(plan, print);
    let print = of_expectations(&plan.expect, print);
    let print = of_access(plan, print);
    let print = of_credentials(plan, print);
    of_lines(lines, print)
}

fn of_request(request: &Request, print: RunFingerprint) -> RunFingerprint {
    let mut print = print.with(key::METHOD, &request.method).with_digest(key::HEADERS, &headers(request));
    if !request.params.is_empty() {
        print = print.with_digest(key::PARAMS, request.params.as_str().as_bytes());
    }
    let Some(Payload { content, content_type, origin }) = &request.body else { return print };
    let content_type = content_type.as_ref().map_or(&b""[..], |content_type| content_type.as_bytes());
    // The boundary of a multipart body is random: what the body was made of stands for it.
    if let Content::Bytes(body) = content
        && !content_type.starts_with(b"multipart/")
    {
        print = print.with_digest(key::BODY, &[content_type, b"\n", body].concat());
    }
    match origin.as_deref() {
        None => print,
        Some(BodyOrigin::Raw(text)) => print.with_digest(key::RAW_BODY, text.as_bytes()),
        Some(BodyOrigin::Multipart(text)) => print.with_digest(key::MULTIPART, text.as_bytes()),
    }
}

/// Names, and values but for credentials and our own User-Agent, which has our version in it.
fn headers(request: &Request) -> Vec<u8> {
    let mut lines = Vec::new();
    for (name, value) in &request.headers {
        let ours = name == USER_AGENT && value == DEFAULT_USER_AGENT;
        let credential = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION].contains(name);
        let value = if ours || credential { b"" } else { value.as_bytes() };
        lines.push([name.as_str().as_bytes(), b": ", value, b"\n"].concat());
    }
    lines.sort_unstable();
    lines.concat()
}

fn of_records(plan: &Plan, print: RunFingerprint) -> RunFingerprint {
    let output = &plan.output;
    let mut print = print
        .with(key::MAX_BODY, plan.fetch.max_filesize)
        .with(key::BODY_MODE, body_mode(&output.body))
        .with(key::ALL_HEADERS, output.all_headers)
        .with(key::VERBOSE, output.verbose)
        .with(key::NO_REDIRECTS, !plan.redirect.follow)
        .with(key::MAX_REDIRECTS, plan.redirect.max)
        .with(key::ALLOW_DOWNGRADE, plan.redirect.allow_downgrade);
    if output.redact == Redact::Nothing {
        print = print.with(key::NO_REDACTION, GIVEN);
    }
    if plan.dedup.is_some() {
        print = print.with(key::DEDUP, true);
    }
    if let Some(filter) = &output.record_filter {
        print = print.with_digest(key::WHERE, filter.code().as_bytes());
    }
    if let Some(filter) = &output.extract {
        print = print.with_digest(key::EXTRACT, filter.code().as_bytes());
    }
    if let Some(paginate) = &plan.paginate {
        let by = paginate.by.to_string();
        print = print.with_digest(key::PAGINATE, by.as_bytes()).with(key::MAX_PAGES, paginate.max);
        print = with_hosts(print, key::PAGE_HOSTS, &paginate.hosts);
    }
    if let Some(filter) = &output.items {
        let raw = output.format == OutputFormat::Raw;
        print = print.with_digest(key::ITEMS, filter.code().as_bytes()).with(key::RAW, raw);
    }
    print
}

fn of_expectations(expect: &Expect, print: RunFingerprint) -> RunFingerprint {
    let shown = |conditions: &[Condition]| conditions.iter().map(ToString::to_string).collect::<Vec<_>>();
    let filters = expect.jq.iter().map(|filter| filter.code().to_owned()).collect();
    [(key::EXPECT, shown(&expect.conditions)), (key::EXPECT_BODY, shown(&expect.body)), (key::EXPECT_JQ, filters)]
        .into_iter()
        .filter(|(_, texts)| !texts.is_empty())
        .fold(print, |print, (key, texts)| print.with_digest(key, texts.join("\n").as_bytes()))
}

fn body_mode(mode: &BodyMode) -> &'static str {
    match mode {
        BodyMode::Auto => "auto",
        BodyMode::Json => "json",
        BodyMode::None => "none",
        BodyMode::Text => "text",
        BodyMode::Base64 => "base64",
        BodyMode::Dir(_) => "dir", // it may have been moved
    }
}

fn of_access(plan: &Plan, mut print: RunFingerprint) -> RunFingerprint {
    if let Some(robots) = &plan.robots {
        print = print.with(key::ROBOTS, robots.token.as_ref().map_or("*", ProductToken::as_str));
    }
    for (key, globs) in [(key::ALLOW_HOSTS, &plan.access.allow), (key::DENY_HOSTS, &plan.access.deny)] {
        print = with_hosts(print, key, globs);
    }
    if plan.access.deny_private { print.with(key::DENY_PRIVATE, GIVEN) } else { print }
}

fn with_hosts(print: RunFingerprint, key: &'static str, globs: &[HostGlob]) -> RunFingerprint {
    if globs.is_empty() {
        return print;
    }
    let globs: Vec<_> = globs.iter().map(HostGlob::to_string).collect();
    print.with_digest(key, globs.join("\n").as_bytes())
}

fn of_credentials(plan: &Plan, print: RunFingerprint) -> RunFingerprint {
    let used = [
        (key::DIGEST, plan.digest.is_some()),
        (key::NETRC, plan.fetch.netrc.is_some()),
        (key::COOKIES, plan.cookies.given.is_some()),
        (key::SESSION, plan.cookies.kept.is_some()),
        (key::LOGIN, plan.login.is_some()),
        (key::LOGIN_TOKEN, plan.login.as_ref().is_some_and(|login| login.token.is_some())),
    ];
    let print = used.into_iter().filter(|(_, used)| *used).fold(print, |print, (key, _)| print.with(key, GIVEN));
    // Version 0.1 noted cookies that the command line named, too. Their header field tells of them anyway.
    if plan.request.0.headers.contains_key(COOKIE) {
        return print.or_earlier(key::COOKIES, key::COOKIES, GIVEN);
    }
    print
}

fn of_lines(lines: &source::ListOptions, mut print: RunFingerprint) -> RunFingerprint {
    if let Some(url) = &lines.base_url {
        let url = url.as_str().as_bytes();
        print = print.with_digest(key::BASE_URL, url).or_earlier_digest(key::BASE_URL, key::BASE_URL_LIBRARY, url);
    }
    if let Some(template) = &lines.url {
        print = print.with_digest(key::URL_TEMPLATE, template.as_str().as_bytes());
    }
    if let Some(template) = &lines.data {
        let (text, v1) = (template.to_string(), template.v1_digest_text());
        print = print.with_digest(key::BODY_TEMPLATE, text.as_bytes());
        print = print.or_earlier_digest(key::BODY_TEMPLATE, key::BODY_TEMPLATE_V1, v1.as_bytes());
    }
    if let Some(method) = &lines.method {
        print = print.with(key::METHOD, format!("{method} for all")); // without it, lines with a body are a POST
    }
    let (format, v1) = match lines.format {
        None => (None, "None"),
        Some(InputFormat::Text) => (Some("text"), "Some(Text)"),
        Some(InputFormat::Ndjson) => (Some("ndjson"), "Some(Ndjson)"),
        Some(InputFormat::Csv) => (Some("csv"), "Some(Csv)"),
        Some(InputFormat::Tsv) => (Some("tsv"), "Some(Tsv)"),
        Some(InputFormat::Vegeta) => (Some("vegeta"), "Some(Vegeta)"),
    };
    let print = print.or_earlier(key::INPUT_FORMAT, key::INPUT_FORMAT_LIBRARY, v1);
    format.into_iter().fold(print, |print, format| print.with(key::INPUT_FORMAT, format))
}

#[cfg(test)]
mod tests {
    use http::Method;
    use http::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};

    use super::*;
    use crate::model::request::Multipart;
    use crate::plan::Template;

    fn of(method: Method, headers: &[(HeaderName, &'static str)], body: Option<Payload>) -> RunFingerprint {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        let request = Request { method, headers, body, ..Request::default() };
        fingerprint(&Plan { request: Template::new(request), ..Plan::default() }, &source::ListOptions::default())
    }

    #[test]
    fn what_differs_is_named() {
        let before = of(Method::GET, &[(ACCEPT, "a/b")], None);
        let difference = |now: &RunFingerprint| before.difference(now).unwrap();
        assert_eq!(before.difference(&before), None);
        assert_eq!(difference(&of(Method::PUT, &[(ACCEPT, "a/b")], None)), "--request was GET and is now PUT");
        assert_eq!(difference(&of(Method::GET, &[(ACCEPT, "a/c")], None)), "--header has changed");
        let body = Some(Payload::of_type("x", "text/plain"));
        assert_eq!(difference(&of(Method::GET, &[(ACCEPT, "a/b")], body)), "--data was not given before");
    }

    #[test]
    fn a_new_token_makes_no_difference_and_leaves_no_trace() {
        let [old, new] = ["Bearer old", "Bearer new"].map(|token| of(Method::GET, &[(AUTHORIZATION, token)], None));
        assert_eq!(old.difference(&new), None);
        assert!(old.difference(&of(Method::GET, &[], None)).is_some());
    }

    #[test]
    fn bodies_of_files_and_parts_are_compared_by_what_they_are_made_of() {
        let file = |path: &str| of(Method::POST, &[], Some(Payload::file(path)));
        assert_eq!(file("a").difference(&file("a")), None);
        assert_eq!(file("a").difference(&file("b")).unwrap(), "--data-binary has changed");
        let parts = |value: &str| {
            let form = Multipart::new().text("name", value).file("picture", "whale.png");
            of(Method::POST, &[], Some(form.into_payload().unwrap()))
        };
        assert_eq!(parts("Ann").difference(&parts("Ann")), None, "its boundary is another each time");
        assert_eq!(parts("Ann").difference(&parts("Bob")).unwrap(), "--multipart has changed");
    }
}
