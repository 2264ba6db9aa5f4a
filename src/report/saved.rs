//! Folds the records of files.

use std::io::{self, BufRead, BufReader, Read};

use super::{Batches, Report, Timeline};
use crate::model::RecordSummary;
use crate::schema::saved::{MAX_LINE, SavedError, SavedRecord, is_item};

/// Bytes per read.
const BUFFER: usize = 64 << 10;

/// A buffer that grew beyond this for one line shrinks back to it.
const MAX_KEPT: usize = 1 << 20;

/// What the records of files come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Saved {
    /// Their report.
    pub report: Report,
    /// The same over time.
    pub timeline: Timeline,
    /// The same in batches, if they are wanted.
    pub batches: Option<Batches>,
}

/// Adds the records of `input` to `saved`, one per line; items count as items. Blank lines are skipped. For a line that
/// is not a record, `wrong` gets its number, from 1, and the reason.
///
/// If several records share a key, each counts.
///
/// # Errors
/// Reading fails. A compressed input that is truncated is not an error: its end counts as a wrong line.
pub fn fold(input: impl Read, saved: &mut Saved, mut wrong: impl FnMut(u64, SavedError)) -> io::Result<()> {
    let mut lines = Lines { input: BufReader::with_capacity(BUFFER, input), line: Vec::new(), max: MAX_LINE };
    for number in 1.. {
        let record = match lines.next() {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                wrong(number, SavedError::BrokenOff);
                break;
            }
            Err(error) => return Err(error),
            Ok(None) => break,
            Ok(Some(Ok(line))) if line.trim_ascii().is_empty() => continue,
            Ok(Some(Ok(line))) if is_item(line) => {
                saved.report.add_items(1);
                continue;
            }
            Ok(Some(line)) => line.and_then(SavedRecord::parse),
        };
        match record {
            Ok(record) => saved.add(&record.summary()),
            Err(error) => wrong(number, error),
        }
    }
    Ok(())
}

impl Saved {
    fn add(&mut self, record: &RecordSummary<'_>) {
        self.report.add(record);
        self.timeline.add(record);
        if let Some(batches) = &mut self.batches {
            batches.add(record);
        }
    }
}

/// Reads lines of any length up to a limit; the buffer grows with them.
struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    max: usize,
}

impl<R: Read> Lines<R> {
    /// The next line, with its line end; a line that is too long is skipped.
    fn next(&mut self) -> io::Result<Option<Result<&[u8], SavedError>>> {
        self.line.clear();
        self.line.shrink_to(MAX_KEPT);
        let most = self.max as u64 + 1; // without the line break
        if self.input.by_ref().take(most).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        if self.line.len() > self.max && self.line.last() != Some(&b'\n') {
            self.input.skip_until(b'\n')?;
            return Ok(Some(Err(SavedError::TooLong)));
        }
        Ok(Some(Ok(&self.line)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn record(seq: u64) -> String {
        format!(
            r#"{{"seq":{seq},"method":"GET","url":"http://a/","ok":true,"status_code":200,"error":null,"attempts":1}}"#
        )
    }

    fn folded(input: impl Read) -> (u64, Vec<String>) {
        let (mut saved, mut wrong) = (Saved::default(), Vec::new());
        fold(input, &mut saved, |line, why| wrong.push(format!("line {line}: {why}"))).unwrap();
        (saved.report.totals().records, wrong)
    }

    #[test]
    fn wrong_lines_are_named_and_the_others_counted() {
        let lines = [&record(0), "", " \r", "x", &record(1)[..40], &record(0), "[]", &record(3)].join("\n");
        let (records, wrong) = folded(lines.as_bytes());
        assert_eq!(records, 3);
        insta::assert_snapshot!(wrong.join("\n"), @"
        line 4: not JSON: expected value at column 1
        line 5: not JSON: EOF while parsing a string at column 40
        line 7: not a record: not an object
        ");
    }

    #[test]
    fn items_are_counted_beside_records() {
        let items = [r#"{"seq":0,"page":1,"item":{"a":1}}"#, r#"{"seq":0,"id":"x","page":2,"item":null}"#];
        let others = [r#"{"seq":0,"page":1}"#, r#"{"seq":0,"page":1,"item":1,"b":1}"#, r#"[0,null,1,1]"#];
        let (mut saved, mut wrong) = (Saved::default(), 0);
        let lines = [&items[..], &others, &[&record(0)]].concat().join("\n");
        fold(lines.as_bytes(), &mut saved, |_, _| wrong += 1).unwrap();
        assert_eq!((saved.report.totals().items, saved.report.totals().records, wrong), (2, 1, 3));
    }

    #[test]
    fn what_breaks_off_counts_as_far_as_it_goes() {
        struct Torn;
        impl Read for Torn {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::UnexpectedEof.into())
            }
        }
        let lines = record(0) + "\n" + &record(1)[..20];
        let (records, wrong) = folded(lines.as_bytes().chain(Torn));
        assert_eq!((records, &*wrong), (1, &["line 2: incomplete: the file is truncated".to_owned()][..]));
        let failing = lines.as_bytes().chain(io::BufReader::new(Failing));
        assert!(fold(failing, &mut Saved::default(), |_, _| {}).is_err());
    }

    struct Failing;

    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::InvalidData.into())
        }
    }

    proptest! {
        #[test]
        fn lines_are_those_of_a_split(
            bytes in vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..200),
            capacity in 1..20usize,
            max in 1..20usize,
        ) {
            let input = BufReader::with_capacity(capacity, &*bytes);
            let mut lines = Lines { input, line: Vec::new(), max };
            for expected in bytes.split_inclusive(|&byte| byte == b'\n') {
                let too_long = expected.strip_suffix(b"\n").unwrap_or(expected).len() > max;
                match lines.next().unwrap().unwrap() {
                    Ok(line) => prop_assert!(!too_long && line == expected),
                    Err(why) => prop_assert!(too_long && matches!(why, SavedError::TooLong)),
                }
            }
            prop_assert!(lines.next().unwrap().is_none());
        }
    }
}
