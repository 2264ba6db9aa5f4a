//! Checks all inputs before the first request.

use std::io;

use super::feed::Feed;
use super::lists::Lists;
use super::resume::Numbering;
use super::{Entry, EntryReader, Input, InputError, ListOptions, MAX_BATCH};
use crate::model::Invalid;

/// The most invalid lines that are reported one by one.
pub const MAX_REPORTED: usize = 10;

/// Why [`check`] refuses the inputs.
#[derive(Debug, thiserror::Error)]
pub enum StrictError {
    /// An input cannot be opened.
    #[error(transparent)]
    Open(#[from] InputError),
    /// An input cannot be read to its end, or not be copied for the second reading.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// Some lines are invalid.
    #[error("{}", report(*count, first.iter().map(|invalid| invalid.message.as_str())))]
    Invalid {
        /// The number of invalid lines.
        count: u64,
        /// The first of them, at most [`MAX_REPORTED`].
        first: Vec<Invalid>,
    },
}

/// Reads all inputs to their end and, if every line is valid, returns a source that reads them again from the start.
///
/// An input that can be read only once is copied to a temporary file; memory use stays constant.
///
/// # Errors
/// An input cannot be read, or has an invalid line.
pub fn check(inputs: impl IntoIterator<Item = Input>, options: &ListOptions) -> Result<EntryReader, StrictError> {
    let mut lists = Lists::open(inputs, options)?;
    lists.spool()?;
    let (count, first) = count_invalid(&mut lists)?;
    if count > 0 {
        return Err(StrictError::Invalid { count, first });
    }
    lists.rewind()?;
    Ok(EntryReader::new(lists))
}

fn count_invalid(lists: &mut Lists) -> io::Result<(u64, Vec<Invalid>)> {
    let (mut numbering, mut count, mut first) = (Numbering::default(), 0, Vec::new());
    while let Some(batch) = lists.read(&mut numbering, MAX_BATCH)? {
        for entry in batch {
            if let Entry::Invalid(invalid) = entry {
                count += 1;
                if first.len() < MAX_REPORTED {
                    first.push(*invalid);
                }
            }
        }
    }
    Ok((count, first))
}

/// The message about `count` invalid lines, with what is wrong with the `first` of them.
pub(super) fn report<'a>(count: u64, first: impl Iterator<Item = &'a str>) -> String {
    let mut report = vec![match count {
        1 => "1 line is not a valid request".to_owned(),
        _ => format!("{count} lines are not valid requests"),
    }];
    report.extend(first.map(|message| format!("  {message}")));
    match count - (report.len() as u64 - 1) {
        0 => {}
        more => report.push(format!("  and {more} more")),
    }
    report.join("\n")
}
