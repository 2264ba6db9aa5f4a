//! What a reader wants to know first: the main figures, and whether to trust them.

use super::View;
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
    figures.push(figure("p50", time(latency.at(0.5)), String::new()));
    figures.push(figure("p99", time(latency.at(0.99)), format!("max {}", time(latency.stats.max()))));
    let share = (totals.records > 0).then(|| format!("{:.2} %", totals.failed as f64 * 100.0 / totals.records as f64));
    figures.push(figure("Failed", grouped(totals.failed), share.unwrap_or_default()));
    if let Some(load) = from.load() {
        let of = format!("of {} due", grouped(load.asked));
        figures.push(figure("Missed starts", grouped(load.missed.total()), of));
    }
    figures
}

/// Answers per second, where it is known how long the run took.
fn rate(view: View<'_>) -> Option<Figure> {
    let asked = view.from.load().and_then(LoadFacts::asked_rate).map(|rate| format!("asked {}", units::rate(rate)));
    let got = match view.from.load() {
        Some(_) => view.from.answer_rate(view.report),
        None => view.from.run().map(|run| run.rate),
    };
    Some(Figure { name: "Rate", value: units::rate(got?), beside: asked.unwrap_or_default() })
}

/// What is to be said of the figures: thresholds, doubts and notes.
fn verdict(view: View<'_>) -> Html {
    let mut html = Html::default();
    let mut item = |class, label, text: &str| {
        html.raw("<li class=\"").raw(class).raw("\"><b>").raw(label).raw("</b><bdi>").text(text).raw("</bdi></li>\n");
    };
    for judged in view.style.judged {
        let (class, label) = answer(judged);
        item(class, label, &format!("{}: {judged}", judged.threshold()));
    }
    let words = view.style.vocabulary;
    match view.from.load() {
        Some(load) => {
            let doubts = view.report.verdict(load);
            for doubt in &doubts.over_all {
                item("doubt", "In doubt", &doubt.told(words));
            }
            match doubts.seconds.len() as u64 {
                0 if !doubts.is_in_doubt() => item("good", "No doubt", "haul kept up"),
                0 => {}
                n => item(
                    "doubt",
                    "In doubt",
                    &format!("{} of {} by themselves", grouped(n), units::things(doubts.judged as u64, "interval")),
                ),
            }
        }
        None if view.report.is_of_probe() => {
            item("note", "Not known", &format!("asked rate, missed starts and lag ({})", words.advice(Advice::RunFile)))
        }
        None => {}
    }
    for note in text::notes(&view.report.totals, view.from, words).iter().chain(view.style.notes) {
        item("note", "Note", note);
    }
    if html.is_empty() {
        return html;
    }
    let mut list = Html::default();
    list.raw("<ul class=\"verdict\">\n").part(&html).raw("</ul>\n");
    list
}

fn answer(judged: &Judged) -> (&'static str, &'static str) {
    match judged.is_crossed() {
        None => ("doubt", "Threshold not known"),
        Some(true) => ("bad", "Threshold crossed"),
        Some(false) if judged.is_in_doubt() => ("doubt", "Threshold in doubt"),
        Some(false) => ("good", "Threshold not crossed"),
    }
}
