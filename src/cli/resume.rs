//! `--resume`: the journal that the options ask for, and a source without what it has.

use haul::durable::{self, OpenError, Opened, Setup};
use haul::engine::{RunError, fingerprint};
use haul::plan::Plan;
use haul::sink::Sink;
use haul::source::{self, Resume, Source};
use haul::storage::Layout;

use super::args::Options;
use super::exit::CliError;

/// A sink that goes on with an earlier output, and what is left of `source`.
pub(crate) struct Resumed {
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) source: Source,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
}

/// Opens the journal, at the first time or again.
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
    let setup = Setup {
        layout: Layout::new(path, options.rotate),
        format: plan.output.clone(),
        inputs,
        asked: fingerprint(plan, lines),
        by_pages: plan.paginate.is_some() || plan.output.items.is_some(),
        anyway: options.resume_anyway,
        retry_unsafe: options.retries.retry_unsafe,
    };
    let Opened { journal, done, begun, inputs_hold, notes } = durable::open(setup).map_err(refused)?;
    // A repeat of what is done is a repeat.
    let recall = plan.dedup.is_some();
    let source = source.resume(Resume { completed: done, interrupted: begun, seek: inputs_hold, replay: recall });
    let source = source.map_err(|error| CliError::system("cannot resume", &error))?;
    Ok(Resumed { sink: Box::new(journal), source, notes })
}

fn refused(error: OpenError) -> CliError {
    match error {
        OpenError::Refused(why) => CliError::usage(why),
        OpenError::Failed { what, reason } => CliError::system(&what, &reason),
    }
}

/// A run whose journal stands.
pub(crate) fn failed(error: RunError) -> CliError {
    let safe = "what is written is safe: once the cause is mended, the same command goes on";
    CliError::from(error).with_hint(safe)
}
