//! Inputs with the same request.

use super::*;

/// As [`plan`], for a run that remembers so many requests.
fn dedup(concurrency: usize, max: usize) -> Plan {
    Plan { dedup: NonZeroUsize::new(max), ..plan(concurrency) }
}

/// How an input ended: its status, or the input that it repeats.
type Ending = Result<Option<u16>, u64>;

/// Runs `paths`; returns how each ended, in their order.
fn ran(plan: &Plan, paths: &[&str]) -> (Result<Finish, RunError>, Vec<(u64, Ending)>, Script) {
    let records = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&records);
    let sink = Each(move |record: &Record| {
        let status = record.status().map(|status| status.as_u16());
        kept.lock().unwrap().push((record.seq(), record.duplicate_of().map_or(Ok(status), Err)));
        Ok(())
    });
    let script = Script::default();
    let (end, _) = run_under(&Control::default(), plan, &script, paths, sink, &[]);
    let mut records = std::mem::take(&mut *records.lock().unwrap());
    records.sort();
    (end, records, script)
}

#[test]
fn a_duplicate_is_a_record_without_a_request() {
    let paths = ["/ok", "/to/ok", "/ok#x", "bad", "/ok", "bad", "/flaky/2", "/to/ok", "//b.test/ok"];
    let (end, records, script) = ran(&dedup(2, 100), &paths);
    let finish = end.unwrap();
    let ok = Ok(Some(200));
    let expected =
        [(0, ok), (1, ok), (2, Err(0)), (3, Ok(None)), (4, Err(0)), (5, Ok(None)), (6, ok), (7, Err(1)), (8, ok)];
    assert_eq!(records, expected);
    let log = script.0.lock().unwrap();
    assert_eq!(log.visits["http://h.test/ok"], 2, "for itself, and as the target of a redirect");
    let totals = finish.report.totals();
    assert_eq!((totals.records, totals.ok, totals.failed, totals.duplicates), (9, 4, 2, 3));
    assert_eq!((finish.run.admitted, finish.run.settled), (9, 9));
}

#[test]
fn duplicates_count_for_no_limit() {
    let mut plan = dedup(1, 100);
    plan.limits.rate = Some(Rate { count: NonZeroU32::MIN, per: Duration::from_secs(3600) });
    let ran = run(&plan, &["/ok"; 1000], &[]);
    assert_eq!(ran.records.len(), 1000);
    assert!(ran.took < Duration::from_secs(1), "{:?}", ran.took);
}

#[test]
fn too_many_requests_end_the_run_after_those_in_flight() {
    let paths = ["/slow/2000", "/ok", "/ok", "/flaky/2", "/slow/1", "/slow/2000"];
    let (end, records, _) = ran(&dedup(9, 3), &paths);
    let (finish, error) = parts(end);
    assert!(matches!(error, Some(RunErrorKind::Dedup(full)) if full.max == 3));
    assert_eq!(records.iter().map(|record| record.0).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!((finish.run.admitted, finish.run.settled, finish.run.skipped), (6, 4, 2));
}

#[test]
fn requests_of_an_earlier_run_are_not_sent_again() {
    let paths = ["/ok done", "/slow/9 begun", "/ok", "/slow/9", "/flaky/1 done", "/flaky/1", "/slow/9 done"];
    let (end, records, script) = ran(&dedup(4, 100), &paths);
    let finish = end.unwrap();
    assert_eq!(records, [(1, Ok(None)), (2, Err(0)), (3, Err(1)), (5, Err(4))]);
    assert!(script.0.lock().unwrap().visits.is_empty());
    assert_eq!((finish.run.admitted, finish.run.settled), (4, 4));
    let (end, records, _) = ran(&dedup(4, 1), &["/ok done", "/slow/9 done", "/slow/8"]);
    let (finish, error) = parts(end);
    assert!(matches!(error, Some(RunErrorKind::Dedup(_))) && records.is_empty());
    assert_eq!((finish.run.admitted, finish.run.skipped), (1, 1));
}

#[test]
fn the_first_page_counts() {
    let mut plan = dedup(4, 100);
    plan.paginate = Some(Paginate::new("page=p".parse().unwrap()));
    let (_, records, _) = ran(&plan, &["/ok", "/ok?p=1", "/ok?p=2", "/ok?p=01"]);
    let duplicates: Vec<_> = records.into_iter().filter_map(|(seq, what)| Some((seq, what.err()?))).collect();
    assert_eq!(duplicates, [(1, 0)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn each_request_is_sent_once_and_names_the_first(
        lines in prop::collection::vec(
            prop::sample::select(vec!["/ok", "bad", "/flaky/2", "/slow/30", "/slow/300", "//b.test/ok", "/ok?1"]), 0..200,
        ),
        concurrency in 1usize..6,
    ) {
        let (_, records, script) = ran(&dedup(concurrency, 100), &lines);
        prop_assert_eq!(records.len(), lines.len());
        for (seq, what) in records {
            let line = lines[seq as usize];
            let first = lines.iter().position(|other| *other == line).unwrap() as u64;
            prop_assert_eq!(what.err(), Some(first).filter(|first| line != "bad" && *first < seq));
        }
        for (url, visits) in &script.0.lock().unwrap().visits {
            prop_assert_eq!(*visits, if url.ends_with("/flaky/2") { 2 } else { 1 }, "{}", url);
        }
    }
}
