//! The result of fetching a robots.txt.

use std::time::Duration;

use url::Url;

use super::{ProductToken, Rules, location};
use crate::model::{Attempt, ErrorKind, Job};

/// The most redirects followed to a robots.txt; beyond them, the origin counts as having none (RFC 9309,
/// section 2.3.1.2).
pub const MAX_REDIRECTS: usize = 5;

/// How long an outcome is cached (RFC 9309, section 2.4).
const TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// How long an unreachable robots.txt blocks its host. The host may recover at any moment, and one request a minute does
/// not hinder it.
const UNREACHABLE_TTL: Duration = Duration::from_secs(60);

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

/// Whether the head of `attempt` tells what may be fetched: `job` asks for a robots.txt, and the answer is not one.
pub fn is_told_by_head(job: &Job, attempt: &Attempt) -> bool {
    job.is_robots_txt() && attempt.status().is_some_and(|status| !status.is_success())
}

impl RobotsOutcome {
    /// The outcome of `attempt`, the last one of `job`, which fetches a robots.txt (RFC 9309, section 2.3.1).
    pub fn of(job: &Job, attempt: &Attempt, token: Option<&ProductToken>) -> Self {
        let is_first_hop = job.redirects().is_empty() && attempt.head.is_none();
        let error = attempt.error.as_ref().filter(|error| !(error.is_of_body() && is_told_by_head(job, attempt)));
        match (error, attempt.status().map_or(0, |status| status.as_u16())) {
            (Some(error), _) if error.kind == ErrorKind::TooManyRedirects => RobotsOutcome::AllowAll,
            (Some(error), _) if error.kind == ErrorKind::Blocked && is_first_hop => RobotsOutcome::Blocked,
            (Some(error), _) => RobotsOutcome::Unreachable(format!("{}: {}", error.kind, error.message).into()),
            (None, 200..300) => match Rules::parse(attempt.body.bytes(), token) {
                rules if rules.allow_all() => RobotsOutcome::AllowAll,
                rules => RobotsOutcome::Rules(Box::new(rules)),
            },
            (None, 300..500) => RobotsOutcome::AllowAll, // a redirect that cannot be followed, or no such file
            (None, status) => RobotsOutcome::Unreachable(format!("status {status}").into()),
        }
    }

    /// Why `url` may not be fetched, or `None` if it may.
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

    /// The interval between requests that the host asks for.
    pub fn crawl_delay(&self) -> Option<Duration> {
        if let RobotsOutcome::Rules(rules) = self { rules.crawl_delay() } else { None }
    }

    /// How long it is cached.
    pub(super) fn ttl(&self) -> Duration {
        if matches!(self, RobotsOutcome::Unreachable(_) | RobotsOutcome::Blocked) { UNREACHABLE_TTL } else { TTL }
    }

    /// Approximate heap memory in bytes.
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
    use crate::model::{Body, Failure, Head, Phase};

    fn answered(status: u16, body: &'static str) -> Attempt {
        let head = Head {
            status: StatusCode::from_u16(status).unwrap(),
            version: Version::HTTP_11,
            headers: HeaderMap::new(),
        };
        let body = Body::Binary(Bytes::from_static(body.as_bytes()));
        Attempt { head: Some(head), body, ..Attempt::empty(SystemTime::now()) }
    }

    fn failed(kind: ErrorKind) -> Attempt {
        Attempt::failed(SystemTime::now(), Failure::new(kind, "as asked for"))
    }

    fn outcome(attempt: &Attempt) -> RobotsOutcome {
        let job = Job::robots_txt("https://h.test:444/robots.txt".parse().unwrap(), Arc::default());
        RobotsOutcome::of(&job, attempt, ProductToken::of(b"haul/1").as_ref())
    }

    fn refusal(attempt: &Attempt) -> Option<String> {
        let outcome = outcome(attempt);
        outcome.refusal(&"https://ann:pw@h.test:444/a/b?c#d".parse().unwrap())
    }

    const REFUSES: &str = "User-agent: *\nDisallow: /a/";

    #[test]
    fn only_a_successful_answer_has_rules() {
        assert_eq!(refusal(&answered(200, REFUSES)).unwrap(), "https://h.test:444/robots.txt says: Disallow: /a/");
        for status in [204, 206, 299] {
            assert!(refusal(&answered(status, REFUSES)).is_some(), "{status}");
        }
        for status in [300, 304, 400, 401, 403, 404, 410, 429, 451, 499] {
            assert_eq!(refusal(&answered(status, REFUSES)), None, "{status}");
        }
    }

    #[test]
    fn an_unreachable_file_refuses_everything() {
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

    /// Only the body of the file itself has to be right (RFC 9309, section 2.3.1.3).
    #[test]
    fn an_answer_that_is_no_file_needs_no_body() {
        let broken = |status, kind| {
            let error = Some(Failure::new(kind, "as asked for").during(Phase::Receive));
            refusal(&Attempt { error, truncated: true, ..answered(status, REFUSES) })
        };
        for kind in [ErrorKind::Closed, ErrorKind::Decode, ErrorKind::TooLarge, ErrorKind::Timeout] {
            for status in [301, 304, 400, 401, 403, 404, 410, 429] {
                assert_eq!(broken(status, kind), None, "{status}");
            }
            assert!(broken(503, kind).unwrap().ends_with(": status 503"));
            for status in [200, 206] {
                assert!(broken(status, kind).unwrap().ends_with(&format!(": {kind}: as asked for")), "{status}");
            }
        }
        assert!(broken(404, ErrorKind::Internal).is_some());
    }

    #[test]
    fn a_blocked_host_is_not_refused_by_robots_txt() {
        let blocked = failed(ErrorKind::Blocked);
        assert!(matches!(outcome(&blocked), RobotsOutcome::Blocked));
        assert_eq!(refusal(&blocked), None);
        assert_eq!(outcome(&blocked).ttl(), UNREACHABLE_TTL);
    }

    #[test]
    fn failures_expire_sooner() {
        let ttl = |attempt| outcome(&attempt).ttl().as_secs();
        assert_eq!(ttl(answered(200, REFUSES)), 86_400);
        assert_eq!(ttl(answered(404, "")), 86_400);
        assert_eq!(ttl(answered(503, "")), 60);
    }

    #[test]
    fn rules_without_effect_are_not_kept() {
        let without_effect = "User-agent: other\nDisallow: /\n\nUser-agent: *\nAllow: /";
        for text in [without_effect, "<html>404</html>"] {
            assert!(matches!(outcome(&answered(200, text)), RobotsOutcome::AllowAll), "{text}");
        }
    }
}
