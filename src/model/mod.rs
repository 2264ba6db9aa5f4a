//! The data types that all stages share: job, request, attempt, failure, record, continuation.
//!
//! Nothing here depends on a stage, on files, or on the keys of the output.

mod accessors;
mod attempt;
mod blocked;
mod charset;
mod completed;
pub mod condition;
mod continuation;
mod failure;
mod group;
pub mod host_glob;
mod host_guess;
mod input_fingerprint;
mod job;
mod load;
mod pages_end;
mod pauses;
mod precision;
mod record;
pub mod request;
mod selection;
mod sendable;
mod setting;
mod step;
mod summary;
mod syntax;
pub mod units;

pub use accessors::RecordError;
pub use attempt::{Attempt, Body, ConnectionFault, Failure, Head, Phase, Redirected, Retried, Signal, Timings};
pub use blocked::Blocked;
pub use charset::Charset;
pub use completed::{CompletedSet, RecordKey};
pub use continuation::{Continuation, PageInfo, PageState};
pub use failure::ErrorKind;
pub(crate) use group::group;
pub use host_guess::with_scheme;
pub use input_fingerprint::{ARGUMENTS, InputFingerprint, difference};
pub use job::{History, Job, LinePosition, Purpose, Tags, host_key, is_idempotent};
pub use load::{LoadState, MissedBy};
pub use pages_end::{PagesEnd, PagesEnded};
pub use pauses::{PauseOutcome, PauseOutcomes};
pub use precision::Precision;
pub use record::{Invalid, MAX_SHOWN_MESSAGE, MAX_SHOWN_URL, Record, shown_message, shown_url};
pub use request::Request;
pub use selection::Selection;
pub use sendable::{MAX_URL, Unsendable, check_sendable};
pub use setting::{Setting, SettingNames};
pub use step::{FindEnd, StepOutcome};
pub use summary::RecordSummary;
pub use syntax::SyntaxError;
