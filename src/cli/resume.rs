//! `--resume`: opens the ledger, and skips the inputs that it has recorded.

use haul::durable::{self, Ledger, LedgerOptions, Recovered, ResumeError, ResumeRemedy};
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
    /// Notes for the user.
    pub(crate) notes: Vec<String>,
}

/// Opens a new or an existing ledger.
pub(crate) fn open(
    options: &Options,
    plan: &Plan,
    lines: &source::ListOptions,
    mut source: Source,
) -> Result<Resumed, CliError> {
    let Some(path) = options.output.as_deref().filter(|path| path.as_os_str() != "-") else {
        return Err(CliError::usage("--resume needs an output file, not standard output"));
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
        ResumeError::Refused { why, remedy } => CliError::usage(match remedy {
            None => why,
            Some(ResumeRemedy::Anyway(does)) => format!("{why}\n(--resume-anyway {does})"),
            Some(ResumeRemedy::Parts) => format!("{why}: use --rotate to continue them"),
            Some(ResumeRemedy::OneFile) => format!("{why}: leave out --rotate"),
            Some(ResumeRemedy::WholeRecords) => format!("{why}: leave out --format, --raw and --fields"),
        }),
        ResumeError::Failed { what, reason } => CliError::system(&what, &reason),
    }
}

/// The error of a run that can be resumed.
pub(crate) fn failed(error: RunErrorKind) -> CliError {
    let hint = "records written so far are safe: fix the cause and run the same command to continue";
    CliError::from(error).with_hint(hint)
}
