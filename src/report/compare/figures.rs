//! Which figures are compared.

use super::side::Side;
use crate::model::ErrorKind;
use crate::report::measured::Measured;
use crate::report::threshold::{Figure, Requests, Stat, Timing};

const PERCENTILES: [Stat; 5] =
    [Stat::percent(50.0), Stat::percent(90.0), Stat::percent(95.0), Stat::percent(99.0), Stat::percent(99.9)];

/// Those of all requests, or of a group, and the others that are `wanted`, in the order in which they are shown.
pub(super) fn figures<'a>(
    sides: [&Side<'_>; 2],
    group: Option<&str>,
    wanted: impl Iterator<Item = &'a Figure>,
) -> Vec<Figure> {
    let measured: Vec<_> = sides.iter().filter_map(|side| side.report.measured(group)).collect();
    let mut figures = vec![Figure::Requests(Requests::Failed)];
    figures.extend(errors(&measured));
    figures.extend(statuses(&measured));
    if sides.iter().any(|side| side.known.duration.is_some()) && group.is_none() {
        figures.push(Figure::Rate);
    }
    if has(&measured, Timing::Latency) {
        figures.extend(times(Timing::Latency, &[&[Stat::Mean], &PERCENTILES[..], &[Stat::Max]].concat()));
    }
    let parts = [Timing::ServiceTime, Timing::Connect, Timing::Wait];
    for of in parts.into_iter().filter(|of| group.is_none() && has(&measured, *of)) {
        figures.extend(times(of, &[Stat::Mean, Stat::percent(50.0), Stat::percent(99.0)]));
    }
    for figure in wanted {
        if !figures.contains(figure) {
            figures.push(figure.clone());
        }
    }
    figures
}

/// Whether a difference of it can be told from chance: the longest of all times is that of a single request.
pub(super) fn is_judged(figure: &Figure) -> bool {
    !matches!(figure, Figure::Time { stat: Stat::Max | Stat::Min, .. } | Figure::Missed)
}

fn has(measured: &[Measured<'_>], of: Timing) -> bool {
    measured.iter().any(|measured| match of {
        Timing::ServiceTime => !measured.times.service_time.is_empty(), // without one, the latency stands for it
        _ => !of.of(measured).is_empty(),
    })
}

fn times(of: Timing, stats: &[Stat]) -> impl Iterator<Item = Figure> {
    stats.iter().map(move |&stat| Figure::Time { of, stat })
}

/// The kinds of errors that occurred.
fn errors(measured: &[Measured<'_>]) -> impl Iterator<Item = Figure> {
    let occurred = |kind: &ErrorKind| measured.iter().any(|measured| measured.errors[*kind as usize] > 0);
    ErrorKind::ALL.into_iter().filter(occurred).map(|kind| Figure::Requests(Requests::Errors(vec![kind])))
}

/// The classes of the statuses that came.
fn statuses(measured: &[Measured<'_>]) -> impl Iterator<Item = Figure> {
    let came = |class: &u16| {
        measured
            .iter()
            .any(|measured| measured.statuses.iter().any(|(status, count)| status / 100 == *class && count > 0))
    };
    (1..=9).filter(came).map(|class| {
        let any_of = vec![class * 100..=class * 100 + 99];
        Figure::Requests(Requests::Statuses { any_of, text: format!("{class}xx").into() })
    })
}
