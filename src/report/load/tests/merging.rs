//! Facts merge in any order, whatever the widths of their series.

use std::time::{Duration, SystemTime};

use proptest::collection::vec;
use proptest::prelude::*;

use super::{BEGIN, ms};
use crate::model::{Blocked, MissedBy, RecordSummary};
use crate::report::load::{LoadFacts, LoadRecorder, Model, Precisions};
use crate::report::{MAX_INTERVALS, Report, RunFacts, json};

/// A run of any length that begins at some second.
pub(super) fn runs() -> impl Strategy<Value = LoadFacts> {
    let starts = vec((0..20_000_000u64, 0..5_000u64, prop::option::of(0..MissedBy::ALL.len())), 0..20);
    (0..50_000u64, 1..4usize, any::<bool>(), starts).prop_map(|(begin, cores, closed, starts)| {
        let started_at = SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN + begin);
        let model = if closed { Model::Closed } else { Model::Poisson };
        let mut recorder = LoadRecorder::new(started_at, ms(700), cores).with_model(model);
        let mut starts = starts;
        starts.sort_unstable();
        let mut used = 0;
        for (at, lag, missed) in starts {
            match missed {
                Some(by) => recorder.miss(ms(at), MissedBy::ALL[by]),
                None => {
                    recorder.start(ms(at));
                    recorder.sent(ms(at), Duration::from_micros(lag));
                }
            }
            used += lag;
            recorder.in_flight(ms(at), lag as usize);
            recorder.blocked(ms(at), if closed { Blocked::Output } else { Blocked::Memory });
            recorder.cpu(ms(at), ms(used));
        }
        recorder.facts(ms(20_000_000))
    })
}

fn merged<'f>(all: impl IntoIterator<Item = &'f LoadFacts>) -> LoadFacts {
    let mut sum = LoadFacts::default();
    all.into_iter().for_each(|facts| sum.merge(facts));
    sum
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_merging_does_not_matter(runs in vec(runs(), 0..5), split in 0..5usize) {
        let whole = merged(&runs);
        prop_assert_eq!(&merged(runs.iter().rev()), &whole);
        let (first, rest) = runs.split_at(split.min(runs.len()));
        prop_assert_eq!(&merged([&merged(first), &merged(rest)]), &whole);
        prop_assert!(whole.series.iter().count() <= MAX_INTERVALS);
        prop_assert_eq!(whole.asked, whole.started + whole.missed.total());
        prop_assert_eq!(whole.series.iter().map(|(_, second)| second.asked).sum::<u64>(), whole.asked);
        let seconds = whole.series.iter().map(|(_, second)| second.lag.stats.count);
        prop_assert_eq!(seconds.sum::<u64>(), whole.lag.stats.count);
    }

    #[test]
    fn nothing_adds_nothing(run in runs()) {
        prop_assert_eq!(&merged([&run, &LoadFacts::default()]), &run);
    }
}

#[test]
fn different_models_are_mixed() {
    let of = |model| LoadFacts { model, runs: 1, ..LoadFacts::default() };
    let model = |a, b| merged([&of(a), &of(b)]).model;
    assert_eq!(model(Model::Replay, Model::Replay), Model::Replay);
    assert_eq!(model(Model::Constant, Model::Poisson), Model::Mixed);
}

#[test]
fn what_one_run_found_out_is_kept_but_not_added_up() {
    let mut run = LoadFacts { runs: 1, ..LoadFacts::default() };
    let mut precisions = Precisions::new(&["p50±5%".parse().unwrap()]);
    (0..4_000).for_each(|ordinal| {
        precisions.end(ordinal, Some(&RecordSummary { latency_us: Some(41_000), ..RecordSummary::default() }));
    });
    run.until = precisions.facts();
    assert!(run.until[0].reached && merged([&LoadFacts::default(), &run]) == run);
    assert!(merged([&run, &run]).until.is_empty());
    let stored: LoadFacts = serde_json::from_str(&serde_json::to_string(&run).unwrap()).unwrap();
    assert_eq!(stored, run);
    let facts = RunFacts { load: Some(run.clone()), ..RunFacts::default() };
    let mut document = Vec::new();
    json::write(&mut document, &Report::default(), &facts).unwrap();
    let read = json::read_whole(&*document).unwrap().run.unwrap().load.unwrap();
    assert_eq!(read.until, run.until);
}
