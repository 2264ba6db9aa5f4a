//! Groups and hosts, as tables.

use super::markup::Html;
use super::percentiles::time;
use super::table::{Cell, Column, Table};
use crate::report::groups::{GroupTotals, Groups};
use crate::report::hosts::{HostTotals, Hosts};
use crate::report::units;

/// How many rows a table has.
const MAX_ROWS: usize = 100;

const GROUP_COLUMNS: [Column; 9] = [
    Column::Text("Group"),
    Column::Number("requests"),
    Column::Number("failed"),
    Column::Number("failed %"),
    Column::Number("p50"),
    Column::Number("p90"),
    Column::Number("p99"),
    Column::Number("p99.9"),
    Column::Number("max"),
];

const HOST_COLUMNS: [Column; 7] = [
    Column::Text("Host"),
    Column::Number("requests"),
    Column::Number("failed"),
    Column::Number("failed %"),
    Column::Number("mean"),
    Column::Number("max"),
    Column::Number("received"),
];

pub(super) fn groups(groups: &Groups, censored: bool) -> Html {
    let cells = |name: &str, totals: &GroupTotals| {
        let latency = &totals.times.latency;
        let figures = [0.5, 0.9, 0.99, 0.999].map(|quantile| latency.at(quantile)).into_iter();
        let times = figures.chain([latency.stats.max()]).map(|us| time(us, censored));
        counts(name, totals.requests, totals.failed).into_iter().chain(times).collect()
    };
    let ranked = groups.ranked();
    let other = (groups.other.requests > 0).then(|| cells("(other groups)", &groups.other));
    Table {
        label: "Groups",
        columns: &GROUP_COLUMNS,
        rows: ranked.iter().take(MAX_ROWS).map(|(name, named)| cells(name, &named.sum)).collect(),
        last: other,
        more: ranked.len().saturating_sub(MAX_ROWS),
    }
    .html()
}

pub(super) fn hosts(hosts: &Hosts) -> Html {
    let cells = |name: &str, totals: &HostTotals| {
        let times = [totals.latency.mean(), totals.latency.max()].map(|us| time(us, false));
        let bytes = Cell::Number(totals.bytes, units::bytes(totals.bytes));
        counts(name, totals.requests, totals.failed).into_iter().chain(times).chain([bytes]).collect()
    };
    let ranked = hosts.ranked();
    let other = (hosts.other.requests > 0).then(|| cells("(other hosts)", &hosts.other));
    Table {
        label: "Hosts",
        columns: &HOST_COLUMNS,
        rows: ranked.iter().take(MAX_ROWS).map(|(name, named)| cells(name, &named.sum)).collect(),
        last: other,
        more: ranked.len().saturating_sub(MAX_ROWS),
    }
    .html()
}

fn counts(name: &str, requests: u64, failed: u64) -> [Cell; 4] {
    [Cell::text(name), Cell::count(requests), Cell::count(failed), share(failed, requests)]
}

/// A part in percent, with two decimals, which is sorted by that.
pub(super) fn share(part: u64, whole: u64) -> Cell {
    let hundredths = (u128::from(part) * 10_000).checked_div(u128::from(whole)).map(|share| share as u64);
    Cell::known(hundredths, |hundredths| format!("{}.{:02} %", hundredths / 100, hundredths % 100))
}
