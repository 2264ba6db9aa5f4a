//! The progress bar: a reader of snapshots, shown only on a terminal.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use haul::engine::Control;
use haul::report::text::rate;
use haul::report::{InputCounts, RunFacts, Snapshot};
use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::asking::Asking;
use super::probe::{Now, ProbeProgress};
use crate::cli::printer::Printer;

/// How many times a second it is drawn.
const DRAWS: u8 = 10;

/// Over how long the rate of answers of a probe is measured.
const SPAN: Duration = Duration::from_secs(1);

// On a terminal that is too narrow, the end is cut off.
const COUNTED: &str = "{bar:16.green/dim} {wide_msg}";
const UNCOUNTED: &str = "{spinner:.green} {wide_msg}";

/// A bar that is not shown yet.
pub(crate) struct Progress {
    bar: ProgressBar,
    printer: Printer,
}

impl Progress {
    /// Hidden with `--quiet`, or if standard error is not a terminal.
    pub(crate) fn new(quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(DRAWS) };
        let bar = ProgressBar::with_draw_target(None, target).with_style(style(UNCOUNTED));
        Progress { printer: Printer::new(bar.clone()), bar }
    }

    /// Prints above it.
    pub(crate) fn printer(&self) -> &Printer {
        &self.printer
    }

    /// Never shows it.
    pub(crate) fn hide(&self) {
        self.bar.set_draw_target(ProgressDrawTarget::hidden());
    }

    /// Shows the progress of the run under `control` until stopped.
    pub(crate) fn show(self, control: &Control) -> Showing {
        self.show_with(control, draw)
    }

    /// Shows the progress of a probe under `control` until stopped.
    pub(crate) fn show_probe(self, control: &Control, mut progress: ProbeProgress) -> Showing {
        let mut asking = Asking::new().ok();
        let mut run = Arc::<RunFacts>::default();
        self.show_with(control, move |bar, control, snapshot| {
            let interim = asking.as_mut().and_then(|asking| asking.ask(control, bar.elapsed()));
            run = interim.map_or_else(|| Arc::clone(&run), |interim| interim.run);
            draw_probe(bar, control, (snapshot, &run), &mut progress);
        })
    }

    fn show_with(
        self,
        control: &Control,
        mut draw: impl FnMut(&ProgressBar, &Control, &Snapshot) + Send + 'static,
    ) -> Showing {
        let (stop, stopped) = channel();
        if self.bar.is_hidden() {
            return Showing { stop, thread: None };
        }
        let (control, snapshots) = (control.clone(), control.snapshots());
        let thread = std::thread::spawn(move || {
            let tick = Duration::from_secs(1) / u32::from(DRAWS);
            while stopped.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
                let snapshot = Arc::clone(&snapshots.borrow()); // the writer must not wait for the terminal
                draw(&self.bar, &control, &snapshot);
            }
            self.bar.finish_and_clear();
        });
        Showing { stop, thread: Some(thread) }
    }
}

/// A bar on the screen.
pub(crate) struct Showing {
    stop: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Showing {
    /// Removes the bar from the screen.
    pub(crate) fn stop(self) {
        drop(self.stop);
        if let Some(thread) = self.thread {
            let _ = thread.join();
        }
    }
}

fn draw(bar: &ProgressBar, control: &Control, snapshot: &Snapshot) {
    let InputCounts { ok, failed, duplicates } = snapshot.inputs;
    let in_flight = control.gauges.in_flight.load(Ordering::Relaxed);
    let resumed = control.input.resumed().unwrap_or(0);
    let settled = resumed + snapshot.inputs.total();
    let total = control.input.estimated_total().map(|total| total.max(settled));
    if total.is_some() && bar.length().is_none() {
        bar.set_style(style(COUNTED));
        if resumed > 0 {
            bar.set_position(resumed); // keeps earlier records out of the rate
            bar.reset_eta();
        }
    }
    bar.update(|state| {
        state.set_pos(settled);
        total.into_iter().for_each(|total| state.set_len(total));
    });
    let [settled, ok, failed] = [settled, ok, failed].map(HumanCount);
    let repeats = if duplicates > 0 { format!("  {} duplicates", HumanCount(duplicates)) } else { String::new() };
    let counts = format!("{}  {ok} ok  {failed} failed{repeats}  {in_flight} in flight", rate(bar.per_sec()));
    bar.set_message(match total.map(HumanCount) {
        Some(total) => format!("{settled}/{total}  ETA {:#}  {counts}", HumanDuration(bar.eta())),
        None => format!("{settled}  {:#}  {counts}", HumanDuration(bar.elapsed())),
    });
    bar.tick();
}

/// Draws how far a probe has come: by time, or by the number of its requests.
fn draw_probe(
    bar: &ProgressBar,
    control: &Control,
    (snapshot, run): (&Snapshot, &RunFacts),
    progress: &mut ProbeProgress,
) {
    const WHOLE: u64 = 1000;
    let elapsed = bar.elapsed();
    if let Some(share) = progress.share(snapshot, elapsed) {
        if bar.length().is_none() {
            bar.set_style(style(COUNTED));
            bar.set_length(WHOLE);
        }
        bar.set_position((share * WHOLE as f64) as u64);
    }
    let now = Now::of(snapshot, elapsed, run, &control.gauges);
    bar.set_message(progress.message(&now, SPAN));
    bar.tick();
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("our template is one").progress_chars("━━─")
}
