//! What failed, by kind with samples, and the statuses of responses.

use std::cmp::Reverse;

use super::markup::Html;
use super::names::share;
use super::table::{Cell, Column, Table};
use crate::guard::text::shorten;
use crate::report::Report;

/// How much of a sample's URL and of its message is shown, in columns.
const MAX_URL: usize = 120;
const MAX_MESSAGE: usize = 200;

/// How many statuses are listed.
const MAX_STATUSES: usize = 60;

const ERROR_COLUMNS: [Column; 4] =
    [Column::Text("Error"), Column::Number("requests"), Column::Number("share"), Column::Text("samples")];

const STATUS_COLUMNS: [Column; 3] = [Column::Text("Status"), Column::Number("responses"), Column::Number("share")];

pub(super) fn tables(report: &Report) -> Html {
    let mut html = errors(report);
    let statuses = statuses(report);
    if !statuses.is_empty() {
        html.raw("<h3>Statuses</h3>\n").part(&statuses);
    }
    html
}

/// Each kind with its samples.
fn errors(report: &Report) -> Html {
    let mut kinds: Vec<_> = report.errors.iter().collect();
    kinds.sort_by_key(|(_, failures)| Reverse(failures.count));
    let rows = kinds.into_iter().map(|(kind, failures)| {
        let samples = failures.samples.iter();
        let samples = samples.map(|sample| [shorten(&sample.url, MAX_URL), shorten(&sample.message, MAX_MESSAGE)]);
        vec![
            Cell::text(kind.as_str()),
            Cell::count(failures.count),
            share(failures.count, report.totals.records),
            Cell::Samples(samples.collect()),
        ]
    });
    Table { label: "Errors", columns: &ERROR_COLUMNS, rows: rows.collect(), last: None, more: 0 }.html()
}

fn statuses(report: &Report) -> Html {
    let total = report.statuses.total();
    let mut statuses: Vec<_> = report.statuses.iter().collect();
    statuses.sort_by_key(|&(_, count)| Reverse(count));
    let rows = statuses.iter().take(MAX_STATUSES);
    let rows =
        rows.map(|(status, count)| vec![Cell::text(&status.to_string()), Cell::count(*count), share(*count, total)]);
    let more = statuses.len().saturating_sub(MAX_STATUSES);
    Table { label: "Statuses", columns: &STATUS_COLUMNS, rows: rows.collect(), last: None, more }.html()
}
