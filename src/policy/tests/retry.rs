use std::fmt::Write;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use reqwest::Method;

use super::{answered, failed, job, next};
use crate::job::Job;
use crate::outcome::{Attempt, ErrorKind, Failure, Phase};
use crate::plan::{Plan, Retry};
use crate::policy::{Next, Policy, Verdict};

const SECOND: Duration = Duration::from_secs(1);

fn get() -> Job {
    job(Method::GET, "http://a.test/")
}

fn policy(retry: Retry) -> Policy {
    Policy::new(&Plan { retry, ..Plan::default() })
}

/// A job that has been retried `times`.
fn retried(times: u32) -> Job {
    let mut job = get();
    (0..times).for_each(|_| job.retried(&failed(ErrorKind::Reset), SECOND));
    job
}

#[test]
fn the_whole_policy() {
    let methods = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "POST", "PATCH", "CONNECT", "get", "M-SEARCH"];
    let mut tables: Vec<(String, String)> = Vec::new();
    for method in methods {
        let table = table(&method.parse().unwrap());
        match tables.iter_mut().find(|(_, known)| *known == table) {
            Some((methods, _)) => write!(methods, " {method}").unwrap(),
            None => tables.push((method.to_owned(), table)),
        }
    }
    let all: String = tables.into_iter().map(|(methods, table)| format!("{methods}\n{table}")).collect();
    insta::assert_snapshot!(all, @r"
    GET HEAD PUT DELETE OPTIONS TRACE
      settle: 100-300 304-306 309-407 409-424 426-428 430-499 501 505-599 invalid_input dns tls protocol decode too_large too_many_redirects blocked robots circuit_open interrupted cancelled internal
      follow: 301-303 307-308
      retry: 408 425 429 500 502-504 connect_refused connect_timeout connect timeout read_timeout reset closed
    POST PATCH CONNECT get M-SEARCH
      settle: 100-300 304-306 309-599 invalid_input dns connect_refused connect_timeout connect tls timeout read_timeout reset closed protocol decode too_large too_many_redirects blocked robots circuit_open interrupted cancelled internal
      follow: 301-303 307-308
    ");
}

/// What follows from each status, of a response that also says where to go, and from each kind of failure.
fn table(method: &Method) -> String {
    let job = job(method.clone(), "http://a.test/");
    let mut rows: Vec<(&str, String)> = Vec::new();
    let mut note = |next: Next, what: &dyn std::fmt::Display| {
        let follows = match next {
            Next::Settle => "settle",
            Next::Fail(_) => "fail",
            Next::Retry(_) => "retry",
            Next::Follow(_) => "follow",
            Next::Authenticate(_) => "authenticate",
            Next::Page(_) | Next::Break(..) | Next::End(..) => "page",
        };
        match rows.iter_mut().find(|(known, _)| *known == follows) {
            Some((_, row)) => write!(row, " {what}").unwrap(),
            None => rows.push((follows, what.to_string())),
        }
    };
    for status in 100..=599 {
        note(next(&job, &answered(status, [("location", "/b")])), &status);
    }
    for kind in ErrorKind::ALL {
        note(next(&job, &failed(kind)), &kind);
    }
    rows.into_iter().map(|(follows, row)| format!("  {follows}: {}\n", with_ranges(&row))).collect()
}

/// Numbers that follow each other as a range.
fn with_ranges(row: &str) -> String {
    let mut groups: Vec<(&str, &str)> = Vec::new();
    for word in row.split(' ') {
        let follows = |last: &str| word.parse::<u16>().is_ok_and(|n| last.parse() == Ok(n - 1));
        match groups.last_mut() {
            Some((_, last)) if follows(last) => *last = word,
            _ => groups.push((word, word)),
        }
    }
    let shown = groups.iter().map(|(a, b)| if a == b { (*a).to_owned() } else { format!("{a}-{b}") });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_failure_counts_for_more_than_the_status_before_it() {
    let broken = |status, kind| {
        let error = Failure::new(kind, "cut off").during(Phase::Receive);
        next(&get(), &Attempt { error: Some(error), truncated: true, ..answered(status, [("location", "/b")]) })
    };
    assert!(matches!(broken(200, ErrorKind::Closed), Next::Retry(_)));
    assert!(matches!(broken(302, ErrorKind::Reset), Next::Retry(_)));
    assert_eq!(broken(302, ErrorKind::TooLarge), Next::Settle);
    assert_eq!(broken(503, ErrorKind::Decode), Next::Settle);
    assert_eq!(next(&get(), &Attempt::empty(SystemTime::UNIX_EPOCH)), Next::Settle);
}

#[test]
fn after_the_last_retry_it_is_over() {
    for (made, goes_on) in [(0, true), (1, true), (2, false), (3, false)] {
        assert_eq!(matches!(next(&retried(made), &failed(ErrorKind::Reset)), Next::Retry(_)), goes_on, "{made}");
    }
    let never = policy(Retry { retries: 0, ..Retry::default() });
    assert_eq!(never.decide(&get(), &answered(503, []), 0.5).next, Next::Settle);
}

#[test]
fn a_retry_is_noted_with_its_cause_and_its_pause() {
    let mut job = get();
    job.retried(&answered(503, []), Duration::from_millis(1500));
    job.retried(&failed(ErrorKind::Reset), Duration::ZERO);
    let noted: Vec<_> = job.retries().iter().map(|retry| (retry.status_code, retry.error, retry.wait_ms)).collect();
    assert_eq!(
        noted,
        [(Some(reqwest::StatusCode::SERVICE_UNAVAILABLE), None, 1500), (None, Some(ErrorKind::Reset), 0)]
    );
}

#[test]
fn the_bound_of_the_pause_doubles_up_to_the_cap() {
    let policy = policy(Retry { retries: 100, base: SECOND / 2, cap: 30 * SECOND, ..Retry::default() });
    let bounds =
        [0, 1, 2, 3, 4, 5, 6, 7, 50].map(|made| match policy.decide(&retried(made), &answered(500, []), 1.0).next {
            Next::Retry(pause) => pause.as_secs_f64(),
            next => panic!("{next:?}"),
        });
    assert_eq!(bounds, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]);
}

/// Judges an answer with `Retry-After: value` that was received at `received`.
fn asked(status: u16, value: &str, received: SystemTime) -> Verdict {
    let attempt = Attempt { started: received, ..answered(status, [("retry-after", value)]) };
    Policy::new(&Plan::default()).decide(&get(), &attempt, 0.25)
}

#[test]
fn the_server_says_how_long_to_wait() {
    let received = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
    for (value, seconds) in [
        ("0", 0),
        ("7", 7),
        (" 60 ", 60),
        ("007", 7),
        ("Sun, 06 Nov 1994 08:49:40 GMT", 3),
        ("Sunday, 06-Nov-94 08:50:37 GMT", 60),
        ("Sun Nov  6 08:49:39 1994", 2),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sat, 05 Nov 1994 08:49:37 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ] {
        for status in [429, 503] {
            let pause = Duration::from_secs(seconds);
            assert_eq!(
                asked(status, value, received),
                Verdict { next: Next::Retry(pause), cool: Some(pause) },
                "{value}"
            );
        }
    }
}

#[test]
fn longer_than_is_waited_for_is_not_waited_for() {
    let received = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
    for value in [
        "61",
        "86400",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999999999999999",
        "Sun, 06 Nov 1994 08:50:38 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ] {
        assert_eq!(asked(503, value, received), Verdict { next: Next::Settle, cool: None }, "{value}");
    }
}

#[test]
fn what_cannot_be_understood_is_not_said() {
    let jitter = Verdict { next: Next::Retry(SECOND / 8), cool: None };
    for value in ["", " ", "soon", "-1", "+5", "1.5", "1e3", "5 seconds", "0x10", "Sun, 06 Nov 1994", "٣"] {
        assert_eq!(asked(429, value, SystemTime::UNIX_EPOCH), jitter, "{value:?}");
    }
    for status in [408, 500, 502, 504] {
        assert_eq!(asked(status, "7", SystemTime::UNIX_EPOCH), jitter, "{status}");
    }
}

#[test]
fn a_host_is_left_alone_also_when_the_job_is_over() {
    let busy = answered(429, [("retry-after", "7")]);
    let policy = Policy::new(&Plan::default());
    let cool = Some(7 * SECOND);
    assert_eq!(policy.decide(&retried(2), &busy, 0.5), Verdict { next: Next::Settle, cool });
    assert_eq!(policy.decide(&job(Method::POST, "http://a.test/"), &busy, 0.5), Verdict { next: Next::Settle, cool });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_pause_stays_within_its_bound(
        base in 0u64..100_000_000,
        cap in 0u64..100_000_000,
        made in 0u32..40,
        chance in prop_oneof![0.0..=1.0, Just(f64::INFINITY), Just(-1.0)],
    ) {
        let (base, cap) = (Duration::from_millis(base), Duration::from_millis(cap));
        let policy = policy(Retry { retries: 100, base, cap, ..Retry::default() });
        let Next::Retry(pause) = policy.decide(&retried(made), &failed(ErrorKind::Reset), chance).next else {
            return Err(TestCaseError::fail("not retried"));
        };
        let bound = cap.as_nanos().min(base.as_nanos() << made);
        prop_assert!(pause.as_nanos() <= bound, "{pause:?}");
    }

    #[test]
    fn no_answer_makes_it_panic(status in 100u16..1000, value in "\\PC{0,40}", chance: f64) {
        let Ok(value) = reqwest::header::HeaderValue::from_str(&value) else { return Ok(()) };
        let mut attempt = answered(status, []);
        let head = attempt.head.as_mut().unwrap();
        head.headers.insert("retry-after", value.clone());
        head.headers.insert("location", value);
        let _ = Policy::new(&Plan::default()).decide(&get(), &attempt, chance);
    }
}

#[test]
fn what_no_server_has_looked_at_is_sent_again_beside_the_retries() {
    let policy = policy(Retry { retries: 0, ..Retry::default() });
    let mut job = job(Method::POST, "http://a.test/");
    let failure = Failure { unsent: true, ..Failure::new(ErrorKind::Reset, "refused stream") };
    let attempt = Attempt::failed(SystemTime::UNIX_EPOCH, failure);
    let mut sent = 0;
    while policy.decide(&job, &attempt, 1.0).next == Next::Retry(Duration::ZERO) {
        job.retried(&attempt, Duration::ZERO);
        sent += 1;
    }
    assert_eq!((sent, policy.decide(&job, &attempt, 1.0).next), (10, Next::Settle));
}
