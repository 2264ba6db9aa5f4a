//! The steps of a search for the highest rate.

use super::fold::folded;
use super::{BOLD, DIM, INDENT, SummaryWriter, units};
use crate::guard::terminal::printable;
use crate::guard::text::{grouped, width};
use crate::model::StepOutcome;
use crate::report::{FindFacts, FindStep};

const HEADS: [&str; 5] = ["rate", "answered", "p50", "p99", "failed"];

/// A step in one line: `412/s: p99 91.0 ms, held`.
pub fn find_step(step: &FindStep) -> String {
    let p99 = step.p99_ms.map(|ms| format!("p99 {}", time(ms)));
    let failed = (step.failed > 0).then(|| format!("{} failed", grouped(step.failed)));
    let parts = [p99, failed, Some(outcome(step))].into_iter().flatten();
    format!("{}: {}", units::rate(step.rate), parts.collect::<Vec<_>>().join(", "))
}

/// How many steps were in doubt, if any were: `2 of 13 steps`.
pub fn doubtful_steps(find: &FindFacts) -> Option<String> {
    let doubtful = find.steps.iter().filter(|step| step.outcome == StepOutcome::InDoubt).count();
    (doubtful > 0)
        .then(|| format!("{} of {}", grouped(doubtful as u64), units::things(find.steps.len() as u64, "step")))
}

impl SummaryWriter<'_> {
    /// The rate that was found, and the steps that led to it.
    pub(super) fn find(&mut self, find: &FindFacts) {
        let knee = self.paint(BOLD, &find.knee());
        let within = find.is_close().then(|| format!("within {} %", find.resolution * 100.0));
        let parts: Vec<_> = [knee].into_iter().chain(within).chain(find.thresholds.iter().cloned()).collect();
        self.row("max rate", &parts.join(" · "));
        let rows: Vec<_> = find.steps.iter().map(cells).collect();
        let widths: [usize; HEADS.len()] = std::array::from_fn(|column| {
            rows.iter().map(|row| width(&row[column])).fold(HEADS[column].len(), usize::max)
        });
        let line = |cells: &[String; HEADS.len()]| {
            let cells = cells.iter().zip(widths);
            cells.map(|(cell, wide)| format!("{}{cell}", " ".repeat(wide - width(cell)))).collect::<Vec<_>>().join("  ")
        };
        if !rows.is_empty() {
            let head = self.paint(DIM, &format!("{:9}{}", "", line(&HEADS.map(str::to_owned))));
            self.line(&head);
        }
        for (row, step) in rows.iter().zip(&find.steps) {
            let figures = line(row);
            let indent = INDENT + width(&figures) + 2;
            let told = outcome(step);
            let told = folded(told.split(' '), " ", indent, self.style.columns);
            self.line(&format!("{:9}{figures}  {told}", ""));
        }
    }
}

fn cells(step: &FindStep) -> [String; HEADS.len()] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        units::rate(step.rate),
        or_dash(step.answer_rate.map(units::rate)),
        or_dash(step.p50_ms.map(time)),
        or_dash(step.p99_ms.map(time)),
        grouped(step.failed),
    ]
}

fn outcome(step: &FindStep) -> String {
    match &step.why {
        Some(why) if step.outcome != StepOutcome::Held => {
            printable(&format!("{}: {why}", step.outcome.as_str())).into_owned()
        }
        _ => step.outcome.as_str().to_owned(),
    }
}

fn time(ms: f64) -> String {
    units::duration((ms * 1e3).round() as u64)
}
