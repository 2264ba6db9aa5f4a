//! The lines of the screen that probes and lists share.

use std::cmp::Reverse;
use std::time::Duration;

use haul::guard::text::{grouped, shorten, width};
use haul::report::text::duration;
use haul::report::{LATELY_S, NamedFigures, Quantiles, Snapshot};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::look::Look;

/// Where values begin.
pub(super) const INDENT: usize = 11;

/// How many kinds of error have a sample.
const MAX_SAMPLES: usize = 2;

/// The widest name of a group or host, in columns.
const MAX_NAME: usize = 40;

/// The width of a column of figures.
const FIGURE: usize = 11;

/// A label, and what follows it.
pub(super) fn row(look: Look, label: &str, value: impl IntoIterator<Item = Span<'static>>) -> Line<'static> {
    let label = Span::styled(format!(" {label:<width$}", width = INDENT - 1), look.dim());
    [label].into_iter().chain(value).collect()
}

/// Parts of a row, with what separates them.
pub(super) fn joined(look: Look, parts: impl IntoIterator<Item = Span<'static>>) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for part in parts.into_iter().filter(|part| !part.content.is_empty()) {
        if !spans.is_empty() {
            spans.push(Span::styled(" · ", look.dim()));
        }
        spans.push(part);
    }
    spans
}

/// Parts of a text with ` · ` between them, each on a line of its own if they do not fit on one.
pub(super) fn folded(look: Look, label: &str, text: &str, columns: usize) -> Vec<Line<'static>> {
    let fits = INDENT + width(text) <= columns;
    let parts: Vec<_> = if fits { vec![text] } else { text.split(" · ").collect() };
    let label = |place| if place == 0 { label } else { "" };
    let lines = parts.iter().enumerate().filter(|(_, part)| !part.is_empty());
    lines.map(|(place, part)| row(look, label(place), [Span::raw((*part).to_owned())])).collect()
}

/// A line as wide as the screen with a text at either end, and below it how much is done.
pub(super) fn header(
    look: Look,
    left: Line<'static>,
    right: &str,
    share: Option<f64>,
    columns: usize,
) -> Vec<Line<'static>> {
    let mut title = left;
    let padding = columns.saturating_sub(title.width() + width(right) + 1);
    title.spans.push(Span::raw(" ".repeat(padding)));
    title.spans.push(Span::raw(right.to_owned()));
    let done = (share.unwrap_or(0.0) * columns as f64) as usize;
    let done = done.min(columns);
    let bar = [Span::styled("━".repeat(done), look.good()), Span::styled("─".repeat(columns - done), look.dim())];
    vec![title, bar.into_iter().collect()]
}

/// Percentiles lately and over all; lower bounds if they are `censored`.
pub(super) fn latency(look: Look, snapshot: &Snapshot, elapsed: Duration, censored: bool) -> Vec<Line<'static>> {
    let heads = ["p50", "p90", "p99", "max"].map(|head| format!("{head:>FIGURE$}")).concat();
    let silent = elapsed.as_secs().saturating_sub(snapshot.elapsed.as_secs());
    let is_over = silent >= LATELY_S;
    let lately = snapshot.lately.latency.filter(|_| !is_over);
    vec![
        row(look, "latency", [Span::styled(heads, look.dim())]),
        row(look, &format!("last {LATELY_S} s"), [Span::raw(quantiles(lately, censored))]),
        row(look, "all", [Span::raw(quantiles(snapshot.latency, censored))]),
    ]
}

fn quantiles(latency: Option<Quantiles>, censored: bool) -> String {
    let Some(Quantiles { p50, p90, p99, max, .. }) = latency else { return format!("{:>FIGURE$}", "-").repeat(4) };
    [p50, p90, p99, max].map(|time| format!("{:>FIGURE$}", at_least(time, censored))).concat()
}

/// A time, or what it is at least.
fn at_least(time: Duration, censored: bool) -> String {
    let sign = if censored { "≥ " } else { "" };
    format!("{sign}{}", duration(time.as_micros() as u64))
}

/// The statuses that came, the most frequent first.
pub(super) fn statuses(look: Look, snapshot: &Snapshot) -> Vec<Line<'static>> {
    let mut statuses = snapshot.statuses.clone();
    statuses.sort_by_key(|(_, count)| Reverse(*count));
    let style = |status| match status {
        0..=399 => look.good(),
        400..=499 => look.warning(),
        _ => look.bad(),
    };
    let parts =
        statuses.iter().map(|(status, count)| Span::styled(format!("{status} {}", grouped(*count)), style(*status)));
    if statuses.is_empty() { Vec::new() } else { vec![row(look, "status", joined(look, parts))] }
}

/// The kinds of error, the most frequent first, and a sample of some.
pub(super) fn errors(look: Look, snapshot: &Snapshot, columns: usize) -> Vec<Line<'static>> {
    let mut errors = snapshot.errors.clone();
    errors.sort_by_key(|(_, count)| Reverse(*count));
    let parts = errors.iter().map(|(kind, count)| Span::styled(format!("{kind} {}", grouped(*count)), look.bad()));
    if errors.is_empty() {
        return Vec::new();
    }
    let sample = |(kind, _): &(_, u64)| {
        let (kind, url, message) = snapshot.samples.iter().find(|(sampled, ..)| sampled == kind)?;
        let room = columns.saturating_sub(INDENT + kind.as_str().len() + 4);
        let url = shorten(url, (room / 2).max(room.saturating_sub(width(message))));
        let message = shorten(message, room.saturating_sub(width(&url)));
        Some(row(look, "", [Span::styled(format!("{kind}  {url}: {message}"), look.dim())]))
    };
    let samples = errors.iter().take(MAX_SAMPLES).filter_map(sample);
    [row(look, "errors", joined(look, parts))].into_iter().chain(samples).collect()
}

/// A table of groups or hosts, which has at most so many rows.
pub(super) fn table(
    look: Look,
    label: &str,
    named: &[NamedFigures],
    more: usize,
    columns: usize,
) -> Vec<Line<'static>> {
    if named.is_empty() {
        return Vec::new();
    }
    let has_times = named.iter().any(|of| of.latency.is_some());
    let heads: &[&str] = if has_times { &["requests", "failed", "p50", "p99", "max"] } else { &["requests", "failed"] };
    let fitting = (columns.saturating_sub(INDENT + 12) / FIGURE).clamp(1, heads.len());
    let name_width = columns.saturating_sub(INDENT + fitting * FIGURE).min(MAX_NAME);
    let cells =
        |cells: &[String]| cells.iter().take(fitting).map(|cell| format!("{cell:>FIGURE$}")).collect::<String>();
    let head: Vec<_> = heads.iter().map(|head| (*head).to_owned()).collect();
    let head = format!("{:name_width$}{}", "", cells(&head));
    let line = |of: &NamedFigures| {
        let name = shorten(&of.name, name_width.saturating_sub(1));
        let name = format!("{name}{}", " ".repeat(name_width.saturating_sub(width(&name))));
        let times = of.latency.map(|Quantiles { p50, p99, max, .. }| [p50, p99, max].map(|time| at_least(time, false)));
        let counts = [of.requests, of.failed].map(grouped);
        let style = if of.failed > 0 { look.bad() } else { Style::new() };
        let figures = cells(&counts.into_iter().chain(times.into_iter().flatten()).collect::<Vec<_>>());
        let (before, after) = figures.split_at_checked((2 * FIGURE).min(figures.len())).unwrap_or_default();
        let (requests, failed) = before.split_at_checked(FIGURE).unwrap_or((before, ""));
        let spans = [name, requests.to_owned()].map(Span::raw);
        let rest = [Span::styled(failed.to_owned(), style), Span::raw(after.to_owned())];
        row(look, "", spans.into_iter().chain(rest))
    };
    let more = (more > 0).then(|| row(look, "", [Span::styled(format!("{} more", grouped(more as u64)), look.dim())]));
    let head = row(look, label, [Span::styled(head, look.dim())]);
    [head].into_iter().chain(named.iter().map(line)).chain(more).collect()
}

/// What was said last.
pub(super) fn log(look: Look, log: &[String], columns: usize) -> Vec<Line<'static>> {
    let text = |line: &String| shorten(&console::strip_ansi_codes(line), columns.saturating_sub(1));
    log.iter().map(|line| Line::from(Span::styled(format!(" {}", text(line)), look.bold()))).collect()
}
