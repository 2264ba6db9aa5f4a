//! A table of groups.

use super::rows::at_least;
use crate::guard::text::{grouped, shorten, width};
use crate::report::groups::{GroupTotals, Groups};

/// How many groups the table lists.
const MAX_LISTED: usize = 12;

/// How much of a group's name is shown, in columns, and how much at least.
const MAX_NAME: usize = 32;
const MIN_NAME: usize = 12;

/// What is between two columns.
const GAP: &str = "  ";

const HEADS: [&str; 6] = ["requests", "failed", "p50", "p95", "p99", "max"];

/// What a narrow terminal leaves out, the first one first.
const LEFT_OUT: [&str; 3] = ["p95", "p50", "max"];

/// The lines of the table, its head first; none without groups.
pub(super) fn table(groups: &Groups, censored: bool, columns: usize) -> Vec<String> {
    let ranked = groups.ranked();
    let mut rows: Vec<_> = ranked.iter().map(|(name, named)| (*name, cells(&named.sum, censored))).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let more = rows.len().saturating_sub(MAX_LISTED);
    rows.truncate(MAX_LISTED);
    if groups.other.requests > 0 {
        rows.push(("(other groups)", cells(&groups.other, censored)));
    }
    let widths = widths(&rows);
    let longest = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let shown = fitting(&widths, longest.min(MIN_NAME), columns);
    let beside: usize = shown.iter().map(|&column| GAP.len() + widths[column]).sum();
    let name_width = longest.clamp("groups".len(), MAX_NAME).min(columns.saturating_sub(2 + beside).max(MIN_NAME));

    let line = |name: &str, cells: &[String]| {
        let name = shorten(name, name_width);
        let mut line = format!("{name}{:1$}", "", name_width - width(&name));
        for &column in &shown {
            let cell = &cells[column];
            line.extend([GAP, &" ".repeat(widths[column] - width(cell)), cell]);
        }
        line
    };
    let heads = HEADS.map(str::to_owned);
    let mut lines = vec![line("groups", &heads)];
    lines.extend(rows.iter().map(|(name, cells)| line(name, cells)));
    if more > 0 {
        lines.push(format!("{} more", grouped(more as u64)));
    }
    lines
}

fn cells(totals: &GroupTotals, censored: bool) -> [String; HEADS.len()] {
    let latency = &totals.times.latency;
    let time = |us: Option<u64>| us.map_or("-".to_owned(), |us| at_least(us, censored));
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|quantile| time(latency.at(quantile)));
    [grouped(totals.requests), grouped(totals.failed), p50, p95, p99, time(latency.stats.max())]
}

fn widths(rows: &[(&str, [String; HEADS.len()])]) -> [usize; HEADS.len()] {
    std::array::from_fn(|column| {
        rows.iter().map(|(_, cells)| width(&cells[column])).fold(HEADS[column].len(), usize::max)
    })
}

/// The columns that fit beside a name.
fn fitting(widths: &[usize], name: usize, columns: usize) -> Vec<usize> {
    let mut shown: Vec<_> = (0..widths.len()).collect();
    for left_out in LEFT_OUT {
        let wanted: usize = shown.iter().map(|&column| GAP.len() + widths[column]).sum();
        if 2 + name + wanted <= columns {
            break;
        }
        shown.retain(|&column| HEADS[column] != left_out);
    }
    shown
}
