//! What a reader wants to know first: the main figures, and whether to trust them.

use super::View;
use super::find;
use super::markup::Html;
use super::over_time::Columns;
use crate::guard::text::{grouped, shorten};
use crate::report::threshold::Judged;
use crate::report::vocabulary::Advice;
use crate::report::{LoadFacts, text, units};

/// How much of the heading is shown, in columns.
const MAX_TITLE: usize = 120;

pub(super) fn head(view: View<'_>, columns: &Columns) -> Html {
    let mut html = Html::default();
    html.raw("<h1>").text(&shorten(view.style.title, MAX_TITLE)).raw("</h1>\n");
    html.raw("<p>").text(&subtitle(view, columns)).raw("</p>\n");
    html.raw("<dl class=\"figures\">\n");
    for Figure { name, value, beside } in figures(view) {
        html.raw("<div><dt>").raw(name).raw("</dt><dd>").text(&value);
        html.raw("<small>").text(&beside).raw("</small></dd></div>\n");
    }
    html.raw("</dl>\n").part(&verdict(view));
    html
}

/// What the records are of, and of when.
fn subtitle(view: View<'_>, columns: &Columns) -> String {
    let kind = match view.from.load() {
        Some(LoadFacts { find: Some(_), model, .. }) => {
            format!("Search for the highest rate, {} arrivals", model.arrivals().unwrap_or_default())
        }
        Some(load) => match load.model.arrivals() {
            Some(arrivals) => format!("Probe, {} model, {arrivals} arrivals", load.model.as_str()),
            None => format!("Probe, {} model", load.model.as_str()),
        },
        None if view.report.is_of_probe() => "Probe".to_owned(),
        None => "Records of a list".to_owned(),
    };
    let when = columns.span().and_then(|(first, seconds)| {
        let start = jiff::Timestamp::from_second(i64::try_from(first).ok()?).ok()?;
        Some(format!(" · {} UTC, {}", start.strftime("%Y-%m-%d %H:%M:%S"), units::compact(seconds as f64)))
    });
    kind + &when.unwrap_or_default()
}

/// A figure, and what is said below it.
struct Figure {
    name: &'static str,
    value: String,
    beside: String,
}

fn figures(view: View<'_>) -> Vec<Figure> {
    let View { report, from, .. } = view;
    let (totals, latency) = (&report.totals, &report.times.latency);
    let sign = if from.is_censored() { "≥ " } else { "" };
    let time = |us: Option<u64>| us.map_or_else(|| "–".to_owned(), |us| format!("{sign}{}", units::duration(us)));
    let figure = |name, value, beside| Figure { name, value, beside };
    let left_out = [(totals.warm_up, "in the warm-up"), (totals.duplicates, "duplicate")];
    let left_out = left_out.into_iter().filter(|(count, _)| *count > 0);
    let left_out = left_out.map(|(count, what)| format!("{} {what}", grouped(count))).collect::<Vec<_>>().join(", ");
    let mut figures = vec![figure("Requests", grouped(totals.records), left_out)];
    figures.extend(rate(view));
    let of = view.find().map_or("", |_| "of all steps");
    figures.push(figure("p50", time(latency.at(0.5)), of.to_owned()));
    figures.push(figure("p99", time(latency.at(0.99)), format!("max {}", time(latency.stats.max()))));
    let share = (totals.records > 0).then(|| format!("{:.2} %", totals.failed as f64 * 100.0 / totals.records as f64));
    figures.push(figure("Failed", grouped(totals.failed), share.unwrap_or_default()));
    if !report.is_of_probe() {
        figures.push(figure("Received", units::bytes(totals.encoded_bytes), String::new()));
    }
    if let Some(load) = from.load() {
        let of = format!("of {} due", grouped(load.asked));
        figures.push(figure("Missed starts", grouped(load.missed.total()), of));
    }
    figures
}

/// Answers per second, where it is known how long the run took; of a search, the rate that it found.
fn rate(view: View<'_>) -> Option<Figure> {
    if let Some(find) = view.find() {
        let (value, beside) = find::figure(find);
        return Some(Figure { name: "Highest rate", value, beside });
    }
    let asked = view.from.load().and_then(LoadFacts::asked_rate).map(|rate| format!("asked {}", units::rate(rate)));
    let got = match view.from.load() {
        Some(_) => view.from.answer_rate(view.report),
        None => view.from.run().map(|run| run.rate),
    };
    Some(Figure { name: "Rate", value: units::rate(got?), beside: asked.unwrap_or_default() })
}

/// What is to be said of the figures: its class, a label, and the text.
type Said = (&'static str, &'static str, String);

/// Thresholds, doubts and notes.
fn verdict(view: View<'_>) -> Html {
    let thresholds = view.style.judged.iter().map(|judged| {
        let (class, label) = answer(judged);
        let text = judged.unknown().map_or_else(|| judged.to_string(), |why| why.to_string());
        (class, label, format!("{}: {text}", judged.threshold()))
    });
    let notes = text::notes(&view.report.totals, view.from, view.style.vocabulary);
    let notes = notes.into_iter().chain(view.style.notes.iter().cloned()).map(|note| ("plain", "Note", note));
    let mut html = Html::default();
    html.raw("<ul class=\"verdict\">\n");
    let found = view.find().map(|find| {
        let (class, label) = find::verdict(find);
        (class, label, find.knee())
    });
    for (class, label, text) in found.into_iter().chain(thresholds).chain(doubts(view)).chain(notes) {
        html.raw("<li class=\"").raw(class).raw("\"><b>").raw(label).raw("</b><bdi>").text(&text).raw("</bdi></li>\n");
    }
    html.raw("</ul>\n");
    html
}

fn doubts(view: View<'_>) -> Vec<Said> {
    let words = view.style.vocabulary;
    let Some(load) = view.from.load() else {
        let unknown = format!("asked rate, missed starts and lag ({})", words.advice(Advice::RunFile));
        return view.report.is_of_probe().then_some(("plain", "Not known", unknown)).into_iter().collect();
    };
    if let Some(find) = view.find() {
        return vec![match text::doubtful_steps(find) {
            Some(steps) => ("doubt", "In doubt", steps),
            None if load.missed.total() == 0 => ("good", "No doubt", "haul kept up".to_owned()),
            None => {
                ("doubt", "No step in doubt,", format!("but {} missed", units::things(load.missed.total(), "start")))
            }
        }];
    }
    let verdict = view.report.verdict(load);
    let mut said: Vec<Said> = verdict.over_all.iter().map(|doubt| ("doubt", "In doubt", doubt.told(words))).collect();
    said.extend(match (text::doubtful_seconds(&verdict, load), verdict.is_in_doubt()) {
        (None, false) => Some(("good", "No doubt", "haul kept up".to_owned())),
        (Some(seconds), false) => Some(("doubt", "No doubt over all,", format!("but {seconds}"))),
        (seconds, true) => seconds.map(|seconds| ("doubt", "In doubt", seconds)),
    });
    said
}

pub(super) fn answer(judged: &Judged) -> (&'static str, &'static str) {
    match judged.is_crossed() {
        None => ("doubt", "Threshold not known"),
        Some(true) => ("bad", "Threshold crossed"),
        Some(false) if judged.is_in_doubt() => ("doubt", "Threshold in doubt"),
        Some(false) => ("good", "Threshold not crossed"),
    }
}
