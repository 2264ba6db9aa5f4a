//! Quotas that servers tell of.

use super::*;

#[test]
fn a_quota_that_is_used_up_pauses_its_host() {
    let now = epoch();
    for name in ["x-ratelimit", "x-rate-limit", "ratelimit"] {
        for (reset, seconds) in [
            ("7".to_owned(), 7.0),
            ("7.25".to_owned(), 7.25),
            ((now + 30).to_string(), 30.0),
            (format!("{}.5", now + 30), 30.5),
            (format!("{}250", now + 30), 30.25),
        ] {
            let head = format!("{name}-remaining: 0\n{name}-reset: {reset}");
            let paused = |next: String| (next, Some(seconds), Some(PauseOutcome::Honoured));
            assert_eq!(told_later(200, &head), paused("settle".to_owned()), "{head}");
            for status in [403, 429] {
                assert_eq!(told_later(status, &head), paused(format!("retry {seconds}")), "{status} {head}");
            }
            assert_eq!(
                told_later(200, &head.replace("remaining: 0", "remaining: 1")),
                ("settle".to_owned(), None, None)
            );
        }
    }
}

#[test]
fn numbers_may_be_anything() {
    for (remaining, reset, outcome) in [
        ("0", "0", Some(PauseOutcome::Past)),
        ("0", "1500000000", Some(PauseOutcome::Past)),
        ("0", "999999999", Some(PauseOutcome::TooLong)),
        ("0", "99999999999999999999999999", Some(PauseOutcome::TooLong)),
        ("0", "18446744073709551615.999999999999", Some(PauseOutcome::TooLong)),
        ("0", "-1", Some(PauseOutcome::Unreadable)),
        ("0", "", Some(PauseOutcome::Unreadable)),
        ("0", "1.", Some(PauseOutcome::Unreadable)),
        ("0", "tomorrow", Some(PauseOutcome::Unreadable)),
        ("00.0", "1", Some(PauseOutcome::Honoured)),
        ("-1", "1", Some(PauseOutcome::Unreadable)),
        ("0, 5", "1", Some(PauseOutcome::Honoured)),
        ("0, some", "1", Some(PauseOutcome::Unreadable)),
        ("none", "1", Some(PauseOutcome::Unreadable)),
        ("99999999999999999999999999", "1", None),
        ("0.5", "1", None),
    ] {
        let told = told_later(200, &format!("x-ratelimit-remaining: {remaining}\nx-ratelimit-reset: {reset}"));
        assert_eq!(told.2, outcome, "{remaining:?} {reset:?}");
        assert_eq!(told.1.is_some(), outcome == Some(PauseOutcome::Honoured));
    }
    assert_eq!(told(200, "x-ratelimit-remaining: 0"), ("settle".to_owned(), None, None));
    assert_eq!(told(200, "x-ratelimit-reset: 7"), ("settle".to_owned(), None, None));
}

/// A proxy adds its own quota to that of the server, or joins the lines.
#[test]
fn of_several_quotas_the_one_that_is_exhausted_longest_counts() {
    for (remaining, reset, pause) in [
        (&["5", "0"][..], &["3", "9"][..], Some(9.0)),
        (&["0", "5"], &["3", "9"], Some(3.0)),
        (&["0", "0"], &["9", "3"], Some(9.0)),
        (&["0", "0", "0"], &["3", "9", "4"], Some(9.0)),
        (&["5", "5"], &["3", "9"], None),
        (&["5", "0"], &["3"], Some(3.0)),
        (&["0"], &["3", "9"], Some(9.0)),
        (&["5, 0"], &["3, 9"], Some(9.0)),
        (&["5", "0"], &["3,9"], Some(9.0)),
        (&["5", "0"], &["3", "Sun, 06 Nov 1994 08:49:57 GMT"], Some(20.0)),
        (&["5", "0"], &[], None),
    ] {
        for name in ["x-ratelimit", "x-rate-limit", "ratelimit"] {
            let lines = |field: &str, values: &[&str]| {
                values.iter().map(|value| format!("\n{name}-{field}: {value}")).collect::<String>()
            };
            let head = format!(
                "date: Sun, 06 Nov 1994 08:49:37 GMT{}{}",
                lines("remaining", remaining),
                lines("reset", reset)
            );
            assert_eq!(told(200, &head).1, pause, "{head}");
        }
    }
}

#[test]
fn a_forbidden_that_is_a_rate_limit_is_one() {
    let jitter = (JITTER.to_owned(), None, None);
    assert_eq!(told(403, ""), ("settle".to_owned(), None, None));
    assert_eq!(told(403, "x-ratelimit-remaining: 4"), ("settle".to_owned(), None, None));
    assert_eq!(told(403, "x-ratelimit-remaining: 0"), jitter);
    assert_eq!(told(403, "retry-after: soon"), ("settle".to_owned(), None, Some(PauseOutcome::Unreadable)));
    assert!(told(403, "retry-after: 3600").0.starts_with("defer for 1h,"));
    assert_eq!(
        told(404, "x-ratelimit-remaining: 0\nx-ratelimit-reset: 9"),
        ("settle".to_owned(), Some(9.0), Some(PauseOutcome::Honoured))
    );
    // It is a 429 for --retry-on as well.
    let plan = Plan { retry: Retry { on: "5xx".parse().unwrap(), ..Retry::default() }, ..Plan::default() };
    let limited = answer(403, "retry-after: 7");
    assert_eq!(Policy::new(&plan).decide(&get(), &limited, &facts(0.25)).next, Next::Settle);
    assert_eq!(decide(&job(Method::POST, "http://a.test/"), &limited).next, Next::Settle);
}

#[test]
fn the_field_of_the_draft_is_read() {
    for (field, expected) in [
        (r#"ratelimit: "default";r=0;t=30"#, Some(30.0)),
        (r#"ratelimit: default;r=0;t=30.5"#, Some(30.5)),
        (r#"ratelimit: "a";r=0;t=5, "b";r=0;t=50, "c";r=9;t=55"#, Some(50.0)),
        ("ratelimit: \"a\";r=0;t=5\nratelimit: \"b\";r=0;t=6", Some(6.0)),
        (r#"ratelimit: "default";r=1;t=30"#, None),
        (r#"ratelimit: "default";t=30"#, None),
        (r#"ratelimit: "default";r=0"#, None),
        (r#"ratelimit: ("a" "b");r=0;t=3"#, None),
        (r#"ratelimit: "default";r=0;pk=:cHsdsRa894==:;t=4"#, Some(4.0)),
        // Where only the policy tells a time, that is what it may take.
        ("ratelimit: \"b\";r=0\nratelimit-policy: \"a\";q=100;w=10, \"b\";q=5;w=20", Some(20.0)),
        ("ratelimit: \"b\";r=0;t=2\nratelimit-policy: \"b\";q=5;w=20", Some(2.0)),
        ("ratelimit: \"b\";r=0\nratelimit-policy: \"a\";q=100;w=10", None),
        ("ratelimit: \"b\";r=0\nratelimit-policy: ???", None),
        ("ratelimit-policy: \"a\";q=0;w=10", None),
        // Older drafts had a dictionary.
        ("ratelimit: limit=100, remaining=0, reset=9", Some(9.0)),
        ("ratelimit: limit=100, remaining=5, reset=9", None),
        ("ratelimit: limit=100, remaining=0", None),
    ] {
        let (_, cool, outcome) = told(200, field);
        assert_eq!((cool, outcome), (expected, expected.map(|_| PauseOutcome::Honoured)), "{field}");
        let limited = told(403, field).0 != "settle";
        let used_up =
            expected.is_some() || field.contains("r=0") && !field.contains('(') || field.contains("remaining=0");
        assert_eq!(limited, used_up, "{field}");
    }
    for unreadable in
        ["ratelimit: ???", "ratelimit: \"a\";r=-1", "ratelimit: \"a\";r=x;t=1", "ratelimit: \"a\";r=0;t=soon"]
    {
        assert_eq!(told(200, unreadable), ("settle".to_owned(), None, Some(PauseOutcome::Unreadable)), "{unreadable}");
    }
    assert_eq!(told(200, "ratelimit: \"a\";r=0;t=999999999999999").2, Some(PauseOutcome::TooLong));
}

#[test]
fn retry_after_goes_first_and_then_the_longest() {
    let quotas = "x-ratelimit-remaining: 0\nx-ratelimit-reset: 20\nratelimit: \"a\";r=0;t=40";
    assert_eq!(told(429, quotas), paused(40));
    assert_eq!(told(429, &format!("retry-after: 3\n{quotas}")), paused(3));
    assert_eq!(told(429, &format!("retry-after: 0\n{quotas}")), paused(40));
    assert_eq!(told(429, &format!("retry-after: soon\n{quotas}")), paused(40));
    assert_eq!(
        told(200, &format!("retry-after: 3\n{quotas}")),
        ("settle".to_owned(), Some(40.0), Some(PauseOutcome::Honoured))
    );
    let left = "x-ratelimit-remaining: 9\nx-ratelimit-reset: 20\nratelimit: \"a\";r=0;t=4";
    assert_eq!(told(429, left), paused(4));
}

#[test]
fn only_the_first_quotas_of_a_response_are_read() {
    let left = |before: usize| format!("x-ratelimit-remaining: {}0\nx-ratelimit-reset: 7", "5,".repeat(before));
    let settled = |pause, outcome| ("settle".to_owned(), pause, outcome);
    assert_eq!(told_later(200, &left(15)), settled(Some(7.0), Some(PauseOutcome::Honoured)));
    assert_eq!(told_later(200, &left(16)), settled(None, None));
}
