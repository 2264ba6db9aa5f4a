//! A body that failed after its head had arrived: whether it matters depends on who needs it.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::{answered, facts, job};
use crate::model::{Attempt, ErrorKind, Failure, Job, Phase, Signal};
use crate::plan::{Plan, Redirect, Retry};
use crate::policy::{Next, Policy, signal};
use crate::site::digest::DigestCredentials;

/// All that can happen to a body on its way.
const FAULTS: [ErrorKind; 9] = [
    ErrorKind::Closed,
    ErrorKind::ConnectTimeout,
    ErrorKind::Decode,
    ErrorKind::Protocol,
    ErrorKind::ReadTimeout,
    ErrorKind::Reset,
    ErrorKind::Timeout,
    ErrorKind::Tls,
    ErrorKind::TooLarge,
];

/// `attempt`, whose exchange failed in `phase`.
fn failed_in(attempt: Attempt, kind: ErrorKind, phase: Option<Phase>) -> Attempt {
    let error = Some(Failure { phase, ..Failure::new(kind, "no good") });
    Attempt { error, truncated: true, ..attempt }
}

/// `attempt`, whose body failed.
fn broken(attempt: Attempt, kind: ErrorKind) -> Attempt {
    failed_in(attempt, kind, Some(Phase::Receive))
}

fn redirect() -> Attempt {
    answered(302, [("location", "/b")])
}

fn challenge() -> Attempt {
    answered(401, [("www-authenticate", r#"Digest realm="r", nonce="n", qop="auth""#)])
}

fn plan() -> Plan {
    Plan { digest: Some(DigestCredentials { user: "ann".into(), password: "pw".into() }), ..Plan::default() }
}

fn decide(plan: &Plan, job: &Job, attempt: &Attempt) -> Next {
    Policy::new(plan).decide(job, attempt, &facts(0.5)).next
}

#[test]
fn what_a_head_decides_holds_whatever_is_wrong_with_the_body() {
    let get = job(Method::GET, "http://a.test/");
    for kind in FAULTS {
        for whole in [redirect(), challenge(), answered(503, [("retry-after", "7")]), answered(429, [])] {
            let next = decide(&plan(), &get, &broken(whole.clone(), kind));
            assert_eq!(next, decide(&plan(), &get, &whole), "{kind} after {:?}", whole.status());
            assert_ne!(next, Next::Settle, "{kind} after {:?}", whole.status());
        }
    }
}

#[test]
fn another_failure_comes_before_the_head() {
    let get = job(Method::GET, "http://a.test/");
    let never = Plan { retry: Retry { retries: 0, ..Retry::default() }, ..plan() };
    let others =
        ErrorKind::ALL.into_iter().filter(|kind| !FAULTS.contains(kind)).map(|kind| (kind, Some(Phase::Receive)));
    let elsewhere = FAULTS.into_iter().flat_map(|kind| [(kind, Some(Phase::Wait)), (kind, None)]);
    for (kind, phase) in others.chain(elsewhere) {
        for whole in [redirect(), challenge()] {
            assert_eq!(decide(&never, &get, &failed_in(whole, kind, phase)), Next::Settle, "{kind} in {phase:?}");
        }
    }
}

#[test]
fn a_body_that_is_the_answer_decides() {
    let get = job(Method::GET, "http://a.test/");
    for status in [200, 206, 404, 403] {
        for kind in FAULTS {
            let (next, retried) =
                (decide(&plan(), &get, &broken(answered(status, []), kind)), Retry::default().on.has_kind(kind));
            assert_eq!(matches!(next, Next::Retry(_)), retried, "{status}, {kind}: {next:?}");
            assert!(retried || next == Next::Settle, "{status}, {kind}: {next:?}");
        }
    }
    // Nor is a redirect one that nobody follows.
    let alone = Plan { redirect: Redirect { follow: false, ..Redirect::default() }, ..plan() };
    for attempt in [redirect(), answered(302, []), answered(302, [("location", "")]), answered(304, [])] {
        assert!(matches!(decide(&alone, &get, &broken(attempt.clone(), ErrorKind::Closed)), Next::Retry(_)));
        assert_eq!(decide(&alone, &get, &broken(attempt, ErrorKind::Decode)), Next::Settle);
    }
}

#[test]
fn a_status_is_retried_as_often_and_as_carefully_as_with_a_whole_body() {
    let mut get = job(Method::GET, "http://a.test/");
    let busy = || broken(answered(503, []), ErrorKind::Decode);
    for _ in 0..Retry::default().retries {
        assert!(matches!(decide(&plan(), &get, &busy()), Next::Retry(_)));
        get.note_retry(&busy(), Duration::ZERO);
    }
    assert_eq!(decide(&plan(), &get, &busy()), Next::Settle);
    assert_eq!(decide(&plan(), &job(Method::POST, "http://a.test/"), &busy()), Next::Settle);
    let only = Plan { retry: Retry { on: "409".parse().unwrap(), ..Retry::default() }, ..plan() };
    let get = job(Method::GET, "http://a.test/");
    assert!(matches!(decide(&only, &get, &broken(answered(409, []), ErrorKind::TooLarge)), Next::Retry(_)));
    assert_eq!(decide(&only, &get, &busy()), Next::Settle);
}

#[test]
fn a_redirect_that_may_not_be_followed_fails_for_that_reason() {
    let downgrade = broken(answered(302, [("location", "http://a.test/")]), ErrorKind::Closed);
    let Next::Fail(why) = decide(&plan(), &job(Method::GET, "https://a.test/"), &downgrade) else { panic!() };
    assert_eq!(why.kind, ErrorKind::Blocked);
}

#[test]
fn of_an_answer_about_robots_txt_only_the_file_itself_needs_its_body() {
    let policy = Policy::for_robots(&Plan::default());
    let ask = Job::robots_txt("http://a.test/robots.txt".parse().unwrap(), Arc::default());
    let next = |attempt: Attempt| policy.decide(&ask, &broken(attempt, ErrorKind::Closed), &facts(0.5)).next;
    for status in [304, 401, 403, 404, 410, 501] {
        assert_eq!(next(answered(status, [])), Next::Settle, "{status}");
    }
    assert!(matches!(next(redirect()), Next::Follow(_)));
    for status in [200, 429, 503] {
        assert!(matches!(next(answered(status, [])), Next::Retry(_)), "{status}");
    }
}

#[test]
fn a_host_that_says_that_it_is_busy_is_busy() {
    for kind in FAULTS {
        for status in [429, 503] {
            assert_eq!(signal(&broken(answered(status, []), kind)), Signal::Overloaded, "{status}, {kind}");
        }
    }
    assert_eq!(signal(&broken(answered(200, []), ErrorKind::Decode)), Signal::Failed);
    assert_eq!(signal(&failed_in(answered(503, []), ErrorKind::Cancelled, None)), Signal::Nothing);
}
