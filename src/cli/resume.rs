//! `--resume`: opens the ledger, and leaves out of the source what it has.

use haul::durable::{self, Ledger, LedgerOptions, Recovered, ResumeError, RunFingerprint};
use haul::engine::RunError;
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
    lines: &source::Options,
    mut source: Source,
) -> Result<Resumed, CliError> {
    let Some(path) = options.output.as_deref().filter(|path| path.as_os_str() != "-") else {
        return Err(CliError::usage("--resume needs a file to go on with: what went to standard output is gone"));
    };
    let inputs = source.prints().map_err(|error| CliError::system("cannot resume", &error))?;
    let ledger = LedgerOptions {
        layout: Layout::new(path, options.rotate),
        format: plan.output.clone(),
        inputs,
        fingerprint: fingerprint(options, plan, lines),
        by_pages: plan.paginate.is_some() || plan.output.items.is_some(),
        anyway: options.resume_anyway,
        retry_unsafe: options.retries.retry_unsafe,
    };
    let Recovered { ledger, completed, interrupted, inputs_unchanged, notes } =
        durable::open(ledger).map_err(refused)?;
    let recall = plan.dedup.is_some(); // inputs that are completed may have duplicates
    let source = source.resume(Resume { done: completed, begun: interrupted, seek: inputs_unchanged, recall });
    let source = source.map_err(|error| CliError::system("cannot resume", &error))?;
    Ok(Resumed { ledger, source, notes })
}

fn fingerprint(options: &Options, plan: &Plan, lines: &source::Options) -> RunFingerprint {
    let body = &options.body_sent;
    // Not the body that they become: it has a boundary of chance.
    let multipart = Some(body.multipart.join("\n")).filter(|fields| !fields.is_empty());
    let texts = [
        ("--base-url", lines.base_url.as_ref().map(|url| url.to_string())),
        ("--url", options.url.clone()),
        ("--data-template", lines.data.as_ref().map(|template| format!("{template:?}"))),
        ("--data-binary", body.data_binary.clone()),
        ("--multipart", multipart),
    ];
    let given = texts.into_iter().filter_map(|(flag, text)| Some((flag, text?)));
    let asked = given.fold(RunFingerprint::of(plan), |asked, (flag, text)| asked.with_digest(flag, text.as_bytes()));
    let (who, session) = (&options.credentials, &options.session);
    let used = [
        ("--digest", who.digest),
        ("--netrc", who.netrc || who.netrc_file.is_some()),
        ("--cookie", !session.cookies.is_empty()),
        ("--session", session.session.is_some()),
        ("--login", session.login.is_some()),
        ("--login-token", session.login_token.is_some()),
    ];
    let mut asked =
        used.into_iter().filter(|(_, used)| *used).fold(asked, |asked, (flag, _)| asked.with(flag, "given"));
    if let Some(method) = &lines.method {
        asked = asked.with("--request", format!("{method} for all")); // without it, lines with a body are a POST
    }
    match options.input_format {
        Some(format) => asked.with("--input-format", format!("{format:?}").to_lowercase()),
        None => asked,
    }
}

fn refused(error: ResumeError) -> CliError {
    match error {
        ResumeError::Refused(why) => CliError::usage(why),
        ResumeError::Failed { what, reason } => CliError::system(&what, &reason),
    }
}

/// A run that failed, with an output that can be resumed.
pub(crate) fn failed(error: RunError) -> CliError {
    let safe = "what is written is safe: once the cause is mended, the same command goes on";
    CliError::from(error).with_hint(safe)
}
