//! Beyond recovery means: crossed in every future.

use http::StatusCode;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::model::{ErrorKind, RecordSummary};
use crate::report::Report;
use crate::report::threshold::{Known, Threshold};

/// A request: how it ends, and after how many microseconds.
#[derive(Debug, Clone, Copy)]
struct Request {
    status: Option<u16>,
    us: Option<u64>,
}

impl Request {
    const BEST: Request = Request { status: Some(200), us: Some(0) };
    const WORST: Request = Request { status: Some(503), us: Some(3_600_000_000) };
    const NONE: Request = Request { status: None, us: None };
    /// It timed out, which counts as a latency.
    const LATE: Request = Request { status: None, us: Some(30_000_000) };

    fn add_to(self, report: &mut Report) {
        report.add(&RecordSummary {
            ok: self.status == Some(200),
            status_code: self.status.map(|status| StatusCode::from_u16(status).unwrap()),
            error: self.status.is_none().then_some((ErrorKind::Timeout, "too slow")),
            latency_us: self.us,
            ..RecordSummary::default()
        });
    }
}

fn report(requests: &[Request]) -> Report {
    let mut report = Report::default();
    requests.iter().for_each(|request| request.add_to(&mut report));
    report
}

fn request() -> impl Strategy<Value = Request> {
    let us = prop_oneof![0..2_000_u64, 0..2_000_000_u64];
    let answered =
        (select(vec![200, 200, 200, 503]), us).prop_map(|(status, us)| Request { status: Some(status), us: Some(us) });
    prop_oneof![9 => answered, 1 => select(vec![Request::BEST, Request::WORST, Request::NONE, Request::LATE])]
}

fn threshold() -> impl Strategy<Value = Threshold> {
    let stat = select(vec!["mean", "min", "max", "p0", "p7", "p50", "p90", "p99", "p99.9", "p100"]);
    let time = (stat, select(vec![">", ">=", "<", "<="]), prop_oneof![1..2_500_u64, 1..2_500_000_u64])
        .prop_map(|(stat, is, us)| format!("{stat}{is}{us}us"));
    let some = select(vec!["failed", "status(503)", "error(timeout)", "missed"]);
    let count = (some.clone(), select(vec![">", ">=", "<", "<=", "==", "!="]), 1..30_u64)
        .prop_map(|(of, is, n)| format!("{of}{is}{n}"));
    let some = prop_oneof![some, Just("rate")];
    let share = (some, select(vec![">", ">=", "<", "<="]), 1..1_000_u64)
        .prop_map(|(of, is, n)| format!("{of}{is}{}.{}%", n / 10, n % 10));
    prop_oneof![time, count, share].prop_map(|text| text.parse().expect("a threshold"))
}

/// What is known once `requests` have come, and `missed` starts have not happened.
fn known(requests: usize, missed: u64) -> Known {
    Known { asked: Some(requests as u64 + missed), missed: Some(missed), is_censored: missed > 0, ..Known::default() }
}

proptest! {
    #[test]
    fn beyond_recovery_is_crossed_in_every_future(
        now in vec(request(), 0..60),
        future in vec(request(), 0..30),
        missed in [0..5_u64, 0..5_u64],
        threshold in threshold(),
    ) {
        let left = future.len() as u64 + missed[1];
        let expected = now.len() as u64 + missed[0] + left;
        let at = known(now.len(), missed[0]);
        let is_beyond = threshold.is_beyond_recovery(&report(&now), &at, Some(expected));
        let is_ever = threshold.is_beyond_recovery(&report(&now), &at, None);
        prop_assert!(!is_ever || is_beyond, "what cannot recover in any number of requests cannot in some");
        let repeated = |request| vec![request; left as usize];
        let futures = [
            (future, missed[1]),
            (repeated(Request::BEST), 0),
            (repeated(Request::WORST), 0),
            (repeated(Request::NONE), 0),
            (repeated(Request::LATE), 0),
            (Vec::new(), left),
        ];
        for (future, more_missed) in futures.into_iter().filter(|_| is_beyond) {
            let all = [&now[..], &future].concat();
            let judged = threshold.judge(&report(&all), &known(all.len(), missed[0] + more_missed));
            prop_assert_eq!(judged.is_crossed(), Some(true), "{} after {:?}: {}", threshold, future, judged);
        }
    }

    #[test]
    fn at_the_end_beyond_recovery_is_crossed(now in vec(request(), 1..60), missed in 0..5_u64, threshold in threshold()) {
        let (report, known) = (report(&now), known(now.len(), missed));
        let is_beyond = threshold.is_beyond_recovery(&report, &known, known.asked);
        prop_assert_eq!(Some(is_beyond), threshold.judge(&report, &known).is_crossed().or(Some(false)));
    }
}

/// Whether a threshold is beyond recovery after some requests, if so many are expected.
fn is_beyond(text: &str, requests: &[(usize, Request)], expected: Option<u64>) -> bool {
    let requests: Vec<_> = requests.iter().flat_map(|&(times, request)| vec![request; times]).collect();
    let threshold: Threshold = text.parse().unwrap();
    threshold.is_beyond_recovery(&report(&requests), &known(requests.len(), 0), expected)
}

#[test]
fn it_is_noticed_as_soon_as_it_is_certain() {
    let (good, bad) = (Request::BEST, Request::LATE);
    // Of 1,000 requests, 10 may be above p99.
    assert!(!is_beyond("p99>300ms", &[(100, good), (10, bad)], Some(1_000)));
    assert!(is_beyond("p99>300ms", &[(100, good), (11, bad)], Some(1_000)));
    assert!(!is_beyond("p99>300ms", &[(100, good), (11, bad)], None));
    assert!(!is_beyond("failed>1%", &[(10, bad)], Some(1_000)));
    assert!(is_beyond("failed>1%", &[(11, bad)], Some(1_000)));
    assert!(!is_beyond("failed>1%", &[(11, bad)], None));
    // 30 s of 1,000 requests are 30 ms each.
    assert!(!is_beyond("mean>30ms", &[(1, bad)], Some(1_000)));
    assert!(is_beyond("mean>29ms", &[(1, bad)], Some(1_000)));
    for expected in [Some(1_000), None] {
        assert!(is_beyond("failed>0", &[(1, bad)], expected));
        assert!(is_beyond("max>300ms", &[(1, bad)], expected));
        assert!(is_beyond("error(timeout)>0", &[(1, bad)], expected));
        assert!(is_beyond("min<1ms", &[(1, good)], expected));
        assert!(!is_beyond("min>1ms", &[(1, bad)], expected));
        assert!(!is_beyond("rate<10/s", &[(1, bad)], expected));
        assert!(!is_beyond("p99{checkout}>1ms", &[(1, bad)], expected));
    }
    assert!(!is_beyond("rate<95%", &[(50, bad)], Some(1_000)));
    assert!(is_beyond("rate<95%", &[(51, bad)], Some(1_000)));
}
