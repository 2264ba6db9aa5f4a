//! `--resume`: opens the ledger, and leaves out of the source what it has.

use haul::durable::{self, Ledger, LedgerOptions, Recovered, ResumeError};
use haul::engine::{RunErrorKind, fingerprint};
use haul::plan::Plan;
use haul::source::{self, Resume, Source};
use haul::storage::Layout;

use super::args::Options;
use super::exit::CliError;

/// An earlier output to continue, and the inputs that are left.
pub(crate) struct Resumed {
    pub(crate) ledger: Ledger,
    pub(crate) source: Source,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
}

/// Opens the ledger, for the first time or again.
pub(crate) fn open(
    options: &Options,
    plan: &Plan,
    lines: &source::ListOptions,
    mut source: Source,
) -> Result<Resumed, CliError> {
    let Some(path) = options.output.as_deref().filter(|path| path.as_os_str() != "-") else {
        return Err(CliError::usage("--resume needs a file to go on with: what went to standard output is gone"));
    };
    let inputs = source.fingerprints().map_err(|error| CliError::system("cannot resume", &error))?;
    let ledger = LedgerOptions {
        layout: Layout::new(path, options.rotate),
        format: plan.output.clone(),
        inputs,
        fingerprint: fingerprint(plan, lines),
        by_pages: plan.paginate.is_some() || plan.output.items.is_some(),
        anyway: options.resume_anyway,
        retry_unsafe: options.retries.retry_unsafe,
    };
    let Recovered { ledger, completed, interrupted, inputs_unchanged, notes } =
        durable::open(ledger).map_err(refused)?;
    let replay = plan.dedup.is_some(); // inputs that are completed may have duplicates
    let source = source.resume(Resume { completed, interrupted, seek: inputs_unchanged, replay });
    let source = source.map_err(|error| CliError::system("cannot resume", &error))?;
    Ok(Resumed { ledger, source, notes })
}

fn refused(error: ResumeError) -> CliError {
    match error {
        ResumeError::Refused(why) => CliError::usage(why),
        ResumeError::Failed { what, reason } => CliError::system(&what, &reason),
    }
}

/// A run that failed, with an output that can be resumed.
pub(crate) fn failed(error: RunErrorKind) -> CliError {
    let safe = "what is written is safe: once the cause is mended, the same command goes on";
    CliError::from(error).with_hint(safe)
}
