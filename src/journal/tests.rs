use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use reqwest::{StatusCode, Url, Version};
use tempfile::TempDir;

use super::checkpoint::{Checkpoint, Found};
use super::*;
use crate::coding::Coding;
use crate::job::{Job, Place, Request};
use crate::outcome::{Attempt, Failure, Head};
use crate::plan::Output;
use crate::report::Facts;
use crate::saved::Saved;
use crate::sink::file::{Layout, Rotate};

/// Inputs of the list that these journals are of.
const INPUTS: u64 = 8;

/// So many of them are in the checkpoint.
const DURABLE: u64 = 5;

struct Dir(TempDir);

impl Dir {
    /// In memory where that can be had: these tests sync often.
    fn new() -> Self {
        let memory = Path::new("/dev/shm");
        Dir(if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap())
    }

    fn setup(&self, name: &str) -> Setup {
        Setup {
            layout: Layout::new(self.0.path().join(name), None),
            format: Output::default(),
            inputs: vec![Print { name: "urls.txt".into(), len: Some(100), sha256: Some("ab".into()) }],
            asked: Asked::default().with("--request", "GET"),
            by_pages: false,
            anyway: false,
            retry_unsafe: false,
        }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }
}

fn record(seq: u64) -> Record {
    let job = Job {
        place: Place { list: 0, line: seq + 1, offset: 30 * seq },
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

/// A run's writer, on this thread.
struct Run {
    journal: Journal,
    report: Report,
}

impl Run {
    fn new(mut journal: Journal) -> Self {
        let report = journal.earlier();
        Run { journal, report }
    }

    fn put(&mut self, seqs: impl IntoIterator<Item = u64>) {
        for seq in seqs {
            let record = record(seq);
            self.report.add(&Facts::from(&record));
            self.journal.put(&record).unwrap();
            self.journal.flush().unwrap();
        }
    }

    fn finish(mut self) -> Report {
        self.journal.finish(&self.report).unwrap();
        self.report
    }
}

fn seqs(path: &Path) -> Vec<u64> {
    let mut text = Vec::new();
    Coding::of(path).reader(fs::File::open(path).unwrap()).unwrap().read_to_end(&mut text).unwrap();
    assert!(text.is_empty() || text.ends_with(b"\n"));
    text.split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| Saved::parse(line).unwrap().key().seq)
        .collect()
}

fn whole() -> Report {
    let mut report = Report::default();
    (0..INPUTS).for_each(|seq| report.add(&Facts::from(&record(seq))));
    report
}

/// An output of which the first records are in a checkpoint and the others are not. The durable length.
fn interrupted(dir: &Dir, name: &str) -> u64 {
    let mut run = Run::new(open(dir.setup(name)).unwrap().journal);
    run.put(0..DURABLE);
    run.finish();
    let durable = fs::metadata(dir.path(name)).unwrap().len();
    let checkpoint = fs::read(dir.path(&format!("{name}.haul"))).unwrap();
    let mut run = Run::new(open(dir.setup(name)).unwrap().journal);
    run.put((DURABLE..INPUTS).rev());
    drop(run.journal);
    fs::write(dir.path(&format!("{name}.haul")), checkpoint).unwrap();
    durable
}

/// Goes on with an output, and looks whether all is there once at the end.
fn go_on(dir: &Dir, name: &str, exact: bool) {
    let Opened { journal, done, .. } = open(dir.setup(name)).unwrap();
    let found = seqs(&dir.path(name));
    assert_eq!(found.iter().copied().collect::<BTreeSet<_>>().len(), found.len(), "none is there twice");
    assert_eq!(found.len() as u64, done.len());
    assert!(found.iter().all(|&seq| done.contains(seq)), "what is done is what is there");
    let mut run = Run::new(journal);
    run.put((0..INPUTS).filter(|&seq| !done.contains(seq)));
    let Run { report, .. } = run;
    let after: BTreeSet<u64> = seqs(&dir.path(name)).into_iter().collect();
    assert!((0..INPUTS).all(|seq| after.contains(&seq)));
    if exact {
        assert_eq!(report, whole());
    }
}

#[test]
fn a_run_goes_on_where_another_ended() {
    for name in ["out.ndjson", "out.ndjson.gz", "out.ndjson.zst"] {
        let dir = Dir::new();
        interrupted(&dir, name);
        let opened = open(dir.setup(name)).unwrap();
        assert_eq!((opened.done.watermark(), opened.inputs_hold, opened.notes.len()), (INPUTS, true, 0));
        drop(opened);
        go_on(&dir, name, true);
    }
}

/// What a crash of the machine can do to what was not durable.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Cut,
    Zeros,
    Garbage(u8),
}

/// Damages an output behind its durable length at every byte, in each way, and goes on with it.
fn damage(name: &str) {
    let dir = Dir::new();
    let durable = interrupted(&dir, name) as usize;
    let (output, checkpoint) = (dir.path(name), dir.path(&format!("{name}.haul")));
    let before = [fs::read(&output).unwrap(), fs::read(&checkpoint).unwrap()];
    let kinds = [Damage::Cut, Damage::Zeros, Damage::Garbage(0xff), Damage::Garbage(b'\n' ^ b'1')];
    for at in durable..before[0].len() {
        for kind in kinds {
            let mut damaged = before[0].clone();
            match kind {
                Damage::Cut => damaged.truncate(at),
                Damage::Zeros => damaged[at..].fill(0),
                Damage::Garbage(bits) => damaged[at] ^= bits,
            }
            fs::write(&output, damaged).unwrap();
            fs::write(&checkpoint, &before[1]).unwrap();
            // A flipped bit can make another record of a line that has no checksum.
            let exact = name != "out.ndjson" || !matches!(kind, Damage::Garbage(_));
            go_on(&dir, name, exact);
        }
    }
}

#[test]
fn damage_to_a_plain_output_costs_records_and_nothing_else() {
    damage("out.ndjson");
}

#[test]
fn damage_to_a_gzip_output_costs_records_and_nothing_else() {
    damage("out.ndjson.gz");
}

#[test]
fn damage_to_a_zstd_output_costs_records_and_nothing_else() {
    damage("out.ndjson.zst");
}

#[test]
fn without_its_checkpoint_the_output_is_read_as_a_whole() {
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
        let opened = open(dir.setup("out.ndjson")).unwrap();
        assert_eq!((opened.done.len(), opened.inputs_hold), (INPUTS, false));
        assert!(opened.notes[0].contains("out.ndjson.haul"), "{:?}", opened.notes);
        drop(opened);
        go_on(&dir, "out.ndjson", true);
    }
}

fn refusal(setup: Setup) -> String {
    match open(setup) {
        Err(OpenError::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_does_not_fit_is_refused_and_named_and_left_as_it_was() {
    let dir = Dir::new();
    let durable = interrupted(&dir, "out.ndjson");
    let setup = || dir.setup("out.ndjson");
    let output = fs::read(dir.path("out.ndjson")).unwrap();

    let mut other = setup();
    other.inputs[0].len = Some(120);
    assert!(refusal(other).contains("urls.txt has grown from 100 to 120 bytes"));
    let mut other = setup();
    other.asked = other.asked.with("--request", "HEAD");
    assert!(refusal(other).contains("--request was GET and is HEAD\n(--resume-anyway"));
    assert_eq!(fs::read(dir.path("out.ndjson")).unwrap(), output);

    fs::write(dir.path("out.ndjson"), &output[..durable as usize - 1]).unwrap();
    let short = refusal(setup());
    assert!(short.contains(&format!("has {} bytes, and {durable} were durable", durable - 1)), "{short}");
    let opened = open(Setup { anyway: true, ..setup() }).unwrap();
    assert_eq!(opened.done.len(), DURABLE - 1);
    drop(opened);

    fs::remove_file(dir.path("out.ndjson")).unwrap();
    assert!(refusal(setup()).contains("is gone"));
    fs::write(dir.path("out.ndjson.haul"), "haul-checkpoint 2 and what else there may be\n").unwrap();
    assert!(refusal(setup()).contains("is of version 2"));
    assert_eq!(open(Setup { anyway: true, ..setup() }).unwrap().done.len(), 0);
}

#[test]
fn only_one_run_has_a_journal() {
    let dir = Dir::new();
    let first = open(dir.setup("out.ndjson")).unwrap();
    assert!(refusal(dir.setup("out.ndjson")).contains("is being written by another run"));
    drop(first);
    open(dir.setup("out.ndjson")).unwrap();
}

#[test]
fn what_was_cancelled_is_not_done() {
    let dir = Dir::new();
    let opened = open(dir.setup("out.ndjson")).unwrap();
    assert!(!opened.journal.takes(&cancelled(1)) && opened.journal.takes(&record(1)));
    drop(opened);
    let mut lines = Vec::new();
    for record in [record(0), cancelled(1), record(2)] {
        crate::sink::ndjson::render(&record, &Output::default(), &mut lines);
    }
    fs::write(dir.path("out.ndjson"), lines).unwrap();
    fs::remove_file(dir.path("out.ndjson.haul")).ok();
    let opened = open(dir.setup("out.ndjson")).unwrap();
    assert_eq!(opened.done.len(), 1);
    assert!(opened.notes.iter().any(|note| note.contains("\"seq\":1 was cancelled")), "{:?}", opened.notes);
    drop(opened);
    go_on(&dir, "out.ndjson", true);
}

#[test]
fn parts_are_gone_on_with_and_closed_ones_left_alone() {
    let dir = Dir::new();
    let setup = || {
        let layout = Layout::new(dir.path("out.ndjson"), Some(Rotate::Size(600)));
        Setup { layout, ..dir.setup("out.ndjson") }
    };
    let parts = || setup().layout.parts().unwrap();
    let mut run = Run::new(open(setup()).unwrap().journal);
    run.put(0..DURABLE);
    run.finish();
    let mut run = Run::new(open(setup()).unwrap().journal);
    run.put(DURABLE..INPUTS - 1);
    drop(run.journal);
    assert!(parts().len() > 2);

    let first = setup().layout.part_path(1);
    fs::remove_file(&first).unwrap(); // whoever has the checkpoint can do without it
    let opened = open(setup()).unwrap();
    assert_eq!(opened.done.watermark(), INPUTS - 1);
    let mut run = Run::new(opened.journal);
    run.put(INPUTS - 1..INPUTS);
    assert_eq!(run.finish(), whole());

    fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
    assert!(refusal(setup()).contains("out.000001.ndjson is gone"));
    assert!(refusal(dir.setup("out.ndjson")).contains("give --rotate"));
    fs::write(dir.path("out.ndjson"), "").unwrap();
    assert!(refusal(setup()).contains("without --rotate"));
}

#[test]
fn a_damaged_part_that_is_closed_is_refused() {
    let dir = Dir::new();
    let setup = || {
        let layout = Layout::new(dir.path("out.ndjson"), Some(Rotate::Size(600)));
        Setup { layout, ..dir.setup("out.ndjson") }
    };
    let mut run = Run::new(open(setup()).unwrap().journal);
    run.put(0..INPUTS);
    run.finish();
    fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
    let first = setup().layout.part_path(1);
    let mut lines = fs::read(&first).unwrap();
    lines[0] = 0;
    fs::write(&first, &lines).unwrap();
    assert!(refusal(setup()).contains("out.000001.ndjson is damaged behind byte 0"));
    let opened = open(Setup { anyway: true, ..setup() }).unwrap();
    assert_eq!(opened.done.len(), INPUTS - 1);
    assert_eq!(fs::read(&first).unwrap(), lines);
}

#[test]
fn a_checkpoint_is_what_it_was() {
    let dir = Dir::new();
    let Opened { journal, .. } = open(dir.setup("out.ndjson")).unwrap();
    let mut run = Run::new(journal);
    run.put([0, 1, 2, 5, 9]);
    run.finish();
    let path = dir.path("out.ndjson.haul");
    let Found::Whole(checkpoint) = Checkpoint::read(&path).unwrap() else { panic!("no checkpoint") };
    let done = checkpoint.done.restore().unwrap();
    assert_eq!((done.watermark(), done.above().iter().collect::<Vec<_>>()), (3, vec![5, 9]));
    assert_eq!(checkpoint.encode(), fs::read(&path).unwrap());
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777, 0o600);
}
