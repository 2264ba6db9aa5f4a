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
use crate::pages::Pages;
use crate::plan::Output;
use crate::policy::Turn;
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
        self.put_all(seqs.into_iter().map(record));
    }

    fn put_all(&mut self, records: impl IntoIterator<Item = Record>) {
        for record in records {
            self.report.add(&Facts::from(&record));
            self.journal.put(&record).unwrap();
            self.journal.flush().unwrap();
            if self.journal.lines.get_ref().is_due() {
                self.journal.checkpoint(&self.report).unwrap();
            }
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

/// A record of a page, which is the last or has one after it.
fn page(seq: u64, number: u64, is_last: bool) -> Record {
    let Record::Settled { mut job, mut attempt } = record(seq) else { unreachable!() };
    job.pages.insert(Box::new(Pages::first(&job.url, &job.request))).number = number;
    if !is_last {
        let url = Url::parse(&format!("http://a.example/{seq}?token=abc&page={}", number + 1)).unwrap();
        job.turned(&mut attempt, Turn { url, request: Arc::clone(&job.request), stray: false });
    }
    Record::Settled { job, attempt }
}

#[test]
fn pages_are_gone_on_with_from_the_checkpoint() {
    for rotate in [None, Some(Rotate::Size(1 << 30))] {
        let dir = Dir::new();
        let setup = || {
            let layout = Layout::new(dir.path("out.ndjson"), rotate);
            Setup { layout, by_pages: true, ..dir.setup("out.ndjson") }
        };
        let lines = || -> usize {
            let parts = setup().layout.parts().unwrap();
            let files = if rotate.is_none() {
                vec![dir.path("out.ndjson")]
            } else {
                parts.iter().map(|&part| setup().layout.part_path(part)).collect()
            };
            files.iter().map(|file| seqs(file).len()).sum()
        };
        let mut run = Run::new(open(setup()).unwrap().journal);
        run.put_all((1..=5).map(|number| page(0, number, false)).chain([page(1, 1, true), page(2, 1, false)]));
        let durable = run.finish();
        let mut run = Run::new(open(setup()).unwrap().journal);
        run.put_all((6..=9).map(|number| page(0, number, number == 9)).chain([page(2, 2, true)]));
        drop(run.journal);
        assert_eq!(lines(), 12);

        let opened = open(setup()).unwrap();
        assert_eq!(lines(), 7, "what no checkpoint has is cut off");
        assert!(opened.notes[0].contains("those pages are fetched again"), "{:?}", opened.notes);
        assert!((0..3).map(|seq| opened.done.contains(seq)).eq([false, true, false]));
        let chains = opened.journal.chains();
        let url = "http://a.example/0?token=abc&page=6";
        let chain = Chain { page: 6, url: url.into(), method: "GET".into(), stray: false };
        assert_eq!((chains.len(), &chains[&0], chains[&2].page), (2, &chain, 2));
        let mut run = Run::new(opened.journal);
        assert_eq!(run.report, durable);
        run.put_all([page(0, 6, true), page(2, 2, true)]);
        assert_eq!(run.finish().totals().pages, 9);
        assert_eq!(lines(), 9);

        fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
        assert!(refusal(setup()).contains("alone tells what is done"));
        assert_eq!(lines(), 9);
        let opened = open(Setup { anyway: true, ..setup() }).unwrap();
        assert_eq!((lines(), opened.done.len(), opened.journal.chains().len()), (0, 0, 0));
    }
}

#[test]
fn a_part_is_closed_with_a_checkpoint_and_may_be_taken_away() {
    for by_pages in [false, true] {
        let dir = Dir::new();
        let setup = || {
            let layout = Layout::new(dir.path("out.ndjson"), Some(Rotate::Size(600)));
            Setup { layout, by_pages, ..dir.setup("out.ndjson") }
        };
        let mut run = Run::new(open(setup()).unwrap().journal);
        run.put(0..INPUTS - 1);
        drop(run.journal);
        let parts = setup().layout.parts().unwrap();
        assert!(parts.len() > 2);
        for &part in &parts[..parts.len() - 1] {
            fs::remove_file(setup().layout.part_path(part)).unwrap();
        }
        let opened = open(setup()).unwrap();
        assert!(opened.done.len() >= INPUTS - 3, "{}", opened.done.len());
    }
}

#[test]
fn a_part_that_is_gone_is_missed() {
    let dir = Dir::new();
    let setup = || {
        let layout = Layout::new(dir.path("out.ndjson"), Some(Rotate::Size(600)));
        Setup { layout, ..dir.setup("out.ndjson") }
    };
    let mut run = Run::new(open(setup()).unwrap().journal);
    run.put(0..INPUTS);
    run.finish();
    fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
    fs::remove_file(setup().layout.part_path(2)).unwrap();
    assert!(refusal(setup()).contains("out.000002.ndjson is gone, and parts behind it are there"));
}

#[test]
fn a_checkpoint_of_another_output_is_not_believed() {
    let dir = Dir::new();
    interrupted(&dir, "out.ndjson");
    let mut lines = Vec::new();
    for seq in (0..INPUTS).rev() {
        crate::sink::ndjson::render(&record(seq), &Output::default(), &mut lines);
    }
    fs::write(dir.path("out.ndjson"), &lines).unwrap();
    assert!(refusal(dir.setup("out.ndjson")).contains("is not the file that the checkpoint is of"));
    let opened = open(Setup { anyway: true, ..dir.setup("out.ndjson") }).unwrap();
    assert_eq!(opened.done.len(), INPUTS, "it is read as a whole");
    drop(opened);
    forget(&dir.path("out.ndjson")).unwrap();
    assert_eq!(open(dir.setup("out.ndjson")).unwrap().done.len(), INPUTS);
}

#[test]
fn places_in_other_inputs_are_forgotten() {
    let dir = Dir::new();
    interrupted(&dir, "out.ndjson");
    assert!(open(dir.setup("out.ndjson")).unwrap().done.anchor().is_some());
    let mut other = dir.setup("out.ndjson");
    other.inputs[0].len = Some(120);
    assert_eq!(open(Setup { anyway: true, ..other }).unwrap().done.anchor(), None);
}

#[test]
fn a_log_of_starts_without_an_output_is_of_another() {
    let dir = Dir::new();
    fs::write(dir.path("out.ndjson.haul-starts"), "3\n").unwrap();
    assert!(open(dir.setup("out.ndjson")).unwrap().begun.is_empty());
    assert!(!dir.path("out.ndjson.haul-starts").exists());
}
