//! What a ledger is opened for.

use super::fingerprint::RunFingerprint;
use crate::model::InputFingerprint;
use crate::schema::Output;
use crate::storage::Layout;

/// What a ledger is opened for.
#[derive(Debug, Clone)]
pub struct LedgerOptions {
    /// The output. The checkpoint is beside its path.
    pub layout: Layout,
    /// How records are written.
    pub format: Output,
    /// The inputs of the run.
    pub inputs: Vec<InputFingerprint>,
    /// The options that decide what a record says.
    pub fingerprint: RunFingerprint,
    /// Whether the checkpoint alone says what is completed, since an input may have several records, or none.
    pub checkpoint_only: bool,
    /// Resume even if something does not match.
    pub anyway: bool,
    /// Repeat requests that an earlier run may have sent, even where that is not safe.
    pub retry_unsafe: bool,
}
