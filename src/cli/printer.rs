//! Where messages go while the progress of a run is shown: above the bar, or into the log of the screen.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;

/// How many lines the log of the screen keeps.
const MAX_LINES: usize = 1_000;

/// Prints messages on standard error. Clones print in the same place.
#[derive(Clone)]
pub(crate) struct Printer {
    bar: ProgressBar,
    log: Arc<Mutex<Log>>,
}

/// What was said while the screen was shown.
#[derive(Debug, Default)]
struct Log {
    is_kept: bool,
    lines: VecDeque<String>,
    /// How many lines were too many.
    dropped: u64,
}

impl Printer {
    /// Prints above `bar`.
    pub(crate) fn new(bar: ProgressBar) -> Self {
        Printer { bar, log: Arc::default() }
    }

    /// Calls `write` while the bar is off the terminal.
    pub(crate) fn above<T>(&self, write: impl FnOnce() -> T) -> T {
        // `suspend` locks a hidden bar, too, for as long as the output takes.
        if self.bar.is_hidden() { write() } else { self.bar.suspend(write) }
    }

    /// Prints whole lines, now or once the screen is gone.
    pub(crate) fn print(&self, text: &str) {
        if !self.log().keep(text) {
            let _ = self.above(|| io::stderr().write_all(text.as_bytes()));
        }
    }

    /// Keeps lines for the screen from now on.
    pub(crate) fn keep(&self) {
        self.log().is_kept = true;
    }

    /// The last lines that were kept, at most so many.
    pub(crate) fn last(&self, most: usize) -> Vec<String> {
        let log = self.log();
        log.lines.iter().skip(log.lines.len().saturating_sub(most)).cloned().collect()
    }

    /// Prints what was kept, and keeps nothing more.
    pub(crate) fn release(&self) {
        let mut log = self.log();
        let Log { lines, dropped, .. } = std::mem::take(&mut *log);
        drop(log);
        let left_out = (dropped > 0).then(|| format!("haul: {dropped} lines before these are left out"));
        let text: String = left_out.into_iter().chain(lines).flat_map(|line| [line, "\n".to_owned()]).collect();
        let _ = self.above(|| io::stderr().write_all(text.as_bytes()));
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// Keeps lines, if lines are kept.
    fn keep(&mut self, text: &str) -> bool {
        if self.is_kept {
            self.lines.extend(text.lines().map(str::to_owned));
            let too_many = self.lines.len().saturating_sub(MAX_LINES);
            self.lines.drain(..too_many);
            self.dropped += too_many as u64;
        }
        self.is_kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_while_the_screen_is_shown() {
        let printer = Printer::new(ProgressBar::hidden());
        printer.print("");
        printer.keep();
        printer.print("one\ntwo\n");
        printer.print("three\n");
        assert_eq!((printer.last(2), printer.last(9).len()), (vec!["two".to_owned(), "three".to_owned()], 3));
        printer.release();
        assert_eq!(printer.last(9), Vec::<String>::new());
        assert!(!printer.log().keep("four\n"));
    }

    #[test]
    fn a_long_log_forgets_its_beginning() {
        let mut log = Log { is_kept: true, ..Log::default() };
        (0..MAX_LINES + 5).for_each(|line| _ = log.keep(&format!("{line}\n")));
        assert_eq!((log.lines.len(), log.dropped, log.lines[0].as_str()), (MAX_LINES, 5, "5"));
    }
}
