//! The rules of one robots.txt that apply to us.

use std::cmp::Reverse;
use std::time::Duration;

use robotxt::Robots;
use url::Url;

use super::ProductToken;
use super::lines::{self, Texts};
use super::rule::{Rule, Target};

/// The longest `Crawl-delay` that is honoured. RFC 9309 does not define the field, and a host that allows one request an
/// hour would delay a run for days.
const MAX_DELAY: Duration = Duration::from_secs(60);

/// The group of a robots.txt that applies to us, or else the one for all robots.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The first that matches applies: the longest, and of two of the same length the one that allows.
    rules: Box<[Rule]>,
    crawl_delay: Option<Duration>,
}

impl Rules {
    /// Parses the groups for `token` in the first 500 KiB of a robots.txt. A line truncated there is ignored, as is any
    /// line that makes no sense.
    pub fn parse(text: &[u8], token: Option<&ProductToken>) -> Self {
        let Texts { plain, starred, delays } = lines::split(text);
        // The empty name matches no group, which leaves the group for `*`.
        let parse = |text: Vec<u8>| Robots::parse(&text, token.map_or("", ProductToken::as_str));
        let plain = parse(plain);
        let starred = starred.map(parse);
        let own = plain.rules().iter().map(|rule| Rule::new(rule.pattern(), rule.is_allow()));
        // robotxt puts a slash before a leading star.
        let unslashed = |pattern: &str| pattern.strip_prefix('/').unwrap_or(pattern).to_owned();
        let starred = starred.iter().flat_map(Robots::rules);
        let mut rules: Vec<Rule> =
            own.chain(starred.map(|rule| Rule::new(&unslashed(rule.pattern()), rule.is_allow()))).collect();
        rules.sort_by_key(|rule| (Reverse(rule.octets()), Reverse(rule.is_allow())));
        let crawl_delay = delays.and_then(|text| parse(text).crawl_delay());
        let crawl_delay = crawl_delay.filter(|delay| !delay.is_zero()).map(|delay| delay.min(MAX_DELAY));
        Rules { rules: rules.into(), crawl_delay }
    }

    /// Whether `url` may be fetched. Ignores its scheme and host, which have selected this file.
    pub fn allow(&self, url: &Url) -> bool {
        self.refusal(url).is_none()
    }

    /// The line that disallows `url`, if any, such as `Disallow: /private`. It is percent-encoded, as in the comparison.
    pub fn refusal(&self, url: &Url) -> Option<String> {
        if url.path() == "/robots.txt" && url.query().is_none() {
            return None; // always allowed (RFC 9309, section 2.2.2)
        }
        let target = Target::of(url);
        let rule = self.rules.iter().find(|rule| rule.matches(&target)).filter(|rule| !rule.is_allow())?;
        Some(format!("Disallow: {}", rule.pattern()))
    }

    /// The interval between requests that the host asks for, at most a minute.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// Whether the rules have no effect: they allow everything, at any pace.
    pub fn allow_all(&self) -> bool {
        self.rules.iter().all(Rule::is_allow) && self.crawl_delay.is_none()
    }

    /// Approximate memory in bytes.
    pub fn size(&self) -> usize {
        let rules = self.rules.iter().map(|rule| size_of::<Rule>() + rule.pattern().len());
        size_of::<Self>() + rules.sum::<usize>()
    }
}
