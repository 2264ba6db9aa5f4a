//! Stopping a run once a threshold is crossed for good.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use haul::engine::{Control, Stop};
use haul::report::Report;
use haul::report::threshold::{Judged, Known, Threshold};
use tokio::runtime::Builder;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::messages::shown;
use super::printer::Printer;
use super::watching::Watching;

/// How often a run is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// What a run is watched for.
pub(crate) struct Abort {
    pub(crate) thresholds: Vec<Threshold>,
    /// The time before which nothing is aborted.
    pub(crate) after: Duration,
    /// The most requests that there can be, if anybody knows.
    pub(crate) expected: Option<u64>,
}

impl Abort {
    /// Stops the run under `control` once a threshold is crossed for good, and says so with `printer`.
    pub(crate) fn watch(self, control: &Control, printer: &Printer) -> io::Result<Watching> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let (control, printer) = (control.clone(), printer.clone());
        Ok(Watching::start(move |stopped| {
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
                printer.print(&format!("haul: {line}\n"));
            }
        }))
    }

    /// Waits until a threshold is crossed for good.
    async fn crossed(&self, mut so_far: impl AsyncFnMut() -> (Arc<Report>, Known)) -> Judged {
        let Some(first) = Instant::now().checked_add(self.after) else { return pending().await };
        let mut ticks = interval_at(first, EVERY);
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

/// What a run has come to.
async fn so_far(control: &Control) -> (Arc<Report>, Known) {
    let interim = control.interim().await;
    let known = Known::of_run(&interim.run, &interim.report);
    (interim.report, known)
}

#[cfg(test)]
mod tests {
    use haul::model::RecordSummary;

    use super::*;

    /// A report with so many failures.
    fn failures(count: u64) -> Arc<Report> {
        let mut report = Report::default();
        (0..count).for_each(|_| report.add(&RecordSummary::default()));
        Arc::new(report)
    }

    #[test]
    fn a_run_is_stopped_once_a_threshold_cannot_recover() {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let abort = Abort {
                thresholds: ["p99>1s", "failed>2%", "failed>5"].map(|text| text.parse().unwrap()).into(),
                after: Duration::from_secs(10),
                expected: Some(100),
            };
            let began = Instant::now();
            // A failure every four seconds: the third is the one too many of a hundred requests.
            let so_far = async || (failures(began.elapsed().as_secs() / 4), Known::default());
            let crossed = abort.crossed(so_far).await;
            assert_eq!((began.elapsed().as_secs(), crossed.threshold().to_string().as_str()), (12, "failed>2%"));

            let (began, many) = (Instant::now(), failures(9));
            abort.crossed(async || (Arc::clone(&many), Known::default())).await;
            assert_eq!(began.elapsed().as_secs(), 10, "not before it is due");
        });
    }
}
