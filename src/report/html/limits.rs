//! What kept a run from being faster, and a probe from sending what it was to send.

use super::View;
use super::markup::Html;
use super::names::share;
use super::table::{Cell, Column, Table};
use crate::model::MissedBy;
use crate::report::units;
use crate::report::vocabulary::Advice;

/// How many limits are listed.
const MAX_ROWS: usize = 20;

const MISSED_COLUMNS: [Column; 3] =
    [Column::Text("Missed because of"), Column::Number("starts"), Column::Number("share")];

const BOUND_COLUMNS: [Column; 4] =
    [Column::Text("Limit"), Column::Text("host"), Column::Number("time"), Column::Number("share")];

/// The starts that a probe missed, by cause.
pub(super) fn missed(view: View<'_>) -> Html {
    let Some(load) = view.from.load() else {
        let advice = view.style.vocabulary.advice(Advice::RunFile);
        return match view.report.is_of_probe() {
            true => Html::paragraph(&format!("The records do not tell the asked rate and missed starts ({advice}).")),
            false => Html::default(),
        };
    };
    let words = view.style.vocabulary;
    let causes = MissedBy::ALL.into_iter().map(|cause| (words.limit(cause.as_str()), load.missed.by(cause)));
    let causes = causes.filter(|(_, count)| *count > 0);
    let rows = causes.map(|(cause, count)| vec![Cell::text(cause), Cell::count(count), share(count, load.asked)]);
    Table { label: "Missed starts", columns: &MISSED_COLUMNS, rows: rows.collect(), last: None, more: 0 }.html()
}

/// The limits of a run on a list. A probe is bound by its pace alone.
pub(super) fn bounds(view: View<'_>) -> Html {
    let Some(run) = view.from.run() else {
        return match view.report.is_of_probe() || view.report.totals.records == 0 {
            true => Html::default(),
            false => {
                Html::paragraph("Not known: records do not tell how long a run took, nor which limits held it back.")
            }
        };
    };
    if run.load.is_some() {
        return Html::default();
    }
    let rows = run.bounded_by.iter().take(MAX_ROWS).map(|bound| {
        let limit = view.style.vocabulary.limit(&bound.by);
        let limit = bound.limit.map_or_else(|| limit.to_owned(), |number| format!("{limit} {number}"));
        let millis = (bound.seconds * 1e3).round() as u64;
        vec![
            Cell::text(&limit),
            Cell::text(bound.host.as_deref().unwrap_or("")),
            Cell::Number(millis, units::seconds(bound.seconds)),
            Cell::Number(millis, format!("{:.1} %", bound.share * 100.0)),
        ]
    });
    let more = run.bounded_by.len().saturating_sub(MAX_ROWS);
    Table { label: "What bounded the run", columns: &BOUND_COLUMNS, rows: rows.collect(), last: None, more }.html()
}
