//! What asking a host for its robots.txt has come to.

use std::time::Duration;

use url::Url;

use super::{ProductToken, Rules, location};
use crate::model::{Attempt, ErrorKind, Job};

/// The redirects that lead to a robots.txt; where there are more, there is none (RFC 9309, section 2.3.1.2).
pub const MAX_REDIRECTS: usize = 5;

/// How long an answer is believed (RFC 9309, section 2.4).
const BELIEVED: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a host is refused whose robots.txt could not be read. It may be back at any moment, and one request a
/// minute does not keep it from that.
const REFUSED: Duration = Duration::from_secs(60);

/// What an origin's robots.txt lets this run fetch.
#[derive(Debug, Clone)]
pub enum RobotsOutcome {
    /// Everything: the origin has no robots.txt, or it does not restrict us.
    AllowAll,
    /// What the rules allow.
    Rules(Box<Rules>),
    /// Nothing, since the rules could not be read; the text says why.
    Unreachable(Box<str>),
    /// The access rules block the origin itself. Requests to it fail for that reason, not because of robots.txt.
    Blocked,
}

impl RobotsOutcome {
    /// What follows from the last answer to the question for robots.txt, asked for by `herald` (RFC 9309,
    /// section 2.3.1).
    pub fn of(herald: &Job, attempt: &Attempt, token: Option<&ProductToken>) -> Self {
        let at_home = herald.redirects().is_empty() && attempt.head.is_none();
        match (&attempt.error, attempt.status().map_or(0, |status| status.as_u16())) {
            (Some(error), _) if error.kind == ErrorKind::TooManyRedirects => RobotsOutcome::AllowAll,
            (Some(error), _) if error.kind == ErrorKind::Blocked && at_home => RobotsOutcome::Blocked,
            (Some(error), _) => RobotsOutcome::Unreachable(format!("{}: {}", error.kind, error.message).into()),
            (None, 200..300) => match Rules::parse(attempt.body.bytes(), token) {
                rules if rules.say_nothing() => RobotsOutcome::AllowAll,
                rules => RobotsOutcome::Rules(Box::new(rules)),
            },
            (None, 300..500) => RobotsOutcome::AllowAll, // a redirect that leads nowhere, or no such file
            (None, status) => RobotsOutcome::Unreachable(format!("status {status}").into()),
        }
    }

    /// Why `url` may not be fetched, if it may not.
    pub fn refusal(&self, url: &Url) -> Option<String> {
        let robots = || location(url);
        match self {
            RobotsOutcome::AllowAll | RobotsOutcome::Blocked => None,
            RobotsOutcome::Rules(rules) => rules.refusal(url).map(|line| format!("{} says: {line}", robots())),
            RobotsOutcome::Unreachable(why) => {
                Some(format!("{} could not be read, so its host is refused for a minute: {why}", robots()))
            }
        }
    }

    /// The pause that the host wants between two requests.
    pub fn crawl_delay(&self) -> Option<Duration> {
        if let RobotsOutcome::Rules(rules) = self { rules.crawl_delay() } else { None }
    }

    /// For how long it is believed.
    pub(super) fn lasts(&self) -> Duration {
        if matches!(self, RobotsOutcome::Unreachable(_) | RobotsOutcome::Blocked) { REFUSED } else { BELIEVED }
    }

    /// Bytes held besides its own, roughly.
    pub(super) fn size(&self) -> usize {
        match self {
            RobotsOutcome::AllowAll | RobotsOutcome::Blocked => 0,
            RobotsOutcome::Rules(rules) => rules.size(),
            RobotsOutcome::Unreachable(why) => why.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use bytes::Bytes;
    use http::header::HeaderMap;
    use http::{StatusCode, Version};

    use super::*;
    use crate::model::{Body, Failure, Head};

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

    fn outcome(attempt: &Attempt) -> RobotsOutcome {
        let herald = Job::robots_txt("https://h.test:444/robots.txt".parse().unwrap(), Arc::default());
        RobotsOutcome::of(&herald, attempt, ProductToken::of(b"haul/1").as_ref())
    }

    fn refusal(attempt: &Attempt) -> Option<String> {
        let outcome = outcome(attempt);
        outcome.refusal(&"https://ann:pw@h.test:444/a/b?c#d".parse().unwrap())
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
        assert!(matches!(outcome(&barred), RobotsOutcome::Blocked));
        assert_eq!(refusal(&barred), None);
        assert_eq!(outcome(&barred).lasts(), REFUSED);
    }

    #[test]
    fn failures_are_forgotten_sooner() {
        let lasts = |attempt| outcome(&attempt).lasts().as_secs();
        assert_eq!(lasts(answered(200, REFUSES)), 86_400);
        assert_eq!(lasts(answered(404, "")), 86_400);
        assert_eq!(lasts(answered(503, "")), 60);
    }

    #[test]
    fn rules_that_say_nothing_to_us_are_not_kept() {
        let says_nothing = "User-agent: other\nDisallow: /\n\nUser-agent: *\nAllow: /";
        for text in [says_nothing, "<html>404</html>"] {
            assert!(matches!(outcome(&answered(200, text)), RobotsOutcome::AllowAll), "{text}");
        }
    }
}
