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

const ERROR_COLUMNS: [Column; 5] = [
    Column::Text("Error"),
    Column::Number("requests"),
    Column::Number("share"),
    Column::Text("sample"),
    Column::Text("its message"),
];

const STATUS_COLUMNS: [Column; 3] = [Column::Text("Status"), Column::Number("responses"), Column::Number("share")];

pub(super) fn tables(report: &Report) -> Html {
    let mut html = errors(report);
    let statuses = statuses(report);
    if !statuses.is_empty() {
        html.raw("<h3>Statuses</h3>\n").part(&statuses);
    }
    html
}

/// Each kind with its samples. Further samples have rows of their own, so that each message has its URL beside it.
fn errors(report: &Report) -> Html {
    let mut kinds: Vec<_> = report.errors.iter().collect();
    kinds.sort_by_key(|(_, failures)| Reverse(failures.count));
    let mut rows = Vec::new();
    for (kind, failures) in kinds {
        let samples = failures
            .samples
            .iter()
            .map(|sample| [shorten(&sample.url, MAX_URL), shorten(&sample.message, MAX_MESSAGE)]);
        let mut samples: Vec<_> = samples.collect();
        samples.resize_with(samples.len().max(1), || [String::new(), String::new()]);
        let first =
            [Cell::text(kind.as_str()), Cell::count(failures.count), share(failures.count, report.totals.records)];
        rows.extend(
            samples
                .into_iter()
                .map(|[url, message]| first.iter().cloned().chain([Cell::Text(url), Cell::Text(message)]).collect()),
        );
    }
    Table { label: "Errors", columns: &ERROR_COLUMNS, rows, last: None, more: 0 }.html()
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
