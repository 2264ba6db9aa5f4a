//! Pauses that servers ask for.

mod quota;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Method;
use http::header::{HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{answered, facts, job};
use crate::model::{Attempt, ErrorKind, Failure, Job, PauseOutcome, Setting, Timings};
use crate::plan::{Plan, Retry};
use crate::policy::{Next, Policy, Throttle, Verdict};

const SECOND: Duration = Duration::from_secs(1);

/// When all answers here are received.
const RECEIVED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn received() -> SystemTime {
    httpdate::parse_http_date(RECEIVED).unwrap()
}

/// The same as a number, which is what `X-RateLimit-Reset` counts in.
fn epoch() -> u64 {
    received().duration_since(UNIX_EPOCH).unwrap().as_secs() + MODERN
}

/// Times since 1970 are told from pauses by their size, and 1994 is before that.
const MODERN: u64 = 1_000_000_000;

fn get() -> Job {
    job(Method::GET, "http://a.test/")
}

/// An answer with the lines of `head`, each as `name: value`, received in 1994.
fn answer(status: u16, head: &str) -> Attempt {
    let mut attempt = Attempt { started: received(), ..answered(status, []) };
    let headers = &mut attempt.head.as_mut().unwrap().headers;
    for line in head.lines() {
        let (name, value) = line.split_once(':').unwrap();
        headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value.trim()).unwrap());
    }
    attempt
}

fn decide(job: &Job, attempt: &Attempt) -> Verdict {
    Policy::new(&Plan::default()).decide(job, attempt, &facts(0.25))
}

/// What happens to a GET, for how many seconds its host is left alone, and what comes of the pause.
fn told(status: u16, head: &str) -> (String, Option<f64>, Option<PauseOutcome>) {
    shown(decide(&get(), &answer(status, head)))
}

/// The same of an answer that came two billion seconds after 1970.
fn told_later(status: u16, head: &str) -> (String, Option<f64>, Option<PauseOutcome>) {
    let attempt = Attempt { started: received() + Duration::from_secs(MODERN), ..answer(status, head) };
    shown(decide(&get(), &attempt))
}

fn shown(Verdict { next, throttle, pause }: Verdict) -> (String, Option<f64>, Option<PauseOutcome>) {
    let next = match next {
        Next::Settle => "settle".to_owned(),
        Next::Retry(pause) => format!("retry {}", pause.as_secs_f64()),
        Next::Follow(redirect) => format!("follow {}", redirect.wait.as_secs_f64()),
        Next::Defer(why, _) => why.replace("the server asks for", "defer").replace("defer a pause of", "defer for"),
        next => panic!("{next:?}"),
    };
    match throttle {
        Some(Throttle::Pause(cool)) => (next, Some(cool.as_secs_f64()), pause),
        Some(Throttle::OneAtATime) => {
            assert_eq!(pause, Some(PauseOutcome::TooLong));
            (next, None, pause)
        }
        None => (next, None, pause),
    }
}

fn paused(seconds: impl Into<f64>) -> (String, Option<f64>, Option<PauseOutcome>) {
    let seconds = seconds.into();
    (format!("retry {seconds}"), Some(seconds), Some(PauseOutcome::Honoured))
}

/// The back-off for a first retry.
const JITTER: &str = "retry 0.125";

#[test]
fn the_server_says_how_long_to_wait() {
    for (value, seconds) in [
        ("7", 7),
        (" 60 ", 60),
        ("007", 7),
        ("Sun, 06 Nov 1994 08:49:40 GMT", 3),
        ("Sunday, 06-Nov-94 08:50:37 GMT", 60),
        ("Sun Nov  6 08:49:39 1994", 2),
    ] {
        for status in [403, 408, 429, 500, 503] {
            assert_eq!(told(status, &format!("retry-after: {value}")), paused(seconds), "{status} {value}");
        }
    }
}

#[test]
fn what_is_over_is_no_pause() {
    for value in ["0", "000", RECEIVED, "Sat, 05 Nov 1994 08:49:37 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"] {
        let told = told(503, &format!("retry-after: {value}"));
        assert_eq!(told, (JITTER.to_owned(), None, Some(PauseOutcome::Past)), "{value}");
    }
}

#[test]
fn longer_than_is_waited_for_is_not_waited_for() {
    for (value, shown) in [
        ("61", "1m 1s"),
        ("86400", "24h"),
        ("172799", "47h 59m 59s"),
        ("172800", "2 days"),
        ("3153599999", "36499 days"),
        ("3153600000", ""),
        ("9223372036854775807", ""),
        ("18446744073709551615", ""),
        ("18446744073709551616", ""),
        ("99999999999999999999999999999999999999", ""),
        ("Sun, 06 Nov 1994 08:50:38 GMT", "1m 1s"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", ""),
    ] {
        let (next, cool, outcome) = told(503, &format!("retry-after: {value}"));
        assert_eq!((cool, outcome), (None, Some(PauseOutcome::TooLong)), "{value}");
        let expected = match shown {
            "" => "defer an unlimited pause".to_owned(),
            shown => format!("defer for {shown}, longer than the run waits"),
        };
        assert_eq!(next, expected, "{value}");
    }
}

#[test]
fn what_cannot_be_read_is_no_pause() {
    for value in ["", " ", "soon", "-1", "+5", "1e3", "5 seconds", "5s", "2,x", "0x10", "Sun, 06 Nov 1994", "٣"] {
        let mut attempt = answer(429, "");
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        attempt.head.as_mut().unwrap().headers.insert("retry-after", value.clone());
        let told = shown(decide(&get(), &attempt));
        assert_eq!(told, (JITTER.to_owned(), None, Some(PauseOutcome::Unreadable)), "{value:?}");
    }
    for (value, pause) in [("1.5", 1.5), ("2.0", 2.0), (" 3 ", 3.0), ("2, 3", 3.0), ("5,5", 5.0)] {
        assert_eq!(told(429, &format!("retry-after: {value}")), paused(pause), "{value}");
    }
    for (value, pause) in
        [("Sun, 06 Nov 1994 08:49:40 +0000", 3), ("sun, 06 nov 1994 08:49:40 gmt", 3), ("1994-11-06T08:49:40Z", 3)]
    {
        assert_eq!(told(429, &format!("retry-after: {value}")), paused(pause), "{value}");
    }
    // Where there is one that can, that counts; of several the longest.
    assert_eq!(told(429, "retry-after: soon\nretry-after: 3\nretry-after: 2"), paused(3));
}

#[test]
fn only_some_answers_ask_by_retry_after() {
    for status in [200, 304, 400, 404, 413, 501] {
        assert_eq!(told(status, "retry-after: 7"), ("settle".to_owned(), None, None), "{status}");
    }
    let plan = Plan { retry: Retry { on: "413".parse().unwrap(), ..Retry::default() }, ..Plan::default() };
    let listed = Policy::new(&plan).decide(&get(), &answer(413, "retry-after: 7"), &facts(0.25));
    assert_eq!(shown(listed), paused(7));
    // What is not tried again is left alone, and put off, all the same.
    let unlisted = |after: &str| shown(Policy::new(&plan).decide(&get(), &answer(503, after), &facts(0.25)));
    assert_eq!(unlisted("retry-after: 7"), ("settle".to_owned(), Some(7.0), Some(PauseOutcome::Honoured)));
    assert!(unlisted("retry-after: 70").0.starts_with("defer for 1m 10s"));
}

#[test]
fn a_redirect_may_have_to_wait() {
    let moved = |head: &str| told(302, &format!("location: /b\n{head}"));
    assert_eq!(moved("retry-after: 7"), ("follow 7".to_owned(), None, Some(PauseOutcome::Honoured)));
    assert_eq!(moved("retry-after: 0"), ("follow 0".to_owned(), None, Some(PauseOutcome::Past)));
    assert_eq!(moved("retry-after: soon"), ("follow 0".to_owned(), None, Some(PauseOutcome::Unreadable)));
    assert!(moved("retry-after: 70").0.starts_with("defer for 1m 10s"));
    assert_eq!(told(302, "retry-after: 7"), ("settle".to_owned(), None, None));
    let both = moved("retry-after: 7\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 9");
    assert_eq!(both, ("follow 7".to_owned(), Some(9.0), Some(PauseOutcome::Honoured)));
}

#[test]
fn a_clock_that_is_wrong_is_allowed_for() {
    // Both clocks differ, and yet the pause is ten seconds: the server's, once the body is there as well.
    let date = |date: &str, after: &str| told(503, &format!("date: {date}\nretry-after: {after}"));
    assert_eq!(date("Sun, 06 Nov 1994 08:00:00 GMT", "Sun, 06 Nov 1994 08:00:10 GMT"), paused(10));
    assert_eq!(date("Sun, 06 Nov 1994 12:00:00 GMT", "Sun, 06 Nov 1994 12:00:10 GMT"), paused(10));
    // One that is years off cannot be trusted.
    assert_eq!(date("Thu, 01 Jan 1970 00:00:00 GMT", "Sun, 06 Nov 1994 08:49:47 GMT"), paused(10));
    assert_eq!(date("nonsense", "Sun, 06 Nov 1994 08:49:47 GMT"), paused(10));
    let slow = Timings { total: 6 * SECOND, receive: Some(4 * SECOND), ..Timings::default() };
    let head = "date: Sun, 06 Nov 1994 08:00:00 GMT\nretry-after: Sun, 06 Nov 1994 08:00:10 GMT";
    let dated = Attempt { timings: slow, ..answer(503, head) };
    assert_eq!(shown(decide(&get(), &dated)), paused(6));
    let undated = Attempt { timings: slow, ..answer(503, "retry-after: Sun, 06 Nov 1994 08:49:47 GMT") };
    assert_eq!(shown(decide(&get(), &undated)), paused(4));
}

#[test]
fn a_host_is_left_alone_also_when_the_job_is_over() {
    let busy = answer(429, "retry-after: 7");
    let mut tried = get();
    (0..2).for_each(|_| _ = tried.note_retry(&busy, SECOND));
    let settled = ("settle".to_owned(), Some(7.0), Some(PauseOutcome::Honoured));
    assert_eq!(shown(decide(&tried, &busy)), settled);
    assert_eq!(shown(decide(&job(Method::POST, "http://a.test/"), &busy)), settled);
    // Whatever is put off is, whether it could be sent again or not.
    let hours = answer(429, "retry-after: 7200");
    for job in [tried, job(Method::POST, "http://a.test/")] {
        assert!(matches!(decide(&job, &hours).next, Next::Defer(..)));
    }
}

#[test]
fn a_pause_longer_than_the_time_left_puts_the_job_off() {
    let plan = Plan { retry: Retry { max_time: 10 * SECOND, ..Retry::default() }, ..Plan::default() };
    let after = |head: &str, total: u64| {
        let timings = Timings { total: Duration::from_secs(total), ..Timings::default() };
        Policy::new(&plan).decide(&get(), &Attempt { timings, ..answer(503, head) }, &facts(0.25))
    };
    assert_eq!(shown(after("retry-after: 7", 3)), paused(7));
    let Verdict { next, throttle, pause } = after("retry-after: 7", 4);
    let why = "the server asks for a pause of 7s, longer than the time left for retries";
    assert_eq!(
        (next, throttle),
        (Next::Defer(why.to_owned(), Setting::RetryMaxTime), Some(Throttle::Pause(7 * SECOND)))
    );
    assert_eq!(pause, Some(PauseOutcome::Honoured));
    assert_eq!(after("", 10).next, Next::Settle);
}

#[test]
fn a_pause_may_be_longer_than_asked_and_never_shorter() {
    let policy = Policy::new(&Plan { retry: Retry { base: 20 * SECOND, ..Retry::default() }, ..Plan::default() });
    let pause =
        |after: &str, chance| policy.decide(&get(), &answer(503, &format!("retry-after: {after}")), &facts(chance));
    assert_eq!(shown(pause("7", 0.0)), paused(7));
    assert_eq!(pause("7", 1.0), Verdict { next: Next::Retry(20 * SECOND), ..pause("7", 0.0) });
}

#[test]
fn a_quota_counts_though_the_body_broke_off() {
    let error = Some(Failure::new(ErrorKind::Closed, "cut off"));
    let broken = Attempt { error, ..answer(200, "x-ratelimit-remaining: 0\nx-ratelimit-reset: 9") };
    assert_eq!(shown(decide(&get(), &broken)), paused(9));
}

/// What a field may have, and what it may not.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..40),
        "[0-9]{0,25}(\\.[0-9]{0,12})?".prop_map(String::into_bytes),
        "\"?[a-z]{1,3}\"?(;[rtw]=[0-9\"?-]{0,4}){0,3}(, [a-z]+;r=0;t=[0-9]{1,3})?".prop_map(String::into_bytes),
        (0u64..300_000_000_000)
            .prop_map(|at| httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(at % 253_402_300_799)).into_bytes()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_said_a_pause_is_within_its_bound(
        status in 100u16..1000,
        fields in vec((0..10usize, value()), 0..6),
        wait in 0u64..10_000,
        chance: f64,
    ) {
        const NAMES: [&str; 10] = [
            "retry-after", "date", "location", "x-ratelimit-remaining", "x-ratelimit-reset", "x-rate-limit-remaining",
            "ratelimit-remaining", "ratelimit-reset", "ratelimit", "ratelimit-policy",
        ];
        let mut attempt = answer(status, "");
        let headers = &mut attempt.head.as_mut().unwrap().headers;
        for (name, value) in fields {
            let Ok(value) = HeaderValue::from_bytes(&value) else { continue };
            headers.append(NAMES[name], value);
        }
        let max_wait = Duration::from_secs(wait);
        let plan = Plan { retry: Retry { max_wait, max_time: Duration::MAX, ..Retry::default() }, ..Plan::default() };
        let Verdict { next, throttle, pause } = Policy::new(&plan).decide(&get(), &attempt, &facts(chance));
        let cool = match throttle {
            Some(Throttle::Pause(cool)) => Some(cool),
            Some(Throttle::OneAtATime) | None => None,
        };
        prop_assert!(cool.is_none_or(|cool| cool <= max_wait && !cool.is_zero()));
        match next {
            Next::Retry(pause) => prop_assert!(pause >= cool.unwrap_or_default()),
            Next::Follow(redirect) => prop_assert!(redirect.wait <= max_wait),
            Next::Defer(..) => prop_assert_eq!(pause, Some(PauseOutcome::TooLong)),
            _ => {}
        }
        prop_assert!(throttle.is_none() || pause.is_some());
    }

    #[test]
    fn what_is_asked_in_seconds_is_kept_to_the_second(
        seconds in 1u64..61, status in prop_oneof![Just(429u16), Just(503)], skew in -80_000i64..80_000, form in 0..5usize,
    ) {
        let server = received() + Duration::from_secs(MODERN);
        let server = match skew {
            0.. => server + Duration::from_secs(skew.unsigned_abs()),
            _ => server - Duration::from_secs(skew.unsigned_abs()),
        };
        let then = server + Duration::from_secs(seconds);
        let since_1970 = then.duration_since(UNIX_EPOCH).unwrap().as_secs();
        let asks = [
            format!("retry-after: {seconds}"),
            format!("retry-after: {}", httpdate::fmt_http_date(then)),
            format!("x-ratelimit-remaining: 0\nx-ratelimit-reset: {since_1970}"),
            format!("ratelimit-remaining: 0\nratelimit-reset: {seconds}"),
            format!("ratelimit: \"default\";r=0;t={seconds}"),
        ];
        let told = told_later(status, &format!("date: {}\n{}", httpdate::fmt_http_date(server), asks[form]));
        prop_assert_eq!(told, paused(seconds as u32));
    }
}
