//! A report for people: about ten lines at the end of a run.

mod bounds;
mod comparison;
mod find;
mod fold;
mod groups;
mod load;
mod notes;
mod progress;
mod rate;
mod rows;
mod until;

use std::cmp::Reverse;

pub use self::bounds::bounds;
pub use self::comparison::comparison;
pub use self::find::{doubtful_steps, find_step};
use self::fold::folded;
pub use self::progress::progress;
pub use self::until::{not_reached, precision};
#[cfg(feature = "html")]
pub(super) use self::{load::doubtful_seconds, notes::notes, until::until};
use super::errors::Errors;
use super::threshold::Judged;
pub use super::units::{bytes, duration, rate};
pub use super::vocabulary::{Advice, Neutral, Vocabulary};
use super::{Provenance, Report, Totals, units};
use crate::guard::terminal::printable;
use crate::guard::text::{grouped, shorten, shorten_start, width};

/// How many failures are shown.
const MAX_FAILURES: usize = 3;

/// How much of a failure's URL and message is shown, in columns.
const MAX_URL: usize = 36;
const MAX_SAMPLE: usize = 84;

/// How much of a host's name is shown, in columns.
const MAX_HOST: usize = 32;

/// Where values begin.
const INDENT: usize = 11;

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";

/// How a summary is shown.
#[derive(Clone, Copy)]
pub struct Style<'a> {
    /// With the escape sequences of a terminal.
    pub color: bool,
    /// The width of a line: what does not fit continues on the next one, below its value.
    pub columns: usize,
    /// How limits are called, and what is advised.
    pub vocabulary: &'a dyn Vocabulary,
    /// Further notes, which follow the summary's own.
    pub notes: &'a [String],
    /// Thresholds, which follow the figures.
    pub judged: &'a [Judged],
}

impl Default for Style<'_> {
    fn default() -> Self {
        Style { color: false, columns: usize::MAX, vocabulary: &Neutral, notes: &[], judged: &[] }
    }
}

impl std::fmt::Debug for Style<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Style").field("color", &self.color).field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// The report as lines of text, each with its line break, in neutral words.
///
/// Stalls shorter than a hundredth of the run are left out; [`json`](super::json) has them. Saved records know nothing
/// of times, rates and stalls, so the summary leaves those out.
pub fn summary<'a>(report: &Report, from: impl Into<Provenance<'a>>, color: bool) -> String {
    summary_with(Style { color, ..Style::default() }, report, from)
}

/// The same in another style.
pub fn summary_with<'a>(style: Style<'_>, report: &Report, from: impl Into<Provenance<'a>>) -> String {
    let from = from.into();
    let totals = report.totals();
    let mut summary = SummaryWriter { text: String::new(), style };
    match rows::nothing(totals, from) {
        Some(why) => summary.line(&why),
        None => summary.rows(report, from),
    }
    summary.row("fail if", &rows::judged(style.judged));
    for note in notes::notes(totals, from, style.vocabulary).iter().chain(style.notes) {
        summary.note(note);
    }
    summary.text
}

struct SummaryWriter<'a> {
    text: String,
    style: Style<'a>,
}

impl SummaryWriter<'_> {
    fn rows(&mut self, report: &Report, from: Provenance<'_>) {
        let totals = report.totals();
        self.headline(totals, from);
        self.row("pages", &rows::pages(totals, self.style.vocabulary));
        self.row("written", &rows::written(from, self.style.vocabulary));
        self.row("status", &rows::statuses(&report.statuses));
        self.errors(&report.errors);
        self.latency(report, from);
        self.groups(report, from);
        self.row("bytes", &rows::bytes(totals));
        self.row("hosts", &rows::hosts(&report.hosts));
        self.row("retries", &rows::attempts(totals, from));
        self.row("pauses", &rows::pauses(totals, from));
        self.load(report, from);
        if let Some(find) = from.load().and_then(|load| load.find.as_ref()) {
            self.find(find);
        }
        // Of a probe, the row on its load tells what it kept to.
        if let Some(run) = from.run().filter(|run| run.records > 0 && run.load.is_none()) {
            self.row("bound by", &bounds::bounds(&run.bounded_by, self.style.vocabulary));
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.style.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn line(&mut self, text: &str) {
        self.text.extend(["  ", text, "\n"]);
    }

    /// A line with a label, unless the value is empty.
    fn row(&mut self, label: &str, value: &str) {
        if !value.is_empty() {
            let label = self.paint(DIM, &format!("{label:<9}"));
            let separator = if value.contains(" · ") { " · " } else { ", " };
            let value = folded(value.split(separator), separator, INDENT, self.style.columns);
            self.line(&format!("{label}{value}"));
        }
    }

    fn note(&mut self, note: &str) {
        let (label, note) = (self.paint(DIM, "note     "), folded(note.split(' '), " ", INDENT, self.style.columns));
        let note = self.paint(BOLD, &note);
        self.line(&format!("{label}{note}"));
    }

    fn headline(&mut self, totals: &Totals, from: Provenance<'_>) {
        let mut first = self.paint(BOLD, &units::things(totals.records, "record"));
        let mut skipped = 0;
        if let Some(run) = from.run() {
            let so_far = if matches!(from, Provenance::Running(_)) { " so far" } else { "" };
            first.extend([so_far, &rows::pace(run, totals)]);
            skipped = run.skipped;
        }
        let duplicates = if totals.duplicates == 1 { "duplicate" } else { "duplicates" };
        let parts = [
            (totals.ok, "ok", GREEN),
            (totals.failed, "failed", RED),
            (totals.duplicates, duplicates, DIM),
            (skipped, "skipped", DIM),
            (totals.warm_up, "in the warm-up", DIM),
        ];
        let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
        let parts = parts.map(|(count, what, code)| self.paint(code, &format!("{} {what}", grouped(count))));
        let parts: Vec<_> = [first].into_iter().chain(parts).collect();
        let line = folded(parts.iter().map(String::as_str), "   ", 2, self.style.columns);
        self.line(&line);
    }

    /// Says what latencies cover if a job can take longer than its last attempt, and how long jobs took.
    fn latency(&mut self, report: &Report, from: Provenance<'_>) {
        if !report.times.service_time.is_empty() {
            return self.probe_latency(report, from.is_censored());
        }
        let (latency, totals) = (rows::latency(&report.times.latency, from.is_censored()), report.totals());
        let jobs = from.run().and_then(|run| run.job_ms.latency()).map(|jobs| rows::latency(jobs, false));
        if latency.is_empty() || totals.retries.max(totals.redirects) == 0 || jobs.as_ref() == Some(&latency) {
            return self.row("latency", &latency);
        }
        self.row("latency", &format!("{latency}, last attempts only"));
        if let Some(jobs) = jobs {
            self.row("job time", &format!("{jobs}, {}", rows::detours(totals)));
        }
    }

    /// What users would have waited, beside what the server took.
    fn probe_latency(&mut self, report: &Report, censored: bool) {
        let latency = rows::probe_latency(&report.times.latency, censored);
        self.row("latency", &format!("{latency} · from the intended start"));
        let service_time = rows::probe_latency(&report.times.service_time, false);
        self.row("service", &format!("{service_time} · from the send"));
    }

    fn groups(&mut self, report: &Report, from: Provenance<'_>) {
        let lines = groups::table(&report.groups, from.is_censored(), self.style.columns);
        for (place, line) in lines.iter().enumerate() {
            let line = if place == 0 { self.paint(DIM, line) } else { line.clone() };
            self.line(&line);
        }
    }

    fn errors(&mut self, errors: &Errors) {
        let mut kinds: Vec<_> = errors.iter().collect();
        kinds.sort_by_key(|(_, failures)| Reverse(failures.count));
        let counts = kinds.iter().map(|(kind, failures)| (kind, failures.count));
        self.row("errors", &rows::listed(counts, rows::MAX_LISTED));

        kinds.truncate(MAX_FAILURES);
        let widest = kinds.iter().map(|(kind, _)| kind.as_str().len()).max().unwrap_or(0);
        for (kind, failures) in kinds {
            if let Some(sample) = failures.samples.first() {
                let (url, message) = side_by_side(&sample.url, &sample.message);
                let failure = format!("{url}: {message}");
                let failure = folded(failure.split(' '), " ", 2 + 2 + widest + 2, self.style.columns);
                let line = self.paint(DIM, &format!("{:2}{:widest$}  {failure}", "", kind.as_str()));
                self.line(&line);
            }
        }
    }
}

/// A URL and its error, which share a line: each has the columns that the other leaves.
fn side_by_side(url: &str, message: &str) -> (String, String) {
    let wanted = width(&printable(message));
    let url = shorten(url, MAX_SAMPLE - wanted.min(MAX_SAMPLE - MAX_URL));
    // The end of a chain of causes is what matters.
    let message = shorten_start(message, MAX_SAMPLE - width(&url));
    (url, message)
}
