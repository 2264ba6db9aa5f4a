//! The end of a probe: its report, its summary, and its exit code.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use console::Term;
use haul::engine::{Finish, RunErrorKind};
use haul::plan::Load;
use haul::report::text::{Style, summary_with};

use super::plan::note_on_seed;
use crate::cli::args::{OutputFiles, Probe};
use crate::cli::exit::{self, CliError, OK};
use crate::cli::report_file::{ReportFile, is_stdout};
use crate::cli::{say, signals, vocabulary};

/// The files that are written at the end, besides those of [`OutputFiles`].
pub(super) fn others(typed: &Probe) -> Vec<(&'static str, PathBuf)> {
    typed.output.hdr.iter().map(|path| ("--hdr", path.clone())).collect()
}

/// What has to be done at the end.
pub(super) struct End<'a> {
    typed: &'a Probe,
    notes: Vec<String>,
    report: Option<ReportFile>,
}

impl<'a> End<'a> {
    /// Checks all files, so that a wrong path fails early.
    pub(super) fn prepare(typed: &'a Probe, files: &OutputFiles, load: &Load) -> Result<Self, CliError> {
        let has_stdout = typed.output.writes_records() && files.output.as_deref().is_none_or(is_stdout);
        let notes = note_on_seed(typed, load).into_iter().collect();
        Ok(End { typed, notes, report: ReportFile::open(files, has_stdout)? })
    }

    /// Writes everything, and returns the exit code.
    pub(super) fn conclude(
        self,
        Finish { report, run, adjustments, lists, .. }: &Finish,
        error: Option<RunErrorKind>,
        signals: &Arc<signals::Caught>,
    ) -> Result<ExitCode, CliError> {
        if let Some(error @ (RunErrorKind::System(_) | RunErrorKind::Login(_))) = error {
            return Err(error.into()); // nothing to report
        }
        if let Some(file) = self.report {
            match file.write(report, run, &[]) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    return Err(CliError::system("cannot write the report", &error));
                }
                _ => {} // the reader of a pipe has seen enough
            }
        }
        let signal = signals.exit_code();
        let is_gone = |error| exit::is_closed_pipe(error) || signals.is_hangup() && exit::is_lost_terminal(error);
        let closed = error.as_ref().is_some_and(is_gone);
        if closed && signal.is_none() {
            return Ok(OK); // the reader of the output has seen enough
        }
        if !self.typed.progress.quiet {
            adjustments.iter().for_each(|adjustment| say(&adjustment.to_string()));
            lists.iter().for_each(|note| say(&note.to_string()));
            let style = vocabulary::style(&Term::stderr(), console::colors_enabled_stderr());
            let style = Style { notes: &self.notes, ..style };
            let _ = io::stderr().write_all(summary_with(style, report, run).as_bytes());
        }
        match error.filter(|_| !closed) {
            Some(error) => Err(error.into()),
            None => Ok(signal.unwrap_or(OK)),
        }
    }
}
