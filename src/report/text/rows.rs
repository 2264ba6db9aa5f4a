//! The values of a summary's rows.

use std::cmp::Reverse;
use std::fmt::{Display, Write};

use super::{MAX_HOST, Vocabulary, units};
use crate::guard::terminal::printable;
use crate::guard::text::{grouped, shorten};
use crate::model::{PagesEnd, PagesEnded, PauseOutcomes};
use crate::report::hosts::Hosts;
use crate::report::latency::Latency;
use crate::report::statuses::Statuses;
use crate::report::threshold::Judged;
use crate::report::{Provenance, RunFacts, SelectionFacts, Totals};

/// How many statuses or kinds of failure a row lists.
pub(super) const MAX_LISTED: usize = 6;

/// How many hosts a row lists.
const MAX_LISTED_HOSTS: usize = 3;

/// The line that stands in place of rows without records, unless the run has something else to tell.
pub(super) fn nothing(totals: &Totals, from: Provenance<'_>) -> Option<String> {
    let has_records = totals.records > 0 || totals.items > 0 || totals.warm_up > 0;
    if has_records || from.load().is_some_and(|load| load.asked > 0) {
        return None;
    }
    match from {
        Provenance::Run(run) if run.admitted > 0 || run.interrupted => None,
        Provenance::Run(RunFacts { load: Some(_), .. }) => {
            Some("nothing to send: no request was due in that time".to_owned())
        }
        Provenance::Running(_) => None,
        Provenance::Run(RunFacts { skipped: 0, .. }) => Some("nothing to fetch: the list has no URLs".to_owned()),
        Provenance::Run(run) => Some(format!("nothing left to fetch: {} skipped", units::things(run.skipped, "input"))),
        Provenance::Saved { .. } => Some("nothing to report: no records found".to_owned()),
    }
}

/// How many of the records are new, and how fast they came. A probe has a row for its rate, and the time does not
/// include that of its warm-up.
pub(super) fn pace(run: &RunFacts, totals: &Totals) -> String {
    if let Some(load) = &run.load {
        let measured_s = load.elapsed().filter(|_| totals.warm_up > 0).map(|duration| duration.as_secs_f64());
        return format!(" in {}", units::seconds(measured_s.unwrap_or(run.wall_s)));
    }
    let (wall, rate) = (units::seconds(run.wall_s), units::rate(run.rate));
    match (run.resumed, run.records) {
        (None | Some(0), _) => format!(" in {wall} ({rate})"),
        (_, 0) => ", all from earlier runs".to_owned(),
        (_, new) => format!(", {} new in {wall} ({rate})", grouped(new)),
    }
}

/// How many records are in the output, if a filter has left some out.
pub(super) fn written(from: Provenance<'_>, words: &dyn Vocabulary) -> String {
    match from {
        Provenance::Run(RunFacts {
            selection: Some(SelectionFacts { written, left_out: left_out @ 1.., .. }), ..
        }) => {
            let all = units::things(written + left_out, "record");
            format!("{} of {all} ({})", grouped(*written), words.limit("where"))
        }
        _ => String::new(),
    }
}

pub(super) fn pages(totals: &Totals, words: &dyn Vocabulary) -> String {
    let items = (totals.items > 0).then(|| units::things(totals.items, "item"));
    let pages = (totals.pages > 0).then(|| grouped(totals.pages));
    [pages, items, early_ends(&totals.pages_ended, words)].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// How many lists ended before their last page, and why.
fn early_ends(ended: &PagesEnded, words: &dyn Vocabulary) -> Option<String> {
    let by_limit = format!("by {}", words.limit("max_pages"));
    let cause = |cause| match cause {
        PagesEnd::MaxPages => by_limit.as_str(),
        PagesEnd::Loop => "in a loop",
        PagesEnd::Blocked => "blocked",
        PagesEnd::Failed => "failed",
        PagesEnd::NoNext => "without a readable next page",
        PagesEnd::Stopped => "stopped",
    };
    let counts = PagesEnd::ALL.map(|end| (ended.by(end), cause(end))).into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<_> = counts.map(|(count, cause)| format!("{} {cause}", grouped(count))).collect();
    (!counts.is_empty()).then(|| format!("{} ended early: {}", units::things(ended.total(), "list"), counts.join(", ")))
}

pub(super) fn statuses(statuses: &Statuses) -> String {
    let mut statuses: Vec<_> = statuses.iter().collect();
    statuses.sort_by_key(|&(_, count)| Reverse(count));
    listed(statuses.into_iter(), MAX_LISTED)
}

/// Percentiles; if requests are missing that would have taken longer, they are `censored`.
pub(super) fn latency(latency: &Latency, censored: bool) -> String {
    percentiles(latency, &[("p50", 0.5), ("p90", 0.9), ("p99", 0.99)], censored)
}

/// The percentiles of a probe.
pub(super) fn probe_latency(latency: &Latency, censored: bool) -> String {
    percentiles(latency, &[("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)], censored)
}

fn percentiles(latency: &Latency, named: &[(&str, f64)], censored: bool) -> String {
    let named = named.iter().map(|&(name, quantile)| (name, latency.at(quantile)));
    named
        .chain([("max", latency.stats.max())])
        .filter_map(|(name, us)| Some(format!("{name} {}", at_least(us?, censored))))
        .collect::<Vec<_>>()
        .join(" · ")
}

/// A time, or what it is at least.
pub(super) fn at_least(us: u64, censored: bool) -> String {
    let sign = if censored { "≥ " } else { "" };
    format!("{sign}{}", units::duration(us))
}

/// What makes jobs take longer than their last attempts.
pub(super) fn detours(totals: &Totals) -> &'static str {
    match totals {
        Totals { redirects: 0, .. } => "with retries",
        Totals { retries: 0, .. } => "with redirects",
        _ => "with retries and redirects",
    }
}

pub(super) fn bytes(totals: &Totals) -> String {
    if totals.no_response.saturating_add(totals.duplicates) == totals.records {
        return String::new();
    }
    let mut line = units::bytes(totals.encoded_bytes) + " received";
    if totals.decoded_bytes != totals.encoded_bytes {
        let _ = write!(line, ", {} decoded", units::bytes(totals.decoded_bytes));
    }
    match totals.truncated {
        0 => {}
        1 => line += ", 1 body cut short",
        n => line.extend([", ", &grouped(n), " bodies cut short"]),
    }
    line
}

pub(super) fn hosts(hosts: &Hosts) -> String {
    let name = |host: &str| shorten(host.strip_prefix("https://").unwrap_or(host), MAX_HOST);
    let mut line =
        listed(hosts.ranked().into_iter().map(|(host, named)| (name(host), named.sum.requests)), MAX_LISTED_HOSTS);
    if hosts.other.requests > 0 {
        let _ = write!(line, " · {} from other hosts", units::things(hosts.other.requests, "record"));
    }
    line
}

pub(super) fn attempts(totals: &Totals, from: Provenance<'_>) -> String {
    let mut line = format!("{} · redirects {}", grouped(totals.retries), grouped(totals.redirects));
    if let Some(run) = from.run().filter(|run| run.retries_withheld > 0) {
        let _ = write!(line, " · {} withheld", grouped(run.retries_withheld));
    }
    // A probe has a row for that.
    if let Some(run) = from.run().filter(|run| run.load.is_none()) {
        let _ = write!(line, " · peak in flight {}", grouped(run.peak_in_flight as u64));
    }
    line
}

/// The pauses that servers asked for, by outcome, and the inputs deferred because of one.
pub(super) fn pauses(totals: &Totals, from: Provenance<'_>) -> String {
    let pauses = from.run().map_or(PauseOutcomes::default(), |run| run.pauses);
    let counts = [
        ("heeded", pauses.honoured),
        ("ignored", pauses.ignored),
        ("past", pauses.past),
        ("too long", pauses.too_long),
        ("not understood", pauses.unreadable),
        ("deferred", totals.deferred),
    ];
    let counts: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
    listed(counts.into_iter(), MAX_LISTED)
}

/// Each threshold, and whether it is crossed.
pub(super) fn judged(thresholds: &[Judged]) -> String {
    let answers =
        thresholds.iter().map(|judged| format!("{}: {}", printable(&judged.threshold().to_string()), judged.answer()));
    answers.collect::<Vec<_>>().join(" · ")
}

/// The first `most` of some counted items, and the number of others.
pub(super) fn listed(mut items: impl ExactSizeIterator<Item = (impl Display, u64)>, most: usize) -> String {
    let mut line = String::new();
    for (item, count) in items.by_ref().take(most) {
        let separator = if line.is_empty() { "" } else { " · " };
        let _ = write!(line, "{separator}{item} {}", grouped(count));
    }
    if items.len() > 0 {
        let _ = write!(line, " · {} more", grouped(items.len() as u64));
    }
    line
}
