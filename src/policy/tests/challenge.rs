use std::sync::Arc;

use http::Method;
use http::header::{AUTHORIZATION, HeaderValue};

use super::{answered, facts, job};
use crate::model::{Attempt, Job};
use crate::plan::{Plan, Retry};
use crate::policy::{Next, Policy};
use crate::site::digest::DigestCredentials;

const FRESH: &str = r#"Digest realm="r", nonce="n", qop="auth""#;
const STALE: &str = r#"Digest realm="r", nonce="n", qop="auth", stale=true"#;

fn policy() -> Policy {
    let digest = Some(DigestCredentials { user: "ann".into(), password: "pw".into() });
    Policy::new(&Plan { digest, retry: Retry { retries: 0, ..Retry::default() }, ..Plan::default() })
}

fn challenged(challenge: &str) -> Attempt {
    answered(401, [("www-authenticate", challenge)])
}

fn is_answered(job: &Job, attempt: &Attempt) -> bool {
    matches!(policy().decide(job, attempt, &facts(0.5)).next, Next::Authenticate(_))
}

#[test]
fn a_challenge_is_answered_once_and_a_stale_answer_once_more() {
    for (challenges, answers) in
        [(&[FRESH; 3][..], 1), (&[FRESH, STALE, STALE], 2), (&[STALE; 3], 2), (&[STALE, FRESH], 1)]
    {
        let mut job = job(Method::POST, "http://a.test/");
        let mut count = 0;
        for challenge in challenges {
            if is_answered(&job, &challenged(challenge)) {
                job.note_challenge(&challenged(challenge));
                count += 1;
            }
        }
        assert_eq!(count, answers, "{challenges:?}");
        assert!(job.retries().iter().all(|tried| tried.wait_ms == 0 && tried.status_code.unwrap() == 401));
    }
}

#[test]
fn an_answer_is_no_retry() {
    let plan = Plan { retry: Retry { retries: 1, ..Retry::default() }, ..Plan::default() };
    let mut job = job(Method::GET, "http://a.test/");
    job.note_challenge(&challenged(FRESH));
    assert!(matches!(Policy::new(&plan).decide(&job, &answered(503, []), &facts(0.5)).next, Next::Retry(_)));
}

#[test]
fn only_who_can_and_may_answers() {
    let plain = || job(Method::GET, "http://a.test/");
    assert!(is_answered(&plain(), &challenged(FRESH)));
    assert_eq!(
        Policy::new(&Plan::default()).decide(&plain(), &challenged(FRESH), &facts(0.5)).next,
        Next::Settle,
        "the plan has no credentials"
    );
    assert!(!is_answered(&plain(), &challenged("Basic realm=\"r\"")));
    assert!(!is_answered(&plain(), &answered(403, [("www-authenticate", FRESH)])));
    assert!(!is_answered(&job(Method::GET, "http://ann:pw@a.test/"), &challenged(FRESH)));

    let mut own = plain();
    Arc::make_mut(&mut own.request).headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer x"));
    assert!(!is_answered(&own, &challenged(FRESH)));
    assert!(!is_answered(&Job::login(own.url, Arc::default()), &challenged(FRESH)));
}

#[test]
fn elsewhere_and_after_having_been_there_nobody_answers() {
    let (policy, mut job) = (policy(), job(Method::GET, "http://a.test/"));
    for (location, home) in [("/here", true), ("http://a.test:80/2", true), ("//b.test/", false), ("//a.test/3", false)]
    {
        let attempt = answered(302, [("location", location)]);
        let Next::Follow(redirect) = policy.decide(&job, &attempt, &facts(0.5)).next else { panic!("{location}") };
        job.follow(&attempt, redirect);
        assert_eq!((job.is_on_origin(), is_answered(&job, &challenged(FRESH))), (home, home), "{location}");
    }
}
