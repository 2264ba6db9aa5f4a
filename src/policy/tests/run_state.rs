//! Verdicts that depend on the run and on the host, not only on the attempt.

use std::time::{Duration, SystemTime};

use http::Method;

use super::{answered, facts, failed, job};
use crate::model::{Attempt, ErrorKind, Failure, Job, PagesEnd, Phase};
use crate::plan::{Paginate, Plan, Retry};
use crate::policy::{Facts, Next, Policy};
use crate::site::digest::DigestCredentials;

fn policy() -> Policy {
    let digest = Some(DigestCredentials { user: "ann".into(), password: "pw".into() });
    let paginate = Some(Paginate { max: 10.try_into().unwrap(), ..Paginate::new("link".parse().unwrap()) });
    Policy::new(&Plan { digest, paginate, ..Plan::default() })
}

fn get() -> Job {
    let mut job = job(Method::GET, "http://a.test/");
    policy().begin(&mut job, None);
    job
}

fn refused() -> Attempt {
    let failure = Failure::new(ErrorKind::ConnectRefused, "no connection").during(Phase::Connect);
    Attempt::failed(SystemTime::UNIX_EPOCH, failure)
}

fn reset_unsent() -> Attempt {
    let mut attempt = failed(ErrorKind::Reset);
    attempt.error.as_mut().unwrap().unsent = true;
    attempt
}

fn next(attempt: &Attempt, facts: Facts) -> Next {
    policy().decide(&get(), attempt, &facts).next
}

#[test]
fn nothing_further_is_sent_once_the_run_is_being_stopped() {
    let stopping = Facts { is_stopping: true, host_is_unreachable: true, ..facts(0.5) };
    let challenge = answered(401, [("www-authenticate", r#"Digest realm="r", nonce="n", qop="auth""#)]);
    for attempt in [failed(ErrorKind::Reset), reset_unsent(), refused(), challenge] {
        assert!(!matches!(next(&attempt, facts(0.5)), Next::Settle), "it goes on otherwise");
        assert_eq!(next(&attempt, stopping), Next::Settle);
    }
    let Next::Fail(why) = next(&answered(302, [("location", "/b")]), stopping) else { panic!("it is followed") };
    assert_eq!(why.kind, ErrorKind::Cancelled);
    let page = Attempt { paging: Some(Box::default()), ..answered(200, [("link", "</2>; rel=next")]) };
    let Next::FailPage(request, why, PagesEnd::Stopped) = next(&page, stopping) else {
        panic!("the next page is sent")
    };
    assert_eq!((request.url.path(), why.kind), ("/2", ErrorKind::Cancelled));
    let Next::Page(_) = next(&page, facts(0.5)) else { panic!("the next page is not sent") };
}

#[test]
fn a_job_waits_for_an_unreachable_host_and_that_is_no_retry() {
    let unreachable = Facts { host_is_unreachable: true, retry_is_allowed: false, ..facts(0.5) };
    let (policy, mut job) = (policy(), get());
    for _ in 0..100 {
        assert_eq!(policy.decide(&job, &refused(), &unreachable).next, Next::AwaitHost);
        job.note_unreachable(&refused());
    }
    assert_eq!(policy.decide(&job, &refused(), &unreachable).next, Next::WithholdRetry(None), "not for ever");
    assert!(matches!(policy.decide(&job, &refused(), &facts(0.5)).next, Next::Retry(_)), "none was a retry");
    assert!(matches!(next(&refused(), facts(0.5)), Next::Retry(_)), "the host is not unreachable yet");
    assert_eq!(next(&failed(ErrorKind::Reset), unreachable), Next::WithholdRetry(None), "it was reached");
    let never = Policy::new(&Plan { retry: Retry { retries: 0, ..Retry::default() }, ..Plan::default() });
    assert_eq!(never.decide(&job, &refused(), &unreachable).next, Next::Settle);
}

#[test]
fn a_retry_is_withheld_once_the_host_has_had_too_many() {
    let withheld = Facts { retry_is_allowed: false, ..facts(0.5) };
    for attempt in [failed(ErrorKind::Reset), answered(503, [])] {
        assert_eq!(next(&attempt, withheld), Next::WithholdRetry(None));
    }
    assert_eq!(next(&reset_unsent(), withheld), Next::Retry(Duration::ZERO), "no server has looked at it");
    assert_eq!(next(&answered(200, []), withheld), Next::Settle);
    assert!(matches!(next(&answered(302, [("location", "/b")]), withheld), Next::Follow(_)));
}
