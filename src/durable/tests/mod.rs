//! Outputs of runs that were interrupted, and resumed.

mod blocks;
mod damage;
mod foreign;
mod pages;
mod parts;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::{StatusCode, Version};
use tempfile::TempDir;
use url::Url;

use super::checkpoint::{Checkpoint, CheckpointFile};
use super::*;
use crate::model::{
    Attempt, Continuation, ErrorKind, Failure, Head, InputFingerprint, Job, LinePosition, PageState, Record,
    RecordSummary, Request,
};
use crate::policy::NextRequest;
use crate::report::Report;
use crate::schema::Output;
use crate::schema::saved::SavedRecord;
use crate::storage::compression::Coding;
use crate::storage::{Layout, Position, Rotate};

/// The number of inputs of these runs.
const INPUTS: u64 = 8;

/// How many of them are in the checkpoint.
const DURABLE: u64 = 5;

struct Dir(TempDir);

impl Dir {
    /// In memory if possible: these tests sync often.
    fn new() -> Self {
        let memory = Path::new("/dev/shm");
        Dir(if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap())
    }

    fn options(&self, name: &str) -> LedgerOptions {
        LedgerOptions {
            layout: Layout::new(self.0.path().join(name), None),
            format: Output::default(),
            inputs: vec![InputFingerprint { name: "urls.txt".into(), len: Some(100), sha256: Some("ab".into()) }],
            fingerprint: RunFingerprint::default().with("--request", "GET"),
            checkpoint_only: false,
            anyway: false,
            retry_unsafe: false,
        }
    }

    /// Options for an output in parts of a few records each.
    fn parts(&self) -> LedgerOptions {
        let layout = Layout::new(self.path("out.ndjson"), Some(Rotate::Size(600)));
        LedgerOptions { layout, ..self.options("out.ndjson") }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }
}

fn record(seq: u64) -> Record {
    let job = Job {
        place: LinePosition { list: 0, line: seq + 1, offset: 30 * seq },
        ..Job::new(seq, Url::parse(&format!("http://a.example/{seq}")).unwrap(), Arc::new(Request::default()))
    };
    let mut attempt = Attempt::empty(std::time::UNIX_EPOCH);
    if seq % 4 == 3 {
        attempt.error = Some(Failure::new(ErrorKind::Dns, "no such name"));
    } else {
        let (status, version) = (StatusCode::OK, Version::HTTP_11);
        attempt.head = Some(Head { status, version, headers: Default::default() });
        attempt.timings.total = Duration::from_micros(100 * seq + 7);
    }
    Record::Settled { job: Box::new(job), attempt: Box::new(attempt) }
}

fn cancelled(seq: u64) -> Record {
    let Record::Settled { job, mut attempt } = record(seq) else { unreachable!() };
    attempt.error = Some(Failure::new(ErrorKind::Cancelled, "stopped"));
    Record::Settled { job, attempt }
}

/// What the writer of a run does.
struct Run {
    ledger: Ledger,
    report: Report,
}

impl Run {
    fn new(mut ledger: Ledger) -> Self {
        let report = ledger.take_report();
        Run { ledger, report }
    }

    fn put(&mut self, seqs: impl IntoIterator<Item = u64>) {
        self.put_all(seqs.into_iter().map(record));
    }

    fn put_all(&mut self, records: impl IntoIterator<Item = Record>) {
        for record in records {
            self.report.add(&RecordSummary::from(&record));
            self.ledger.put(&record).unwrap();
            self.ledger.flush().unwrap();
            if self.ledger.sink.part_is_full() {
                self.ledger.checkpoint(&self.report).unwrap();
            }
        }
    }

    fn finish(mut self) -> Report {
        self.ledger.finish(&self.report).unwrap();
        self.report
    }
}

fn seqs(path: &Path) -> Vec<u64> {
    let mut text = Vec::new();
    Coding::of(path).reader(fs::File::open(path).unwrap()).unwrap().read_to_end(&mut text).unwrap();
    assert!(text.is_empty() || text.ends_with(b"\n"));
    text.split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| SavedRecord::parse(line).unwrap().key().seq)
        .collect()
}

fn whole() -> Report {
    let mut report = Report::default();
    (0..INPUTS).for_each(|seq| report.add(&RecordSummary::from(&record(seq))));
    report
}

/// Leaves an output whose first records are in a checkpoint and whose others are not. Returns the durable length.
fn interrupted(dir: &Dir, name: &str) -> u64 {
    let mut run = Run::new(open(dir.options(name)).unwrap().ledger);
    run.put(0..DURABLE);
    run.finish();
    let durable = fs::metadata(dir.path(name)).unwrap().len();
    let checkpoint = fs::read(dir.path(&format!("{name}.haul"))).unwrap();
    let mut run = Run::new(open(dir.options(name)).unwrap().ledger);
    run.put((DURABLE..INPUTS).rev());
    drop(run.ledger);
    fs::write(dir.path(&format!("{name}.haul")), checkpoint).unwrap();
    durable
}

/// Resumes an output, and checks that it has every record once at the end.
fn resume(dir: &Dir, name: &str, exact: bool) {
    let Recovered { ledger, completed, .. } = open(dir.options(name)).unwrap();
    let found = seqs(&dir.path(name));
    assert_eq!(found.iter().copied().collect::<BTreeSet<_>>().len(), found.len(), "no record is there twice");
    assert_eq!(found.len() as u64, completed.len());
    assert!(found.iter().all(|&seq| completed.contains(seq)), "exactly those with a record are completed");
    let mut run = Run::new(ledger);
    run.put((0..INPUTS).filter(|&seq| !completed.contains(seq)));
    let Run { report, .. } = run;
    let after: BTreeSet<u64> = seqs(&dir.path(name)).into_iter().collect();
    assert!((0..INPUTS).all(|seq| after.contains(&seq)));
    if exact {
        assert_eq!(report, whole());
    }
}

#[test]
fn a_run_is_resumed_where_it_ended() {
    for name in ["out.ndjson", "out.ndjson.gz", "out.ndjson.zst"] {
        let dir = Dir::new();
        interrupted(&dir, name);
        let opened = open(dir.options(name)).unwrap();
        assert_eq!((opened.completed.watermark(), opened.inputs_unchanged, opened.notes.len()), (INPUTS, true, 0));
        drop(opened);
        resume(&dir, name, true);
    }
}

#[test]
fn without_its_checkpoint_the_whole_output_is_read() {
    let damages: [fn(&Path); 4] = [
        |path| fs::remove_file(path).unwrap(),
        |path| fs::write(path, "").unwrap(),
        |path| fs::write(path, "haul-checkpoint 1 00000000 2\n{}\n").unwrap(),
        |path| {
            let mut file = fs::read(path).unwrap();
            file.truncate(file.len() / 2);
            fs::write(path, file).unwrap();
        },
    ];
    for damage in damages {
        let dir = Dir::new();
        interrupted(&dir, "out.ndjson");
        damage(&dir.path("out.ndjson.haul"));
        let opened = open(dir.options("out.ndjson")).unwrap();
        assert_eq!((opened.completed.len(), opened.inputs_unchanged), (INPUTS, false));
        assert!(opened.notes[0].text.contains("out.ndjson.haul"), "{:?}", opened.notes);
        drop(opened);
        resume(&dir, "out.ndjson", true);
    }
}

fn refusal(options: LedgerOptions) -> String {
    open(options).map(drop).unwrap_err().to_string()
}

#[test]
fn a_mismatch_is_named_and_nothing_changes() {
    let dir = Dir::new();
    let durable = interrupted(&dir, "out.ndjson");
    let options = || dir.options("out.ndjson");
    let output = fs::read(dir.path("out.ndjson")).unwrap();

    let mut other = options();
    other.inputs[0].len = Some(120);
    assert!(refusal(other).contains("urls.txt has grown from 100 to 120 bytes"));
    let mut other = options();
    other.fingerprint = other.fingerprint.with("--request", "HEAD");
    assert!(refusal(other).contains("--request was GET and is now HEAD"));
    assert_eq!(fs::read(dir.path("out.ndjson")).unwrap(), output);

    fs::write(dir.path("out.ndjson"), &output[..durable as usize - 1]).unwrap();
    let short = refusal(options());
    assert!(short.contains(&format!("has {} bytes, but {durable} were durable", durable - 1)), "{short}");
    let opened = open(LedgerOptions { anyway: true, ..options() }).unwrap();
    assert_eq!(opened.completed.len(), DURABLE - 1);
    drop(opened);

    fs::remove_file(dir.path("out.ndjson")).unwrap();
    assert!(refusal(options()).contains("is missing"));
    fs::write(dir.path("out.ndjson.haul"), "haul-checkpoint 2 and what else there may be\n").unwrap();
    assert!(refusal(options()).contains("has version 2"));
    assert_eq!(open(LedgerOptions { anyway: true, ..options() }).unwrap().completed.len(), 0);
}

#[test]
fn only_one_run_writes_an_output() {
    let dir = Dir::new();
    let first = open(dir.options("out.ndjson")).unwrap();
    assert!(refusal(dir.options("out.ndjson")).contains("another run is writing"));
    drop(first);
    open(dir.options("out.ndjson")).unwrap();
}

#[test]
fn cancelled_requests_are_not_completed() {
    let dir = Dir::new();
    let opened = open(dir.options("out.ndjson")).unwrap();
    assert!(!opened.ledger.accepts(&cancelled(1)) && opened.ledger.accepts(&record(1)));
    drop(opened);
    let mut lines = Vec::new();
    for record in [record(0), cancelled(1), record(2)] {
        crate::sink::ndjson::render(&record, &Output::default(), &mut lines);
    }
    fs::write(dir.path("out.ndjson"), lines).unwrap();
    fs::remove_file(dir.path("out.ndjson.haul")).ok();
    let opened = open(dir.options("out.ndjson")).unwrap();
    assert_eq!(opened.completed.len(), 1);
    assert!(opened.notes.iter().any(|note| note.text.contains("\"seq\":1 was cancelled")), "{:?}", opened.notes);
    drop(opened);
    resume(&dir, "out.ndjson", true);
}

#[test]
fn a_checkpoint_reads_back_equal() {
    let dir = Dir::new();
    let Recovered { ledger, .. } = open(dir.options("out.ndjson")).unwrap();
    let mut run = Run::new(ledger);
    run.put([0, 1, 2, 5, 9]);
    run.finish();
    let path = dir.path("out.ndjson.haul");
    let CheckpointFile::Valid(checkpoint) = Checkpoint::read(&path).unwrap() else { panic!("no checkpoint") };
    let completed = checkpoint.completed.restore().unwrap();
    assert_eq!((completed.watermark(), completed.above().iter().collect::<Vec<_>>()), (3, vec![5, 9]));
    assert_eq!(checkpoint.encode(), fs::read(&path).unwrap());
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777, 0o600);
}

#[test]
fn a_checkpoint_of_another_output_is_refused() {
    let dir = Dir::new();
    interrupted(&dir, "out.ndjson");
    let mut lines = Vec::new();
    for seq in (0..INPUTS).rev() {
        crate::sink::ndjson::render(&record(seq), &Output::default(), &mut lines);
    }
    fs::write(dir.path("out.ndjson"), &lines).unwrap();
    assert!(refusal(dir.options("out.ndjson")).contains("does not match the checkpoint"));
    let opened = open(LedgerOptions { anyway: true, ..dir.options("out.ndjson") }).unwrap();
    assert_eq!(opened.completed.len(), INPUTS, "the whole output is read");
    drop(opened);
    fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
    assert_eq!(open(dir.options("out.ndjson")).unwrap().completed.len(), INPUTS);
}

#[test]
fn positions_in_changed_inputs_are_dropped() {
    let dir = Dir::new();
    interrupted(&dir, "out.ndjson");
    assert!(open(dir.options("out.ndjson")).unwrap().completed.anchor().is_some());
    let mut other = dir.options("out.ndjson");
    other.inputs[0].len = Some(120);
    assert_eq!(open(LedgerOptions { anyway: true, ..other }).unwrap().completed.anchor(), None);
}

#[test]
fn a_log_of_intents_without_an_output_is_removed() {
    let dir = Dir::new();
    fs::write(dir.path("out.ndjson.haul-starts"), "3\n").unwrap();
    assert!(open(dir.options("out.ndjson")).unwrap().interrupted.is_empty());
    assert!(!dir.path("out.ndjson.haul-starts").exists());
}
