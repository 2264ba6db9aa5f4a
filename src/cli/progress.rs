//! The progress bar: a consumer of counts, on a terminal alone.

use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use haul::pipeline::Control;
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// How often it is drawn, in a second.
const DRAWS: u8 = 10;

const COUNTED: &str = "{bar:24.green/dim} {pos:>7}/{len} {percent:>3}%  {rate:.bold}  {msg}  ETA {eta}";
const UNCOUNTED: &str = "{spinner:.green} {pos:>7}  {rate:.bold}  {msg}  {elapsed}";

/// A bar that is not shown yet.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Hidden where standard error is no terminal, or with `--quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(DRAWS) };
        Progress(ProgressBar::with_draw_target(None, target).with_style(style(UNCOUNTED)))
    }

    /// The bar, for those who write beside it.
    pub(crate) fn bar(&self) -> &ProgressBar {
        &self.0
    }

    /// Shows how the run under `control` goes on, until told to stop.
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
    /// Takes the bar off the screen.
    pub(crate) fn stop(self) {
        drop(self.stop);
        if let Some(thread) = self.thread {
            let _ = thread.join();
        }
    }
}

fn draw(bar: &ProgressBar, control: &Control) {
    let (gauges, input) = (&control.gauges, &control.input);
    let (ok, failed) = (gauges.ok.load(Ordering::Relaxed), gauges.failed.load(Ordering::Relaxed));
    let in_flight = gauges.in_flight.load(Ordering::Relaxed);
    if let Some(total) = input.estimated_total() {
        if bar.length().is_none() {
            bar.set_style(style(COUNTED));
        }
        bar.set_length(total.max(ok + failed));
    }
    bar.set_message(format!("{} ok  {} failed  {in_flight} in flight", HumanCount(ok), HumanCount(failed)));
    bar.set_position(ok + failed);
    bar.tick();
}

fn style(template: &str) -> ProgressStyle {
    let rate = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{}/s", HumanCount(state.per_sec().round() as u64));
    };
    ProgressStyle::with_template(template).expect("our template is one").with_key("rate", rate).progress_chars("━━─")
}
