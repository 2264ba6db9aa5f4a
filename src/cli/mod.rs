//! The command line: options, the plan that they describe, progress and messages.

mod abort;
mod access;
mod advice;
mod args;
mod body;
mod config;
mod conflicts;
mod connection;
mod credentials;
mod demo;
mod exit;
mod generate;
mod given;
mod lists;
mod login;
mod near;
mod output;
mod plan;
mod probe;
mod progress;
mod records;
mod report;
mod report_file;
mod request;
mod resume;
mod run_file;
mod session;
mod settings;
mod signals;
mod slips;
mod terminal;
mod thresholds;
mod units;
mod vocabulary;
mod wrong_format;

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use console::Term;
use haul::engine::{self, Control, Finish, RunError, RunErrorKind};
use haul::guard::redact;
use haul::guard::terminal::printable_lines;
use haul::report::text::{Style, summary_with};
use haul::report::threshold::Known;
use haul::source::{self, EntryReader, Input};

use args::{Cli, Command, Common, Options};
use exit::{CliError, FAILED, OK};
use given::Given;
use progress::{Asked, Progress};
use report_file::{ReportFile, is_stdout};
use resume::Resumed;
use thresholds::Judgement;

/// Turns the command line into a plan, the plan into a run, and the run into an exit code.
pub(crate) fn main() -> Result<ExitCode, CliError> {
    raise_descriptor_limit();
    let line = config::complete(env::args_os().collect(), |name| env::var_os(name))?;
    if line.is_probe() {
        probe::check_dashes(&line.args)?;
    }
    match Cli::parse_line(&line.args) {
        Ok(cli) => run(cli).map_err(|error| line.explain(error)),
        Err(error) => Err(refused(&error, &line)),
    }
}

/// Prints clap's error under haul's prefix, and where the option comes from if it was not typed.
fn refused(error: &clap::Error, line: &config::Line) -> CliError {
    if !error.use_stderr() {
        error.exit(); // the help or the version
    }
    if let Some(said) =
        slips::unknown(error, line.command()).or_else(|| probe::refused(error)).or_else(|| slips::method(error))
    {
        return line.explain(said);
    }
    let styled = error.render();
    let text = styled.to_string();
    let mut shown = shown(&text);
    if shown == text && console::colors_enabled_stderr() {
        shown = styled.ansi().to_string();
    }
    if text.starts_with("error:") {
        shown = shown.replacen("error:", "haul:", 1);
    }
    let _ = io::stderr().write_all(shown.as_bytes());
    line.origin(&text).map_or_else(CliError::silent_usage, CliError::usage)
}

/// A message that is safe to print: without secrets in URLs, whatever `--no-redact` says, and without control
/// characters.
pub(crate) fn shown(message: &str) -> String {
    printable_lines(&redact::message(message)).into_owned()
}

/// Says something on standard error, which may be gone.
fn say(message: &str) {
    let _ = writeln!(io::stderr(), "haul: {message}");
}

fn run(cli: Cli) -> Result<ExitCode, CliError> {
    match cli.command {
        Some(Command::Demo(options)) => demo::run(options),
        Some(Command::Probe(probe)) => probe::run(&probe),
        Some(Command::Origin(origin)) => demo::serve(&origin),
        Some(Command::Report(args)) => report::run(&args),
        Some(Command::Completions { shell }) => generate::completions(shell),
        Some(Command::Man { command }) => generate::man(command.as_deref()),
        None if cli.inputs.is_empty() && io::stdin().is_terminal() => {
            lists::refuse_fixed_url(&cli.options.common)?;
            Err(print_short_help(None))
        }
        None => {
            warn_of_variables(cli.options.progress.quiet);
            fetch(plan::inputs(&cli.inputs), &cli.options)
        }
    }
}

/// Prints the short help, of haul or of a command, to somebody who gave no input.
fn print_short_help(command: Option<&str>) -> CliError {
    let mut haul = Cli::definition();
    haul.build();
    let found = command.and_then(|name| haul.find_subcommand(name).cloned());
    let help = found.unwrap_or(haul).render_help();
    let help = if console::colors_enabled_stderr() { help.ansi().to_string() } else { help.to_string() };
    let _ = io::stderr().write_all(help.as_bytes());
    CliError::silent_usage()
}

/// Names the variables that look like haul's, but set nothing.
fn warn_of_variables(quiet: bool) {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for note in config::unknown_variables(names).iter().filter(|_| !quiet) {
        say(&shown(note));
    }
}

/// Fetches `inputs` as `options` describe.
fn fetch(inputs: Vec<Input>, options: &Options) -> Result<ExitCode, CliError> {
    let asked = Asked::listen().map_err(|error| CliError::system("cannot listen for signals", &error))?;
    let mut given = Given::beside(&inputs);
    let mut plan = plan::plan(options, &mut given)?;
    thresholds::check(options)?;
    conflicts::check(&inputs, &options.common, &options.files, &[])?;
    let lines = lists::options(&options.common, &inputs, &plan, &mut given, false)?;
    let source = open(inputs, &lines, &options.common, options.progress.quiet)?;
    connection::warn(&options.common.connection);
    let report_file = ReportFile::open(&options.files, options.files.output.as_deref().is_none_or(is_stdout))?;
    output::open_store(&plan.output)?;
    let progress = Progress::new(options.progress.quiet);
    let (destination, source) = if options.files.resume {
        let Resumed { ledger, source, body_rules, notes } = resume::open(options, &plan, &lines, source)?;
        let told = notes.iter().filter(|note| note.is_removal || !options.progress.quiet);
        told.for_each(|note| say(&shown(&note.text)));
        plan.output.body_rules = body_rules;
        (ledger.into(), source)
    } else {
        (output::open(&options.files, records::are_for_a_person(options), plan.output.clone(), progress.bar())?, source)
    };
    let control = Control::default();
    let signals = signals::watch(&control, progress.bar());
    let watching = progress::watch(asked, &control, progress.bar(), &options.progress);
    let showing = progress.show(&control);
    let end = engine::run(&plan, source, destination, &control);
    watching.stop();
    showing.stop();
    let (finish, error) = match end.map_err(RunError::into_parts) {
        Ok(finish) => (finish, None),
        Err((kind, finish)) => (finish, Some(kind)),
    };
    let failed_login = matches!(error, Some(RunErrorKind::Login(_)));
    let saved = session::save(&options.common.session, finish.cookies.as_ref().filter(|_| !failed_login));
    let code = conclude(&finish, error, options, report_file, &signals)?;
    saved.map(|()| code)
}

fn open(
    inputs: Vec<Input>,
    lines: &source::ListOptions,
    common: &Common,
    quiet: bool,
) -> Result<EntryReader, CliError> {
    if common.lists.strict {
        return source::check(inputs, lines).map_err(|error| CliError::strict(&error, quiet));
    }
    source::open(inputs, lines).map_err(|error| CliError::open(&error, quiet))
}

/// Writes the report and the summary, and returns the exit code.
fn conclude(
    Finish { report, run, adjustments, lists, .. }: &Finish,
    error: Option<RunErrorKind>,
    options: &Options,
    report_file: Option<ReportFile>,
    signals: &Arc<signals::Caught>,
) -> Result<ExitCode, CliError> {
    if let Some(error @ (RunErrorKind::System(_) | RunErrorKind::Login(_))) = error {
        return Err(error.into()); // nothing to report
    }
    let judgement = Judgement::new(&options.thresholds, report, &Known::of_run(run, report));
    if let Some(file) = report_file {
        match file.write(report, run, judgement.judged()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                return Err(CliError::system("cannot write the report", &error));
            }
            _ => {} // the reader of a pipe has seen enough
        }
    }
    let signal = signals.exit_code();
    let is_gone = |error| exit::is_closed_pipe(error) || signals.is_hangup() && exit::is_lost_terminal(error);
    let closed = error.as_ref().is_some_and(is_gone);
    // The reader of the output has seen enough.
    let is_enough = closed && signal.is_none();
    if is_enough && !judgement.is_crossed() {
        return Ok(OK);
    }
    if !options.progress.quiet && !is_enough {
        adjustments.iter().for_each(|adjustment| say(&adjustment.to_string()));
        lists.iter().for_each(|note| say(&note.to_string()));
        let color = console::colors_enabled_stderr();
        let notes = advice::notes(&options.pace, report, run);
        let judged = judgement.judged();
        let style = Style { notes: &notes, judged, ..vocabulary::style(&Term::stderr(), color) };
        let gap = if records::are_for_a_person(options) && io::stderr().is_terminal() { "\n" } else { "" };
        let text = gap.to_owned() + &summary_with(style, report, run);
        let _ = io::stderr().write_all(text.as_bytes());
    }
    judgement.lines().for_each(|line| say(&shown(&line)));
    if let Some(error) = error.filter(|_| !closed) {
        return Err(if options.files.resume { resume::failed(error) } else { error.into() });
    }
    Ok(match signal {
        Some(code) => code,
        None if options.fail && (report.totals().failed > 0 || report.totals().pages_ended.total() > 0) => {
            FAILED.into()
        }
        None => judgement.exit_code(false),
    })
}

/// Raises the limit on open files as far as allowed: each list and each connection needs one.
fn raise_descriptor_limit() {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
}
