//! Why a list cannot be probed.

use std::io;

use url::Url;

use crate::guard::text::grouped;
use crate::source::InputError;

/// Why the targets of a probe cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// A list cannot be opened.
    #[error(transparent)]
    Open(#[from] InputError),
    /// A list cannot be read to its end.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// The base URL has placeholders.
    #[error("the base URL {0} contains placeholders: put them into the lines of the list, or into a URL template")]
    BaseUrl(Url),
    /// Lines are not requests; the message has their places.
    #[error("{0}")]
    Invalid(String),
    /// There is nothing to send.
    #[error("the lists contain no requests")]
    Empty,
    /// No target has a weight above 0.
    #[error("every target has weight 0: nothing to send")]
    NoWeight,
    /// There are more targets than fit into memory.
    #[error("more than {} targets: send a part of the list, such as a sample of it", grouped(*most as u64))]
    TooMany {
        /// How many fit.
        most: usize,
    },
    /// The targets take more memory than they may.
    #[error(
        "the first {} targets take more than {mib} MiB of memory: send a part of the list, or put large bodies into \
         files",
        grouped(*count as u64)
    )]
    TooLarge {
        /// How many targets were read.
        count: usize,
        /// How much memory they may take.
        mib: usize,
    },
}
