//! What the reader of a summary may want to act on.

use super::{MAX_URL, rate, units};
use crate::guard::text::{grouped, shorten};
use crate::report::vocabulary::{Advice, Vocabulary};
use crate::report::{FindFacts, Provenance, RunFacts, SelectionFacts, Totals};

/// How much of the failure of a filter is shown, in columns.
const MAX_FAILURE: usize = 84;

pub(in crate::report) fn notes(totals: &Totals, from: Provenance<'_>, words: &dyn Vocabulary) -> Vec<String> {
    let find = from.load().and_then(|load| load.find.as_ref());
    let mut notes = match from {
        Provenance::Run(run) => {
            run_notes(run, words).into_iter().chain(warm_up_note(totals)).chain(end_notes(run, words)).collect()
        }
        Provenance::Running(run) => run_notes(run, words),
        Provenance::Saved { wrong_lines, .. } => {
            warm_up_note(totals).into_iter().chain(wrong_note(wrong_lines)).collect()
        }
    };
    notes.extend(find.and_then(FindFacts::contradiction));
    notes
}

/// Of a probe whose warm-up took all requests.
fn warm_up_note(totals: &Totals) -> Option<String> {
    let requests = match totals {
        Totals { records: 0, warm_up: 1, .. } => "the only request was".to_owned(),
        Totals { records: 0, warm_up: 2, .. } => "both requests were".to_owned(),
        Totals { records: 0, warm_up: n @ 3.., .. } => format!("all {} requests were", grouped(*n)),
        _ => return None,
    };
    Some(format!("{requests} in the warm-up, so nothing is measured"))
}

fn wrong_note(wrong_lines: u64) -> Option<String> {
    match wrong_lines {
        0 => None,
        1 => Some("1 line is not a record and was skipped".to_owned()),
        n => Some(format!("{} lines are not records and were skipped", grouped(n))),
    }
}

fn run_notes(run: &RunFacts, words: &dyn Vocabulary) -> Vec<String> {
    let mut notes = Vec::new();
    let noticeable = |stall: f64| stall > 0.0 && stall >= run.wall_s / 100.0;
    if noticeable(run.window_stall_s) {
        notes.push(format!(
            "reading the list stalled for {}: {} filled the window of {}; shuffle the list or {}",
            units::seconds(run.window_stall_s),
            run.stalled_on.as_deref().map_or("one host".to_owned(), |host| shorten(host, MAX_URL)),
            units::things(run.window as u64, "job"),
            words.advice(stall_advice(run)),
        ));
    }
    if noticeable(run.memory_stall_s) {
        let (stall, advice) = (units::seconds(run.memory_stall_s), words.advice(Advice::Memory));
        notes.push(format!("requests waited {stall} for memory: {advice}"));
    }
    if noticeable(run.sink_stall_s) {
        let stall = units::seconds(run.sink_stall_s);
        notes.push(format!("requests waited {stall} for the output, which is slower than the network"));
    }
    if noticeable(run.order_stall_s) {
        notes.push(order_note(run, words));
    }
    if run.load.is_none() {
        notes.extend(rate::note(run, words));
    }
    notes
}

/// What is only known at the end.
fn end_notes(run: &RunFacts, words: &dyn Vocabulary) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(SelectionFacts { failed: failed @ 1.., failure, .. }) = &run.selection {
        let (filter, records) = (words.limit("where"), units::things(*failed, "record"));
        let (verb, why) = (if *failed == 1 { "was" } else { "were" }, failure.as_deref().unwrap_or_default());
        notes.push(format!("{filter} failed on {records}, which {verb} written: {}", shorten(why, MAX_FAILURE)));
    }
    if !run.interrupted && run.records > 0 {
        let unused = run.unused_rules.iter();
        notes.extend(unused.map(|hosts| format!("no host matched {}", words.host_rule(&shorten(hosts, MAX_URL)))));
    }
    if run.interrupted && run.load.is_some() {
        notes.push(match run.skipped {
            0 => "stopped early: the figures cover the time until then".to_owned(),
            n => format!(
                "stopped early: the figures cover the time until then, and {} not sent",
                units::were(n, "request")
            ),
        });
    } else if run.interrupted {
        notes.push(match run.admitted.saturating_sub(run.settled) {
            0 => "stopped early: the lines read so far are done, the rest of the list is not".to_owned(),
            _ if run.resumed.is_some() => "stopped early: run the same command to continue".to_owned(),
            1 => "stopped early: of the lines read so far, 1 was not started".to_owned(),
            n => format!("stopped early: of the lines read so far, {} were not started", grouped(n)),
        });
    }
    notes
}

/// What else helps against a host that fills the window: it depends on what held that host back.
fn stall_advice(run: &RunFacts) -> Advice {
    let of_host = run.bounded_by.iter().find(|bound| bound.host.is_some() && bound.host == run.stalled_on);
    match of_host.map_or("", |bound| &*bound.by) {
        "host_concurrency" => Advice::HostConcurrency,
        "host_rate" => Advice::HostRate,
        "pause" => Advice::MaxWait,
        "circuit" => Advice::RetryTime,
        _ => Advice::Window,
    }
}

fn order_note(run: &RunFacts, words: &dyn Vocabulary) -> String {
    let late = run.late.as_ref().map_or(String::new(), |late| {
        format!(": the record of input {} ({}) was late", late.seq, shorten(&late.host, MAX_URL))
    });
    let (order, stall) = (words.limit("order"), units::seconds(run.order_stall_s));
    format!("{order} held back requests for {stall}{late}; {}", words.advice(Advice::OrderWindow))
}
