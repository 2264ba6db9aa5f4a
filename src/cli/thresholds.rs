//! Thresholds: which of them are crossed, what is said of that, and the exit code that follows.

use std::process::ExitCode;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use haul::engine::{Control, Stop};
use haul::report::Report;
use haul::report::threshold::{Judged, Known, Threshold, judge};
use indicatif::ProgressBar;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::args::{Options, Thresholds};
use super::exit::{CliError, FAILED, IN_DOUBT, OK, USAGE};
use super::progress::above;
use super::{say, shown};

/// Refuses thresholds that a list cannot answer.
pub(crate) fn check(options: &Options) -> Result<(), CliError> {
    for threshold in &options.thresholds.fail_if {
        if threshold.needs_probe() {
            return Err(CliError::usage(format!(
                "--fail-if '{threshold}' compares with what was asked for, which only haul probe knows"
            )));
        }
        if threshold.needs_duration() && options.files.resume {
            return Err(CliError::usage(format!(
                "--fail-if '{threshold}' cannot be used with --resume: the records may be of several runs"
            )));
        }
    }
    Ok(())
}

/// The thresholds of a run, judged.
pub(crate) struct Judgement(Vec<Judged>);

impl Judgement {
    /// Judges the thresholds that were given.
    pub(crate) fn new(given: &Thresholds, report: &Report, known: &Known) -> Self {
        Judgement(judge(&given.fail_if, report, known))
    }

    /// For the report and the summary.
    pub(crate) fn judged(&self) -> &[Judged] {
        &self.0
    }

    /// Says on standard error which thresholds are crossed, not known or in doubt, also with `--quiet`.
    pub(crate) fn say(&self) {
        self.0.iter().filter_map(line).for_each(|line| say(&shown(&line)));
    }

    /// 4 if a threshold is crossed; else 2 if one is not known; else 5 if one is in doubt, unless that is allowed.
    pub(crate) fn exit_code(&self, allow_doubt: bool) -> ExitCode {
        self.code(allow_doubt).map_or(OK, ExitCode::from)
    }

    fn code(&self, allow_doubt: bool) -> Option<u8> {
        let any = |is: fn(&Judged) -> bool| self.0.iter().any(is);
        match () {
            () if any(|judged| judged.is_crossed() == Some(true)) => Some(FAILED),
            () if any(|judged| judged.is_crossed().is_none()) => Some(USAGE),
            () if any(Judged::is_in_doubt) && !allow_doubt => Some(IN_DOUBT),
            () => None,
        }
    }
}

/// What is said of a threshold, if anything.
fn line(judged: &Judged) -> Option<String> {
    let threshold = judged.threshold();
    match judged.is_crossed() {
        Some(true) => Some(format!("threshold crossed: {threshold}: {judged}")),
        Some(false) if judged.is_in_doubt() => Some(format!("threshold in doubt: {threshold}: {judged}")),
        Some(false) => None,
        None => Some(format!("threshold {judged}: {threshold}")),
    }
}

/// How often a run is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// What a run is watched for.
#[cfg_attr(not(test), expect(dead_code, reason = "for haul probe"))]
pub(crate) struct Abort {
    pub(crate) thresholds: Vec<Threshold>,
    /// The time before which nothing is aborted.
    pub(crate) after: Duration,
    /// The most requests that there can be, if anybody knows.
    pub(crate) expected: Option<u64>,
}

/// A run that is watched until this is stopped.
pub(crate) struct Watching {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Abort {
    /// Stops the run under `control` once a threshold is crossed for good, and says so above `bar`.
    pub(crate) fn watch(self, control: &Control, bar: &ProgressBar) -> std::io::Result<Watching> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let (stop, stopped) = oneshot::channel();
        let (control, bar) = (control.clone(), bar.clone());
        let thread = thread::spawn(move || {
            let crossed = runtime.block_on(async {
                tokio::select! {
                    _ = stopped => None,
                    crossed = self.crossed(async || so_far(&control).await) => Some(crossed),
                }
            });
            if let Some(crossed) = crossed {
                control.stop(Stop::Drain);
                let line =
                    shown(&format!("stopping: {}: {crossed}, and it can no longer recover", crossed.threshold()));
                above(&bar, || say(&line));
            }
        });
        Ok(Watching { stop, thread })
    }

    /// Waits until a threshold is crossed for good.
    async fn crossed(&self, mut so_far: impl AsyncFnMut() -> (Arc<Report>, Known)) -> Judged {
        let mut ticks = interval_at(Instant::now() + self.after, EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            let (report, known) = so_far().await;
            let beyond = |threshold: &&Threshold| threshold.is_beyond_recovery(&report, &known, self.expected);
            if let Some(threshold) = self.thresholds.iter().find(beyond) {
                return threshold.judge(&report, &known);
            }
        }
    }
}

impl Watching {
    pub(crate) fn stop(self) {
        drop(self.stop);
        let _ = self.thread.join();
    }
}

/// What a run has come to.
async fn so_far(control: &Control) -> (Arc<Report>, Known) {
    let interim = control.interim().await;
    (interim.report, Known::from(&*interim.run))
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

    fn thresholds(texts: &[&str]) -> Vec<Threshold> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
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
            let judgement = Judgement(judge(&thresholds(texts), &report(1, 9), &known));
            assert_eq!((judgement.code(false), judgement.code(true)), (code, allowed), "{texts:?}");
        }
    }

    #[test]
    fn a_run_is_stopped_once_a_threshold_cannot_recover() {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let abort = Abort {
                thresholds: thresholds(&["p99>1s", "failed>2%", "failed>5"]),
                after: Duration::from_secs(10),
                expected: Some(100),
            };
            let began = Instant::now();
            // A failure every four seconds: the third is the one too many of a hundred requests.
            let so_far = async || (Arc::new(report(began.elapsed().as_secs() as usize / 4, 0)), Known::default());
            let crossed = abort.crossed(so_far).await;
            assert_eq!((began.elapsed().as_secs(), crossed.threshold().to_string().as_str()), (12, "failed>2%"));

            let (began, many) = (Instant::now(), Arc::new(report(9, 0)));
            abort.crossed(async || (Arc::clone(&many), Known::default())).await;
            assert_eq!(began.elapsed().as_secs(), 10, "not before it is due");
        });
    }
}
