//! Tests of whole sources: several inputs, batches, threads, strictness.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::model::LinePosition;

use super::{
    Entry, EntryReader, Input, ListOptions, MAX_BATCH, MAX_REPORTED, Progress, StrictError, Target, check, open,
};

/// A directory with a list in each file.
pub(super) struct Files(TempDir);

impl Files {
    pub(super) fn new(contents: &[impl AsRef<[u8]>]) -> Self {
        let named: Vec<_> = (0..).map(|n: usize| n.to_string()).zip(contents).collect();
        Files::named(&named)
    }

    pub(super) fn named(contents: &[(impl AsRef<Path>, impl AsRef<[u8]>)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in contents {
            fs::write(dir.path().join(name), content).unwrap();
        }
        Files(dir)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// All files, in the order of their names.
    pub(super) fn inputs(&self) -> Vec<Input> {
        let mut paths: Vec<_> = fs::read_dir(self.0.path()).unwrap().map(|file| file.unwrap().path()).collect();
        paths.sort();
        paths.into_iter().map(Input::File).collect()
    }
}

pub(super) fn arguments(urls: &[&str]) -> Input {
    Input::Urls(urls.iter().map(|&url| url.to_owned()).collect())
}

/// Reads the targets of an iterator.
pub(super) fn from(targets: impl IntoIterator<Item = Target, IntoIter: Send + 'static>) -> EntryReader {
    EntryReader::from_source(Box::new(targets.into_iter()), &ListOptions::default())
}

pub(super) fn entries(mut source: EntryReader) -> Vec<Entry> {
    let mut entries = Vec::new();
    while let Some(batch) = source.next_batch().unwrap() {
        assert!((1..=MAX_BATCH).contains(&batch.len()));
        entries.extend(batch);
    }
    assert!(source.next_batch().unwrap().is_none());
    entries
}

/// The URL of a job, the message of an invalid line.
pub(super) fn shown(entry: &Entry) -> String {
    match entry {
        Entry::Job(job) | Entry::Interrupted(job) | Entry::Completed(job) => job.url.to_string(),
        Entry::Target(target) => target.url().to_string(),
        Entry::Invalid(invalid) => invalid.message.clone(),
    }
}

/// The ordinal, position and text of an entry.
pub(super) fn facts(entry: &Entry) -> (u64, LinePosition, String) {
    let place = match entry {
        Entry::Job(job) | Entry::Interrupted(job) | Entry::Completed(job) => job.place,
        Entry::Target(target) => target.prototype().place,
        Entry::Invalid(invalid) => invalid.place,
    };
    (entry.seq(), place, shown(entry))
}

pub(super) fn shown_all(source: EntryReader) -> Vec<String> {
    entries(source).iter().map(shown).collect()
}

#[test]
fn inputs_are_read_in_the_order_given() {
    let files = Files::new(&["\u{feff}http://a/\r\n\n# no\nhttp://b/", "", "\u{feff}http://c/\nd\n"]);
    let inputs = [arguments(&["http://x/", "y"])].into_iter().chain(files.inputs());
    let entries = entries(open(inputs, &ListOptions::default()).unwrap());
    let line = |entry: &Entry| match entry {
        Entry::Job(job) | Entry::Interrupted(job) | Entry::Completed(job) => {
            (job.seq, job.place.offset, job.url.to_string())
        }
        Entry::Invalid(invalid) => (invalid.seq, invalid.place.offset, invalid.message.clone()),
        Entry::Target(_) => panic!("not a probe"),
    };
    let no_scheme = "no scheme: relative URLs need a base";
    let expected = [
        (0, 0, "http://x/".to_owned()),
        (1, 10, format!("argument 2: {}", no_scheme)),
        (2, 0, "http://a/".to_owned()),
        (3, 20, "http://b/".to_owned()),
        (4, 0, "http://c/".to_owned()),
        (5, 13, format!("{} line 2: {}", files.path("2").display(), no_scheme)),
    ];
    assert_eq!(entries.iter().map(line).collect::<Vec<_>>(), expected);
}

#[test]
fn batches_are_small_at_first() {
    let urls = vec!["http://a/"; 1000];
    let mut source = open([arguments(&urls)], &ListOptions::default()).unwrap();
    let sizes: Vec<_> = std::iter::from_fn(|| source.next_batch().unwrap()).map(|batch| batch.len()).collect();
    assert_eq!(sizes, [32, 64, 128, 256, 256, 256, 8]);
}

#[test]
fn an_unreadable_input_is_refused_on_opening() {
    let files = Files::new(&["http://a/"]);
    let error = |path: &Path| {
        let inputs = [files.inputs(), vec![Input::File(path.to_owned())]].concat();
        open(inputs, &ListOptions::default()).err().unwrap().to_string()
    };
    let (missing, dir) = (files.path("missing"), files.0.path());
    assert_eq!(error(&missing), format!("cannot read {}: No such file or directory", missing.display()));
    assert_eq!(error(dir), format!("cannot read {}: is a directory", dir.display()));
}

#[cfg(target_os = "linux")]
#[test]
fn an_error_while_reading_names_the_input_and_ends_the_source() {
    // It opens as a regular file, but its first page is not mapped.
    let inputs = [arguments(&["http://a/"]), Input::File("/proc/self/mem".into())];
    let mut source = open(inputs, &ListOptions::default()).unwrap();
    assert_eq!(source.next_batch().unwrap().unwrap().len(), 1);
    let error = source.next_batch().unwrap_err();
    assert_eq!(error.to_string(), "cannot read /proc/self/mem: Input/output error");
    assert!(source.next_batch().unwrap().is_none());
}

#[test]
fn targets_of_an_iterator_are_numbered_and_yielded_at_once() {
    let target = || Target::new("http://a/");
    let seqs = |source| entries(source).iter().map(Entry::seq).collect::<Vec<_>>();
    assert_eq!(seqs(from(vec![target(); 600])), (0..600).collect::<Vec<_>>());

    let (sender, receiver) = std::sync::mpsc::channel();
    let mut source = from(receiver);
    for seq in 0..3 {
        sender.send(target()).unwrap();
        let batch = source.next_batch().unwrap().unwrap();
        assert_eq!(batch.iter().map(Entry::seq).collect::<Vec<_>>(), [seq]);
    }
    drop(sender);
    assert!(source.next_batch().unwrap().is_none());
}

#[test]
fn a_thread_reports_its_progress() {
    let files = Files::new(&["# comment\nhttp://a/\n".repeat(5000), "http://bb/\n".repeat(5000)]);
    let progress = Arc::new(Progress::default());
    let mut batches = open(files.inputs(), &ListOptions::default()).unwrap().spawn(2, Arc::clone(&progress));
    let total = 5000 * (10 + 10 + 11);
    assert_eq!(progress.total_bytes(), Some(total));
    let mut received = 0;
    while let Some(batch) = batches.blocking_recv() {
        received += batch.unwrap().len() as u64;
        assert!(progress.entries() >= received);
        assert!((5000..=10_000).contains(&progress.estimated_total().unwrap()));
    }
    assert_eq!((received, progress.entries(), progress.bytes()), (10_000, 10_000, total));
    assert!(progress.is_finished());
    assert_eq!(progress.estimated_total(), Some(10_000));
}

#[test]
fn a_thread_ends_with_its_receiver() {
    struct Alive(Arc<()>);
    let alive = Arc::new(());
    let token = Alive(Arc::clone(&alive));
    let endless = std::iter::repeat_with(move || {
        let _ = &token.0;
        Target::new("http://a/")
    });
    let progress = Arc::new(Progress::default());
    let mut batches = from(endless).spawn(1, Arc::clone(&progress));
    batches.blocking_recv().unwrap().unwrap();
    assert_eq!(progress.estimated_total(), None);
    drop(batches);
    let deadline = Instant::now() + Duration::from_secs(10);
    while Arc::strong_count(&alive) > 1 {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    assert!(!progress.is_finished());
}

#[test]
fn a_panic_is_an_error() {
    let targets = std::iter::from_fn(|| -> Option<Target> { panic!("on purpose") });
    let progress = Arc::new(Progress::default());
    let mut batches = from(targets).spawn(1, Arc::clone(&progress));
    assert!(batches.blocking_recv().unwrap().is_err());
    assert!(batches.blocking_recv().is_none());
    assert!(!progress.is_finished());
}

#[cfg(unix)]
mod pipes {
    use std::os::fd::AsRawFd;

    use super::*;

    fn pipe() -> (Input, io::PipeReader, io::PipeWriter) {
        let (reader, writer) = io::pipe().unwrap();
        (Input::File(format!("/dev/fd/{}", reader.as_raw_fd()).into()), reader, writer)
    }

    #[test]
    fn a_slow_pipe_is_read_line_by_line() {
        let (input, reader, mut writer) = pipe();
        let progress = Arc::new(Progress::default());
        let inputs = [input, arguments(&["http://last/"])];
        let mut batches = open(inputs, &ListOptions::default()).unwrap().spawn(8, Arc::clone(&progress));
        drop(reader);
        let mut next = || batches.blocking_recv().unwrap().unwrap().iter().map(shown).collect::<Vec<_>>();
        for n in 0..3 {
            writeln!(writer, "http://a/{n}").unwrap();
            assert_eq!(next(), [format!("http://a/{n}")]);
        }
        write!(writer, "http://b/\nhttp://c/\nhttp://").unwrap();
        assert_eq!(next(), ["http://b/", "http://c/"]);
        write!(writer, "d/").unwrap();
        drop(writer);
        assert_eq!(next(), ["http://d/"]);
        assert_eq!(next(), ["http://last/"]);
        assert_eq!(progress.total_bytes(), None);
        assert!(batches.blocking_recv().is_none());
        assert_eq!(progress.estimated_total(), Some(7));
    }

    #[test]
    fn strict_reads_a_pipe_to_its_end_and_then_again() {
        let (input, reader, mut writer) = pipe();
        let thread = std::thread::spawn(move || writer.write_all(&b"http://a/\n".repeat(100_000)));
        let files = Files::new(&["http://b/\n"]);
        let inputs = [vec![input], files.inputs()].concat();
        let source = check(inputs, &ListOptions::default()).unwrap();
        drop(reader);
        thread.join().unwrap().unwrap();
        let entries = entries(source);
        assert_eq!(entries.len(), 100_001);
        assert!(entries.iter().map(Entry::seq).eq(0..100_001));
        assert_eq!(shown(&entries[100_000]), "http://b/");
    }
}

#[test]
fn strict_reports_the_first_invalid_lines_and_counts_all() {
    let files = Files::new(&["http://a/\nftp://b/\n", &"ftp://c/\n".repeat(20)]);
    let error = check(files.inputs(), &ListOptions::default()).err().unwrap();
    let report = error.to_string();
    let StrictError::Invalid { count, first } = error else { panic!("{error}") };
    assert_eq!((count, first.len()), (21, MAX_REPORTED));
    assert_eq!((first[0].seq, first[9].seq), (1, 10));
    assert!(report.starts_with("21 lines are not valid requests\n  "), "{report}");
    assert!(report.contains("0 line 2: scheme \"ftp\""), "{report}");
    assert!(report.ends_with("1 line 9: scheme \"ftp\" is not http or https\n  and 11 more"), "{report}");

    let missing = check([Input::File("/missing".into())], &ListOptions::default());
    assert!(matches!(missing, Err(StrictError::Open(_))));
}

#[test]
fn strict_does_not_change_a_valid_source() {
    let files = Files::new(&["\u{feff}http://a/\n# no\nhttp://b/", "http://c/\n"]);
    let inputs = || [files.inputs(), vec![arguments(&["http://d/"])]].concat();
    let checked = shown_all(check(inputs(), &ListOptions::default()).unwrap());
    assert_eq!(checked, shown_all(open(inputs(), &ListOptions::default()).unwrap()));
    assert_eq!(checked.len(), 4);
}

/// Lines of every kind, except those that tell of another format.
pub(super) fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[ \t\r]{0,2}#?[ \t\r]?(GET )?(https?://)?[a-z]{0,3}(/[a-z ]{0,3})?\r?".prop_map(String::into_bytes),
        vec(any::<u8>().prop_filter("a byte of a text list", |byte| !b"\n\0[{<\xfe\xff".contains(byte)), 0..12),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_line_that_is_neither_blank_nor_a_comment_is_one_entry(
        contents in vec((vec(line(), 0..20), any::<bool>(), any::<bool>()), 0..4),
    ) {
        let texts: Vec<Vec<u8>> = contents.iter().map(|(lines, bom, ends)| {
            let mut text = if *bom { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
            text.extend(lines.join(&b'\n'));
            text.extend(ends.then_some(b'\n'));
            text
        }).collect();
        let counts = |line: &&[u8]| {
            let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
            !text.is_empty() && text[0] != b'#'
        };
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let expected: usize = texts.iter().map(|text| text.split(is_end).filter(counts).count()).sum();
        let files = Files::new(&texts);
        let entries = entries(open(files.inputs(), &ListOptions::default()).unwrap());
        prop_assert_eq!(entries.len(), expected);
        prop_assert!(entries.iter().map(Entry::seq).eq(0..expected as u64));
    }
}
