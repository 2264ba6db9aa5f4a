use std::fmt::{Display, Write};
use std::time::{Duration, SystemTime};

use http::Method;
use http::header::HeaderValue;
use proptest::prelude::*;

use super::{answered, facts, failed, job, next};
use crate::model::{Attempt, ErrorKind, Failure, Job, Phase, Request, Timings};
use crate::plan::{Plan, Retry};
use crate::policy::{Next, Policy};

const SECOND: Duration = Duration::from_secs(1);

fn get() -> Job {
    job(Method::GET, "http://a.test/")
}

fn post() -> Job {
    job(Method::POST, "http://a.test/")
}

/// A POST that names itself.
fn keyed_post() -> Job {
    let mut job = post();
    let mut request = (*job.request).clone();
    request.headers.insert("idempotency-key", HeaderValue::from_static("8e03978e"));
    job.request = request.into();
    job
}

fn policy(retry: Retry) -> Policy {
    Policy::new(&Plan { retry, ..Plan::default() })
}

/// A job that has been retried `times`.
fn retried(times: u32) -> Job {
    let mut job = get();
    (0..times).for_each(|_| _ = job.note_retry(&failed(ErrorKind::Reset), SECOND));
    job
}

/// An attempt that failed before anything was sent.
fn unsent(kind: ErrorKind, phase: Phase) -> Attempt {
    let failure = Failure::new(kind, "no connection").during(phase);
    Attempt::failed(SystemTime::UNIX_EPOCH, failure)
}

#[test]
fn the_whole_policy() {
    let (default, all) = (Retry::default(), Retry { unsafe_too: true, ..Retry::default() });
    let on = |list: &str| Retry { on: list.parse().unwrap(), ..Retry::default() };
    let methods = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "POST", "PATCH", "CONNECT", "get", "M-SEARCH"];
    let by_method = |method: &str| (method.to_owned(), job(method.parse().unwrap(), "http://a.test/"), default.clone());
    let mut cases: Vec<(String, Job, Retry)> = methods.map(by_method).into();
    cases.extend([
        ("POST with Idempotency-Key".to_owned(), keyed_post(), default.clone()),
        ("POST --retry-unsafe".to_owned(), post(), all),
        ("GET --retry 0".to_owned(), get(), Retry { retries: 0, ..Retry::default() }),
        ("GET --retry-on default,409,dns".to_owned(), get(), on("default,409,dns")),
        ("GET --retry-on 5xx,tls".to_owned(), get(), on("5xx,tls")),
        ("POST --retry-on 4xx,dns,connect_refused,timeout".to_owned(), post(), on("4xx,dns,connect_refused,timeout")),
    ]);
    let mut tables: Vec<(String, String)> = Vec::new();
    for (name, job, retry) in cases {
        let table = table(&job, &policy(retry));
        match tables.iter_mut().find(|(_, known)| *known == table) {
            Some((names, _)) => write!(names, ", {name}").unwrap(),
            None => tables.push((name, table)),
        }
    }
    let all: String = tables.into_iter().map(|(names, table)| format!("{names}\n{table}")).collect();
    insta::assert_snapshot!(all, @r"
    GET, HEAD, PUT, DELETE, OPTIONS, TRACE, POST with Idempotency-Key, POST --retry-unsafe
      settle: 100-300 304-306 309-407 409-424 426-428 430-499 501 505-599 invalid_input dns tls protocol decode too_large too_many_redirects expectation blocked robots circuit_open interrupted cancelled internal
      follow: 301-303 307-308
      retry: 408 425 429 500 502-504 connect_refused connect_timeout connect timeout read_timeout reset closed
      settle unsent: dns tls protocol decode expectation
      retry unsent: connect_refused connect_timeout connect timeout read_timeout reset closed
    POST, PATCH, CONNECT, get, M-SEARCH
      settle: 100-300 304-306 309-599 invalid_input dns connect_refused connect_timeout connect tls timeout read_timeout reset closed protocol decode too_large too_many_redirects expectation blocked robots circuit_open interrupted cancelled internal
      follow: 301-303 307-308
      settle unsent: dns tls timeout read_timeout closed protocol decode expectation
      retry unsent: connect_refused connect_timeout connect reset
    GET --retry 0
      settle: 100-300 304-306 309-599 invalid_input dns connect_refused connect_timeout connect tls timeout read_timeout reset closed protocol decode too_large too_many_redirects expectation blocked robots circuit_open interrupted cancelled internal
      follow: 301-303 307-308
      settle unsent: dns connect_refused connect_timeout connect tls timeout read_timeout reset closed protocol decode expectation
    GET --retry-on default,409,dns
      settle: 100-300 304-306 309-407 410-424 426-428 430-499 501 505-599 invalid_input tls protocol decode too_large too_many_redirects expectation blocked robots circuit_open interrupted cancelled internal
      follow: 301-303 307-308
      retry: 408-409 425 429 500 502-504 dns connect_refused connect_timeout connect timeout read_timeout reset closed
      retry unsent: dns connect_refused connect_timeout connect timeout read_timeout reset closed
      settle unsent: tls protocol decode expectation
    GET --retry-on 5xx,tls
      settle: 100-300 304-306 309-499 invalid_input dns connect_refused connect_timeout connect timeout read_timeout reset closed protocol decode too_large too_many_redirects expectation blocked robots circuit_open interrupted cancelled internal
      follow: 301-303 307-308
      retry: 500-599 tls
      settle unsent: dns connect_refused connect_timeout connect timeout read_timeout reset closed protocol decode expectation
      retry unsent: tls
    POST --retry-on 4xx,dns,connect_refused,timeout
      settle: 100-300 304-306 309-599 invalid_input dns connect_refused connect_timeout connect tls timeout read_timeout reset closed protocol decode too_large too_many_redirects expectation blocked robots circuit_open interrupted cancelled internal
      follow: 301-303 307-308
      retry unsent: dns connect_refused
      settle unsent: connect_timeout connect tls timeout read_timeout reset closed protocol decode expectation
    ");
}

/// What follows from each status, of a response that also says where to go, from each kind of failure once the request
/// is on its way, and from each before it.
fn table(job: &Job, policy: &Policy) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut note = |attempt: &Attempt, when: &str, what: &dyn Display| {
        let follows = match policy.decide(job, attempt, &facts(0.5)).next {
            Next::Settle => "settle",
            Next::Fail(_) => "fail",
            Next::Retry(_) => "retry",
            Next::Follow(_) => "follow",
            _ => "another",
        };
        let label = format!("{follows}{when}");
        match rows.iter_mut().find(|(known, _)| *known == label) {
            Some((_, row)) => write!(row, " {what}").unwrap(),
            None => rows.push((label, what.to_string())),
        }
    };
    for status in 100..=599 {
        note(&answered(status, [("location", "/b")]), "", &status);
    }
    for kind in ErrorKind::ALL {
        note(&unsent(kind, Phase::Wait), "", &kind);
    }
    for kind in ErrorKind::ALL.into_iter().filter(|kind| kind.may_pass()) {
        note(&unsent(kind, Phase::Connect), " unsent", &kind);
    }
    rows.into_iter().map(|(label, row)| format!("  {label}: {}\n", with_ranges(&row))).collect()
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
fn after_the_last_retry_it_is_over() {
    for (made, goes_on) in [(0, true), (1, true), (2, false), (3, false)] {
        assert_eq!(matches!(next(&retried(made), &failed(ErrorKind::Reset)), Next::Retry(_)), goes_on, "{made}");
    }
    let never = policy(Retry { retries: 0, ..Retry::default() });
    assert_eq!(never.decide(&get(), &answered(503, []), &facts(0.5)).next, Next::Settle);
    let mut own = get();
    own.request = Request { retries: Some(1), ..Request::clone(&own.request) }.into();
    assert!(matches!(never.decide(&own, &answered(503, []), &facts(0.5)).next, Next::Retry(_)));
    own.note_retry(&answered(503, []), SECOND);
    assert_eq!(never.decide(&own, &answered(503, []), &facts(0.5)).next, Next::Settle);
}

#[test]
fn what_was_never_sent_counts_against_the_retries() {
    let refused = unsent(ErrorKind::ConnectRefused, Phase::Connect);
    let mut job = post();
    for _ in 0..2 {
        assert!(matches!(next(&job, &refused), Next::Retry(_)));
        job.note_retry(&refused, SECOND);
    }
    assert_eq!(next(&job, &refused), Next::Settle);
    // A time that runs out while a connection is made may be that of a request which went out on another.
    assert_eq!(next(&post(), &unsent(ErrorKind::Timeout, Phase::Connect)), Next::Settle);
}

/// `attempt` as it began so long after the job was admitted, and took so long.
fn timed(attempt: Attempt, queue: u64, total: u64) -> Attempt {
    let [queue, total] = [queue, total].map(Duration::from_secs);
    Attempt { timings: Timings { queue, total, ..Timings::default() }, ..attempt }
}

#[test]
fn no_retry_is_due_after_the_time_for_all() {
    let policy = policy(Retry { retries: 100, cap: 10 * SECOND, base: 10 * SECOND, ..Retry::default() });
    let after = |job: &Job, queue, total| policy.decide(job, &timed(answered(503, []), queue, total), &facts(1.0)).next;
    // What it waited before its first attempt does not count; that attempt does.
    assert_eq!(after(&get(), 1000, 110), Next::Retry(10 * SECOND));
    assert_eq!(after(&get(), 1000, 111), Next::Settle);
    let mut job = get();
    job.note_retry(&timed(answered(503, []), 1000, 1), SECOND);
    assert_eq!(after(&job, 1100, 10), Next::Retry(10 * SECOND));
    assert_eq!(after(&job, 1101, 10), Next::Settle);
    job.note_retry(&timed(answered(503, []), 1100, 1), SECOND);
    assert_eq!(after(&job, 1101, 10), Next::Settle);
}

#[test]
fn the_time_for_all_counts_from_before_a_redirect() {
    let policy = Policy::new(&Plan::default());
    let mut job = get();
    let moved = timed(answered(302, [("location", "/b")]), 50, 100);
    let Next::Follow(redirect) = policy.decide(&job, &moved, &facts(0.0)).next else { panic!("it is followed") };
    job.follow(&moved, redirect);
    assert_eq!(policy.decide(&job, &timed(answered(503, []), 150, 20), &facts(0.0)).next, Next::Retry(Duration::ZERO));
    assert_eq!(policy.decide(&job, &timed(answered(503, []), 150, 21), &facts(0.0)).next, Next::Settle);
}

#[test]
fn a_retry_is_noted_with_its_cause_and_its_pause() {
    let mut job = get();
    job.note_retry(&answered(503, []), Duration::from_millis(1500));
    job.note_retry(&failed(ErrorKind::Reset), Duration::ZERO);
    let noted: Vec<_> = job.retries().iter().map(|retry| (retry.status_code, retry.error, retry.wait_ms)).collect();
    assert_eq!(noted, [(Some(http::StatusCode::SERVICE_UNAVAILABLE), None, 1500), (None, Some(ErrorKind::Reset), 0)]);
}

#[test]
fn the_bound_of_the_pause_doubles_up_to_the_cap() {
    let policy = policy(Retry { retries: 100, base: SECOND / 2, cap: 30 * SECOND, ..Retry::default() });
    let bounds = [0, 1, 2, 3, 4, 5, 6, 7, 50].map(|made| {
        match policy.decide(&retried(made), &answered(500, []), &facts(1.0)).next {
            Next::Retry(pause) => pause.as_secs_f64(),
            next => panic!("{next:?}"),
        }
    });
    assert_eq!(bounds, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]);
}

#[test]
fn what_no_server_has_looked_at_is_sent_again_beside_the_retries() {
    let policy = policy(Retry { retries: 0, ..Retry::default() });
    let mut job = post();
    let failure = Failure { unsent: true, ..Failure::new(ErrorKind::Reset, "refused stream") };
    let attempt = Attempt::failed(SystemTime::UNIX_EPOCH, failure);
    assert_eq!(policy.decide(&job, &timed(attempt.clone(), 0, 121), &facts(1.0)).next, Next::Settle);
    let mut sent = 0;
    while policy.decide(&job, &attempt, &facts(1.0)).next == Next::Retry(Duration::ZERO) {
        job.note_retry(&attempt, Duration::ZERO);
        sent += 1;
    }
    assert_eq!((sent, policy.decide(&job, &attempt, &facts(1.0)).next), (3, Next::Settle));
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
        let policy = policy(Retry { retries: 100, base, cap, max_time: Duration::MAX, ..Retry::default() });
        let Next::Retry(pause) = policy.decide(&retried(made), &failed(ErrorKind::Reset), &facts(chance)).next else {
            return Err(TestCaseError::fail("not retried"));
        };
        let bound = cap.as_nanos().min(base.as_nanos() << made);
        prop_assert!(pause.as_nanos() <= bound, "{pause:?}");
    }

    #[test]
    fn no_retry_is_late(
        queue in 0u64..1000, total in 0u64..1000, began in 0u64..1000, max_time in 1u64..1000, after in 0u64..100,
        chance in 0.0..=1.0,
    ) {
        let policy = policy(Retry { retries: 9, max_time: Duration::from_secs(max_time), ..Retry::default() });
        let mut job = get();
        job.note_retry(&timed(answered(503, []), began, 0), SECOND);
        let attempt = timed(answered(503, [("retry-after", &after.to_string())]), began + queue, total);
        if let Next::Retry(pause) = policy.decide(&job, &attempt, &facts(chance)).next {
            let due = Duration::from_secs(queue + total) + pause;
            prop_assert!(due <= Duration::from_secs(max_time), "{due:?}");
            prop_assert!(pause >= Duration::from_secs(after));
        }
    }
}
