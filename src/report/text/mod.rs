//! A report for people: about ten lines at the end of a run.

mod bounds;
mod fold;

use std::cmp::Reverse;
use std::fmt::{Display, Write};

use self::bounds::bounds;
use self::fold::folded;
use super::errors::{Errors, cut};
use super::hosts::Hosts;
use super::latency::Latency;
use super::statuses::Statuses;
use super::{Provenance, Report, RunFacts, Totals, units};
use crate::guard::terminal::printable;
use crate::model::PauseOutcomes;

/// How many statuses or kinds of failure a line lists.
const MAX_LISTED: usize = 6;

/// How many hosts a line lists.
const MAX_LISTED_HOSTS: usize = 3;

/// How many failures are shown.
const MAX_FAILURES: usize = 3;

/// How much of a failure's URL and message is shown, in characters.
const MAX_URL: usize = 36;
const MAX_SAMPLE: usize = 84;

/// How much of a host's name is shown, in characters.
const MAX_HOST: usize = 32;

/// Where values begin.
const INDENT: usize = 11;

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";

/// The report as lines of text, each with its line break.
///
/// Stalls shorter than a hundredth of the run are left out; [`json`](super::json) has them. Without a run there is no
/// time, no rate and no stall to tell of.
pub fn summary<'a>(report: &Report, from: impl Into<Provenance<'a>>, color: bool) -> String {
    summary_within(usize::MAX, report, from, color)
}

/// The same for a terminal of so many columns: what does not fit goes on in the next line, below its value.
pub fn summary_within<'a>(columns: usize, report: &Report, from: impl Into<Provenance<'a>>, color: bool) -> String {
    let from = from.into();
    let totals = report.totals();
    let mut page = Page { text: String::new(), columns, color };
    match nothing(from).filter(|_| totals.records == 0 && totals.items == 0) {
        Some(why) => page.line(&why),
        None => page.body(report, from),
    }
    for note in notes(from) {
        page.note(&note);
    }
    page.text
}

struct Page {
    text: String,
    columns: usize,
    color: bool,
}

impl Page {
    fn body(&mut self, report: &Report, from: Provenance<'_>) {
        let totals = report.totals();
        self.headline(totals, from);
        self.row("pages", &pages(totals));
        self.row("status", &statuses(&report.statuses));
        self.errors(&report.errors);
        self.row("latency", &latency(&report.latency));
        self.row("bytes", &bytes(totals));
        self.row("hosts", &hosts(&report.hosts));
        self.row("retries", &attempts(totals, from));
        self.row("pauses", &pauses(totals, from));
        if let Provenance::Run(run) = from
            && run.records > 0
        {
            self.row("bound by", &bounds(run));
        }
    }

    fn paint(&self, style: &str, text: &str) -> String {
        if self.color { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn line(&mut self, text: &str) {
        self.text.extend(["  ", text, "\n"]);
    }

    /// A line with a label, if there is anything to say.
    fn row(&mut self, label: &str, value: &str) {
        if !value.is_empty() {
            let label = self.paint(DIM, &format!("{label:<9}"));
            let separator = if value.contains(" · ") { " · " } else { ", " };
            let value = folded(value.split(separator), separator, INDENT, self.columns);
            self.line(&format!("{label}{value}"));
        }
    }

    fn note(&mut self, note: &str) {
        let (label, note) = (self.paint(DIM, "note     "), folded(note.split(' '), " ", INDENT, self.columns));
        let note = self.paint(BOLD, &note);
        self.line(&format!("{label}{note}"));
    }

    fn headline(&mut self, totals: &Totals, from: Provenance<'_>) {
        let mut first = self.paint(BOLD, &units::things(totals.records, "record"));
        let mut skipped = 0;
        if let Provenance::Run(run) = from {
            first += &pace(run);
            skipped = run.skipped;
        }
        let duplicates = if totals.duplicates == 1 { "duplicate" } else { "duplicates" };
        let parts = [
            (totals.ok, "ok", GREEN),
            (totals.failed, "failed", RED),
            (totals.duplicates, duplicates, DIM),
            (skipped, "skipped", DIM),
        ];
        let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
        let parts = parts.map(|(count, what, style)| self.paint(style, &format!("{} {what}", units::count(count))));
        let parts: Vec<_> = [first].into_iter().chain(parts).collect();
        let line = folded(parts.iter().map(String::as_str), "   ", 2, self.columns);
        self.line(&line);
    }

    fn errors(&mut self, errors: &Errors) {
        let mut kinds: Vec<_> = errors.iter().collect();
        kinds.sort_by_key(|(_, group)| Reverse(group.count));
        self.row("errors", &listed(kinds.iter().map(|(kind, group)| (kind, group.count)), MAX_LISTED));

        kinds.truncate(MAX_FAILURES);
        let width = kinds.iter().map(|(kind, _)| kind.as_str().len()).max().unwrap_or(0);
        for (kind, group) in kinds {
            if let Some(sample) = group.samples.first() {
                let (url, message) = side_by_side(&sample.url, &sample.message);
                let said = format!("{url}: {message}");
                let said = folded(said.split(' '), " ", 2 + 2 + width + 2, self.columns);
                let line = self.paint(DIM, &format!("{:2}{:width$}  {said}", "", kind.as_str()));
                self.line(&line);
            }
        }
    }
}

/// What to say where there are no records, unless something else came of it.
fn nothing(from: Provenance<'_>) -> Option<String> {
    match from {
        Provenance::Run(run) if run.admitted > 0 || run.interrupted => None,
        Provenance::Run(RunFacts { skipped: 0, .. }) => Some("nothing to fetch: the list has no URLs".to_owned()),
        Provenance::Run(run) => Some(format!("nothing left to fetch: {} skipped", units::things(run.skipped, "input"))),
        Provenance::Saved { .. } => Some("nothing to report: no records found".to_owned()),
    }
}

/// How many of the records are new, and how quickly they came.
fn pace(run: &RunFacts) -> String {
    let (wall, rate) = (units::seconds(run.wall_s), units::rate(run.rate));
    match (run.resumed, run.records) {
        (None | Some(0), _) => format!(" in {wall} ({rate})"),
        (_, 0) => ", all from earlier runs".to_owned(),
        (_, new) => format!(", {} new in {wall} ({rate})", units::count(new)),
    }
}

fn pages(totals: &Totals) -> String {
    let items = (totals.items > 0).then(|| units::things(totals.items, "item"));
    let pages = (totals.pages > 0).then(|| units::count(totals.pages));
    [pages, items].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn statuses(statuses: &Statuses) -> String {
    let mut statuses: Vec<_> = statuses.iter().collect();
    statuses.sort_by_key(|&(_, count)| Reverse(count));
    listed(statuses.into_iter(), MAX_LISTED)
}

fn latency(latency: &Latency) -> String {
    [("p50", latency.at(0.5)), ("p90", latency.at(0.9)), ("p99", latency.at(0.99)), ("max", latency.stats.max())]
        .into_iter()
        .filter_map(|(name, us)| Some(format!("{name} {}", units::duration(us?))))
        .collect::<Vec<_>>()
        .join(" · ")
}

fn bytes(totals: &Totals) -> String {
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
        n => line.extend([", ", &units::count(n), " bodies cut short"]),
    }
    line
}

fn hosts(hosts: &Hosts) -> String {
    let name = |host: &str| shorten(host.strip_prefix("https://").unwrap_or(host), MAX_HOST);
    let mut line =
        listed(hosts.ranked().into_iter().map(|(host, named)| (name(host), named.totals.requests)), MAX_LISTED_HOSTS);
    if hosts.other.requests > 0 {
        let _ = write!(line, " · {} from other hosts", units::things(hosts.other.requests, "record"));
    }
    line
}

fn attempts(totals: &Totals, from: Provenance<'_>) -> String {
    let mut line = format!("{} · redirects {}", units::count(totals.retries), units::count(totals.redirects));
    if let Provenance::Run(run) = from {
        if run.retries_withheld > 0 {
            let _ = write!(line, " · {} withheld", units::count(run.retries_withheld));
        }
        let _ = write!(line, " · peak in flight {}", units::count(run.peak_in_flight as u64));
    }
    line
}

/// The pauses that servers asked for, by what came of them, and the inputs that were put off for one.
fn pauses(totals: &Totals, from: Provenance<'_>) -> String {
    let asked = if let Provenance::Run(run) = from { run.pauses } else { PauseOutcomes::default() };
    let counts = [
        ("heeded", asked.honoured),
        ("past", asked.past),
        ("too long", asked.too_long),
        ("not understood", asked.unreadable),
        ("deferred", totals.deferred),
    ];
    let counts: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
    listed(counts.into_iter(), MAX_LISTED)
}

/// What the reader may want to act on.
fn notes(from: Provenance<'_>) -> Vec<String> {
    match from {
        Provenance::Run(run) => run_notes(run),
        Provenance::Saved { wrong_lines: 0 } => Vec::new(),
        Provenance::Saved { wrong_lines: 1 } => vec!["1 line is not a record and was skipped".to_owned()],
        Provenance::Saved { wrong_lines: n } => {
            vec![format!("{} lines are not records and were skipped", units::count(n))]
        }
    }
}

fn run_notes(run: &RunFacts) -> Vec<String> {
    let mut notes = Vec::new();
    let noticeable = |stall: f64| stall > 0.0 && stall >= run.wall_s / 100.0;
    if noticeable(run.window_stall_s) {
        notes.push(format!(
            "reading the list stalled for {}: {} filled the window of {}; shuffle the list or {}",
            units::seconds(run.window_stall_s),
            run.stalled_on.as_deref().map_or("one host".to_owned(), |host| shorten(host, MAX_URL)),
            units::things(run.window as u64, "job"),
            way_out(run),
        ));
    }
    if noticeable(run.memory_stall_s) {
        let stall = units::seconds(run.memory_stall_s);
        notes.push(format!("requests waited {stall} for memory: raise --max-memory"));
    }
    if noticeable(run.sink_stall_s) {
        let stall = units::seconds(run.sink_stall_s);
        notes.push(format!("requests waited {stall} for the output, which is slower than the network"));
    }
    if noticeable(run.order_stall_s) {
        let stall = units::seconds(run.order_stall_s);
        let late = run.late.as_ref();
        let late =
            late.map(|late| format!(": the record of input {} ({}) was late", late.seq, shorten(&late.host, MAX_URL)));
        notes.push(format!(
            "--ordered held back requests for {stall}{}; raise --order-window",
            late.unwrap_or_default()
        ));
    }
    if !run.interrupted && run.records > 0 {
        let unused = run.unused_rules.iter();
        notes.extend(unused.map(|hosts| format!("no host matched --host-rule '{}: ...'", shorten(hosts, MAX_URL))));
    }
    if run.interrupted {
        notes.push(match run.admitted.saturating_sub(run.settled) {
            0 => "stopped early: the lines read so far are done, the rest of the list is not".to_owned(),
            _ if run.resumed.is_some() => "stopped early: run the same command to continue".to_owned(),
            n => format!("stopped early: of the lines read so far, {} not started", were(n)),
        });
    }
    notes
}

/// What else helps against a host that fills the window: it depends on what held that host back.
fn way_out(run: &RunFacts) -> &'static str {
    let of_host = run.bounded_by.iter().find(|bound| bound.host.is_some() && bound.host == run.stalled_on);
    match of_host.map_or("", |bound| bound.by) {
        "host_concurrency" => "raise --host-concurrency",
        "host_rate" => "raise that host's rate",
        "pause" => "lower --max-wait",
        "circuit" => "lower --retry-max-time",
        _ => "raise --window",
    }
}

fn were(count: u64) -> String {
    if count == 1 { "1 was".to_owned() } else { format!("{} were", units::count(count)) }
}

/// The first `most` of some counted things, and how many more there are.
fn listed(mut items: impl ExactSizeIterator<Item = (impl Display, u64)>, most: usize) -> String {
    let mut line = String::new();
    for (item, count) in items.by_ref().take(most) {
        let separator = if line.is_empty() { "" } else { " · " };
        let _ = write!(line, "{separator}{item} {}", units::count(count));
    }
    if items.len() > 0 {
        let _ = write!(line, " · {} more", units::count(items.len() as u64));
    }
    line
}

/// At most `chars` printable characters of `text`, with a sign where there were more.
pub fn shorten(text: &str, chars: usize) -> String {
    let text = printable(text);
    let short = cut(&text, chars);
    if short.len() == text.len() { text.into_owned() } else { format!("{}…", cut(short, chars - 1)) }
}

/// A URL and what went wrong with it, within a line: the message has what the URL leaves, and the other way round.
fn side_by_side(url: &str, message: &str) -> (String, String) {
    let wanted = printable(message).chars().count();
    let url = shorten(url, MAX_SAMPLE - wanted.min(MAX_SAMPLE - MAX_URL));
    let message = last_words(message, MAX_SAMPLE - url.chars().count());
    (url, message)
}

/// At most `chars` printable characters of a cause chain: its end, where the cause is.
fn last_words(chain: &str, chars: usize) -> String {
    let text = printable(chain);
    match text.char_indices().rev().nth(chars - 1) {
        Some((at, _)) if at > 0 => format!("…{}", text[at..].trim_start_matches(|c| c != ' ')),
        _ => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_shortened_to_its_limit() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüß", 3), "äö…");
        assert_eq!(shorten("\r\r", 3), "\\r…");
    }
}
