//! `haul report --compare`: two runs side by side.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use console::Term;
use haul::report::compare::{self, Comparison, Side};
use haul::report::load::RunFile;
use haul::report::text::{self, Style};
use haul::report::threshold::Known;
use haul::report::{Batches, html};

use super::input::{InputFile, Loaded};
use super::{conclude, page_file, print_as};
use crate::cli::args;
use crate::cli::exit::CliError;
use crate::cli::messages::say;
use crate::cli::report_file::{is_stdout, written};
use crate::cli::thresholds::Judgement;
use crate::cli::{run_file, vocabulary};

/// Compares the two files.
pub(super) fn run(args: &args::Report) -> Result<ExitCode, CliError> {
    let [before, after] = &args.files[..] else {
        return Err(CliError::usage(format!(
            "--compare takes two files, the run before and the run after, not {}",
            args.files.len()
        )));
    };
    let page = args.html.as_deref().map(|path| page_file(path, args)).transpose()?;
    let paths = [before, after];
    let [before, after] = paths.map(|path| InputFile::open(path));
    let files = [before?, after?];
    let runs = run_paths(args, paths, &files)?;
    let [before, after] = files;
    let [run_before, run_after] = runs;
    let (before, after) = (Loading::read(before, run_before)?, Loading::read(after, run_after)?);
    let (one, other) = (before.side(), after.side());
    let comparison = Comparison::new(&one, &other, &args.thresholds.fail_if);
    let judgement = Judgement::of(comparison.judge(&args.thresholds.fail_if));
    let notes: Vec<String> = [("before", &before), ("after", &after)]
        .into_iter()
        .filter_map(|(label, of)| of.note.as_ref().map(|note| format!("{label}: {note}")))
        .collect();
    notes.iter().filter(|_| args.json).for_each(|note| say(note));
    let judged = judgement.judged();
    let style = Style { judged, notes: &notes, ..vocabulary::style(&Term::stdout(), console::colors_enabled()) };
    let printed = match args.html.as_deref().is_some_and(is_stdout) {
        true => Ok(()),
        false => {
            print_as(args, || text::comparison(style, &comparison), |out| compare::write(out, &comparison, judged))
        }
    };
    if let Some(page) = page {
        let title = format!("{} and {}", before.name, after.name);
        let style = html::Style { title: &title, vocabulary: &vocabulary::Options, notes: &notes, judged };
        let write = |out: &mut dyn io::Write| html::write_comparison(out, &comparison, style);
        written("cannot write the page", page.write_with(write))?;
    }
    conclude(args, printed, &judgement, before.loaded.wrong_lines.0 + after.loaded.wrong_lines.0)
}

/// Where what is known of each run besides its records is: given in order, or beside the records by its name.
fn run_paths(
    args: &args::Report,
    paths: [&PathBuf; 2],
    files: &[InputFile; 2],
) -> Result<[Option<PathBuf>; 2], CliError> {
    let wanting = files.iter().filter(|file| !file.is_report).count();
    if !args.runs.is_empty() && args.runs.len() != wanting {
        let why = match wanting {
            0 => "reports have in them what --run tells".to_owned(),
            1 => "one of the files is a report, so that --run is given once, for the other".to_owned(),
            _ => "--run is given once for each file, in the same order, or not at all".to_owned(),
        };
        return Err(CliError::usage(format!("--compare: {why}")));
    }
    let mut given = args.runs.iter();
    let mut place = 0;
    Ok(paths.map(|path| {
        let is_report = files[place].is_report;
        place += 1;
        match is_report {
            true => None,
            false => given.next().cloned().or_else(|| beside(path)),
        }
    }))
}

/// The file that a probe wrote beside its records, if it is there.
fn beside(records: &Path) -> Option<PathBuf> {
    let mut name = records.as_os_str().to_owned();
    name.push(".run.json");
    Some(PathBuf::from(name)).filter(|path| path.is_file())
}

/// A run, as it was read.
struct Loading {
    name: String,
    loaded: Loaded,
    batches: Batches,
    run: Option<RunFile>,
    note: Option<String>,
}

impl Loading {
    fn read(file: InputFile, run: Option<PathBuf>) -> Result<Self, CliError> {
        let name = file.name.clone();
        let mut runs = run_file::read(run.as_slice())?;
        let mut loaded = Loaded::read(vec![file], true)?;
        runs.append(&mut loaded.runs);
        let run = run_file::sum(runs)?;
        let batches = loaded.saved.batches.take().unwrap_or_default();
        let records = loaded.saved.report.totals().records;
        let note = run
            .as_ref()
            .filter(|_| loaded.run.is_none())
            .and_then(|run| run_file::note(run.coverage(records, loaded.wrong_lines.0), records, run.load.started));
        Ok(Loading { name, loaded, batches, run, note })
    }

    fn side(&self) -> Side<'_> {
        let report = &self.loaded.saved.report;
        let coverage = self.run.as_ref().map(|run| run.coverage(report.totals().records, self.loaded.wrong_lines.0));
        let known = match (&self.loaded.run, &self.run) {
            (Some(run), _) => Known::of_run(run, report),
            (None, Some(run)) => Known { coverage: coverage.unwrap_or_default(), ..Known::of_load(&run.load, report) },
            (None, None) => Known::default(),
        };
        let doubts = self.run.as_ref().map(|run| report.doubts(&run.load)).unwrap_or_default();
        let doubts = doubts.iter().map(|doubt| doubt.told(&vocabulary::Options)).collect();
        let timeline = &self.loaded.saved.timeline;
        Side { name: self.name.clone(), report, timeline, batches: &self.batches, known, doubts }
    }
}
