//! Refuses everything, in a build without the feature `robots`, which cannot read the rules.

use std::time::Duration;

use url::Url;

use super::ProductToken;

/// The rules of a robots.txt, which this build cannot read.
#[derive(Debug, Clone)]
pub struct Rules;

impl Rules {
    /// Looks at nothing.
    pub fn parse(_: &[u8], _: Option<&ProductToken>) -> Self {
        Rules
    }

    /// Why `url` is refused.
    pub fn refusal(&self, _: &Url) -> Option<String> {
        Some("haul was built without robots.txt rules (feature robots)".to_owned())
    }

    /// The interval between requests that the host asks for.
    pub fn crawl_delay(&self) -> Option<Duration> {
        None
    }

    /// Whether the rules have no effect.
    pub fn allow_all(&self) -> bool {
        false
    }

    /// Approximate memory in bytes.
    pub fn size(&self) -> usize {
        0
    }
}
