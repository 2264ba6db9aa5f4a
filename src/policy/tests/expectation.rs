//! Answers that are not what was expected.

use std::time::Duration;

use http::Method;

use super::{answered, facts, failed, job};
use crate::model::{Attempt, ErrorKind, Failure};
use crate::plan::{Plan, Retry};
use crate::policy::{Facts, Next, Policy};

fn failure() -> Failure {
    Failure::new(ErrorKind::Expectation, "expected status==204, got 200")
}

fn unmet(attempt: Attempt) -> Attempt {
    Attempt { unmet: Some(Box::new(failure())), ..attempt }
}

fn policy(on: &str) -> Policy {
    let retry = Retry { on: on.parse().unwrap(), ..Retry::default() };
    Policy::new(&Plan { retry, ..Plan::default() })
}

#[test]
fn it_fails_the_answer_unless_something_else_follows() {
    let get = job(Method::GET, "http://a.test/");
    let next = |attempt| policy("default").decide(&get, &unmet(attempt), &facts(0.5)).next;
    assert_eq!(next(answered(200, [])), Next::Fail(failure()));
    assert_eq!(next(answered(404, [])), Next::Fail(failure()));
    assert!(matches!(next(answered(302, [("location", "/b")])), Next::Follow(_)));
    assert!(matches!(next(answered(503, [])), Next::Retry(_)));
    let stopping = Facts { is_stopping: true, ..facts(0.5) };
    let stopped = policy("expectation").decide(&get, &unmet(answered(200, [])), &stopping).next;
    assert_eq!(stopped, Next::Fail(failure()));
}

#[test]
fn it_is_retried_only_if_asked_for_and_safe() {
    let next = |method, facts: Facts| {
        policy("expectation").decide(&job(method, "http://a.test/"), &unmet(answered(200, [])), &facts).next
    };
    assert_eq!(next(Method::GET, facts(1.0)), Next::RetryUnmet(failure(), Duration::from_millis(500)));
    assert_eq!(next(Method::POST, facts(1.0)), Next::Fail(failure()));
    let withheld = Facts { retry_is_allowed: false, ..facts(1.0) };
    assert_eq!(next(Method::GET, withheld), Next::WithholdRetry(Some(failure())));
    let mut retried = job(Method::GET, "http://a.test/");
    (0..2).for_each(|_| _ = retried.note_retry(&failed(ErrorKind::Expectation), Duration::ZERO));
    let last = policy("expectation").decide(&retried, &unmet(answered(200, [])), &facts(1.0)).next;
    assert_eq!(last, Next::Fail(failure()));
}
