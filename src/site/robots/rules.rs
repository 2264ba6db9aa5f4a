//! The rules of one robots.txt that apply to us.

use std::borrow::Cow;
use std::time::Duration;

use robotxt::{Robots, Rule};
use url::Position;
use url::Url;

use super::ProductToken;
use super::lines::{self, Texts};

/// The longest `Crawl-delay` that is honoured. RFC 9309 does not define the field, and a host that allows one request an
/// hour would delay a run for days.
const MAX_DELAY: Duration = Duration::from_secs(60);

/// The group of a robots.txt that applies to us, or else the one for all robots.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Rules that do not begin with a star.
    plain: Robots,
    /// Rules that do.
    starred: Option<Robots>,
    /// Of these, the ones like `*/x`, as `/x`.
    unstarred: Option<Robots>,
}

impl Rules {
    /// Parses the groups for `token` in the first 500 KiB of a robots.txt. A line truncated there is ignored, as is any
    /// line that makes no sense.
    pub fn parse(text: &[u8], token: Option<&ProductToken>) -> Self {
        let Texts { plain, starred, unstarred } = lines::split(text);
        // The empty name matches no group, which leaves the group for `*`.
        let parse = |text: Vec<u8>| Robots::parse(&text, token.map_or("", ProductToken::as_str));
        Rules { plain: parse(plain), starred: starred.map(parse), unstarred: unstarred.map(parse) }
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
        let rule = self.deciding(path).filter(|found| !found.rule.is_allow())?;
        Some(format!("Disallow: {}", rule.pattern()))
    }

    /// The interval between requests that the host asks for, at most a minute.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.plain.crawl_delay().filter(|delay| !delay.is_zero()).map(|delay| delay.min(MAX_DELAY))
    }

    /// Whether the rules have no effect: they allow everything, at any pace.
    pub fn allow_all(&self) -> bool {
        self.all().all(|part| part.always() == Some(true)) && self.crawl_delay().is_none()
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
    fn deciding(&self, path: &str) -> Option<FoundRule<'_>> {
        let path = String::from_utf8(lines::unreserved(path.as_bytes())).ok()?;
        let encoded = path.contains(['*', '$']).then(|| path.replace('*', "%2A").replace('$', "%24"));
        let paths = [Some(path), encoded];
        let rules = paths.iter().flatten().flat_map(|path| {
            let plain = self.plain.matching_rule(path).map(|rule| FoundRule { rule, form: Form::Plain });
            let starred = self.starred.as_ref().and_then(|part| part.matching_rule(path));
            let unstarred = self.unstarred.as_ref().and_then(|part| part.matching_rule(path));
            let starred = starred.map(|rule| FoundRule { rule, form: Form::Starred });
            [plain, starred, unstarred.map(|rule| FoundRule { rule, form: Form::Unstarred })]
        });
        rules.flatten().max_by_key(|found| (found.octets(), found.rule.is_allow()))
    }

    fn all(&self) -> impl Iterator<Item = &Robots> {
        [&self.plain].into_iter().chain(&self.starred).chain(&self.unstarred)
    }
}

/// A rule that matches, in the form in which robotxt has it.
struct FoundRule<'a> {
    rule: &'a Rule,
    form: Form,
}

#[derive(Clone, Copy)]
enum Form {
    /// As in the file.
    Plain,
    /// With a slash before its first star.
    Starred,
    /// Without its first star.
    Unstarred,
}

impl FoundRule<'_> {
    /// The rule as in the file, percent-encoded. Several stars in a row mean the same as one.
    fn pattern(&self) -> Cow<'_, str> {
        let pattern = self.rule.pattern();
        match self.form {
            Form::Plain => Cow::Borrowed(pattern),
            Form::Starred => Cow::Borrowed(pattern.strip_prefix('/').unwrap_or(pattern)),
            Form::Unstarred => Cow::Owned(format!("*{pattern}")),
        }
    }

    fn octets(&self) -> usize {
        self.pattern().len()
    }
}
