//! A comparison for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::{Compared, Comparison, LEVEL, Side};
use crate::report::difference::Difference;
use crate::report::threshold::{Judged, Unit};

/// The version of the document's form.
const SCHEMA: u32 = 1;

/// Writes a comparison as indented JSON with a line break at its end. What is not known is null.
///
/// # Errors
/// Writing fails.
pub fn write(mut out: impl Write, comparison: &Comparison<'_>, thresholds: &[Judged]) -> io::Result<()> {
    let [before, after] = comparison.sides.map(SideDocument::from);
    let document = Document {
        schema: SCHEMA,
        before,
        after,
        level: LEVEL,
        thresholds,
        figures: comparison.whole.iter().map(FigureDocument::from).collect(),
        groups: comparison.groups.iter().map(|group| GroupDocument::new(comparison.sides, group)).collect(),
    };
    serde_json::to_writer_pretty(&mut out, &document)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    before: SideDocument<'a>,
    after: SideDocument<'a>,
    level: f64,
    thresholds: &'a [Judged],
    figures: Vec<FigureDocument>,
    groups: Vec<GroupDocument<'a>>,
}

#[derive(Serialize)]
struct SideDocument<'a> {
    name: &'a str,
    requests: u64,
    batches: usize,
    batch_s: u64,
    censored: bool,
    in_doubt: bool,
    doubts: &'a [String],
}

impl<'a> From<&'a Side<'a>> for SideDocument<'a> {
    fn from(side: &'a Side<'a>) -> Self {
        let batches = side.batches.of(None);
        SideDocument {
            name: &side.name,
            requests: side.report.totals().records,
            batches: batches.map_or(0, |batches| batches.iter().len()),
            batch_s: batches.map_or(0, |batches| batches.width_s()),
            censored: side.known.is_censored,
            in_doubt: side.known.in_doubt,
            doubts: &side.doubts,
        }
    }
}

#[derive(Serialize)]
struct GroupDocument<'a> {
    group: &'a str,
    requests_before: u64,
    requests_after: u64,
    figures: Vec<FigureDocument>,
}

impl<'a> GroupDocument<'a> {
    fn new(sides: [&Side<'_>; 2], (group, figures): &'a (&'a str, Vec<Compared>)) -> Self {
        let [requests_before, requests_after] = sides.map(|side| side.requests(Some(group)));
        let figures = figures.iter().map(FigureDocument::from).collect();
        GroupDocument { group, requests_before, requests_after, figures }
    }
}

#[derive(Serialize)]
struct FigureDocument {
    figure: String,
    unit: &'static str,
    before: Option<f64>,
    after: Option<f64>,
    change: Option<f64>,
    change_percent: Option<f64>,
    difference: Option<Difference>,
}

impl From<&Compared> for FigureDocument {
    fn from(compared: &Compared) -> Self {
        let unit = compared.figure.unit();
        let shown = |value: Option<f64>| value.map(|value| unit.for_programs(value));
        FigureDocument {
            figure: compared.figure.to_string(),
            unit: unit.as_str(),
            before: shown(compared.before.ok()),
            after: shown(compared.after.ok()),
            change: shown(compared.change()),
            change_percent: compared.factor().map(|factor| Unit::Factor.for_programs(factor)),
            difference: compared.difference,
        }
    }
}
