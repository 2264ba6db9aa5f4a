//! The search for the highest rate: what it came to, the latencies of its steps by rate, and its steps as a table.

#[cfg(test)]
pub(super) mod tests;

use std::io;

use super::axis::Axis;
use super::chart::{Chart, Drawn, Hue, Points, Shape};
use super::mark::Mark;
use super::markup::Html;
use super::percentiles::time;
use super::table::{Cell, Column, Table};
use crate::guard::text::shorten;
use crate::model::{FindEnd, StepOutcome};
use crate::report::threshold::Threshold;
use crate::report::{FindFacts, FindStep, units};

/// How many steps are shown: as many as a search has at most.
const MAX_STEPS: usize = 50;

/// How much of the reason of a step is shown, in columns.
const MAX_WHY: usize = 120;

/// How many limits on latency have a line, and how much of each the legend has, in columns.
const MAX_LIMITS: usize = 4;
const MAX_LIMIT: usize = 40;

const COLUMNS: [Column; 10] = [
    Column::Number("Asked"),
    Column::Number("answered"),
    Column::Text("outcome"),
    Column::Number("requests"),
    Column::Number("failed"),
    Column::Number("p50"),
    Column::Number("p99"),
    Column::Number("began after"),
    Column::Number("lasted"),
    Column::Text("why"),
];

/// The result of a search, and how it came about.
pub(super) fn section(find: &FindFacts) -> io::Result<Html> {
    let mut html = Html::default();
    html.raw("<p class=\"result\"><b>").text(&sentence(&find.knee())).raw("</b></p>\n");
    html.part(&Html::paragraph(&terms(find)));
    let chart = chart(find)?;
    if !chart.is_empty() {
        html.raw("<div class=\"wide\">\n").part(&chart).raw("</div>\n");
    }
    html.part(&table(find));
    Ok(html)
}

/// The class and the label of the result, for the head of the page.
pub(super) fn verdict(find: &FindFacts) -> (&'static str, &'static str) {
    match find.end {
        FindEnd::Found | FindEnd::Ceiling => ("good", "Highest rate"),
        FindEnd::LowestFails => ("bad", "No highest rate"),
        FindEnd::Inconclusive | FindEnd::InDoubt | FindEnd::Stopped => ("doubt", "No highest rate"),
    }
}

/// The rate that was found, and what is said below it.
pub(super) fn figure(find: &FindFacts) -> (String, String) {
    let failed = find.failed.map(|failed| format!("{} failed", units::rate(failed)));
    let why = match find.end {
        FindEnd::Found | FindEnd::LowestFails => None,
        FindEnd::Ceiling => Some("the highest asked for".to_owned()),
        FindEnd::InDoubt => find.unsent.map(|unsent| format!("haul could not send {}", units::rate(unsent))),
        FindEnd::Inconclusive => Some("inconclusive".to_owned()),
        FindEnd::Stopped => Some("stopped early".to_owned()),
    };
    let beside: Vec<_> = failed.into_iter().chain(why).collect();
    (find.held.map_or_else(|| "–".to_owned(), units::rate), beside.join(", "))
}

/// What begins with a small letter, as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

/// What decided, and how closely.
fn terms(find: &FindFacts) -> String {
    let percent = (find.resolution * 1e4).round() / 1e2;
    let step = units::compact(find.step_s);
    let running = find.running.map(|rate| format!(" The step at {} was not over.", units::rate(rate)));
    let running = running.unwrap_or_default();
    let thresholds = find.thresholds.join(" or ");
    format!("A rate fails if {thresholds}. Sought to {percent} %, with steps of {step} at most.{running}")
}

/// Latency against the rate that was asked for.
fn chart(find: &FindFacts) -> io::Result<Html> {
    let mut steps: Vec<_> = find.steps.iter().take(MAX_STEPS).filter(|step| step.p99_ms.is_some()).collect();
    if steps.is_empty() {
        return Ok(Html::default());
    }
    steps.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    let limits = limits(find);
    let points = |of: fn(&FindStep) -> Option<f64>| -> Points {
        steps.iter().filter_map(|step| Some((step.rate, us(of(step)?) as f64))).collect()
    };
    let [p50, p99] = [points(|step| step.p50_ms), points(|step| step.p99_ms)];
    let values = [&p50, &p99].into_iter().flatten().map(|&(_, us)| us as u64).chain(limits.iter().map(|(_, us)| *us));
    let y = Axis::times(values);
    let (least, most) = (steps[0].rate, steps[steps.len() - 1].rate);
    let focus = find.held.or(find.failed).unwrap_or(most);
    let x = Axis::rates(least, most, focus);
    let scales = match (x.is_log(), y.is_log()) {
        (true, true) => ", both on log scales",
        (true, false) => ", rates on a log scale",
        (false, true) => ", log scale",
        (false, false) => "",
    };
    let lines = [("p50", Hue::Blue, p50), ("p99", Hue::Orange, p99)];
    let lines = lines.map(|(name, hue, line)| Drawn { name: name.to_owned(), hue, shape: Shape::Lines(vec![line]) });
    let drawn = bracket(find, y.ends()).into_iter().chain(limits.iter().map(|limit| level(limit, x.ends())));
    let drawn = drawn.chain(lines).chain(marks(&steps)).collect();
    Chart { title: "Latency by rate", note: &format!("one mark for each step{scales}"), x, y, drawn }.html()
}

/// Between the rate that held and the one that failed.
fn bracket(find: &FindFacts, (bottom, top): (f64, f64)) -> Option<Drawn> {
    let (held, failed) = find.held.zip(find.failed)?;
    let corners = vec![(held, bottom), (held, top), (failed, top), (failed, bottom)];
    let name = format!("between {} and {}", units::rate(held), units::rate(failed));
    Some(Drawn { name, hue: Hue::Grey, shape: Shape::Area(corners) })
}

/// A limit on latency, from one end of the chart to the other.
fn level((name, us): &(String, u64), (from, until): (f64, f64)) -> Drawn {
    let line = [from, until].map(|rate| (rate, *us as f64)).to_vec();
    Drawn { name: name.clone(), hue: Hue::Sky, shape: Shape::Lines(vec![line]) }
}

/// The limits on the latency of all requests, in microseconds.
fn limits(find: &FindFacts) -> Vec<(String, u64)> {
    let parsed = find.thresholds.iter().filter_map(|text| Some((text, text.parse::<Threshold>().ok()?)));
    let limits = parsed.filter_map(|(text, threshold)| {
        let limit = threshold.criterion().ok()?.latency_limit()?;
        threshold.group().is_none().then(|| (format!("limit {}", shorten(text, MAX_LIMIT)), limit.round() as u64))
    });
    limits.take(MAX_LIMITS).collect()
}

/// What came of each step, at its p99; those that held on top.
fn marks(steps: &[&FindStep]) -> impl Iterator<Item = Drawn> {
    use StepOutcome::{Failed, Held, InDoubt, Inconclusive};
    let of = |outcome: StepOutcome| -> Points {
        let steps = steps.iter().filter(|step| step.outcome == outcome);
        steps.filter_map(|step| Some((step.rate, us(step.p99_ms?) as f64))).collect()
    };
    let all = [
        (InDoubt, Hue::Purple, Mark::Diamond),
        (Inconclusive, Hue::Gold, Mark::Triangle),
        (Failed, Hue::Red, Mark::Cross),
        (Held, Hue::Green, Mark::Circle),
    ];
    let all = all.map(|(outcome, hue, mark)| (outcome.as_str().to_owned(), hue, mark, of(outcome)));
    all.into_iter().filter(|(.., points)| !points.is_empty()).map(|(name, hue, mark, points)| Drawn {
        name,
        hue,
        shape: Shape::Marks(mark, points),
    })
}

/// The steps in the order in which they were taken.
fn table(find: &FindFacts) -> Html {
    let rows = find.steps.iter().take(MAX_STEPS).map(|step| {
        let class = match step.outcome {
            StepOutcome::Held => "good",
            StepOutcome::Failed => "bad",
            StepOutcome::Inconclusive | StepOutcome::InDoubt => "doubt",
        };
        vec![
            rate(step.rate),
            step.answer_rate.map_or(Cell::Unknown, rate),
            Cell::Verdict(class, step.outcome.as_str()),
            Cell::count(step.requests),
            Cell::count(step.failed),
            time(step.p50_ms.map(us), false),
            time(step.p99_ms.map(us), false),
            Cell::Number(us(step.at_s), units::compact(step.at_s)),
            Cell::Number(us(step.seconds), units::seconds(step.seconds)),
            Cell::Sentence(shorten(step.why.as_deref().unwrap_or(""), MAX_WHY)),
        ]
    });
    let more = find.steps.len().saturating_sub(MAX_STEPS);
    Table { label: "Steps of the search", columns: &COLUMNS, rows: rows.collect(), last: None, more }.html()
}

fn rate(per_second: f64) -> Cell {
    Cell::Number((per_second * 1e3).round() as u64, units::rate(per_second))
}

/// Thousandths of a number, such as microseconds of milliseconds.
fn us(ms: f64) -> u64 {
    (ms * 1e3).round() as u64
}
