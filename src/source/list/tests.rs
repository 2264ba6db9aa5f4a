use std::fs;
use std::io;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::model::{InputFingerprint, difference};
use crate::source::tests::{Files, entries, from, line, shown, shown_all};
use crate::source::{Entry, EntryReader, Input, ListOptions, Progress, StrictError, check, open};
use crate::storage::compression::Coding;

const CODINGS: [(&str, Coding); 2] = [("urls.gz", Coding::Gzip), ("urls.zst", Coding::Zstd)];

fn encoded(coding: Coding, blocks: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    blocks.iter().for_each(|block| coding.encode(block, &mut out).unwrap());
    out
}

fn source(files: &Files) -> EntryReader {
    open(files.inputs(), &ListOptions::default()).unwrap()
}

/// Reads until an error.
fn until_error(mut source: EntryReader) -> (Vec<Entry>, io::Error) {
    let mut entries = Vec::new();
    loop {
        match source.next_batch() {
            Ok(batch) => entries.extend(batch.expect("an error before the end")),
            Err(error) => {
                assert!(source.next_batch().unwrap().is_none());
                return (entries, error);
            }
        }
    }
}

#[test]
fn a_truncated_list_is_an_error_after_its_lines() {
    for (name, coding) in CODINGS {
        let whole = encoded(coding, &[b"http://a/\n", b"http://b/\nhttp://c"]);
        let truncated = |len| Files::named(&[(name, &whole[..len])]);
        let files = truncated(whole.len() - 3);
        let (entries, error) = until_error(source(&files));
        assert_eq!(entries.iter().map(shown).collect::<Vec<_>>(), ["http://a/", "http://b/"]);
        let path = files.path(name);
        assert_eq!(error.to_string(), format!("cannot read {}: it ends early", path.display()));

        let first = encoded(coding, &[b"http://a/\n"]).len();
        assert_eq!(shown_all(source(&truncated(first))), ["http://a/"]);
        for len in (1..first).chain(first + 1..whole.len()) {
            let files = truncated(len);
            let Err(StrictError::Read(error)) = check(files.inputs(), &ListOptions::default()) else {
                panic!("{name} is whole at {len}")
            };
            assert!(error.to_string().contains("ends early"), "{name} at {len}: {error}");
        }
    }
}

#[test]
fn a_list_that_is_not_compressed_as_named_is_an_error() {
    for (name, coding) in CODINGS {
        let files = Files::named(&[(name, "http://example.com/ is plain\n")]);
        let (entries, error) = until_error(source(&files));
        let start =
            format!("cannot read {}: it is damaged, or not compressed as its name says (", files.path(name).display());
        assert!(entries.is_empty() && error.to_string().starts_with(&start), "{error}");

        let mut bytes = encoded(coding, &[b"http://a/\n", b"http://b/\n"]);
        let last = bytes.len() - 4; // a checksum or a length
        bytes[last] ^= 1;
        let (entries, error) = until_error(source(&Files::named(&[(name, bytes)])));
        assert!(error.to_string().contains("it is damaged"), "{error}");
        assert_eq!(shown(&entries[0]), "http://a/");
    }
}

#[test]
fn progress_counts_the_compressed_bytes() {
    let text: String = (0..50_000).map(|n| format!("http://host-{}.test/{n}\n", n * 7919 % 1009)).collect();
    for (name, coding) in CODINGS {
        let bytes = encoded(coding, &[text.as_bytes()]);
        let total = bytes.len() as u64 + 10;
        let files = Files::named(&[(name, bytes)]);
        let inputs = [files.inputs(), vec![Input::Urls(vec!["http://a/".into()])]].concat();
        let progress = Arc::new(Progress::default());
        let mut batches = open(inputs, &ListOptions::default()).unwrap().spawn(1, Arc::clone(&progress));
        assert_eq!(progress.total_bytes(), Some(total));
        while batches.blocking_recv().is_some() {
            let (bytes, estimate) = (progress.bytes(), progress.estimated_total().unwrap());
            assert!((1..=total).contains(&bytes), "{bytes} of {total}");
            assert!((5_000..=500_000).contains(&estimate), "{name}: {estimate} after {}", progress.entries());
        }
        assert_eq!((progress.bytes(), progress.entries()), (total, 50_001));
    }
}

#[test]
fn a_fingerprint_identifies_an_input() {
    let plain = "http://a/\n".repeat(100_000);
    let files = Files::named(&[("a", plain.clone()), ("b.gz", "not gzip".into())]);
    let text = Input::Text { name: "list".into(), text: plain };
    let mut source = open([files.inputs(), vec![text]].concat(), &ListOptions::default()).unwrap();
    let before = source.fingerprints().unwrap();
    assert_eq!(before.iter().map(|input| input.len).collect::<Vec<_>>(), [Some(1_000_000), Some(8), Some(1_000_000)]);
    assert_eq!(before[0].sha256, before[2].sha256);
    assert_ne!(before[0].sha256, before[1].sha256);

    let first = source.next_batch().unwrap().unwrap();
    assert_eq!(source.fingerprints().unwrap(), before);
    let (rest, error) = until_error(source);
    assert!(error.to_string().contains("b.gz"), "{error}");
    let seqs = first.iter().chain(&rest).map(Entry::seq);
    assert!(seqs.eq(0..100_000), "the position is as it was");

    fs::write(files.path("b.gz"), "not zstd").unwrap();
    let now = open(files.inputs(), &ListOptions::default()).unwrap().fingerprints().unwrap();
    let text = difference(&before[..2], &now).unwrap();
    assert_eq!(text, format!("{} has different content", files.path("b.gz").display()));
    assert!(from([]).fingerprints().unwrap().is_empty());
}

#[cfg(unix)]
mod pipes {
    use std::io::Write;
    use std::os::fd::AsRawFd;

    use super::*;

    /// A pipe under the name of a compressed file, fed with `bytes`.
    fn pipe(files: &Files, name: &str, bytes: Vec<u8>) -> (Input, io::PipeReader) {
        let (reader, mut writer) = io::pipe().unwrap();
        let link = files.path(name);
        std::os::unix::fs::symlink(format!("/dev/fd/{}", reader.as_raw_fd()), &link).unwrap();
        std::thread::spawn(move || writer.write_all(&bytes));
        (Input::File(link), reader)
    }

    #[test]
    fn a_compressed_pipe_is_read_once_or_spooled() {
        for (name, coding) in CODINGS {
            let bytes = || encoded(coding, &[b"http://a/\nhttp://", b"b/\n"]);
            for open in [
                |inputs: Vec<Input>| open(inputs, &ListOptions::default()).unwrap(),
                |inputs| check(inputs, &ListOptions::default()).unwrap(),
            ] {
                let files = Files::new(&[""; 0]);
                let (input, _reader) = pipe(&files, name, bytes());
                assert_eq!(shown_all(open(vec![input])), ["http://a/", "http://b/"]);
            }
        }
    }

    #[test]
    fn a_pipe_has_a_fingerprint_once_it_is_spooled() {
        let files = Files::new(&[""; 0]);
        let (input, _reader) = pipe(&files, "urls", b"http://a/\n".to_vec());
        let fingerprints = open([input.clone()], &ListOptions::default()).unwrap().fingerprints().unwrap();
        let name = files.path("urls").display().to_string();
        assert_eq!(fingerprints, [InputFingerprint { name, len: None, sha256: None }]);
        let mut source = check([input], &ListOptions::default()).unwrap();
        assert_eq!(source.fingerprints().unwrap()[0].len, Some(10));
        assert_eq!(shown_all(source), ["http://a/"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn compressed_lists_read_like_plain_ones(
        blocks in vec(vec(line(), 0..20), 1..4),
        strict: bool,
    ) {
        let blocks: Vec<_> = blocks.iter().map(|lines| lines.join(&b'\n')).collect();
        let blocks: Vec<_> = blocks.iter().map(Vec::as_slice).collect();
        let lines = |source| entries(source).iter().map(|entry| (entry.seq(), shown_line(entry))).collect::<Vec<_>>();
        let plain = lines(source(&Files::named(&[("urls", blocks.concat())])));
        for (name, coding) in CODINGS {
            let files = Files::named(&[(name, encoded(coding, &blocks))]);
            match check(files.inputs(), &ListOptions::default()) {
                Ok(checked) if strict => prop_assert_eq!(lines(checked), plain.clone()),
                Ok(_) | Err(StrictError::Invalid { .. }) => prop_assert_eq!(lines(source(&files)), plain.clone()),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// The entry as text, without the name of its list.
fn shown_line(entry: &Entry) -> String {
    let shown = shown(entry);
    shown.split_once(" line ").map_or(shown.clone(), |(_, rest)| rest.to_owned())
}
