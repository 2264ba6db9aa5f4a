//! Lines of progress at intervals, and the summary so far on SIGUSR1.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use console::Term;
use haul::engine::{Control, Interim};
use haul::report::text::{self, summary_with};
use haul::report::{InputCounts, Moment, Progress, Provenance, RunFacts, Snapshot, Total};
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::SignalKind;
use tokio::sync::oneshot;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::cli::args::{ProgressFormat, ShownProgress};
use crate::cli::printer::Printer;
use crate::cli::progress::probe::{Now, ProbeProgress};
use crate::cli::signals::Signals;
use crate::cli::units::Every;
use crate::cli::vocabulary::{self, Options};
use crate::cli::watching::Watching;

/// How often a line is printed if nobody says and standard error is not a terminal.
const DEFAULT: Duration = Duration::from_secs(60);

/// Listens for SIGUSR1, which would end the process if nobody did.
pub(crate) struct Asked {
    runtime: Runtime,
    signals: Signals,
}

impl Asked {
    /// Listens from now on.
    pub(crate) fn listen() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let signals = runtime.block_on(async { Signals::listen(&[SignalKind::user_defined1()]) })?;
        Ok(Asked { runtime, signals })
    }
}

/// Prints lines of progress with `printer` as `shown` says, and the summary so far when `asked`.
pub(crate) fn watch(asked: Asked, control: &Control, printer: &Printer, shown: &ShownProgress) -> Watching {
    watch_probe(asked, control, printer, shown, None)
}

/// The same for a probe, which `probe` follows.
pub(crate) fn watch_probe(
    asked: Asked,
    control: &Control,
    printer: &Printer,
    shown: &ShownProgress,
    probe: Option<ProbeProgress>,
) -> Watching {
    let Asked { runtime, signals } = asked;
    let (control, printer, format) = (control.clone(), printer.clone(), shown.progress_format);
    let lines = Lines { control, printer, format, before: None, probe };
    let every = interval(shown, io::stderr().is_terminal());
    Watching::start(move |stopped| runtime.block_on(lines.print(signals, every, stopped)))
}

/// How often a line is due, if ever.
fn interval(shown: &ShownProgress, is_terminal: bool) -> Option<Duration> {
    match shown.progress_every {
        _ if shown.quiet => None,
        Some(Every(every)) => every,
        None => (!is_terminal).then_some(DEFAULT),
    }
}

/// Ticks when a line is due, if one ever is: at multiples of `every`, so that late lines neither add up nor pile up.
fn ticks(every: Duration) -> Option<Interval> {
    let mut ticks = interval_at(Instant::now().checked_add(every)?, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    Some(ticks)
}

struct Lines {
    control: Control,
    printer: Printer,
    format: ProgressFormat,
    /// The run at the last line.
    before: Option<Arc<RunFacts>>,
    probe: Option<ProbeProgress>,
}

/// Why the summary or a line is printed.
enum Wake {
    Asked,
    Due,
}

impl Lines {
    async fn print(mut self, mut asked: Signals, every: Option<Duration>, mut stopped: oneshot::Receiver<()>) {
        let mut ticks = every.and_then(ticks);
        loop {
            let wake = tokio::select! {
                _ = &mut stopped => return,
                _ = asked.next() => Wake::Asked,
                () = next(ticks.as_mut()) => Wake::Due,
            };
            let interim = tokio::select! {
                _ = &mut stopped => return,
                interim = self.control.interim() => interim,
            };
            let text = match wake {
                Wake::Asked => summary(&interim),
                Wake::Due => self.line(&interim),
            };
            self.printer.print(&text);
        }
    }

    /// How far the run has come since the last line.
    fn line(&mut self, Interim { report, run, .. }: &Interim) -> String {
        let Control { input, gauges, .. } = &self.control;
        let estimate = |inputs| Total { inputs, is_estimate: !input.is_finished() };
        let in_flight = gauges.in_flight.load(Ordering::Relaxed);
        let now = Moment {
            report,
            run,
            total: input.estimated_total().map(estimate),
            in_flight,
            waiting: gauges.waiting.load(Ordering::Relaxed),
        };
        let progress = Progress::since(self.before.as_deref(), now);
        self.before = Some(Arc::clone(run));
        if let Some(probe) = &mut self.probe {
            let elapsed = Duration::from_secs_f64(run.wall_s);
            let snapshot = &Snapshot::new(report, InputCounts::default(), elapsed);
            let now = Now::of(snapshot, elapsed, run, gauges);
            return match self.format {
                ProgressFormat::Text => format!("haul: {}\n", ascii(&probe.message(&now, Duration::ZERO))),
                ProgressFormat::Json => json(&probe.line(&now, progress.failures)),
            };
        }
        match self.format {
            ProgressFormat::Text => format!("haul: {}\n", text::progress(&progress, &Options)),
            ProgressFormat::Json => json(&progress),
        }
    }
}

/// The object of a line, which names itself among the lines of other programs.
fn json(progress: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct Line<'a, P> {
        event: &'static str,
        #[serde(flatten)]
        progress: &'a P,
    }
    let line = serde_json::to_string(&Line { event: "progress", progress });
    line.map_or_else(|_| String::new(), |line| line + "\n")
}

/// The text of a line in the characters of any log.
fn ascii(text: &str) -> String {
    text.replace('µ', "u").replace("≥ ", ">= ").replace('±', "+-")
}

/// The summary of what the run has come to.
fn summary(Interim { report, run, written, .. }: &Interim) -> String {
    // The pace is that of the records that are counted, even if others wait for the output.
    let (records, rate) = (*written, *written as f64 / run.wall_s.max(f64::EPSILON));
    let run = &RunFacts { records, rate, ..RunFacts::clone(run) };
    let style = vocabulary::style(&Term::stderr(), console::colors_enabled_stderr());
    summary_with(style, report, Provenance::Running(run))
}

/// Waits until the next line is due.
async fn next(ticks: Option<&mut Interval>) {
    match ticks {
        Some(ticks) => drop(ticks.tick().await),
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;
    use crate::cli::units;

    #[test]
    fn lines_are_due_at_multiples_of_the_interval() {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (began, s) = (Instant::now(), Duration::from_secs);
            let mut ticks = ticks(s(60));
            for (takes, due, why) in [
                (0, 60, "the first line has something to say"),
                (3, 120, "a late line does not delay the next one"),
                (1_000, 1_120, "of the lines that were missed, one comes at once"),
                (0, 1_140, "and the others never"),
            ] {
                sleep(s(takes)).await;
                next(ticks.as_mut()).await;
                assert_eq!(began.elapsed().as_secs(), due, "{why}");
            }
        });
    }

    #[test]
    fn no_line_is_due_after_the_end_of_time() {
        assert!(
            Builder::new_current_thread()
                .enable_time()
                .build()
                .unwrap()
                .block_on(async { ticks(Duration::MAX).is_none() })
        );
    }

    #[test]
    fn a_log_gets_lines_by_default_and_a_terminal_a_bar() {
        let shown = |progress_every: Option<&str>, quiet| ShownProgress {
            progress_every: progress_every.map(|text| units::every(text).unwrap()),
            progress_format: ProgressFormat::Text,
            metrics: None,
            tui: false,
            no_tui: false,
            quiet,
        };
        let s = Duration::from_secs;
        for (every, quiet, in_log, on_terminal) in [
            (None, false, Some(s(60)), None),
            (Some("5m"), false, Some(s(300)), Some(s(300))),
            (Some("0"), false, None, None),
            (Some("off"), false, None, None),
            (None, true, None, None),
            (Some("5m"), true, None, None),
        ] {
            let shown = shown(every, quiet);
            assert_eq!([interval(&shown, false), interval(&shown, true)], [in_log, on_terminal], "{shown:?}");
        }
    }
}
