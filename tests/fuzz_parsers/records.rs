//! Saved records and reports: each line counts once, and what was read is written as it was.

use std::io::{self, Read};

use haul::report::load::Coverage;
use haul::report::saved::{self, Saved};
use haul::report::{Provenance, Report, json};

/// Returns one byte at a time.
struct Bytes<'a>(&'a [u8]);

impl Read for Bytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(1);
        self.0.read(&mut buffer[..most])
    }
}

fn folded(input: impl Read) -> (Report, Vec<String>) {
    let (mut saved, mut wrong) = (Saved::default(), Vec::new());
    saved::fold(input, &mut saved, |line, why| wrong.push(format!("{line}: {why}"))).expect("a slice can be read");
    (saved.report, wrong)
}

fn written(report: &Report) -> Vec<u8> {
    let mut out = Vec::new();
    let from = Provenance::Saved { wrong_lines: 0, load: None, coverage: Coverage::Complete };
    json::write(&mut out, report, from).expect("a vector takes it");
    out
}

pub(crate) fn check(input: &[u8]) {
    let (report, wrong) = folded(input);
    let (again, wrong_again) = folded(Bytes(input));
    assert_eq!((written(&report), &wrong), (written(&again), &wrong_again), "the size of reads matters");
    let lines = input.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count() as u64;
    assert!(report.totals().ok + report.totals().failed + wrong.len() as u64 <= lines, "a line counts twice");
    if let Ok(read) = json::read(&written(&report)[..]) {
        assert_eq!(written(&read), written(&report), "a report does not read back");
    }
    let _ = json::read(input);
}
