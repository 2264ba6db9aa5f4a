//! `--resume`: opens the ledger, and skips the inputs that it has recorded.

use haul::durable::{self, Anyway, Ledger, LedgerOptions, Note, Recovered, ResumeError};
use haul::engine::{RunErrorKind, fingerprint};
use haul::plan::{BodyRules, Plan};
use haul::source::{self, EntryReader, Resume};
use haul::storage::Layout;

use super::args::Options;
use super::exit::CliError;
use super::report_file::is_stdout;

/// An earlier output to continue, and the inputs that are left.
pub(crate) struct Resumed {
    pub(crate) ledger: Ledger,
    pub(crate) source: EntryReader,
    /// The rules by which the earlier run reads bodies.
    pub(crate) body_rules: BodyRules,
    /// Notes for the user.
    pub(crate) notes: Vec<Note>,
}

/// Opens a new or an existing ledger.
pub(crate) fn open(
    options: &Options,
    plan: &Plan,
    lines: &source::ListOptions,
    mut source: EntryReader,
) -> Result<Resumed, CliError> {
    let Some(path) = options.files.output.as_deref().filter(|path| !is_stdout(path)) else {
        return Err(CliError::usage("--resume needs an output file, not standard output"));
    };
    let inputs = source.fingerprints().map_err(|error| CliError::system("cannot resume", &error))?;
    let ledger = LedgerOptions {
        layout: Layout::new(path, options.output.rotate),
        format: plan.output.clone(),
        inputs,
        fingerprint: fingerprint(plan, lines),
        checkpoint_only: plan.hides_completed(),
        anyway: options.output.resume_anyway,
        retry_unsafe: options.retries.retry_unsafe,
    };
    let opened = durable::open(ledger).map_err(refused)?;
    let Recovered { ledger, completed, interrupted, inputs_unchanged, body_rules, notes } = opened;
    let replay = plan.dedup.is_some(); // inputs that are completed may have duplicates
    let source = source.resume(Resume { completed, interrupted, seek: inputs_unchanged, replay });
    let source = source.map_err(|error| CliError::system("cannot resume", &error))?;
    Ok(Resumed { ledger, source, body_rules, notes })
}

fn refused(error: ResumeError) -> CliError {
    let message = error.to_string();
    CliError::usage(match error {
        ResumeError::Mismatch { anyway, .. } => {
            let anyway = match anyway {
                Anyway::Continues => "continues regardless".to_owned(),
                Anyway::Removes => "removes them".to_owned(),
                Anyway::RemovesAfter { valid, rest } => {
                    format!("continues after the records it can read, and removes {rest} bytes after byte {valid}")
                }
                Anyway::ReadsWhole => "reads the whole output, and removes what follows its last record".to_owned(),
                Anyway::StartsOver => "starts the output from scratch; its content is lost".to_owned(),
                Anyway::Replaces => "replaces it; its content is lost".to_owned(),
            };
            return CliError::usage(message).with_hint(&format!("--resume-anyway {anyway}"));
        }
        ResumeError::PartialRecords => format!("{message}: leave out --format, --raw and --fields"),
        ResumeError::Foreign(_) => format!("{message}: move it away, or choose another name for the output"),
        ResumeError::InParts(_) => format!("{message}: use --rotate to continue them"),
        ResumeError::NotInParts(path) => format!("{} was written without --rotate: leave it out", path.display()),
        ResumeError::Failed { what, reason } => return CliError::system(&what, &reason),
        _ => message,
    })
}

/// The error of a run that can be resumed.
pub(crate) fn failed(error: RunErrorKind) -> CliError {
    let hint = "records written so far are safe: fix the cause and run the same command to continue";
    CliError::from(error).with_hint(hint)
}
