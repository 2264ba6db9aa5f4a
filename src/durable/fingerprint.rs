//! The run's fingerprint: what must not change between a run and the one that resumes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::schema::BodyRules;
use crate::storage::hex;

/// The keys of a fingerprint. They are persisted in checkpoints: none is ever renamed, and a key whose value is computed
/// in a new way gets a new name (`KEY:2`), with the old value kept as an [`RunFingerprint::or_earlier`] of it.
///
/// They have the shape of the options that set them, since messages about a difference show them.
pub mod key {
    /// The method, and whether it holds for lines with a body as well.
    pub const METHOD: &str = "--request";
    /// The header fields: names, and values but for credentials.
    pub const HEADERS: &str = "--header";
    /// Query parameters that every request gets.
    pub const PARAMS: &str = "--param";
    /// A body of bytes, and its type.
    pub const BODY: &str = "--data";
    /// A body that is a file or was given literally.
    pub const RAW_BODY: &str = "--data-binary";
    /// The parts of a multipart body.
    pub const MULTIPART: &str = "--multipart";
    /// The template of bodies, by its text.
    pub const BODY_TEMPLATE: &str = "--data-template:2";
    /// The template of bodies, by how version 0.1 held it in memory.
    pub const BODY_TEMPLATE_V1: &str = "--data-template";
    /// The template of URLs.
    pub const URL_TEMPLATE: &str = "--url";
    /// What relative references are resolved against.
    pub const BASE_URL: &str = "--base-url";
    /// The same, as the library of version 0.1 called it.
    pub const BASE_URL_LIBRARY: &str = "base_url";
    /// The format of all lists.
    pub const INPUT_FORMAT: &str = "--input-format";
    /// The same, as the library of version 0.1 called it. It was always set.
    pub const INPUT_FORMAT_LIBRARY: &str = "format";
    /// The largest decoded body.
    pub const MAX_BODY: &str = "--max-filesize";
    /// How bodies are recorded.
    pub const BODY_MODE: &str = "--body";
    /// Whether all response headers are recorded.
    pub const ALL_HEADERS: &str = "--include";
    /// Whether keys without a value are recorded as null.
    pub const VERBOSE: &str = "--verbose-records";
    /// Whether redirects are left alone.
    pub const NO_REDIRECTS: &str = "--no-location";
    /// The most redirects of one input.
    pub const MAX_REDIRECTS: &str = "--max-redirs";
    /// Whether redirects from https to http are followed.
    pub const ALLOW_DOWNGRADE: &str = "--allow-downgrade";
    /// Whether secrets are shown.
    pub const NO_REDACTION: &str = "--no-redact";
    /// Whether duplicate requests are sent once.
    pub const DEDUP: &str = "--dedup";
    /// The filter whose outputs are recorded.
    pub const EXTRACT: &str = "--jq";
    /// The product token that robots.txt is read for.
    pub const ROBOTS: &str = "--robots";
    /// The hosts that may be asked.
    pub const ALLOW_HOSTS: &str = "--allow-host";
    /// The hosts that may not.
    pub const DENY_HOSTS: &str = "--deny-host";
    /// Whether private addresses are refused.
    pub const DENY_PRIVATE: &str = "--deny-private";
    /// What an answer must be like.
    pub const EXPECT: &str = "--expect";
    /// What a body must match.
    pub const EXPECT_BODY: &str = "--expect-body";
    /// What filters must find in a body.
    pub const EXPECT_JQ: &str = "--expect-jq";
    /// How pages are followed.
    pub const PAGINATE: &str = "--paginate";
    /// The most pages of one input.
    pub const MAX_PAGES: &str = "--max-pages";
    /// Hosts that a next page may be on.
    pub const PAGE_HOSTS: &str = "--allow-page-host";
    /// The filter that splits pages into items.
    pub const ITEMS: &str = "--items";
    /// The filter that picks the records to write.
    pub const WHERE: &str = "--where";
    /// Whether items are written bare.
    pub const RAW: &str = "--raw";
    /// Whether digest challenges are answered.
    pub const DIGEST: &str = "--digest";
    /// Whether credentials come from a netrc file.
    pub const NETRC: &str = "--netrc";
    /// Whether cookies are given.
    pub const COOKIES: &str = "--cookie";
    /// Whether cookies are kept.
    pub const SESSION: &str = "--session";
    /// Whether there is a login.
    pub const LOGIN: &str = "--login";
    /// Whether the login brings a token.
    pub const LOGIN_TOKEN: &str = "--login-token";

    /// The version of the rules by which bodies are read, from 2. A run that is resumed keeps its own, so it is not
    /// compared; but versions that know no rules refuse a fingerprint that has it.
    pub(super) const BODY_RULES: &str = "rules of --body";

    /// What the library of version 0.1 left out of its fingerprints.
    pub(super) const MISSING_IN_LIBRARY: [&str; 9] =
        [RAW_BODY, MULTIPART, DIGEST, NETRC, COOKIES, SESSION, LOGIN, LOGIN_TOKEN, BODY_TEMPLATE];

    /// How messages call a key.
    pub(super) fn label(key: &str) -> &str {
        key.split(':').next().unwrap_or(key)
    }
}

/// What decides what records say, option by option.
///
/// Credentials are left out: a token that was renewed does not make another request. So is everything that decides when
/// and how often something is sent. What may be secret or long is kept as a digest.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunFingerprint {
    values: BTreeMap<String, Value>,
    /// How earlier versions wrote some of the values.
    #[serde(skip)]
    earlier: Vec<Earlier>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Value {
    Plain(String),
    Sha256(String),
}

#[derive(Debug, Clone)]
struct Earlier {
    key: &'static str,
    /// The key of the earlier version.
    was: &'static str,
    value: Value,
}

impl PartialEq for RunFingerprint {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl RunFingerprint {
    /// The same, with `value` for `key`.
    pub fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.values.insert(key.to_owned(), Value::Plain(value.to_string()));
        self
    }

    /// The same, with a digest of `value` for `key`.
    pub fn with_digest(mut self, key: &'static str, value: &[u8]) -> Self {
        self.values.insert(key.to_owned(), digest(value));
        self
    }

    /// The same; an earlier version wrote what `key` says as `value` for the key `was`.
    pub fn or_earlier(mut self, key: &'static str, was: &'static str, value: impl ToString) -> Self {
        self.earlier.push(Earlier { key, was, value: Value::Plain(value.to_string()) });
        self
    }

    /// [`RunFingerprint::or_earlier`] with a digest.
    pub fn or_earlier_digest(mut self, key: &'static str, was: &'static str, value: &[u8]) -> Self {
        self.earlier.push(Earlier { key, was, value: digest(value) });
        self
    }

    /// The same, for a run whose bodies are read by `rules`.
    pub(super) fn with_body_rules(self, rules: BodyRules) -> Self {
        match rules {
            BodyRules::V1 => self,
            rules => self.with(key::BODY_RULES, rules.version()),
        }
    }

    /// The rules by which the run reads bodies.
    ///
    /// # Errors
    /// A later version has other rules, of which this is the version.
    pub(super) fn body_rules(&self) -> Result<BodyRules, String> {
        match self.values.get(key::BODY_RULES) {
            None => Ok(BodyRules::V1),
            Some(Value::Plain(version) | Value::Sha256(version)) => {
                version.parse().ok().and_then(BodyRules::from_version).ok_or_else(|| version.clone())
            }
        }
    }

    /// How the value of `key` differs between this fingerprint, of an earlier run, and `now`, in words.
    pub(super) fn difference_in(&self, key: &str, now: &RunFingerprint) -> Option<String> {
        let only = |print: &RunFingerprint| RunFingerprint {
            values: print
                .values
                .iter()
                .filter(|(other, _)| *other == key)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            earlier: Vec::new(),
        };
        only(self).difference(&only(now))
    }

    /// The first difference between this fingerprint, of an earlier run, and `now`, in words.
    pub fn difference(&self, now: &RunFingerprint) -> Option<String> {
        let before = self.as_written_now(now);
        let keys = before.keys().chain(now.values.keys());
        let key = keys.min_by_key(|key| (before.get(*key) == now.values.get(*key), key.as_str()))?;
        let label = key::label(key);
        Some(match (before.get(key), now.values.get(key)) {
            (before, now) if before == now => return None,
            (Some(Value::Plain(before)), Some(Value::Plain(now))) => format!("{label} was {before} and is now {now}"),
            (None, _) => format!("{label} was not given before"),
            (_, None) => format!("{label} was given before"),
            _ => format!("{label} has changed"),
        })
    }

    /// The values of an earlier run, as this version would have written them.
    fn as_written_now(&self, now: &RunFingerprint) -> BTreeMap<String, Value> {
        let mut before = self.values.clone();
        before.remove(key::BODY_RULES);
        if before.contains_key(key::INPUT_FORMAT_LIBRARY) {
            for key in key::MISSING_IN_LIBRARY {
                if let Some(value) = now.values.get(key) {
                    before.entry(key.to_owned()).or_insert_with(|| value.clone());
                }
            }
        }
        for Earlier { key, was, value } in &now.earlier {
            if key != was && before.contains_key(*key) {
                continue;
            }
            match before.remove(*was) {
                None => {}
                Some(found) if found == *value => {
                    if let Some(value) = now.values.get(*key) {
                        before.insert((*key).to_owned(), value.clone());
                    }
                }
                Some(found) => _ = before.insert((*key).to_owned(), found),
            }
        }
        before
    }
}

fn digest(value: &[u8]) -> Value {
    Value::Sha256(hex(&Sha256::digest(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_named() {
        let before = RunFingerprint::default().with(key::METHOD, "GET").with_digest(key::HEADERS, b"a: b");
        let difference = |now: RunFingerprint| before.difference(&now).unwrap();
        assert_eq!(before.difference(&before), None);
        assert_eq!(difference(before.clone().with(key::METHOD, "PUT")), "--request was GET and is now PUT");
        assert_eq!(difference(before.clone().with_digest(key::HEADERS, b"a: c")), "--header has changed");
        assert_eq!(
            difference(before.clone().with_digest(key::BODY_TEMPLATE, b"x")),
            "--data-template was not given before"
        );
        assert_eq!(
            difference(RunFingerprint::default().with_digest(key::HEADERS, b"a: b")),
            "--request was given before"
        );
    }

    #[test]
    fn a_value_of_an_earlier_version_counts_as_the_one_of_now() {
        let now = |text: &[u8]| {
            let now = RunFingerprint::default().with_digest(key::BODY_TEMPLATE, text);
            now.or_earlier_digest(key::BODY_TEMPLATE, key::BODY_TEMPLATE_V1, &[b"v1 ", text].concat())
        };
        let earlier = RunFingerprint::default().with_digest(key::BODY_TEMPLATE_V1, b"v1 {}");
        assert_eq!(earlier.difference(&now(b"{}")), None);
        assert!(earlier.difference(&now(b"[]")).is_some());
        assert_eq!(now(b"{}").difference(&now(b"{}")), None);
        assert!(now(b"[]").difference(&now(b"{}")).is_some());
    }

    #[test]
    fn a_checkpoint_of_the_library_lacks_what_it_did_not_compare() {
        let earlier = RunFingerprint::default().with(key::INPUT_FORMAT_LIBRARY, "None").with(key::METHOD, "GET");
        let now = RunFingerprint::default().with(key::METHOD, "GET").with(key::LOGIN, "given");
        let now = now.or_earlier(key::INPUT_FORMAT, key::INPUT_FORMAT_LIBRARY, "None");
        assert_eq!(earlier.difference(&now), None);
        assert!(RunFingerprint::default().with(key::METHOD, "GET").difference(&now).is_some());
        let csv = RunFingerprint::default().with(key::INPUT_FORMAT_LIBRARY, "Some(Csv)").with(key::METHOD, "GET");
        assert!(csv.difference(&now).is_some());
    }
}
