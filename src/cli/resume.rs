//! `--resume`: opens the journal, and skips the inputs that it has recorded.

use haul::journal::{self, Asked, OpenError, Opened, Setup};
use haul::pipeline::RunError;
use haul::plan::Plan;
use haul::sink::Sink;
use haul::sink::file::Layout;
use haul::source::{self, Resume, Source};

use super::args::Options;
use super::exit::CliError;

/// A sink that continues an earlier output, and the rest of the source.
pub(crate) struct Resumed {
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) source: Source,
    /// Notes for the user.
    pub(crate) notes: Vec<String>,
}

/// Opens a new or an existing journal.
pub(crate) fn open(
    options: &Options,
    plan: &Plan,
    lines: &source::Options,
    mut source: Source,
) -> Result<Resumed, CliError> {
    let Some(path) = options.output.as_deref().filter(|path| path.as_os_str() != "-") else {
        return Err(CliError::usage("--resume needs an output file, not standard output"));
    };
    let inputs = source.prints().map_err(|error| CliError::system("cannot resume", &error))?;
    let setup = Setup {
        layout: Layout::new(path, options.rotate),
        format: plan.output.clone(),
        inputs,
        asked: asked(options, plan, lines),
        by_pages: plan.paginate.is_some() || plan.output.items.is_some(),
        anyway: options.resume_anyway,
        retry_unsafe: options.retries.retry_unsafe,
    };
    let Opened { journal, done, begun, inputs_hold, notes } = journal::open(setup).map_err(refused)?;
    // A duplicate of a completed input is a duplicate, too.
    let recall = plan.dedup.is_some();
    let source = source.resume(Resume { done, begun, seek: inputs_hold, recall });
    let source = source.map_err(|error| CliError::system("cannot resume", &error))?;
    Ok(Resumed { sink: Box::new(journal), source, notes })
}

fn asked(options: &Options, plan: &Plan, lines: &source::Options) -> Asked {
    let body = &options.body_sent;
    // Not the body: its boundary is random.
    let multipart = Some(body.multipart.join("\n")).filter(|fields| !fields.is_empty());
    let texts = [
        ("--base-url", lines.base_url.as_ref().map(|url| url.to_string())),
        ("--url", options.url.clone()),
        ("--data-template", lines.data.as_ref().map(|template| format!("{template:?}"))),
        ("--data-binary", body.data_binary.clone()),
        ("--multipart", multipart),
    ];
    let given = texts.into_iter().filter_map(|(flag, text)| Some((flag, text?)));
    let asked = given.fold(Asked::of(plan), |asked, (flag, text)| asked.with_digest(flag, text.as_bytes()));
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

fn refused(error: OpenError) -> CliError {
    match error {
        OpenError::Refused(why) => CliError::usage(why),
        OpenError::Failed { what, reason } => CliError::system(&what, &reason),
    }
}

/// The error of a run that can be resumed.
pub(crate) fn failed(error: RunError) -> CliError {
    let hint = "records written so far are safe: fix the cause and run the same command to continue";
    CliError::from(error).with_hint(hint)
}
