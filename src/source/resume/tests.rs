use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use roaring::RoaringTreemap;

use super::Resume;
use crate::model::{CompletedSet, Job, LinePosition};
use crate::source::lines::MAX_LINE;
use crate::source::tests::{Files, entries, facts, from, line, shown, shown_all};
use crate::source::{Entry, EntryReader, Input, ListOptions, Progress, Target, open};
use crate::storage::compression::Coding;

fn is_interrupted(entry: &Entry) -> bool {
    matches!(entry, Entry::Interrupted(_))
}

fn source(files: &Files) -> EntryReader {
    open(files.inputs(), &ListOptions::default()).unwrap()
}

/// Every input below `watermark` is completed; `anchor` is the stored position.
fn completed_below(watermark: u64, anchor: Option<(u64, LinePosition)>) -> Resume {
    let done = CompletedSet::restore(watermark, RoaringTreemap::new(), anchor);
    Resume { completed: done, seek: anchor.is_some(), ..Resume::default() }
}

fn target() -> Target {
    Target::new("http://a/")
}

#[test]
fn reading_starts_at_the_anchor() {
    let files = Files::named(&[("a", "http://x/\n"), ("b", "# no\nhttp://c/\n\nhttp://d/\nbad\n")]);
    let place = LinePosition { list: 1, line: 4, offset: 16 };
    let resume = completed_below(2, Some((2, place)));

    // What precedes the anchor is not read: here it has changed.
    std::fs::write(files.path("a"), "http://y/\n".repeat(9)).unwrap();
    std::fs::write(files.path("b"), "http://of-12345\nhttp://d/\nbad\n").unwrap();
    let progress = Arc::new(Progress::default());
    let source = source(&files).resume(resume).unwrap();
    let mut batches = source.spawn(1, Arc::clone(&progress));
    let batch = batches.blocking_recv().unwrap().unwrap();
    assert_eq!(batch.iter().map(Entry::seq).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(facts(&batch[0]), (2, place, "http://d/".into()));
    let message = shown(&batch[1]);
    assert!(message.starts_with(&format!("{} line 5: no scheme", files.path("b").display())), "{message}");
    assert!(batches.blocking_recv().is_none());
    assert_eq!((progress.entries(), progress.bytes(), progress.total_bytes()), (4, 90 + 30, Some(90 + 30)));
}

#[test]
fn progress_starts_at_the_anchor() {
    let files = Files::new(&["http://a/\n".repeat(1000)]);
    let place = LinePosition { list: 0, line: 513, offset: 5120 };
    let progress = Arc::new(Progress::default());
    let resume = completed_below(600, Some((512, place)));
    let mut batches = source(&files).resume(resume).unwrap().spawn(1, Arc::clone(&progress));
    assert!(progress.entries() >= 512 && progress.bytes() >= 5120);
    while batches.blocking_recv().is_some() {
        assert_eq!(progress.estimated_total(), Some(1000));
    }
    assert_eq!(progress.entries(), 1000);
}

#[test]
fn an_impossible_anchor_is_ignored() {
    let files = Files::named(&[("0", "http://a/\nhttp://b/\n")]);
    for place in [
        LinePosition { list: 0, line: 2, offset: 21 },
        LinePosition { list: 0, line: 0, offset: 10 },
        LinePosition { list: 1, line: 2, offset: 10 },
    ] {
        let resumed = source(&files).resume(completed_below(1, Some((1, place)))).unwrap();
        assert_eq!(shown_all(resumed), ["http://b/"]);
    }
}

#[test]
fn an_unfinished_request_is_interrupted() {
    let files = Files::new(&["http://a/\nPOST http://b/\nbad\nPOST http://c/\n"]);
    let done = CompletedSet::restore(0, [3].into(), None);
    let resumed =
        source(&files).resume(Resume { completed: done, interrupted: [1, 2, 3].into(), ..Resume::default() }).unwrap();
    let entries = entries(resumed);
    assert!(matches!(&entries[..], [Entry::Job(a), Entry::Interrupted(b), Entry::Invalid(bad)]
        if (a.seq, b.seq, bad.seq) == (0, 1, 2) && b.request.method == "POST"));
}

#[test]
fn long_lines_are_counted_the_same_on_resuming() {
    // Whether a line that is too long is an entry must not depend on where a read ends within it.
    let blanks = " ".repeat(2 * MAX_LINE - 9);
    let text = format!("http://a/\n{blanks}#\n#{blanks}\n{}\nhttp://b/\n", "x".repeat(3 * MAX_LINE));
    let files = Files::new(&[text]);
    let all: Vec<_> = entries(source(&files)).iter().map(facts).collect();
    assert_eq!(
        all.iter().map(|(seq, place, _)| (*seq, place.line)).collect::<Vec<_>>(),
        [(0, 1), (1, 2), (2, 4), (3, 5)]
    );
    for (seq, place, _) in &all {
        for anchor in [None, Some((*seq, *place))] {
            let rest = entries(source(&files).resume(completed_below(*seq, anchor)).unwrap());
            assert_eq!(rest.iter().map(facts).collect::<Vec<_>>(), all[*seq as usize..]);
        }
    }
}

#[test]
fn targets_of_an_iterator_are_skipped_by_ordinal() {
    let done = CompletedSet::restore(700, [701, 703].into(), Some((512, LinePosition::default())));
    let resume = Resume { completed: done, interrupted: [702].into(), seek: true, replay: false };
    let entries = entries(from(vec![target(); 705]).resume(resume).unwrap());
    let yielded: Vec<_> = entries.iter().map(|entry| (entry.seq(), is_interrupted(entry))).collect();
    assert_eq!(yielded, [(700, false), (702, true), (704, false)]);
}

#[test]
fn a_skipping_thread_ends_with_its_receiver() {
    let alive = Arc::new(());
    let token = Arc::clone(&alive);
    let endless = std::iter::repeat_with(move || {
        let _ = &token;
        target()
    });
    let source = from(endless).resume(completed_below(u64::MAX, None)).unwrap();
    drop(source.spawn(1, Arc::default()));
    let deadline = Instant::now() + Duration::from_secs(10);
    while Arc::strong_count(&alive) > 1 {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
}

/// A list of lines of every kind, sometimes long enough for several reads, and how it is compressed.
fn list() -> impl Strategy<Value = (Vec<u8>, Coding)> {
    let coding = prop_oneof![3 => Just(Coding::Plain), 1 => Just(Coding::Gzip), 1 => Just(Coding::Zstd)];
    (vec(line(), 0..40), prop_oneof![4 => Just(0), 1 => 0..9000usize], any::<bool>(), coding).prop_map(
        |(lines, more, ends, coding)| {
            let mut text = lines.join(&b'\n');
            text.extend(b"\n http://more.test/\t\n#\n".repeat(more));
            text.extend(ends.then_some(b'\n'));
            (text, coding)
        },
    )
}

fn stored(lists: &[(Vec<u8>, Coding)]) -> Files {
    let file = |(n, (text, coding)): (usize, &(Vec<u8>, Coding))| {
        let (mut bytes, ending) = (
            Vec::new(),
            match coding {
                Coding::Plain => "txt",
                Coding::Gzip => "gz",
                Coding::Zstd => "zst",
            },
        );
        coding.encode(text, &mut bytes).unwrap();
        (format!("{n}.{ending}"), bytes)
    };
    Files::named(&lists.iter().enumerate().map(file).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn resuming_yields_the_rest_and_can_replay_completed_requests(
        lists in vec(list(), 1..4),
        watermark in any::<prop::sample::Index>(),
        anchor in any::<Option<prop::sample::Index>>(),
        above in vec(any::<prop::sample::Index>(), 0..30),
        begun in vec(any::<prop::sample::Index>(), 0..30),
        argument: bool,
        replay: bool,
    ) {
        let files = stored(&lists);
        let argument = argument.then(|| Input::Urls(vec!["http://argument/".into(), "no".into()]));
        let open = || open(files.inputs().into_iter().chain(argument.clone()), &ListOptions::default());
        prop_assume!(open().is_ok(), "a list looks like one of another format");
        let source = || open().unwrap();
        let all = entries(source());
        let any = |index: &prop::sample::Index| index.index(all.len() + 1) as u64;
        let watermark = any(&watermark);
        let done: BTreeSet<_> = above.iter().map(any).filter(|&seq| seq > watermark).chain(0..watermark).collect();
        let begun: RoaringTreemap = begun.iter().map(any).collect();
        let at = anchor.map(|index| index.index(watermark as usize + 1)).filter(|&at| at < all.len());
        let anchor = at.map(|at| (at as u64, facts(&all[at]).1));

        let above = done.range(watermark..).copied().collect();
        let resume = Resume { completed: CompletedSet::restore(watermark, above, anchor), interrupted: begun, seek: anchor.is_some(), replay };
        let is_yielded = |entry: &&Entry| !done.contains(&entry.seq()) || replay && matches!(entry, Entry::Job(_));
        let left: Vec<_> = all.iter().filter(is_yielded).collect();
        let is_interrupted_job = |job: &Job| !done.contains(&job.seq) && resume.interrupted.contains(job.seq);
        let interrupted: Vec<_> =
            left.iter().map(|entry| matches!(entry, Entry::Job(job) if is_interrupted_job(job))).collect();
        let resumed = entries(source().resume(resume).unwrap());
        prop_assert!(resumed.iter().all(|entry| entry.is_completed() == done.contains(&entry.seq())));
        prop_assert_eq!(resumed.iter().map(facts).collect::<Vec<_>>(), left.into_iter().map(facts).collect::<Vec<_>>());
        prop_assert_eq!(resumed.iter().map(is_interrupted).collect::<Vec<_>>(), interrupted);
    }
}
