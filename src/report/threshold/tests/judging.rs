//! What a report says of thresholds.

use std::time::{Duration, SystemTime};

use http::StatusCode;

use crate::model::{ErrorKind, MissedBy, RecordSummary};
use crate::report::load::LoadRecorder;
use crate::report::threshold::{Judged, Known, Threshold, Unknown};
use crate::report::{MAX_GROUPS, Report, RunFacts};

/// 94 answers after 1, 2, … 94 ms, three of which have the status 503, and six timeouts.
fn report() -> Report {
    let mut report = Report::default();
    for n in 1..=100 {
        let status = StatusCode::from_u16(if n <= 3 { 503 } else { 200 }).unwrap();
        let answered = n <= 94;
        report.add(&RecordSummary {
            ok: answered && status == StatusCode::OK,
            status_code: answered.then_some(status),
            error: (!answered).then_some((ErrorKind::Timeout, "too slow")),
            latency_us: answered.then_some(n * 1_000),
            ..RecordSummary::default()
        });
    }
    report
}

fn judged(text: &str, known: &Known) -> Judged {
    text.parse::<Threshold>().unwrap().judge(&report(), known)
}

fn told(texts: &[&str], known: &Known) -> String {
    let lines = texts.iter().map(|text| {
        let judged = judged(text, known);
        format!("{text}: {} | {}\n", judged.answer(), judged)
    });
    lines.collect()
}

#[test]
fn figures_are_measured() {
    let known = Known { asked: Some(110), missed: Some(0), duration: Some(Duration::from_secs(2)), ..Known::default() };
    insta::assert_snapshot!(told(&[
        "p50>40ms", "p50>47ms", "p50>50ms", "p50<=60ms", "p0<1ms", "p0<=1ms", "min<=1ms", "p100>=94ms", "max>94ms", "max>=94ms", "mean>47ms",
        "mean>47.5ms", "p99.9>1s",
    ], &known), @r"
    p50>40ms: yes (47.0 ms) | p50 of latency is 47.0 ms, above 40 ms
    p50>47ms: yes (47.007 ms) | p50 of latency is 47.007 ms, above 47 ms
    p50>50ms: no (47.0 ms) | p50 of latency is 47.0 ms, not above 50 ms
    p50<=60ms: yes (47.0 ms) | p50 of latency is 47.0 ms, not above 60 ms
    p0<1ms: no (1 ms) | p0 of latency is 1 ms, not below 1 ms
    p0<=1ms: yes (1 ms) | p0 of latency is 1 ms, not above 1 ms
    min<=1ms: yes (1 ms) | min of latency is 1 ms, not above 1 ms
    p100>=94ms: yes (94 ms) | p100 of latency is 94 ms, not below 94 ms
    max>94ms: no (94 ms) | max of latency is 94 ms, not above 94 ms
    max>=94ms: yes (94 ms) | max of latency is 94 ms, not below 94 ms
    mean>47ms: yes (47.5 ms) | mean of latency is 47.5 ms, above 47 ms
    mean>47.5ms: no (47.5 ms) | mean of latency is 47.5 ms, not above 47.5 ms
    p99.9>1s: no (94.0 ms) | p99.9 of latency is 94.0 ms, not above 1 s
    ");
    insta::assert_snapshot!(told(&[
        "failed>9", "failed>8", "failed>9%", "failed>=9%", "failed<9.1%", "failed<1k", "status(5xx)>0", "status(5xx)>3%", "status(5xx)>=3%",
        "status(503,200)==94", "status(404)==0", "status(404)!=0", "status(200)!=0", "error(timeout)>5", "error(timeout,reset)>=6",
        "error(dns)>0", "error(timeout)>6%",
    ], &known), @r"
    failed>9: no (9) | 9 requests failed, not more than 9
    failed>8: yes (9) | 9 requests failed, more than 8
    failed>9%: no (9 %) | 9 % of requests failed, not more than 9 %
    failed>=9%: yes (9 %) | 9 % of requests failed, not less than 9 %
    failed<9.1%: yes (9 %) | 9 % of requests failed, less than 9.1 %
    failed<1k: yes (9) | 9 requests failed, less than 1,000
    status(5xx)>0: yes (3) | 3 requests got status 5xx, more than 0
    status(5xx)>3%: no (3 %) | 3 % of requests got status 5xx, not more than 3 %
    status(5xx)>=3%: yes (3 %) | 3 % of requests got status 5xx, not less than 3 %
    status(503,200)==94: yes (94) | 94 requests got status 503,200, exactly 94
    status(404)==0: yes (0) | 0 requests got status 404, exactly 0
    status(404)!=0: no (0) | 0 requests got status 404, exactly 0
    status(200)!=0: yes (91) | 91 requests got status 200, not 0
    error(timeout)>5: yes (6) | 6 requests failed with timeout, more than 5
    error(timeout,reset)>=6: yes (6) | 6 requests failed with timeout or reset, not less than 6
    error(dns)>0: no (0) | 0 requests failed with dns, not more than 0
    error(timeout)>6%: no (6 %) | 6 % of requests failed with timeout, not more than 6 %
    ");
    insta::assert_snapshot!(told(&[
        "rate<95%", "rate<85%", "rate<50/s", "rate<47/s", "rate<=47/s", "rate<3k/m", "missed>0", "missed>=1%",
    ], &known), @r"
    rate<95%: yes (85.45 %) | the rate is 85.45 % of what was asked for, below 95 %
    rate<85%: no (85.454545 %) | the rate is 85.454545 % of what was asked for, not below 85 %
    rate<50/s: yes (47/s) | the rate is 47/s, below 50/s
    rate<47/s: no (47/s) | the rate is 47/s, not below 47/s
    rate<=47/s: yes (47/s) | the rate is 47/s, not above 47/s
    rate<3k/m: yes (47/s) | the rate is 47/s, below 50/s
    missed>0: no (0) | 0 starts were missed, not more than 0
    missed>=1%: no (0 %) | 0 % of starts were missed, less than 1 %
    ");
}

#[test]
fn a_probe_tells_what_was_asked_for_and_in_how_much_time() {
    let mut recorder = LoadRecorder::new(SystemTime::UNIX_EPOCH, Duration::ZERO, 1);
    let due = |n: u32| Duration::from_millis(100) * n;
    (0..18).for_each(|n| recorder.start(due(n)));
    (18..20).for_each(|n| recorder.miss(due(n), MissedBy::InFlight));
    // The last answers came long after the last start.
    let run = RunFacts { wall_s: 60.0, load: Some(recorder.facts(Duration::from_secs(60))), ..RunFacts::default() };
    let known = Known::of_run(&run, &report());
    assert_eq!((known.asked, known.missed, known.in_doubt), (Some(20), Some(2), true));
    assert_eq!(known.duration, Some(Duration::from_secs(2)));
    let list = RunFacts { load: None, ..run };
    assert_eq!(Known::of_run(&list, &report()).duration, Some(Duration::from_secs(60)));
    let resumed = RunFacts { resumed: Some(7), ..list };
    assert_eq!(Known::of_run(&resumed, &report()), Known::default());
}

#[test]
fn equal_shares_are_equal() {
    for n in 1..200_u64 {
        let of = 200;
        let mut report = Report::default();
        for record in 0..of {
            report.add(&RecordSummary { ok: record >= n, ..RecordSummary::default() });
        }
        let text = format!("{}.{}", n / 2, n % 2 * 5);
        let held = |is: &str| {
            let threshold: Threshold = format!("failed{is}{text}%").parse().unwrap();
            threshold.judge(&report, &Known::default()).is_crossed().unwrap()
        };
        assert_eq!((held(">"), held("<"), held(">="), held("<=")), (false, false, true, true), "{text}");
    }
}

#[test]
fn what_is_not_known_is_neither_crossed_nor_not() {
    insta::assert_snapshot!(told(&[
        "rate<95%", "rate<95/s", "missed>0", "missed>1%", "p95{checkout}>1s", "failed{checkout}>0",
    ], &Known::default()), @r"
    rate<95%: not known | not known: the records do not tell how many requests were asked for
    rate<95/s: not known | not known: a rate needs a duration, which neither records alone nor a single start has
    missed>0: not known | not known: the records do not tell how many starts were missed
    missed>1%: not known | not known: the records do not tell how many starts were missed
    p95{checkout}>1s: not known | not known: no request belongs to this group
    failed{checkout}>0: not known | not known: no request belongs to this group
    ");
    let empty = |text: &str| text.parse::<Threshold>().unwrap().judge(&Report::default(), &Known::default());
    assert_eq!(empty("failed>0").is_crossed(), Some(false));
    let mut many = Report::default();
    for n in 0..=MAX_GROUPS {
        many.add(&RecordSummary { group: Some(&n.to_string()), ..RecordSummary::default() });
    }
    let of_many = |text: &str| text.parse::<Threshold>().unwrap().judge(&many, &Known::default());
    assert_eq!(of_many("failed{999}>0").unknown(), None);
    assert_eq!(of_many("failed{1000}>0").unknown(), Some(Unknown::UnnamedGroup));
    for (text, why) in [
        ("failed>1%", "not known: there are no requests"),
        ("p99>1s", "not known: no request was answered"),
        ("p99(connect)>1s", "not known: no request made a connection"),
    ] {
        let judged = empty(text);
        assert_eq!((judged.is_crossed(), judged.to_string()), (None, why.to_owned()));
        assert!(!judged.is_in_doubt() && judged.unknown().is_some());
    }
}

#[test]
fn missed_starts_put_what_is_not_crossed_in_doubt() {
    let known = Known { asked: Some(110), missed: Some(10), in_doubt: true, is_censored: true, ..Known::default() };
    insta::assert_snapshot!(told(&[
        "p50>40ms", "p50>50ms", "min>50ms", "p50<40ms", "p50<60ms", "p50(service_time)<60ms", "p50(service_time)>60ms", "p50<=1h", "min<2ms", "min>=1h", "failed>9", "failed>9%", "status(503)==0", "status(503)==4", "status(503)<3", "failed>8", "missed>10", "missed>9", "rate<50%", "rate<90%",
    ], &known), @r"
    p50>40ms: yes (≥ 47.0 ms) | p50 of latency is ≥ 47.0 ms, above 40 ms
    p50>50ms: in doubt (≥ 47.0 ms) | p50 of latency is ≥ 47.0 ms, not above 50 ms
    min>50ms: in doubt (1.00 ms) | min of latency is 1.00 ms, not above 50 ms
    p50<40ms: in doubt (≥ 47.0 ms) | p50 of latency is ≥ 47.0 ms, not below 40 ms
    p50<60ms: in doubt (≥ 47.0 ms) | p50 of latency is ≥ 47.0 ms, perhaps below 60 ms
    p50(service_time)<60ms: yes (47.0 ms) | p50 of service time is 47.0 ms, below 60 ms
    p50(service_time)>60ms: in doubt (47.0 ms) | p50 of service time is 47.0 ms, not above 60 ms
    p50<=1h: in doubt (≥ 47.0 ms) | p50 of latency is ≥ 47.0 ms, perhaps not above 1 h
    min<2ms: yes (1.00 ms) | min of latency is 1.00 ms, below 2 ms
    min>=1h: in doubt (1.00 ms) | min of latency is 1.00 ms, below 1 h
    failed>9: in doubt (9) | 9 requests failed, not more than 9
    failed>9%: in doubt (9 %) | 9 % of requests failed, not more than 9 %
    status(503)==0: no (3) | 3 requests got status 503, not 0
    status(503)==4: in doubt (3) | 3 requests got status 503, not 4
    status(503)<3: no (3) | 3 requests got status 503, not less than 3
    failed>8: yes (9) | 9 requests failed, more than 8
    missed>10: no (10) | 10 starts were missed, not more than 10
    missed>9: yes (10) | 10 starts were missed, more than 9
    rate<50%: no (85.45 %) | the rate is 85.45 % of what was asked for, not below 50 %
    rate<90%: yes (85.45 %) | the rate is 85.45 % of what was asked for, below 90 %
    ");
    assert_eq!(judged("p50<60ms", &known).is_crossed(), Some(false));
    let without = Known { in_doubt: false, ..known };
    assert!(judged("p50>50ms", &without).is_in_doubt());
    let otherwise = Known { missed: Some(0), is_censored: false, ..known };
    assert!(judged("p50>50ms", &otherwise).is_in_doubt());
    assert!(!judged("p50>50ms", &Known { in_doubt: false, ..otherwise }).is_in_doubt());
}

#[test]
fn a_program_gets_numbers() {
    let json = |text: &str| serde_json::to_string_pretty(&judged(text, &Known::default())).unwrap();
    insta::assert_snapshot!(json("p50 > 40ms"), @r#"
    {
      "threshold": "p50 > 40ms",
      "crossed": true,
      "in_doubt": false,
      "value": 47.007,
      "limit": 40.0,
      "unit": "ms",
      "message": "p50 of latency is 47.0 ms, above 40 ms"
    }
    "#);
    insta::assert_snapshot!(json("failed>9"), @r#"
    {
      "threshold": "failed>9",
      "crossed": false,
      "in_doubt": false,
      "value": 9,
      "limit": 9,
      "unit": "requests",
      "message": "9 requests failed, not more than 9"
    }
    "#);
    insta::assert_snapshot!(json("rate<95%"), @r#"
    {
      "threshold": "rate<95%",
      "crossed": null,
      "in_doubt": false,
      "value": null,
      "limit": 95.0,
      "unit": "%",
      "message": "not known: the records do not tell how many requests were asked for"
    }
    "#);
}
