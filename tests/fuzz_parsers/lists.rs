//! Lists: however the bytes arrive, each line is an entry, and resuming in the middle yields the rest.

use std::io::{self, Read};
use std::sync::Arc;

use haul::model::{CompletedSet, LinePosition};
use haul::source::{self, Entry, EntryReader, Input, InputFormat, ListOptions, Resume, UrlTemplate};

const FORMATS: [InputFormat; 5] =
    [InputFormat::Text, InputFormat::Ndjson, InputFormat::Csv, InputFormat::Tsv, InputFormat::Vegeta];

/// Returns at most `size` bytes at a time.
struct Chunks {
    bytes: io::Cursor<Vec<u8>>,
    size: usize,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.size);
        self.bytes.read(&mut buffer[..most])
    }
}

/// What matters of an entry.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    seq: u64,
    place: LinePosition,
    says: String,
}

fn all(mut reader: EntryReader) -> (Vec<Seen>, Option<String>) {
    let mut seen = Vec::new();
    loop {
        match reader.next_batch() {
            Ok(Some(batch)) => seen.extend(batch.iter().map(see)),
            Ok(None) => return (seen, None),
            Err(error) => return (seen, Some(error.to_string())),
        }
    }
}

fn see(entry: &Entry) -> Seen {
    match entry {
        Entry::Job(job) | Entry::Interrupted(job) | Entry::Completed(job) => {
            let tags = job.tags.as_ref().map(|tags| (tags.id.as_ref(), tags.meta.as_ref()));
            let says = format!("{} {} {tags:?}", job.request.method, job.url);
            Seen { seq: job.seq, place: job.place, says }
        }
        Entry::Target(_) => unreachable!("not a probe"),
        Entry::Invalid(invalid) => Seen { seq: invalid.seq, place: invalid.place, says: invalid.message.clone() },
    }
}

/// The first byte says in which format the rest is a list, the second how it arrives and where a run resumes.
pub(crate) fn check(input: &[u8]) {
    let [kind, arrival, list @ ..] = input else { return };
    let template = match kind / 5 % 3 {
        1 => Some(UrlTemplate::column("link")),
        2 => UrlTemplate::parse("http://a/{id}?q={q}", None).ok(),
        _ => None,
    };
    let format = FORMATS[usize::from(kind % 5)];
    let options = ListOptions { format: Some(format), url: template.map(Arc::new), ..ListOptions::default() };
    let read = |size: usize| {
        let bytes = Chunks { bytes: io::Cursor::new(list.to_vec()), size };
        all(source::read("list", bytes, &options))
    };
    let whole = read(usize::MAX);
    let slow = read(usize::from(*arrival) + 1);
    // The first line of a pipe does not wait for the second, which can show that both are a target of vegeta's.
    let is_early = whole.0.is_empty() && slow.0.len() == 1 && slow.1 == whole.1 && shows_vegeta(whole.1.as_deref());
    assert!(slow == whole || is_early, "the size of reads matters: {slow:?} or {whole:?}");
    assert!(whole.0.iter().map(|seen| seen.seq).eq(0..whole.0.len() as u64), "the numbers have gaps");
    if whole.1.is_none() && is_stored_as_read(list) {
        match format {
            InputFormat::Text | InputFormat::Ndjson => {
                assert_eq!(whole.0.len(), lines(list, format), "a line is lost");
            }
            _ => {}
        }
    }
    if let Ok(text) = std::str::from_utf8(list) {
        in_memory(text, &options, &whole, usize::from(*arrival));
    }
}

/// The same list, but one that can be read again.
fn in_memory(text: &str, options: &ListOptions, whole: &(Vec<Seen>, Option<String>), at: usize) {
    let open = || source::open([Input::Text { name: "list".to_owned(), text: text.to_owned() }], options);
    let Ok(reader) = open() else { return };
    let (entries, error) = all(reader);
    assert_eq!((&entries, error.is_some()), (&whole.0, whole.1.is_some()), "a pipe and a file differ");
    let Some(seen) = entries.get(at % entries.len().max(1)) else { return };
    let completed = CompletedSet::restore(seen.seq, Default::default(), Some((seen.seq, seen.place)));
    let resume = Resume { completed, seek: true, ..Resume::default() };
    let rest = open().map(|reader| all(reader.resume(resume).expect("it can be read")));
    assert_eq!(rest.expect("it can be opened").0, entries[seen.seq as usize..], "resuming yields something else");
}

fn shows_vegeta(error: Option<&str>) -> bool {
    error.is_some_and(|error| error.contains("it looks like vegeta targets, not text"))
}

/// Whether a list is neither compressed nor in UTF-16.
fn is_stored_as_read(list: &[u8]) -> bool {
    ![&b"\x1f\x8b"[..], b"\x28\xb5", b"\xff\xfe", b"\xfe\xff"].iter().any(|start| list.starts_with(start))
}

/// The lines that must each have an entry.
fn lines(list: &[u8], format: InputFormat) -> usize {
    let counts = |line: &&[u8]| {
        let mut line = *line;
        while let Some(rest) = line.strip_prefix(b"\xef\xbb\xbf") {
            line = rest;
        }
        let line = line.trim_ascii();
        !line.is_empty() && (format != InputFormat::Text || line[0] != b'#')
    };
    list.split(|byte| matches!(byte, b'\n' | b'\r')).filter(counts).count()
}
