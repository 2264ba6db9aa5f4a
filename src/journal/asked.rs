//! What was asked of each input: what must not change between a run and its resumption.

use std::collections::BTreeMap;
use std::fmt::Write;

use reqwest::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, USER_AGENT};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::glob::HostGlob;
use crate::plan::{BodyMode, DEFAULT_USER_AGENT, Format, Plan};
use crate::redact::Redact;
use crate::request::{Content, Payload, Request};
use crate::robots::Token;

/// The options that decide what a record says, by their flags.
///
/// Credentials are left out: a token that was renewed is no other request. So is all that decides when and how often
/// something is sent. What may be secret or long is a digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked(BTreeMap<String, Value>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Value {
    Plain(String),
    Sha256(String),
}

impl Asked {
    /// What `plan` asks.
    pub fn of(plan: &Plan) -> Self {
        let request = &*plan.request.0;
        let mut asked = Asked::default()
            .with("--request", &request.method)
            .with_digest("--header", &headers(request))
            .with("--max-filesize", plan.fetch.max_filesize)
            .with("--body", body_mode(&plan.output.body))
            .with("--include", plan.output.all_headers)
            .with("--verbose-records", plan.output.verbose)
            .with("--no-location", !plan.redirect.follow)
            .with("--max-redirs", plan.redirect.max)
            .with("--allow-downgrade", plan.redirect.allow_downgrade);
        if !request.params.is_empty() {
            asked = asked.with_digest("--param", request.params.as_str().as_bytes());
        }
        if let Some(Payload { content: Content::Bytes(body), content_type }) = &request.body {
            let content_type = content_type.as_ref().map_or(&b""[..], |content_type| content_type.as_bytes());
            // A form of parts has a boundary of chance: whoever made it adds what it is made of.
            if !content_type.starts_with(b"multipart/") {
                asked = asked.with_digest("--data", &[content_type, b"\n", body].concat());
            }
        }
        if plan.output.redact == Redact::Nothing {
            asked = asked.with("--no-redact", "given");
        }
        if plan.dedup.is_some() {
            asked = asked.with("--dedup", true);
        }
        if let Some(filter) = &plan.output.extract {
            asked = asked.with_digest("--jq", filter.code().as_bytes());
        }
        if let Some(robots) = &plan.robots {
            asked = asked.with("--robots", robots.token.as_ref().map_or("*", Token::as_str));
        }
        let hosts = |globs: &[HostGlob]| globs.iter().map(HostGlob::to_string).collect::<Vec<_>>().join("\n");
        for (flag, globs) in [("--allow-host", &plan.access.allow), ("--deny-host", &plan.access.deny)] {
            if !globs.is_empty() {
                asked = asked.with_digest(flag, hosts(globs).as_bytes());
            }
        }
        if plan.access.deny_private {
            asked = asked.with("--deny-private", "given");
        }
        if let Some(paginate) = &plan.paginate {
            asked =
                asked.with_digest("--paginate", paginate.by.to_string().as_bytes()).with("--max-pages", paginate.max);
        }
        if let Some(filter) = &plan.output.items {
            asked =
                asked.with_digest("--items", filter.code().as_bytes()).with("--raw", plan.output.format == Format::Raw);
        }
        asked
    }

    /// The same, and the value of `flag`.
    pub fn with(mut self, flag: &str, value: impl ToString) -> Self {
        self.0.insert(flag.to_owned(), Value::Plain(value.to_string()));
        self
    }

    /// The same, and a digest of the value of `flag`.
    pub fn with_digest(mut self, flag: &str, value: &[u8]) -> Self {
        let digest = Sha256::digest(value).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        self.0.insert(flag.to_owned(), Value::Sha256(digest));
        self
    }

    /// The first thing in which `now` differs, in words.
    pub fn difference(&self, now: &Asked) -> Option<String> {
        let flags = self.0.keys().chain(now.0.keys());
        let flag = flags.min_by_key(|flag| (self.0.get(*flag) == now.0.get(*flag), flag.as_str()))?;
        Some(match (self.0.get(flag), now.0.get(flag)) {
            (before, now) if before == now => return None,
            (Some(Value::Plain(before)), Some(Value::Plain(now))) => format!("{flag} was {before} and is now {now}"),
            (None, _) => format!("{flag} was not given before"),
            (_, None) => format!("{flag} was given before"),
            _ => format!("{flag} has changed"),
        })
    }
}

fn body_mode(mode: &BodyMode) -> &'static str {
    match mode {
        BodyMode::Auto => "auto",
        BodyMode::None => "none",
        BodyMode::Text => "text",
        BodyMode::Base64 => "base64",
        BodyMode::Dir(_) => "dir", // it may have been moved
    }
}

fn headers(request: &Request) -> Vec<u8> {
    let mut lines = Vec::new();
    for (name, value) in &request.headers {
        let ours = name == USER_AGENT && value == DEFAULT_USER_AGENT; // it has our version in it
        let credential = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION].contains(name);
        let value = if ours || credential { b"" } else { value.as_bytes() };
        lines.push([name.as_str().as_bytes(), b": ", value, b"\n"].concat());
    }
    lines.sort_unstable();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};

    use super::*;
    use crate::plan::Template;

    fn asked(
        method: Method,
        headers: &[(reqwest::header::HeaderName, &'static str)],
        body: Option<&'static str>,
    ) -> Asked {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        let request = Request {
            method,
            headers,
            body: body.map(|text| Payload::of_type(text, "text/plain")),
            ..Request::default()
        };
        Asked::of(&Plan { request: Template::new(request), ..Plan::default() })
    }

    #[test]
    fn what_differs_is_named() {
        let before = asked(Method::GET, &[(ACCEPT, "a/b")], None);
        let difference = |now: &Asked| before.difference(now).unwrap();
        assert_eq!(before.difference(&before), None);
        assert_eq!(difference(&asked(Method::PUT, &[(ACCEPT, "a/b")], None)), "--request was GET and is now PUT");
        assert_eq!(difference(&asked(Method::GET, &[(ACCEPT, "a/c")], None)), "--header has changed");
        assert_eq!(difference(&asked(Method::GET, &[(ACCEPT, "a/b")], Some("x"))), "--data was not given before");
    }

    #[test]
    fn a_new_token_is_no_other_request_and_leaves_no_trace() {
        let [old, new] = ["Bearer old", "Bearer new"].map(|token| asked(Method::GET, &[(AUTHORIZATION, token)], None));
        assert_eq!(old.difference(&new), None);
        assert!(old.difference(&asked(Method::GET, &[], None)).is_some());
    }
}
