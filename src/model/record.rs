//! The outcome of an input: exactly one record for each.

use std::borrow::Cow;

use http::{Method, StatusCode};

use crate::guard::redact::Redact;
use crate::model::{Attempt, Continuation, ErrorKind, Job, LinePosition, Tags, is_idempotent};

/// The result of one input: its response, or why it has none.
///
/// Every input has exactly one record, or one for each page if pages are followed. It serialises to the line that haul
/// writes for it by default, with secrets masked; the accessors mask nothing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Record {
    /// The request ended: with a response, or with an error.
    #[doc(hidden)]
    Settled {
        /// The job, after its last attempt.
        job: Box<Job>,
        /// Its last attempt.
        attempt: Box<Attempt>,
    },
    /// The input is malformed.
    #[doc(hidden)]
    Invalid(Box<Invalid>),
    /// The input repeats an earlier one, and was not sent.
    #[doc(hidden)]
    Duplicate {
        /// The job.
        job: Box<Job>,
        /// The number of the first input with the same request.
        of: u64,
    },
}

/// A malformed input.
#[derive(Debug, Clone)]
pub struct Invalid {
    /// The number of the input.
    pub seq: u64,
    /// The position of its line.
    pub place: LinePosition,
    /// The input's own id and data, as far as they could be read.
    pub tags: Option<Box<Tags>>,
    /// The method, as far as it could be read.
    pub method: Method,
    /// The input as it was written, with invalid UTF-8 replaced, secrets masked, and cut at [`MAX_SHOWN_URL`] bytes.
    pub url: String,
    /// What is wrong, with the names of input and line.
    pub message: String,
}

/// How much of an input's URL a record shows, in bytes.
pub const MAX_SHOWN_URL: usize = 2048;

/// An input's URL as a record shows it. Secrets are masked first: a cut could hide that something is a secret.
pub fn shown_url(url: &str, redact: Redact) -> Cow<'_, str> {
    let end = |url: &str| url.floor_char_boundary(MAX_SHOWN_URL);
    match redact.url(url) {
        Cow::Borrowed(url) => Cow::Borrowed(&url[..end(url)]),
        Cow::Owned(mut url) => {
            url.truncate(end(&url));
            Cow::Owned(url)
        }
    }
}

/// How much of a message or remark a record shows, in bytes.
pub const MAX_SHOWN_MESSAGE: usize = 8 << 10;

/// A message or a remark as a record shows it, with its secrets masked. One that quotes a server may be long.
pub fn shown_message(message: &str, redact: Redact) -> Cow<'_, str> {
    let message = redact.message(message);
    if message.len() <= MAX_SHOWN_MESSAGE {
        return message;
    }
    Cow::Owned(format!("{}…", &message[..message.floor_char_boundary(MAX_SHOWN_MESSAGE)]))
}

impl Record {
    /// The number of the input, from 0, in the order of the lists.
    pub fn seq(&self) -> u64 {
        match self {
            Record::Settled { job, .. } | Record::Duplicate { job, .. } => job.seq,
            Record::Invalid(invalid) => invalid.seq,
        }
    }

    /// The position of the input's line.
    #[doc(hidden)]
    pub fn place(&self) -> LinePosition {
        match self {
            Record::Settled { job, .. } | Record::Duplicate { job, .. } => job.place,
            Record::Invalid(invalid) => invalid.place,
        }
    }

    /// Whether the method of the input is idempotent: sending the request twice has the effect of once.
    ///
    /// An `Idempotency-Key` does not count here: a redirect may have dropped it, and the log of requests that are not
    /// safe to repeat then has the request.
    #[doc(hidden)]
    pub fn is_safe_to_repeat(&self) -> bool {
        match self {
            Record::Settled { job, .. } => is_idempotent(job.given_method()),
            Record::Invalid(_) | Record::Duplicate { .. } => true,
        }
    }

    /// The page with which its input continues, unless this is its last record.
    #[doc(hidden)]
    pub fn continuation(&self) -> Option<&Continuation> {
        match self {
            Record::Settled { attempt, .. } => attempt.paging.as_ref()?.continuation.as_deref(),
            Record::Invalid(_) | Record::Duplicate { .. } => None,
        }
    }

    /// The number of the input that this one repeats. It was not sent then.
    pub fn duplicate_of(&self) -> Option<u64> {
        match self {
            Record::Duplicate { of, .. } => Some(*of),
            Record::Settled { .. } | Record::Invalid(_) => None,
        }
    }

    /// A complete response with a status below 400.
    pub fn ok(&self) -> bool {
        match self {
            Record::Settled { attempt, .. } => attempt.ok(),
            Record::Invalid(_) | Record::Duplicate { .. } => false,
        }
    }

    /// The status of the last response.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Record::Settled { attempt, .. } => attempt.status(),
            Record::Invalid(_) | Record::Duplicate { .. } => None,
        }
    }

    /// Why there is no complete response.
    pub fn error_kind(&self) -> Option<ErrorKind> {
        match self {
            Record::Settled { attempt, .. } => attempt.error.as_ref().map(|error| error.kind),
            Record::Invalid(_) => Some(ErrorKind::InvalidInput),
            Record::Duplicate { .. } => None,
        }
    }
}
