//! The end of a run: what closed outputs and signals mean, what is said, and the exit code.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use console::Term;
use haul::engine::{Adjustment, Finish, RunError, RunErrorKind};
use haul::report::text::{Style, summary_with};
use haul::report::threshold::Known;

use super::args::{Session, Thresholds};
use super::exit::{self, CliError, IN_DOUBT, OK};
use super::messages::{say, shown};
use super::thresholds::Judgement;
use super::{session, signals, vocabulary};

/// A run that is over and judged.
pub(crate) struct Ended {
    pub(crate) finish: Finish,
    pub(crate) judgement: Judgement,
    error: Option<RunErrorKind>,
    saved: Result<(), CliError>,
    signals: Arc<signals::Caught>,
}

/// How much is said, and what precedes and ends the summary.
pub(crate) struct Summary<'a> {
    pub(crate) quiet: bool,
    pub(crate) gap: &'static str,
    pub(crate) notes: &'a [String],
    /// What to say of an adjustment, if anything.
    pub(crate) adjusted: &'a dyn Fn(&Adjustment) -> Option<String>,
}

impl Ended {
    /// Saves the cookies, and judges the run.
    ///
    /// # Errors
    /// The run failed in a way that leaves nothing to report.
    pub(crate) fn new(
        end: Result<Finish, RunError>,
        session: &Session,
        thresholds: &Thresholds,
        signals: Arc<signals::Caught>,
    ) -> Result<Self, CliError> {
        let (finish, error) = match end.map_err(RunError::into_parts) {
            Ok(finish) => (finish, None),
            Err((kind, finish)) => (finish, Some(kind)),
        };
        let failed_login = matches!(error, Some(RunErrorKind::Login(_)));
        let saved = session::save(session, finish.cookies.as_ref().filter(|_| !failed_login));
        if let Some(error @ (RunErrorKind::System(_) | RunErrorKind::Login(_))) = error {
            return Err(error.into());
        }
        let known = Known::of_run(&finish.run, &finish.report);
        let judgement = Judgement::new(thresholds, &finish.report, &known).with_load(finish.run.load.as_ref());
        Ok(Ended { finish, judgement, error, saved, signals })
    }

    /// Says what there is to say, and returns the exit code: `code`, unless the run `failed` or was stopped.
    pub(crate) fn conclude(
        self,
        summary: &Summary<'_>,
        failed: impl FnOnce(RunErrorKind) -> CliError,
        code: ExitCode,
    ) -> Result<ExitCode, CliError> {
        let signal = self.signals.exit_code();
        let is_gone = |error| exit::is_closed_pipe(error) || self.signals.is_hangup() && exit::is_lost_terminal(error);
        let closed = self.error.as_ref().is_some_and(is_gone);
        let seen_enough = closed && signal.is_none();
        if seen_enough && !self.judgement.is_crossed() {
            return self.saved.map(|()| OK); // the reader of the output has seen enough
        }
        let is_silent = summary.quiet || seen_enough;
        if !is_silent {
            self.print(summary);
        }
        let error = self.error.as_ref().filter(|_| !closed);
        let doubt_decides = code == IN_DOUBT.into() && signal.is_none() && error.is_none() && self.saved.is_ok();
        self.judgement.lines(!is_silent || doubt_decides).for_each(|line| say(&shown(&line)));
        if is_silent && doubt_decides {
            self.doubts().for_each(|doubt| say(&doubt)); // which the summary would have
        }
        match self.error.filter(|_| !closed) {
            Some(error) => Err(failed(error)),
            None => self.saved.map(|()| signal.unwrap_or(code)),
        }
    }

    fn print(&self, summary: &Summary<'_>) {
        let Finish { report, run, adjustments, lists, .. } = &self.finish;
        adjustments.iter().filter_map(summary.adjusted).for_each(|said| say(&said));
        lists.iter().for_each(|note| say(&shown(&note.to_string())));
        let style = vocabulary::style(&Term::stderr(), console::colors_enabled_stderr());
        let style = Style { notes: summary.notes, judged: self.judgement.judged(), ..style };
        let text = summary.gap.to_owned() + &summary_with(style, report, run);
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// Why the result is in doubt.
    fn doubts(&self) -> impl Iterator<Item = String> {
        let Finish { report, run, .. } = &self.finish;
        let verdict = run.load.as_ref().map(|load| report.verdict(load)).unwrap_or_default();
        verdict.over_all.into_iter().map(|doubt| format!("in doubt: {}", doubt.told(&vocabulary::Options)))
    }
}
