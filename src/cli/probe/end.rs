//! The end of a probe: its files, its summary, and its exit code.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use console::Term;
use haul::engine::{Finish, LoadTargets, RunErrorKind};
use haul::plan::Load;
use haul::report::load::{self, RunFile};
use haul::report::text::{Style, doubt, summary_with};
use haul::report::threshold::{Judged, Known};
use haul::report::{Report, RunFacts, hdr};
use haul::storage::folder;

use super::plan::note_on_seed;
use crate::cli::args::{OutputFiles, Probe};
use crate::cli::exit::{self, CliError, OK};
use crate::cli::report_file::{ReportFile, is_stdout};
use crate::cli::thresholds::Judgement;
use crate::cli::{say, shown, signals, vocabulary};

/// What is appended to the name of an output.
const RUN_SUFFIX: &str = ".run.json";

/// The files that are written at the end, besides those of [`OutputFiles`].
pub(super) fn others(typed: &Probe) -> Vec<(&'static str, PathBuf)> {
    let hdr = typed.output.hdr.iter().filter(|path| !is_stdout(path)).map(|path| ("--hdr", path.clone()));
    hdr.chain(run_path(typed).map(|path| ("--output", path))).collect()
}

/// The file beside an output that tells what records cannot. A pipe or a device gets none.
fn run_path(typed: &Probe) -> Option<PathBuf> {
    let is_file = |path: &&Path| !is_stdout(path) && path.metadata().map_or(true, |found| found.is_file());
    let output = typed.output.output.as_deref().filter(is_file)?;
    let mut name: OsString = output.into();
    name.push(RUN_SUFFIX);
    Some(name.into())
}

/// Why the result is in doubt.
fn doubts(report: &Report, run: &RunFacts) -> impl Iterator<Item = String> {
    let verdict = run.load.as_ref().map(|load| report.verdict(load)).unwrap_or_default();
    verdict.over_all.into_iter().map(|why| format!("in doubt: {}", doubt(&why, &vocabulary::Options)))
}

/// What has to be done at the end.
pub(super) struct End<'a> {
    typed: &'a Probe,
    notes: Vec<String>,
    report: Option<ReportFile>,
    hdr: Option<ReportFile>,
    run: Option<ReportFile>,
}

impl<'a> End<'a> {
    /// Checks all files, so that a wrong path fails early.
    pub(super) fn prepare(
        typed: &'a Probe,
        files: &OutputFiles,
        load: &Load,
        targets: &LoadTargets,
    ) -> Result<Self, CliError> {
        let has_stdout = typed.output.writes_records() && files.output.as_deref().is_none_or(is_stdout);
        if [&files.report, &typed.output.hdr].iter().all(|path| path.as_deref().is_some_and(is_stdout)) {
            return Err(CliError::usage("--report and --hdr cannot both be written to standard output"));
        }
        let at = |path: &Path, option| ReportFile::at(path, option, files, has_stdout);
        Ok(End {
            typed,
            notes: note_on_seed(typed, load, targets).into_iter().collect(),
            report: ReportFile::open(files, has_stdout)?,
            hdr: typed.output.hdr.as_deref().map(|path| at(path, "--hdr")).transpose()?,
            run: run_path(typed).map(|path| Self::beside_output(typed, files, &path)).transpose()?,
        })
    }

    /// The file beside the output, which needs the same folder: a wrong path is that of the output.
    fn beside_output(typed: &Probe, files: &OutputFiles, path: &Path) -> Result<ReportFile, CliError> {
        if let Some(output) = typed.output.output.as_deref().filter(|output| !folder(output).is_dir()) {
            return ReportFile::at(output, "--output", files, false);
        }
        ReportFile::at(path, "--output", files, false)
    }

    /// Writes everything, and returns the exit code.
    pub(super) fn conclude(
        mut self,
        finish: &Finish,
        error: Option<RunErrorKind>,
        signals: &Arc<signals::Caught>,
    ) -> Result<ExitCode, CliError> {
        let Finish { report, run, .. } = finish;
        if let Some(error @ (RunErrorKind::System(_) | RunErrorKind::Login(_))) = error {
            return Err(error.into()); // nothing to report
        }
        let known = Known::of_run(run, report);
        let judgement = Judgement::new(&self.typed.judged.thresholds, report, &known);
        self.write(report, run, judgement.judged())?;
        let signal = signals.exit_code();
        let is_gone = |error| exit::is_closed_pipe(error) || signals.is_hangup() && exit::is_lost_terminal(error);
        let closed = error.as_ref().is_some_and(is_gone);
        let seen_enough = closed && signal.is_none();
        if seen_enough && !judgement.is_crossed() {
            return Ok(OK); // the reader of the output has seen enough
        }
        let is_silent = self.typed.progress.quiet || seen_enough;
        if !is_silent {
            self.print(finish, judgement.judged());
        }
        judgement.lines().for_each(|line| say(&shown(&line)));
        if is_silent && judgement.is_in_doubt() {
            doubts(report, run).for_each(|doubt| say(&doubt)); // which the summary would have
        }
        match error.filter(|_| !closed) {
            Some(error) => Err(error.into()),
            None => Ok(signal.unwrap_or_else(|| judgement.exit_code(self.typed.judged.allow_doubt))),
        }
    }

    /// Writes the files.
    fn write(&mut self, report: &Report, run: &RunFacts, judged: &[Judged]) -> Result<(), CliError> {
        let written = |what: &str, written: io::Result<()>| match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::system(what, &error)),
            _ => Ok(()), // the reader of a pipe has seen enough
        };
        if let Some(file) = self.report.take() {
            written("cannot write the report", file.write(report, run, judged))?;
        }
        if let Some(file) = self.hdr.take() {
            written("cannot write --hdr", file.write_with(|out| hdr::write(out, report, run)))?;
        }
        if let (Some(file), Some(facts)) = (self.run.take(), RunFile::of(run)) {
            let what = format!("cannot write the file {RUN_SUFFIX} beside the output");
            written(&what, file.write_with(|out| load::write(out, &facts)))?;
        }
        Ok(())
    }

    fn print(&self, Finish { report, run, adjustments, lists, .. }: &Finish, judged: &[Judged]) {
        adjustments.iter().for_each(|adjustment| say(&adjustment.to_string()));
        lists.iter().for_each(|note| say(&shown(&note.to_string())));
        let style = vocabulary::style(&Term::stderr(), console::colors_enabled_stderr());
        let style = Style { notes: &self.notes, judged, ..style };
        let _ = io::stderr().write_all(summary_with(style, report, run).as_bytes());
    }
}
