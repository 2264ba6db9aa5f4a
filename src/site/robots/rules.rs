//! The rules of one robots.txt that apply to us.

use std::time::Duration;

use robotxt::{Robots, Rule};
use url::Position;
use url::Url;

use super::ProductToken;

/// The longest `Crawl-delay` that is honoured. RFC 9309 does not define the field, and a host that allows one request an
/// hour would delay a run for days.
const MAX_DELAY: Duration = Duration::from_secs(60);

/// The group of a robots.txt that applies to us, or else the one for all robots.
#[derive(Debug, Clone)]
pub struct Rules {
    robots: Robots,
    /// The same file with `*/x` replaced by `/x`, if it has such a rule: robotxt reads it as `/*/x`, which does not match
    /// `/x`.
    unstarred: Option<Robots>,
}

impl Rules {
    /// Parses the groups for `token` in the first 500 KiB of a robots.txt. A line truncated there is ignored, as is any
    /// line that makes no sense.
    pub fn parse(text: &[u8], token: Option<&ProductToken>) -> Self {
        // The empty name matches no group, which leaves the group for `*`.
        let parse = |text: &[u8]| Robots::parse(text, token.map_or("", ProductToken::as_str));
        Rules { robots: parse(text), unstarred: without_stars(text).map(|text| parse(&text)) }
    }

    /// Whether `url` may be fetched. Ignores its scheme and host, which have selected this file.
    pub fn allow(&self, url: &Url) -> bool {
        self.refusal(url).is_none()
    }

    /// The line that disallows `url`, if any, such as `Disallow: /private`. It is percent-encoded, as in the comparison.
    pub fn refusal(&self, url: &Url) -> Option<String> {
        let path = &url[Position::BeforePath..Position::AfterQuery];
        if path == "/robots.txt" {
            return None; // always allowed (RFC 9309, section 2.2.2)
        }
        let rule = self.deciding(path).filter(|rule| !rule.is_allow())?;
        Some(format!("Disallow: {}", rule.pattern()))
    }

    /// The interval between requests that the host asks for, at most a minute.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.robots.crawl_delay().filter(|delay| !delay.is_zero()).map(|delay| delay.min(MAX_DELAY))
    }

    /// Whether the rules have no effect: they allow everything, at any pace.
    pub fn allow_all(&self) -> bool {
        self.robots.always() == Some(true) && self.crawl_delay().is_none()
    }

    /// Approximate memory in bytes.
    pub fn size(&self) -> usize {
        let rules = self.all().flat_map(Robots::rules).map(|rule| size_of::<Rule>() + rule.pattern().len());
        let sitemaps = self.all().flat_map(Robots::sitemaps).map(|url| size_of::<Url>() + url.as_str().len());
        size_of::<Self>() + rules.sum::<usize>() + sitemaps.sum::<usize>()
    }

    /// The rule that applies: the longest match, and between two of the same length the one that allows.
    ///
    /// By RFC 9309, section 2.2.3, `*` and `$` in a URL match `%2A` and `%24` in a rule. robotxt does not know that, so a
    /// URL that contains them is looked up in both forms.
    fn deciding(&self, path: &str) -> Option<&Rule> {
        let encoded = path.contains(['*', '$']).then(|| path.replace('*', "%2A").replace('$', "%24"));
        let paths = [Some(path), encoded.as_deref()];
        let found =
            paths.into_iter().flatten().flat_map(|path| self.all().filter_map(move |file| file.matching_rule(path)));
        found.max_by_key(|rule| (rule.pattern().len(), rule.is_allow()))
    }

    fn all(&self) -> impl Iterator<Item = &Robots> {
        [&self.robots].into_iter().chain(&self.unstarred)
    }
}

/// The file with the stars between a colon and a slash replaced by blanks, if it has any.
fn without_stars(text: &[u8]) -> Option<Vec<u8>> {
    let mut changed = None;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'*', &text[at..]) {
        let start = at + found;
        let stars = text[start..].iter().take_while(|&&byte| byte == b'*').count();
        at = start + stars;
        if text.get(at) == Some(&b'/') && text[..start].trim_ascii_end().ends_with(b":") {
            changed.get_or_insert_with(|| text.to_vec())[start..at].fill(b' ');
        }
    }
    changed
}
