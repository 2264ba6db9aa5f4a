//! The command line: options, the plan that they describe, progress and messages.

mod abort;
mod access;
mod advice;
mod args;
mod body;
mod commands;
mod config;
mod conflicts;
mod connection;
mod credentials;
mod demo;
mod ended;
mod exit;
mod generate;
mod given;
mod hints;
mod lists;
mod login;
mod messages;
mod metrics;
mod near;
mod output;
mod plan;
mod printer;
mod probe;
mod progress;
mod rates;
mod records;
mod report;
mod report_file;
mod request;
mod resume;
mod run_file;
mod screen;
mod session;
mod settings;
mod signals;
mod terminal;
mod thresholds;
mod units;
mod vocabulary;
mod watching;
mod wrong_format;

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use haul::engine::{self, Adjustment, Control, Finish};
use haul::source::{self, Input};

use args::{Cli, Command, Options, TerminalUse};
use ended::{Ended, Summary};
use exit::{CliError, FAILED};
use given::Given;
use messages::{print_short_help, say, warn_of_variables};
use metrics::Metrics;
use progress::{Asked, Progress};
use report_file::{Replaced, ReportFile, is_stdout, written};
use resume::Resumed;
use wrong_format::Reader;

pub(crate) use messages::shown;

/// Turns the command line into a plan, the plan into a run, and the run into an exit code.
pub(crate) fn main() -> Result<ExitCode, CliError> {
    raise_descriptor_limit();
    let line = config::complete(env::args_os().collect(), |name| env::var_os(name))?;
    if line.is_probe() {
        hints::check_dashes(&line.args)?;
    }
    match Cli::parse_line(&line.args) {
        Ok(cli) => run(cli, &line.notes).map_err(|error| line.explain(error)),
        Err(error) => Err(refused(&error, &line)),
    }
}

/// Prints clap's error under haul's prefix, and where the option comes from if it was not typed.
fn refused(error: &clap::Error, line: &config::Line) -> CliError {
    if !error.use_stderr() {
        error.exit(); // the help or the version
    }
    if let Some(said) = hints::refused(error, line.command()) {
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

fn run(cli: Cli, notes: &[String]) -> Result<ExitCode, CliError> {
    match cli.command {
        Some(Command::Demo(options)) => demo::run(options),
        Some(Command::Probe(probe)) => probe::run(&probe, notes),
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

/// Fetches `inputs` as `options` describe.
fn fetch(inputs: Vec<Input>, options: &Options) -> Result<ExitCode, CliError> {
    let asked = Asked::listen().map_err(|error| CliError::system("cannot listen for signals", &error))?;
    let mut given = Given::beside(&inputs);
    let mut plan = plan::plan(options, &mut given)?;
    let has_screen = options.progress.wants_screen(false, terminal_use(&inputs, options))?;
    thresholds::check(options)?;
    conflicts::check(&inputs, &options.common, &options.files, options.output.rotate, &[])?;
    let lines = lists::options(&options.common, &inputs, &plan, &mut given, false)?;
    let quiet = options.progress.quiet;
    let source = match options.strict {
        true => source::check(inputs, &lines).map_err(|error| CliError::strict(&error, quiet))?,
        false => source::open(inputs, &lines).map_err(|error| CliError::open(&error, quiet, Reader::Lists))?,
    };
    connection::warn(&options.common.connection);
    let metrics = Metrics::listen(options.progress.metrics, quiet)?;
    let replaced = if options.output.resume { Replaced::Reports } else { options.files.replaced() };
    let report_file =
        ReportFile::open(&options.files, replaced, options.files.output.as_deref().is_none_or(is_stdout))?;
    output::open_store(&plan.output)?;
    let progress = Progress::new(options.progress.quiet);
    let (destination, source) = if options.output.resume {
        let Resumed { ledger, source, body_rules, notes } = resume::open(options, &plan, &lines, source)?;
        let told = notes.iter().filter(|note| note.is_removal || !options.progress.quiet);
        told.for_each(|note| say(&shown(&note.text)));
        plan.output.body_rules = body_rules;
        (ledger.into(), source)
    } else {
        let person = records::are_for_a_person(options);
        let rotate = options.output.rotate;
        (output::open(&options.files, rotate, person, plan.output.clone(), progress.printer())?, source)
    };
    let control = Control::default();
    let signals = signals::watch(&control, progress.printer());
    let watching = progress::watch(asked, &control, progress.printer(), &options.progress);
    metrics.into_iter().for_each(|metrics| metrics.serve(&control));
    let showing = screen::show(progress, &control, &signals, has_screen);
    let end = engine::run(&plan, source, destination, &control);
    watching.stop();
    showing.stop();
    conclude(Ended::new(end, &options.common.session, &options.thresholds, signals)?, options, report_file)
}

/// What a run needs the terminal for.
fn terminal_use(inputs: &[Input], options: &Options) -> Option<TerminalUse> {
    let is_typed = inputs.contains(&Input::Stdin) && io::stdin().is_terminal();
    let records = output::goes_to_terminal(&options.files).then_some(TerminalUse::Records);
    records.or(is_typed.then_some(TerminalUse::List))
}

/// Writes the report and the summary, and returns the exit code.
fn conclude(ended: Ended, options: &Options, report_file: Option<ReportFile>) -> Result<ExitCode, CliError> {
    let Finish { report, run, .. } = &ended.finish;
    if let Some(file) = report_file {
        written("cannot write the report", file.write(report, run, ended.judgement.judged()))?;
    }
    let code = match report.totals() {
        totals if options.fail && (totals.failed > 0 || totals.pages_ended.total() > 0) => FAILED.into(),
        _ => ended.judgement.exit_code(false),
    };
    let failed = |error| if options.output.resume { resume::failed(error) } else { error.into() };
    let notes = advice::notes(&options.pace, report, run);
    let gap = if records::are_for_a_person(options) && io::stderr().is_terminal() { "\n" } else { "" };
    let adjusted = &|adjustment: &Adjustment| Some(adjustment.to_string());
    ended.conclude(&Summary { quiet: options.progress.quiet, gap, notes: &notes, adjusted }, failed, code)
}

/// Raises the limit on open files as far as allowed: each list and each connection needs one.
fn raise_descriptor_limit() {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
}
