//! `haul report`: a summary of saved records, or of two runs.

mod compare;
mod input;

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use console::Term;
use haul::guard::terminal;
use haul::report::text::{Style, summary_with};
use haul::report::threshold::{Judged, Known};
use haul::report::{Provenance, Report, html, json};

use self::input::{InputFile, Loaded};
use super::args;
use super::exit::{CliError, INPUT};
use super::messages::{say, shown};
use super::report_file::{Replaced, ReportFile, is_stdout, written};
use super::thresholds::{self, Judgement};
use super::{run_file, vocabulary};

/// Reads the files one after the other and prints their summary, or how two of them differ.
pub(crate) fn run(args: &args::Report) -> Result<ExitCode, CliError> {
    super::raise_descriptor_limit();
    if args.compare {
        return compare::run(args);
    }
    thresholds::refuse_relative(&args.thresholds)?;
    let page = args.html.as_deref().map(|path| page_file(path, args)).transpose()?;
    let mut runs = run_file::read(&args.runs)?;
    let files = args.files.iter().map(|path| InputFile::open(path)).collect::<Result<Vec<_>, _>>()?;
    let title = title(&files);
    let Loaded { saved, runs: of_reports, run: whole, wrong_lines } = Loaded::read(files, false)?;
    runs.extend(of_reports);
    let whole = whole.filter(|_| args.runs.is_empty());
    let run = run_file::sum(runs)?;
    let report = &saved.report;
    let (records, load) = (report.totals().records, run.as_ref().map(|run| &run.load));
    let coverage = run.as_ref().map(|run| run.coverage(records, wrong_lines.0)).unwrap_or_default();
    let note = load.and_then(|load| run_file::note(coverage, records, load.started));
    let note = note.filter(|_| whole.is_none());
    let known = load.map_or_else(Known::default, |load| Known::of_load(load, report));
    let (known, from) = match &whole {
        Some(run) => (Known::of_run(run, report), Provenance::Run(run)),
        None => (Known { coverage, ..known }, Provenance::Saved { wrong_lines: wrong_lines.0, load, coverage }),
    };
    let judgement = Judgement::new(&args.thresholds, report, &known);
    note.iter().filter(|_| args.json).for_each(|note| say(note));
    let (judged, notes) = (judgement.judged(), note.as_slice());
    let printed = match args.html.as_deref().is_some_and(is_stdout) {
        true => Ok(()),
        false => print(args, report, from, (judged, notes)),
    };
    if let Some(page) = page {
        let style = html::Style { title: &title, vocabulary: &vocabulary::Options, notes, judged };
        written("cannot write the page", page.write_with(|out| html::write(out, &saved, from, style)))?;
    }
    conclude(args, printed, &judgement, wrong_lines.0)
}

/// Names thresholds that are crossed, and returns the exit code.
fn conclude(
    args: &args::Report,
    printed: io::Result<()>,
    judgement: &Judgement,
    wrong_lines: u64,
) -> Result<ExitCode, CliError> {
    judgement.lines(true).for_each(|line| say(&shown(&line)));
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::output(error)),
        _ if args.strict && wrong_lines > 0 => Ok(INPUT.into()),
        _ => Ok(judgement.exit_code(args.allow_doubt)),
    }
}

/// Where the page goes, checked before anything is read.
fn page_file(path: &Path, args: &args::Report) -> Result<ReportFile, CliError> {
    if args.json && is_stdout(path) {
        return Err(CliError::usage("--json and --html - both need standard output: write the page to a file"));
    }
    ReportFile::at(path, "--html", if args.force { Replaced::Everything } else { Replaced::Nothing }, false)
}

/// The heading of a page on these files.
fn title(files: &[InputFile]) -> String {
    match files {
        [] => String::new(),
        [file] => file.name.clone(),
        [file, more @ ..] => format!("{} and {} more", file.name, more.len()),
    }
}

fn print(
    args: &args::Report,
    report: &Report,
    from: Provenance<'_>,
    (judged, notes): (&[Judged], &[String]),
) -> io::Result<()> {
    let style = Style { judged, notes, ..vocabulary::style(&Term::stdout(), console::colors_enabled()) };
    print_as(args, || summary_with(style, report, from), |out| json::write_judged(out, report, from, judged))
}

/// Prints text, or JSON without anything that steers a terminal.
fn print_as(
    args: &args::Report,
    text: impl FnOnce() -> String,
    json: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    if !args.json {
        out.write_all(text().as_bytes())?;
    } else if io::stdout().is_terminal() {
        json(&mut terminal::TerminalWriter::new(&mut out))?;
    } else {
        json(&mut out)?;
    }
    out.flush()
}
