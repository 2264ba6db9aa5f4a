//! Runs that obey robots.txt.

use bytes::Bytes;

use super::*;
use crate::plan::RobotsOptions;

/// All hosts disallow `/private`. `late.test` is down at first, `never.test` always, and `slow.test` has a crawl delay
/// of ten seconds.
pub(super) fn answer(host: &str, visit: u32) -> Attempt {
    match (host, visit) {
        ("never.test", _) | ("late.test", 1) => super::answer(500),
        ("slow.test", _) => {
            let rules = Bytes::from_static(b"User-agent: *\nCrawl-delay: 10");
            Attempt { body: Body::Binary(rules), ..super::answer(200) }
        }
        _ => {
            let rules = Bytes::from_static(b"User-agent: *\nDisallow: /private\nDisallow: /to/private");
            Attempt { body: Body::Binary(rules), ..super::answer(200) }
        }
    }
}

fn with_robots(mut plan: Plan) -> Plan {
    plan.robots = Some(RobotsOptions::new(&plan.request, None));
    plan.retry.retries = 0;
    plan
}

fn is_private(url: &str) -> bool {
    Url::parse(url).unwrap().path().starts_with("/private")
}

fn visits(ran: &Ran, host: &str) -> u32 {
    let robots_txt = format!("http://{host}/robots.txt");
    ran.script.0.lock().unwrap().visits.get(&robots_txt).copied().unwrap_or(0)
}

#[test]
fn robots_txt_is_fetched_once_per_host_and_counts_for_its_limits() {
    let mut plan = with_robots(plan(64));
    let tenth = Rate { count: NonZeroU32::new(10).unwrap(), per: Duration::from_secs(1) };
    plan.limits.host_rate = Some(tenth);
    let paths: Vec<String> = (0..30).map(|n| format!("http://h{}.test/ok/{n}", n % 3)).collect();
    let ran = run(&plan, &paths.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    assert_eq!(ran.records.len(), 30);
    assert!((0..3).all(|n| visits(&ran, &format!("h{n}.test")) == 1));
    assert_eq!((ran.finish.run.robots, ran.finish.run.settled), (Some(3), 30));
    assert_eq!(ran.script.0.lock().unwrap().started.len(), 33);
    assert!(ran.took >= Duration::from_secs(1), "eleven at each host, a tenth of a second apart: {:?}", ran.took);
}

#[test]
fn a_disallowed_url_is_never_requested() {
    let paths = ["/private", "/ok", "/to/private/x", "/to/http://b.test/private", "/private/2", "/to/http://b.test/ok"];
    let ran = run(&with_robots(plan(4)), &paths, &[]);
    let mut records = ran.records.clone();
    records.sort_by_key(|record| record.0);
    let kinds: Vec<_> = records.iter().map(|record| record.2).collect();
    let robots = Some(ErrorKind::Robots);
    assert_eq!(kinds, [robots, None, robots, robots, robots, None]);
    assert!(!ran.script.0.lock().unwrap().visits.keys().any(|url| is_private(url)));
    assert_eq!((visits(&ran, "h.test"), visits(&ran, "b.test")), (1, 1));
}

#[test]
fn robots_txt_is_valid_for_a_day() {
    let hours = |hours: u64| format!("/slow/{}", hours * 3_600_000);
    let paths = [hours(23), hours(2), "/ok".to_owned(), "/private".to_owned()];
    let ran = run(&with_robots(plan(1)), &paths.each_ref().map(String::as_str), &[]);
    assert_eq!(visits(&ran, "h.test"), 2, "once at the start, once when the second was through, at 25 hours");
    assert_eq!(ran.records.len(), 4);
}

#[test]
fn a_host_that_could_not_be_asked_is_left_alone_for_a_minute() {
    let late = "http://late.test/ok";
    let ran = run(&with_robots(plan(1)), &[late, late, "/slow/61000", late, late, "http://never.test/ok"], &[]);
    let kinds: Vec<_> = ran.records.iter().map(|record| record.2).collect();
    let robots = Some(ErrorKind::Robots);
    assert_eq!(kinds, [robots, robots, None, None, None, robots]);
    assert_eq!((visits(&ran, "late.test"), visits(&ran, "never.test")), (2, 1));
}

#[test]
fn the_crawl_delay_separates_any_two_requests() {
    for concurrency in [1, 8] {
        let slow = "http://slow.test/ok";
        let paths = [slow, "/slow/3000", slow, "/slow/3000", slow, "/slow/40000", slow, slow];
        let ran = run(&with_robots(plan(concurrency)), &paths, &[]);
        assert!(ran.records.iter().all(|record| record.1 == Some(200)));
        let log = ran.script.0.lock().unwrap();
        let mut started: Vec<_> = log.slow.clone();
        started.sort();
        assert_eq!(started.len(), 6, "five, and robots.txt itself");
        // Only the answer to the first one names the delay.
        let pauses: Vec<_> = started[1..].windows(2).map(|two| two[1] - two[0]).collect();
        assert!(pauses.iter().all(|pause| *pause >= Duration::from_secs(10)), "{concurrency}: {pauses:?}");
    }
}

#[test]
fn requests_for_robots_txt_are_retried_like_any_other() {
    let mut plan = with_robots(plan(1));
    plan.retry.retries = 1;
    let ran = run(&plan, &["http://late.test/ok", "http://late.test/private"], &[]);
    let kinds: HashMap<_, _> = ran.records.iter().map(|record| (record.0, record.2)).collect();
    assert_eq!(kinds, HashMap::from([(0, None), (1, Some(ErrorKind::Robots))]));
    assert_eq!(visits(&ran, "late.test"), 2);
    assert_eq!(ran.finish.run.robots, Some(1));
}

#[test]
fn a_stop_does_not_wait_for_robots_txt() {
    for how in [Stop::Drain, Stop::Now] {
        let ran = run(&with_robots(plan(8)), &["/ok"; 20], &[(Duration::from_millis(5), how)]);
        assert_eq!(ran.records, [], "{how:?}");
        assert_eq!((ran.finish.run.admitted, ran.finish.run.skipped), (20, 20), "{how:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is disallowed, redirected or stopped: each input has one record or is skipped, robots.txt is fetched
    /// once per host, and no disallowed request is sent.
    #[test]
    fn nothing_is_lost_or_fetched_twice(
        paths in prop::collection::vec(
            "(http://(a|b|never)[.]test)?/(to/(http://(c|never)[.]test/)?)?(ok|private|flaky/2|slow/30|pages/2)", 0..30
        ),
        concurrency in 1_usize..9,
        retries in 0_u32..2,
        stop in prop::option::of((0_u64..200, prop::bool::ANY)),
    ) {
        let mut plan = with_robots(plan(concurrency));
        plan.retry.retries = retries;
        plan.paginate = Some(Paginate::new(NextPage::Link));
        let stops: Vec<_> = stop.into_iter()
            .map(|(after, now)| (Duration::from_millis(after), if now { Stop::Now } else { Stop::Drain }))
            .collect();
        let ran = run(&plan, &paths.iter().map(String::as_str).collect::<Vec<_>>(), &stops);
        let facts = &ran.finish.run;
        prop_assert_eq!(facts.admitted, paths.len() as u64);
        prop_assert_eq!(facts.settled + facts.skipped, facts.admitted);
        let seqs: std::collections::HashSet<u64> = ran.records.iter().map(|record| record.0).collect();
        prop_assert_eq!(seqs.len() as u64, facts.settled);
        for (url, visits) in &ran.script.0.lock().unwrap().visits {
            prop_assert!(!is_private(url), "{}", url);
            let tries = if url.contains("never") { 1 + retries } else { 1 };
            prop_assert!(!url.ends_with("robots.txt") || *visits <= tries, "{}: {}", url, visits);
        }
    }
}
