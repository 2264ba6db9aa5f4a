//! The progress bar, which shows the run's counters on a terminal.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use haul::engine::Control;
use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Draws per second.
const DRAWS: u8 = 10;

// A narrow terminal cuts off the end.
const COUNTED: &str = "{bar:16.green/dim} {wide_msg}";
const UNCOUNTED: &str = "{spinner:.green} {wide_msg}";

/// A progress bar that is not shown yet.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Hidden if standard error is not a terminal, or with `--quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(DRAWS) };
        Progress(ProgressBar::with_draw_target(None, target).with_style(style(UNCOUNTED)))
    }

    /// The bar, for writing above it.
    pub(crate) fn bar(&self) -> &ProgressBar {
        &self.0
    }

    /// Shows the progress of the run under `control` until [`Showing::stop`].
    pub(crate) fn show(self, control: &Control) -> Showing {
        let (stop, stopped) = channel();
        if self.0.is_hidden() {
            return Showing { stop, thread: None };
        }
        let control = control.clone();
        let thread = std::thread::spawn(move || {
            let tick = Duration::from_secs(1) / u32::from(DRAWS);
            while stopped.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
                draw(&self.0, &control);
            }
            self.0.finish_and_clear();
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

fn draw(bar: &ProgressBar, control: &Control) {
    let gauges = &control.gauges;
    let [ok, failed, duplicates, in_flight] =
        [&gauges.ok, &gauges.failed, &gauges.duplicates, &gauges.in_flight].map(|n| n.load(Ordering::Relaxed));
    let resumed = control.input.resumed().unwrap_or(0);
    let settled = resumed + ok + failed + duplicates;
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
    let counts = format!("{}/s  {ok} ok  {failed} failed{repeats}  {in_flight} in flight", rate(bar.per_sec()));
    bar.set_message(match total.map(HumanCount) {
        Some(total) => format!("{settled}/{total}  ETA {:#}  {counts}", HumanDuration(bar.eta())),
        None => format!("{settled}  {:#}  {counts}", HumanDuration(bar.elapsed())),
    });
    bar.tick();
}

fn rate(per_second: f64) -> String {
    if per_second < 9.95 { format!("{per_second:.1}") } else { HumanCount(per_second.round() as u64).to_string() }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is valid").progress_chars("━━─")
}
