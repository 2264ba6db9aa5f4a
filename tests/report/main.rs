//! What a report takes from records, its document and its summary.

mod compare;
mod groups;
mod json;
mod load;
mod progress;
mod summaries;
mod text;

use haul::model::{ErrorKind, RecordSummary};
use haul::report::json::write_judged;
use haul::report::load::Coverage;
use haul::report::threshold::Judged;
use haul::report::{Provenance, Report, RunFacts};
use http::StatusCode;
use serde_json::Value;

/// Records alone.
const SAVED: Provenance<'static> = Provenance::Saved { wrong_lines: 0, load: None, coverage: Coverage::Complete };

fn run() -> RunFacts {
    RunFacts {
        version: "0.1.0".into(),
        started_at: "2026-01-31T12:00:00.123Z".to_owned(),
        wall_s: 3.4112345678,
        rate: 352.94,
        admitted: 1204,
        settled: 1204,
        records: 1204,
        peak_in_flight: 64,
        threads: 2,
        window: 10_000,
        ..RunFacts::default()
    }
}

fn report<'a>(records: impl IntoIterator<Item = RecordSummary<'a>>) -> Report {
    let mut report = Report::default();
    records.into_iter().for_each(|record| report.add(&record));
    report
}

/// The report for programs.
fn document<'a>(report: &Report, from: impl Into<Provenance<'a>>) -> Value {
    serde_json::from_str(&document_text(report, from, &[])).unwrap()
}

/// The report for programs as it is written, except for histograms: what they hold depends on the compressor.
fn document_text<'a>(report: &Report, from: impl Into<Provenance<'a>>, judged: &[Judged]) -> String {
    let mut out = Vec::new();
    write_judged(&mut out, report, from, judged).unwrap();
    let text = String::from_utf8(out).unwrap();
    let mut parts = text.split("\"HISTF");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| text + "\"HISTF…" + &part[part.find('"').unwrap()..])
}

/// The rows of a summary that begin with these labels, each with the lines that continue it.
fn rows(summary: &str, labels: &[&str]) -> String {
    let mut is_wanted = false;
    let wanted = summary.lines().filter(|line| {
        let continues = line.starts_with("   ");
        is_wanted = if continues { is_wanted } else { labels.iter().any(|label| line[2..].starts_with(label)) };
        is_wanted
    });
    wanted.collect::<Vec<_>>().join("\n")
}

fn answered(seq: u64, host: &'static str, status: u16) -> RecordSummary<'static> {
    RecordSummary {
        seq,
        url: "https://a.example/",
        ok: status < 400,
        status_code: StatusCode::from_u16(status).ok(),
        host: Some(host.into()),
        encoded_size: 1000,
        decoded_size: 3500,
        latency_us: Some(1000 + seq * 1000),
        attempts: 1,
        ..RecordSummary::default()
    }
}

fn failed(seq: u64, kind: ErrorKind, url: &'static str, message: &'static str) -> RecordSummary<'static> {
    RecordSummary {
        seq,
        url,
        error: Some((kind, message)),
        host: Some("https://down.example".into()),
        attempts: 3,
        ..RecordSummary::default()
    }
}
