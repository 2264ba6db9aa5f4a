//! The rules of one robots.txt that concern us.

use std::time::Duration;

use robotxt::{Robots, Rule};
use url::Position;
use url::Url;

use super::ProductToken;

/// The longest `Crawl-delay` that is kept to: it is no part of RFC 9309, and a host that wants a request an hour would
/// hold a run up for days.
pub const MAX_DELAY: Duration = Duration::from_secs(60);

/// What a robots.txt says to us, or to all robots where it says nothing to us.
#[derive(Debug, Clone)]
pub struct Rules {
    said: Robots,
    /// The same with `*/x` as `/x`, for a file that has such a rule. robotxt makes it `/*/x`, which does not match `/x`.
    unstarred: Option<Robots>,
}

impl Rules {
    /// Reads the groups for `token` in a robots.txt: its first 500 KiB, and no line that is cut there. What makes no
    /// sense is skipped, line by line.
    pub fn parse(text: &[u8], token: Option<&ProductToken>) -> Self {
        // No group is for the empty name, so without one only `*` is left.
        let parse = |text: &[u8]| Robots::parse(text, token.map_or("", ProductToken::as_str));
        Rules { said: parse(text), unstarred: without_stars(text).map(|text| parse(&text)) }
    }

    /// Whether `url` may be fetched. Its scheme and host are not looked at: they said whose rules these are.
    pub fn allow(&self, url: &Url) -> bool {
        self.refusal(url).is_none()
    }

    /// The line that refuses `url`, if one does, as in `Disallow: /private`. It is percent-encoded, as it is compared.
    pub fn refusal(&self, url: &Url) -> Option<String> {
        let path = &url[Position::BeforePath..Position::AfterQuery];
        if path == "/robots.txt" {
            return None; // RFC 9309, section 2.2.2: it is always allowed
        }
        let rule = self.deciding(path).filter(|rule| !rule.is_allow())?;
        Some(format!("Disallow: {}", rule.pattern()))
    }

    /// How long to wait between two requests, if the host asks for that: [`MAX_DELAY`] at most.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.said.crawl_delay().filter(|delay| !delay.is_zero()).map(|delay| delay.min(MAX_DELAY))
    }

    /// Whether there is nothing in it to remember.
    pub fn say_nothing(&self) -> bool {
        self.said.always() == Some(true) && self.crawl_delay().is_none()
    }

    /// Bytes held, roughly.
    pub fn size(&self) -> usize {
        let rules = self.all().flat_map(Robots::rules).map(|rule| size_of::<Rule>() + rule.pattern().len());
        let sitemaps = self.all().flat_map(Robots::sitemaps).map(|url| size_of::<Url>() + url.as_str().len());
        size_of::<Self>() + rules.sum::<usize>() + sitemaps.sum::<usize>()
    }

    /// The rule that decides: the longest that matches, and of two as long the one that allows.
    ///
    /// RFC 9309, section 2.2.3, has `*` and `$` in a URL compared with `%2A` and `%24` in a rule, where they stand for
    /// themselves. robotxt compares them with each other alone, so a URL with one of them is looked up both ways.
    fn deciding(&self, path: &str) -> Option<&Rule> {
        let encoded = path.contains(['*', '$']).then(|| path.replace('*', "%2A").replace('$', "%24"));
        let paths = [Some(path), encoded.as_deref()];
        let found =
            paths.into_iter().flatten().flat_map(|path| self.all().filter_map(move |file| file.matching_rule(path)));
        found.max_by_key(|rule| (rule.pattern().len(), rule.is_allow()))
    }

    fn all(&self) -> impl Iterator<Item = &Robots> {
        [&self.said].into_iter().chain(&self.unstarred)
    }
}

/// The same file with blanks for the stars that stand between a colon and a slash, if there are any.
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
