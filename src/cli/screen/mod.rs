//! The screen: a reader of a run in progress that has the whole terminal.

mod heat;
mod job_control;
mod keys;
mod look;
mod moment;
mod rows;
mod sections;
pub(crate) mod terminal;
#[cfg(test)]
mod tests;
mod view;

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use haul::engine::Control;
use haul::report::Snapshot;
use ratatui::backend::CrosstermBackend;
use ratatui::{Terminal, TerminalOptions, Viewport};
use tokio::sync::watch;

use super::printer::Printer;
use super::progress::{self, Asking, ProbeProgress, Progress};
use super::signals::Caught;
use keys::{Keys, Typed};
use look::Look;
use moment::{Facts, Looks, Moment};
use terminal::FrameWriter;
use view::{LOG_LINES, View};

/// How often it is drawn.
const TICK: Duration = Duration::from_millis(200);

/// How long a run takes at least to have the screen: it would only flash up for a shorter one.
const SHORTEST: Duration = Duration::from_millis(300);

/// Something that shows the progress of a run until it is stopped.
pub(crate) enum Showing {
    /// A bar, if anything.
    Bar(progress::Showing),
    /// The screen.
    Screen(Shown),
}

/// The screen while it is shown.
pub(crate) struct Shown {
    /// Dropped to end it.
    wake: UnixStream,
    thread: JoinHandle<()>,
    printer: Printer,
}

impl Showing {
    /// Removes it from the terminal, and prints what was said meanwhile.
    pub(crate) fn stop(self) {
        match self {
            Showing::Bar(bar) => bar.stop(),
            Showing::Screen(Shown { wake, thread, printer }) => {
                drop(wake);
                let _ = thread.join();
                terminal::end();
                printer.release();
            }
        }
    }
}

/// Shows the progress of a list: on the screen if `has_screen`, else as a bar.
pub(crate) fn show(progress: Progress, control: &Control, caught: &Arc<Caught>, has_screen: bool) -> Showing {
    match has_screen.then(|| start(&progress, control, caught, View::List)).flatten() {
        Some(screen) => Showing::Screen(screen),
        None => Showing::Bar(progress.show(control)),
    }
}

/// Shows that of a probe, which `drawn` follows.
pub(crate) fn show_probe(
    progress: Progress,
    control: &Control,
    caught: &Arc<Caught>,
    drawn: impl Fn() -> ProbeProgress,
    has_screen: bool,
) -> Showing {
    match has_screen.then(|| start(&progress, control, caught, View::Probe(Box::new(drawn())))).flatten() {
        Some(screen) => Showing::Screen(screen),
        None => Showing::Bar(progress.show_probe(control, drawn())),
    }
}

/// None if the terminal, or the system, does not allow it.
fn start(progress: &Progress, control: &Control, caught: &Arc<Caught>, view: View) -> Option<Shown> {
    let asking = Asking::new().ok()?;
    let (wake, ended) = UnixStream::pair().ok()?;
    let keys = Keys::open(ended);
    terminal::leave_on_panic();
    job_control::watch();
    progress.hide();
    let printer = progress.printer().clone();
    printer.keep();
    let screen = Screen {
        view,
        look: Look::of_terminal(console::colors_enabled_stderr()),
        began: Instant::now(),
        control: control.clone(),
        snapshots: control.snapshots(),
        asking,
        looks: Looks::default(),
        facts: Facts::default(),
        printer: printer.clone(),
        caught: Arc::clone(caught),
    };
    let thread = std::thread::Builder::new().name("haul-screen".into()).spawn(move || screen.run(keys));
    match thread {
        Ok(thread) => Some(Shown { wake, thread, printer }),
        Err(_) => {
            terminal::end();
            printer.release();
            None
        }
    }
}

/// What the screen's thread has.
struct Screen {
    view: View,
    look: Look,
    began: Instant,
    control: Control,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    asking: Asking,
    looks: Looks,
    facts: Facts,
    printer: Printer,
    caught: Arc<Caught>,
}

impl Screen {
    /// Draws from a moment on, until the run has ended, or the terminal cannot be drawn on any more.
    fn run(mut self, mut keys: Keys) {
        let area = terminal::size();
        let options = TerminalOptions { viewport: Viewport::Fixed(area) };
        let Ok(mut drawn) = Terminal::with_options(CrosstermBackend::new(FrameWriter::default()), options) else {
            return;
        };
        if keys.wait(SHORTEST, false) == Typed::Ended {
            return;
        }
        let mut size = area;
        let mut is_new = true;
        loop {
            let shown = terminal::show();
            if terminal::is_over() {
                return self.printer.release(); // a panic has ended it
            }
            if let Some(is_reset) = shown {
                is_new |= is_reset || terminal::size() != size;
                if std::mem::take(&mut is_new) {
                    size = terminal::size();
                    if drawn.resize(size).is_err() {
                        return;
                    }
                }
                if self.draw(&mut drawn).is_err() {
                    return;
                }
            }
            match keys.wait(TICK, shown.is_some()) {
                Typed::Nothing => {}
                Typed::Quit => self.caught.interrupt(),
                Typed::Ended => return,
            }
        }
    }

    fn draw(&mut self, drawn: &mut Terminal<CrosstermBackend<FrameWriter>>) -> io::Result<()> {
        if let Some(interim) = self.asking.ask(&self.control, self.began.elapsed()) {
            self.facts = self.looks.facts(&self.control, &interim);
        }
        let snapshot = Arc::clone(&self.snapshots.borrow()); // the writer must not wait for the terminal
        let log = self.printer.last(LOG_LINES);
        let gauges = &self.control.gauges;
        let moment = Moment {
            elapsed: self.began.elapsed(),
            snapshot: &snapshot,
            facts: &self.facts,
            in_flight: gauges.in_flight.load(Ordering::Relaxed),
            waiting: gauges.waiting.load(Ordering::Relaxed),
            is_draining: gauges.draining.load(Ordering::Relaxed),
            log: &log,
        };
        drawn.draw(|frame| self.view.draw(frame, &moment, self.look)).map(|_| ())
    }
}
