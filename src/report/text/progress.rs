//! The progress of a run in a line of plain ASCII, for logs.

use std::fmt::Write;

use super::bounds::bounds;
use super::rows::{MAX_LISTED, listed};
use super::units;
use crate::guard::text::grouped;
use crate::report::Progress;
use crate::report::vocabulary::Vocabulary;

/// The progress in one line, without a line break.
pub fn progress(progress: &Progress, words: &dyn Vocabulary) -> String {
    let mut line = format!("{} done {}", units::compact(progress.elapsed_s), grouped(progress.done));
    if let Some(total) = progress.total {
        let about = if progress.total_is_estimate { "~" } else { "" };
        let percent = (u128::from(progress.done) * 100).checked_div(u128::from(total)).unwrap_or(100);
        let _ = write!(line, " of {about}{} ({percent} %)", grouped(total));
    }
    if progress.pages > 0 {
        let _ = write!(line, " pages {}", grouped(progress.pages));
    }
    let _ = write!(line, " {}", units::rate(progress.rate));
    if let Some(eta) = progress.eta_s {
        let _ = write!(line, " eta {}", units::compact(eta.round()));
    }
    let _ = write!(line, " failed {}", grouped(progress.failed));
    if !progress.failures.is_empty() {
        let kinds = progress.failures.iter().map(|(kind, count)| (kind, *count));
        let _ = write!(line, " ({})", listed(kinds, MAX_LISTED));
    }
    let bounds = bounds(&progress.bounded_by, words);
    if !bounds.is_empty() {
        line.extend([" bound by ", &bounds]);
    }
    if progress.stopping {
        line += " stopping";
    }
    line.replace(" · ", ", ").replace('…', "...")
}
