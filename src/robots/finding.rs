//! What asking a host for its robots.txt has come to.

use std::time::Duration;

use reqwest::Url;

use super::{Rules, Token, location};
use crate::job::Job;
use crate::outcome::{Attempt, ErrorKind};

/// The redirects that lead to a robots.txt; where there are more, there is none (RFC 9309, section 2.3.1.2).
pub const MAX_REDIRECTS: usize = 5;

/// How long an answer is believed (RFC 9309, section 2.4).
const BELIEVED: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a host is refused whose robots.txt could not be read. It may be back at any moment, and one request a
/// minute does not keep it from that.
const REFUSED: Duration = Duration::from_secs(60);

/// What may be fetched of an origin.
#[derive(Debug, Clone)]
pub enum Finding {
    /// All: there is no robots.txt, or it says nothing to us.
    All,
    /// What the rules allow.
    Some(Box<Rules>),
    /// Nothing: there may be rules, and for this reason nobody knows them.
    Unknown(Box<str>),
    /// This run may not go to that host at all: whoever tries is told why.
    Barred,
}

impl Finding {
    /// What follows from the last answer to the question for robots.txt, asked for by `herald` (RFC 9309,
    /// section 2.3.1).
    pub fn of(herald: &Job, attempt: &Attempt, token: Option<&Token>) -> Self {
        let at_home = herald.redirects().is_empty() && attempt.head.is_none();
        match (&attempt.error, attempt.status().map_or(0, |status| status.as_u16())) {
            (Some(error), _) if error.kind == ErrorKind::TooManyRedirects => Finding::All,
            (Some(error), _) if error.kind == ErrorKind::Blocked && at_home => Finding::Barred,
            (Some(error), _) => Finding::Unknown(format!("{}: {}", error.kind, error.message).into()),
            (None, 200..300) => match Rules::parse(attempt.body.bytes(), token) {
                rules if rules.say_nothing() => Finding::All,
                rules => Finding::Some(Box::new(rules)),
            },
            (None, 300..500) => Finding::All, // a redirect that leads nowhere, or no such file
            (None, status) => Finding::Unknown(format!("status {status}").into()),
        }
    }

    /// Why `url` may not be fetched, if it may not.
    pub fn refusal(&self, url: &Url) -> Option<String> {
        let robots = || location(url);
        match self {
            Finding::All | Finding::Barred => None,
            Finding::Some(rules) => rules.refusal(url).map(|line| format!("{} says: {line}", robots())),
            Finding::Unknown(why) => {
                Some(format!("{} could not be read, so its host is refused for a minute: {why}", robots()))
            }
        }
    }

    /// The pause that the host wants between two requests.
    pub fn crawl_delay(&self) -> Option<Duration> {
        if let Finding::Some(rules) = self { rules.crawl_delay() } else { None }
    }

    /// For how long it is believed.
    pub(super) fn lasts(&self) -> Duration {
        if matches!(self, Finding::Unknown(_) | Finding::Barred) { REFUSED } else { BELIEVED }
    }

    /// Bytes held besides its own, roughly.
    pub(super) fn size(&self) -> usize {
        match self {
            Finding::All | Finding::Barred => 0,
            Finding::Some(rules) => rules.size(),
            Finding::Unknown(why) => why.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use bytes::Bytes;
    use reqwest::header::HeaderMap;
    use reqwest::{StatusCode, Version};

    use super::*;
    use crate::outcome::{Body, Failure, Head};

    fn answered(status: u16, body: &'static str) -> Attempt {
        let head = Head {
            status: StatusCode::from_u16(status).unwrap(),
            version: Version::HTTP_11,
            headers: HeaderMap::new(),
        };
        let body = Body::Text(Bytes::from_static(body.as_bytes()));
        Attempt { head: Some(head), body, ..Attempt::empty(SystemTime::now()) }
    }

    fn failed(kind: ErrorKind) -> Attempt {
        Attempt::failed(SystemTime::now(), Failure::new(kind, "as asked for"))
    }

    fn finding(attempt: &Attempt) -> Finding {
        let herald = Job::robots("https://h.test:444/robots.txt".parse().unwrap(), Arc::default());
        Finding::of(&herald, attempt, Token::of(b"haul/1").as_ref())
    }

    fn refusal(attempt: &Attempt) -> Option<String> {
        let finding = finding(attempt);
        finding.refusal(&"https://ann:pw@h.test:444/a/b?c#d".parse().unwrap())
    }

    const REFUSES: &str = "User-agent: *\nDisallow: /a/";

    #[test]
    fn only_what_was_read_has_rules() {
        assert_eq!(refusal(&answered(200, REFUSES)).unwrap(), "https://h.test:444/robots.txt says: Disallow: /a/");
        for status in [204, 206, 299] {
            assert!(refusal(&answered(status, REFUSES)).is_some(), "{status}");
        }
        for status in [300, 304, 400, 401, 403, 404, 410, 429, 451, 499] {
            assert_eq!(refusal(&answered(status, REFUSES)), None, "{status}");
        }
    }

    #[test]
    fn what_cannot_be_read_refuses_all() {
        for status in [500, 502, 503, 504, 599] {
            let why = refusal(&answered(status, "")).unwrap();
            assert!(why.starts_with("https://h.test:444/robots.txt could not be read"), "{why}");
            assert!(why.ends_with(&format!(": status {status}")), "{why}");
        }
        let others = [ErrorKind::TooManyRedirects, ErrorKind::Blocked];
        for kind in ErrorKind::ALL.into_iter().filter(|kind| !others.contains(kind)) {
            let why = refusal(&failed(kind)).unwrap();
            assert!(why.ends_with(&format!(": {kind}: as asked for")), "{why}");
        }
        assert_eq!(refusal(&failed(ErrorKind::TooManyRedirects)), None);
        let redirect_to_nowhere = Attempt { error: failed(ErrorKind::Blocked).error, ..answered(302, "") };
        assert!(refusal(&redirect_to_nowhere).is_some());
    }

    #[test]
    fn whoever_may_not_go_there_is_not_told_of_robots_txt() {
        let barred = failed(ErrorKind::Blocked);
        assert!(matches!(finding(&barred), Finding::Barred));
        assert_eq!(refusal(&barred), None);
        assert_eq!(finding(&barred).lasts(), REFUSED);
    }

    #[test]
    fn failures_are_forgotten_sooner() {
        let lasts = |attempt| finding(&attempt).lasts().as_secs();
        assert_eq!(lasts(answered(200, REFUSES)), 86_400);
        assert_eq!(lasts(answered(404, "")), 86_400);
        assert_eq!(lasts(answered(503, "")), 60);
    }

    #[test]
    fn rules_that_say_nothing_to_us_are_not_kept() {
        let says_nothing = "User-agent: other\nDisallow: /\n\nUser-agent: *\nAllow: /";
        for text in [says_nothing, "<html>404</html>"] {
            assert!(matches!(finding(&answered(200, text)), Finding::All), "{text}");
        }
    }
}
