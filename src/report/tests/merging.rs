//! Properties of every report, whatever its records.

use http::StatusCode;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::guard::redact::Redact;
use crate::model::{ErrorKind, PagesEnd};
use crate::report::*;

/// A record summary that owns what it refers to.
#[derive(Debug, Clone)]
pub(super) struct Input {
    seq: u64,
    host: Option<u8>,
    status: Option<u16>,
    error: Option<(usize, u8)>,
    latency_us: u64,
    size: u32,
    attempts: u64,
    duplicate: bool,
    probe: Probe,
}

/// What only the requests of a probe have.
#[derive(Debug, Clone)]
struct Probe {
    group: Option<u8>,
    intended_us: Option<u64>,
    service_us: u64,
    connect_us: Option<u64>,
    warm_up: bool,
}

fn probe() -> impl Strategy<Value = Probe> {
    // Near each other, so that they share intervals; and far, so that intervals grow.
    let intended_s = prop_oneof![8 => 1_800_000_000..1_800_000_020u64, 1 => 1_800_000_000..1_800_050_000u64, 1 => 0..u64::MAX / 1_000_000];
    let intended_us = (intended_s, 0..1_000_000u64).prop_map(|(second, micros)| second * 1_000_000 + micros);
    (
        prop::option::of(0..5u8),
        prop::option::of(intended_us),
        0..LONGEST_US,
        prop::option::of(0..LONGEST_US),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(group, intended_us, service_us, connect_us, warm_up)| Probe {
            group,
            intended_us,
            service_us,
            connect_us,
            warm_up,
        })
}

/// Those that are not of the warm-up.
fn counted(inputs: &[Input]) -> impl Iterator<Item = &Input> {
    inputs.iter().filter(|input| !input.probe.warm_up)
}

pub(super) fn inputs(max: usize) -> impl Strategy<Value = Vec<Input>> {
    let error = (0..ErrorKind::ALL.len(), any::<u8>());
    let input = (
        // Few numbers, so that many are given twice, as when several runs are folded together.
        0..20u64,
        any::<Option<u8>>(),
        prop::option::of(100..1000u16),
        prop::option::of(error),
        0..2 * LONGEST_US,
        any::<u32>(),
        0..4u64,
        prop::bool::weighted(0.2),
        probe(),
    )
        .prop_map(|(seq, host, status, error, latency_us, size, attempts, duplicate, probe)| Input {
            seq,
            host: host.filter(|_| !duplicate),
            status: status.filter(|_| !duplicate),
            error: error.filter(|_| !duplicate),
            latency_us,
            size,
            attempts: if duplicate { 0 } else { attempts },
            duplicate,
            probe,
        });
    vec(input, 0..max)
}

pub(super) fn fold<'a>(inputs: impl IntoIterator<Item = &'a Input>) -> Report {
    let mut report = Report::default();
    for input in inputs {
        let message = input.error.map(|(_, message)| message.to_string()).unwrap_or_default();
        report.add(&RecordSummary {
            seq: input.seq,
            url: &format!("https://ann:{}@example.com/", input.size),
            ok: input.error.is_none() && input.status.is_some_and(|status| status < 400),
            duplicate: input.duplicate,
            status_code: input.status.and_then(|status| StatusCode::from_u16(status).ok()),
            error: input.error.map(|(kind, _)| (ErrorKind::ALL[kind], &*message)),
            host: input.host.map(|host| format!("https://{host}").into()),
            encoded_size: input.size.into(),
            decoded_size: u64::from(input.size) * 2,
            latency_us: input.status.map(|_| input.latency_us),
            attempts: input.attempts,
            redirects: input.attempts,
            page: (input.size % 3 == 1).then_some(input.attempts),
            items: u64::from(input.size % 7),
            redact: Redact::default(),
            truncated: input.size % 2 == 1,
            deferred: input.size % 5 == 1,
            service_us: input.status.map(|_| input.probe.service_us),
            connect_us: input.probe.connect_us,
            wait_us: input.status.map(|_| input.latency_us / 2),
            started_us: None,
            intended_us: input.probe.intended_us,
            group: input.probe.group.map(|group| GROUPS[group as usize]),
            warm_up: input.probe.warm_up,
            pages_ended: PagesEnd::ALL.get(input.size as usize % 11).copied(),
        });
    }
    report
}

const GROUPS: [&str; 5] = ["a", "b", "c", "checkout, or pay", ""];

pub(super) fn merged(a: &Report, b: &Report) -> Report {
    let mut sum = a.clone();
    sum.merge(b);
    sum
}

fn fold_times<'a>(inputs: impl IntoIterator<Item = &'a Input>) -> Times {
    fold(inputs).times
}

/// What a reader sees of a report, which the order of arrival does not change: all but the ordinals.
pub(super) fn shown(report: &Report) -> String {
    let mut shown: serde_json::Value = serde_json::from_slice(&document(report)).unwrap();
    for key in ["hosts", "groups"] {
        for named in shown[key].as_array_mut().unwrap() {
            named.as_object_mut().unwrap().remove("ordinal").unwrap();
        }
    }
    shown.to_string()
}

pub(super) fn document(report: &Report) -> Vec<u8> {
    let mut out = Vec::new();
    json::write(&mut out, report, &RunFacts::default()).unwrap();
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn merging_is_folding(a in inputs(60), b in inputs(60)) {
        prop_assert_eq!(merged(&fold(&a), &fold(&b)), fold(a.iter().chain(&b)));
    }

    #[test]
    fn merging_is_commutative(a in inputs(60), b in inputs(60)) {
        let (a, b) = (fold(&a), fold(&b));
        let (ab, ba) = (merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(shown(&ab), shown(&ba));
        prop_assert_eq!(ab.times, ba.times);
    }

    #[test]
    fn merging_is_associative(a in inputs(40), b in inputs(40), c in inputs(40)) {
        let (a, b, c) = (fold(&a), fold(&b), fold(&c));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
    }

    #[test]
    fn sums_add_up(a in inputs(100)) {
        let report = fold(&a);
        let Report { totals, statuses, errors, times: Times { latency, .. }, hosts, .. } = &report;
        prop_assert_eq!(totals.records + totals.warm_up, a.len() as u64);
        prop_assert_eq!(totals.records, totals.ok + totals.failed + totals.duplicates);
        let answered = statuses.iter().map(|(_, times)| times).sum::<u64>();
        prop_assert_eq!(totals.records, answered + totals.no_response + totals.duplicates);
        prop_assert_eq!(answered, latency.stats.count);

        let with_error = counted(&a).filter(|input| input.error.is_some()).count() as u64;
        prop_assert_eq!(with_error, errors.iter().map(|(_, failures)| failures.count).sum::<u64>());
        prop_assert!(errors.iter().all(|(_, failures)| failures.samples.len() == MAX_SAMPLES.min(failures.count as usize)));

        let with_host = counted(&a).filter(|input| input.host.is_some()).count() as u64;
        prop_assert_eq!(with_host, hosts.ranked().iter().map(|(_, named)| named.sum.requests).sum::<u64>());
    }

    #[test]
    fn groups_and_intervals_add_up(a in inputs(100)) {
        let report = fold(&a);
        for (name, named) in report.groups.ranked() {
            let of_group = || counted(&a).filter(|input| input.probe.group.is_some_and(|group| GROUPS[group as usize] == name));
            let group = report.measured(Some(name)).unwrap();
            prop_assert_eq!(group.records, of_group().count() as u64);
            prop_assert_eq!(group.errors.iter().sum::<u64>(), of_group().filter(|input| input.error.is_some()).count() as u64);
            prop_assert_eq!(group.times.latency.stats.count, of_group().filter(|input| input.status.is_some()).count() as u64);
            prop_assert_eq!(&named.sum.times, &fold_times(of_group()));
        }
        let timed = || counted(&a).filter(|input| input.probe.intended_us.is_some());
        let answered = timed().filter(|input| input.status.is_some()).count() as u64;
        let sums = report.series.iter().fold((0, 0, 0), |(requests, answered, latencies), (_, interval)| {
            (requests + interval.requests, answered + interval.answered, latencies + interval.latency.stats.count)
        });
        prop_assert_eq!(sums, (timed().count() as u64, answered, answered));
        prop_assert!(report.series.iter().len() <= MAX_INTERVALS);
    }

    #[test]
    fn quantiles_are_in_order(a in inputs(100)) {
        let latency = &fold(&a).times.latency;
        let ladder = [latency.stats.min(), latency.at(0.5), latency.at(0.9), latency.at(0.999), latency.stats.max()];
        prop_assert!(ladder.is_sorted());
        prop_assert_eq!(ladder.iter().flatten().count(), if latency.stats.count == 0 { 0 } else { ladder.len() });
    }

    #[test]
    fn samples_are_the_first(a in inputs(100)) {
        for (kind, failures) in fold(&a).errors.iter() {
            let of_kind = counted(&a).filter(|input| input.error.is_some_and(|(index, _)| index == kind as usize));
            let mut seqs: Vec<_> = of_kind.map(|input| input.seq).collect();
            seqs.sort_unstable();
            seqs.truncate(MAX_SAMPLES);
            prop_assert_eq!(failures.samples.iter().map(|sample| sample.seq).collect::<Vec<_>>(), seqs);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn hosts_keep_their_bound(a in vec(0..5000u16, 0..3000), b in vec(0..5000u16, 0..3000)) {
        let totals = HostTotals::from(&RecordSummary::default());
        let fold = |hosts: &mut Hosts, numbers: &[u16]| {
            numbers.iter().for_each(|number| hosts.add(&format!("https://{number}"), &totals));
        };
        let [mut whole, mut sum, mut other] = [(); 3].map(|()| Hosts::default());
        fold(&mut whole, &[&a[..], &b[..]].concat());
        fold(&mut sum, &a);
        fold(&mut other, &b);
        sum.merge(&other);

        for hosts in [&whole, &sum] {
            let named = hosts.ranked();
            prop_assert!(named.len() <= MAX_HOSTS);
            let requests = named.iter().map(|(_, named)| named.sum.requests).sum::<u64>() + hosts.other.requests;
            prop_assert_eq!(requests, (a.len() + b.len()) as u64);
        }
        let names = |hosts: &Hosts| {
            let mut names: Vec<_> = hosts.ranked().iter().map(|(host, _)| host.to_string()).collect();
            names.sort_unstable();
            names
        };
        prop_assert_eq!(names(&whole), names(&sum));
    }
}

#[test]
fn five_thousand_hosts_keep_the_bound() {
    let mut report = Report::default();
    for number in 0..5000 {
        report.add(&RecordSummary { host: Some(format!("https://{number}").into()), ..RecordSummary::default() });
    }
    let twice = merged(&report, &report);
    assert_eq!(twice.hosts.ranked().len(), MAX_HOSTS);
    assert_eq!(twice.hosts.other.requests, 8000);
}
