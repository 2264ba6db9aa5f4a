//! What a report takes from records, its document and its summary.

mod groups;
mod json;
mod load;
mod progress;
mod summaries;
mod text;

use haul::model::{ErrorKind, RecordSummary};
use haul::report::{Report, RunFacts};
use http::StatusCode;

fn run() -> RunFacts {
    RunFacts {
        version: "0.1.0",
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
