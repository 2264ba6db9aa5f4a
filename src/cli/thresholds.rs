//! Thresholds: which of them are crossed, what is said of that, and the exit code that follows.

use std::process::ExitCode;

use haul::report::text::not_reached;
use haul::report::threshold::{Judged, Known, judge};
use haul::report::{LoadFacts, Report};

use super::args::{Options, Thresholds};
use super::exit::{CliError, FAILED, IN_DOUBT, OK, USAGE};

/// Refuses thresholds that a list cannot answer.
pub(crate) fn check(options: &Options) -> Result<(), CliError> {
    refuse_relative(&options.thresholds)?;
    for threshold in &options.thresholds.fail_if {
        if threshold.needs_probe() {
            return Err(CliError::usage(format!(
                "--fail-if '{threshold}' compares with what was asked for, which only haul probe knows"
            )));
        }
        if threshold.needs_duration() && options.output.resume {
            return Err(CliError::usage(format!(
                "--fail-if '{threshold}' cannot be used with --resume: the records may be of several runs"
            )));
        }
    }
    Ok(())
}

/// Refuses thresholds on a difference where there is only one run.
pub(crate) fn refuse_relative(given: &Thresholds) -> Result<(), CliError> {
    match given.fail_if.iter().find(|threshold| threshold.is_relative()) {
        None => Ok(()),
        Some(threshold) => Err(CliError::usage(format!(
            "--fail-if '{threshold}' is about the difference between two runs: it needs haul report --compare"
        ))),
    }
}

/// The thresholds of a run, judged.
#[derive(Default)]
pub(crate) struct Judgement {
    judged: Vec<Judged>,
    /// What the run was to find out, and has not.
    not_found_out: Vec<String>,
}

impl Judgement {
    /// Judges the thresholds that were given.
    pub(crate) fn new(given: &Thresholds, report: &Report, known: &Known) -> Self {
        Judgement::of(judge(&given.fail_if, report, known))
    }

    /// The same with what a probe was to find out.
    pub(crate) fn with_load(self, load: Option<&LoadFacts>) -> Self {
        let not_reached = |load: &LoadFacts| {
            let missing = load.until.iter().filter(|facts| !facts.reached);
            missing.map(|facts| not_reached(facts, load)).collect()
        };
        Judgement { not_found_out: load.map(not_reached).unwrap_or_default(), ..self }
    }

    /// Those that were judged already.
    pub(crate) fn of(judged: Vec<Judged>) -> Self {
        Judgement { judged, ..Judgement::default() }
    }

    /// For the report and the summary.
    pub(crate) fn judged(&self) -> &[Judged] {
        &self.judged
    }

    /// Whether a threshold is crossed, whatever else is known.
    pub(crate) fn is_crossed(&self) -> bool {
        self.judged.iter().any(|judged| judged.is_crossed() == Some(true))
    }

    /// Whether a threshold is not crossed, but in doubt.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.judged.iter().any(|judged| judged.is_crossed() == Some(false) && judged.is_in_doubt())
    }

    /// What to say of thresholds that are crossed or not known, even to somebody who wants to know little, and of those
    /// that are in doubt if that matters.
    pub(crate) fn lines(&self, doubt_matters: bool) -> impl Iterator<Item = String> {
        let thresholds = self.judged.iter().filter_map(move |judged| line(judged, doubt_matters));
        thresholds.chain(self.not_found_out.iter().map(|why| format!("precision not reached: {why}")))
    }

    /// 4 if a threshold is crossed, or something is not known as precisely as it was to be; else 2 if one is not known; else 5 if one is in doubt, unless that is allowed.
    pub(crate) fn exit_code(&self, allow_doubt: bool) -> ExitCode {
        self.code(allow_doubt).map_or(OK, ExitCode::from)
    }

    fn code(&self, allow_doubt: bool) -> Option<u8> {
        match () {
            () if self.is_crossed() || !self.not_found_out.is_empty() => Some(FAILED),
            () if self.judged.iter().any(|judged| judged.is_crossed().is_none()) => Some(USAGE),
            () if self.is_in_doubt() && !allow_doubt => Some(IN_DOUBT),
            () => None,
        }
    }
}

/// What is said of a threshold, if anything.
fn line(judged: &Judged, doubt_matters: bool) -> Option<String> {
    let threshold = judged.threshold();
    match (judged.is_crossed(), judged.unknown()) {
        (_, Some(why)) => Some(format!("threshold not known: {threshold}: {why}")),
        (Some(true), None) => Some(format!("threshold crossed: {threshold}: {judged}")),
        (_, None) => {
            (doubt_matters && judged.is_in_doubt()).then(|| format!("threshold in doubt: {threshold}: {judged}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use haul::model::{ErrorKind, RecordSummary};

    use super::*;

    /// A report with so many failures and successes.
    fn report(failed: usize, ok: usize) -> Report {
        let mut report = Report::default();
        for n in 0..failed + ok {
            let error = (n < failed).then_some((ErrorKind::Dns, "unknown"));
            report.add(&RecordSummary { ok: error.is_none(), error, ..RecordSummary::default() });
        }
        report
    }

    #[test]
    fn a_crossed_threshold_decides_the_exit_code_then_an_unknown_one_then_doubt() {
        let known = Known { asked: Some(10), missed: Some(0), ..Known::default() };
        let in_doubt = Known { in_doubt: true, ..known };
        for (texts, known, code, allowed) in [
            (&["failed>1"][..], known, None, None),
            (&["failed>1"], in_doubt, Some(IN_DOUBT), None),
            (&["failed>0"], in_doubt, Some(FAILED), Some(FAILED)),
            (&["failed>1", "failed>0"], in_doubt, Some(FAILED), Some(FAILED)),
            (&["failed>1", "p99>1s"], in_doubt, Some(USAGE), Some(USAGE)),
            (&["p99>1s", "failed>0"], in_doubt, Some(FAILED), Some(FAILED)),
            (&["missed>0"], in_doubt, None, None),
            (&[], in_doubt, None, None),
        ] {
            let thresholds: Vec<_> = texts.iter().map(|text| text.parse().unwrap()).collect();
            let judgement = Judgement::of(judge(&thresholds, &report(1, 9), &known));
            assert_eq!((judgement.code(false), judgement.code(true)), (code, allowed), "{texts:?}");
        }
    }
}
