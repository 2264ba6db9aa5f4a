//! `haul report`: a summary of saved records.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use console::Term;
use haul::guard::redact;
use haul::guard::terminal::{self, printable};
use haul::guard::text::shorten;
use haul::report::saved::{self, Saved};
use haul::report::text::{Style, summary_with};
use haul::report::threshold::{Judged, Known};
use haul::report::{Provenance, Report, html, json};
use haul::schema::saved::SavedError;
use haul::source::InputError;
use haul::storage::compression::Coding;
use haul::storage::text;

use super::args;
use super::exit::{CliError, INPUT};
use super::messages::{say, shown};
use super::report_file::{Replaced, ReportFile, is_stdout, written};
use super::thresholds::Judgement;
use super::{run_file, vocabulary};

/// How many invalid lines are reported one by one.
const MAX_NAMED: u64 = 10;

/// The longest message on an invalid line, in characters.
const MAX_SAID: usize = 120;

/// Reads the files one after the other and prints their summary.
pub(crate) fn run(args: &args::Report) -> Result<ExitCode, CliError> {
    super::raise_descriptor_limit();
    let page = args.html.as_deref().map(|path| page_file(path, args)).transpose()?;
    let run = run_file::read(&args.runs)?;
    let files = args.files.iter().map(|path| RecordFile::open(path)).collect::<Result<Vec<_>, _>>()?;
    let title = title(&files);
    let (mut saved, mut wrong_lines) = (Saved::default(), WrongLines(0));
    for RecordFile { name, bytes } in files {
        saved::fold(bytes, &mut saved, |line, why| wrong_lines.name(&name, line, &why))
            .map_err(|reason| CliError::unreadable(InputError { name, reason }))?;
    }
    wrong_lines.name_the_rest();
    let report = &saved.report;
    let (records, load) = (report.totals().records, run.as_ref().map(|run| &run.load));
    let coverage = run.as_ref().map(|run| run.coverage(records, wrong_lines.0)).unwrap_or_default();
    let note = load.and_then(|load| run_file::note(coverage, records, load.started));
    let known = load.map_or_else(Known::default, |load| Known::of_load(load, report));
    let judgement = Judgement::new(&args.thresholds, report, &Known { coverage, ..known });
    let from = Provenance::Saved { wrong_lines: wrong_lines.0, load, coverage };
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
    judgement.lines(true).for_each(|line| say(&shown(&line)));
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::output(error)),
        _ if args.strict && wrong_lines.0 > 0 => Ok(INPUT.into()),
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
fn title(files: &[RecordFile]) -> String {
    match files {
        [] => String::new(),
        [file] => file.name.clone(),
        [file, more @ ..] => format!("{} and {} more", file.name, more.len()),
    }
}

/// An open file of records.
struct RecordFile {
    name: String,
    bytes: Box<dyn Read + Send>,
}

impl RecordFile {
    fn open(path: &Path) -> Result<Self, CliError> {
        let stdin = path == Path::new("-");
        let name = if stdin { "stdin".to_owned() } else { path.display().to_string() };
        let bytes = if stdin {
            Ok(Box::new(io::stdin()) as Box<dyn Read + Send>)
        } else {
            File::open(path).and_then(|file| Coding::of(path).reader(file))
        };
        match bytes.map(text::reader) {
            Ok(bytes) => Ok(RecordFile { name, bytes }),
            Err(reason) => Err(CliError::unreadable(InputError { name, reason })),
        }
    }
}

/// How many lines were not records.
struct WrongLines(u64);

impl WrongLines {
    fn name(&mut self, file: &str, line: u64, why: &SavedError) {
        self.0 += 1;
        if self.0 <= MAX_NAMED {
            let why = shorten(&redact::message(&why.to_string()), MAX_SAID);
            let _ = writeln!(io::stderr(), "haul: {} line {line}: {why}", printable(file));
        }
    }

    fn name_the_rest(&self) {
        if let more @ 1.. = self.0.saturating_sub(MAX_NAMED) {
            let lines = if more == 1 { "line" } else { "lines" };
            let _ = writeln!(io::stderr(), "haul: {more} more invalid {lines}");
        }
    }
}

fn print(
    args: &args::Report,
    report: &Report,
    from: Provenance<'_>,
    (judged, notes): (&[Judged], &[String]),
) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    if !args.json {
        let style = Style { judged, notes, ..vocabulary::style(&Term::stdout(), console::colors_enabled()) };
        let text = summary_with(style, report, from);
        out.write_all(text.as_bytes())?;
    } else if io::stdout().is_terminal() {
        json::write_judged(&mut terminal::TerminalWriter::new(&mut out), report, from, judged)?;
    } else {
        json::write_judged(&mut out, report, from, judged)?;
    }
    out.flush()
}
