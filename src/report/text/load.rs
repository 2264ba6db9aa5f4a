//! How a probe kept its pace, and whether its figures can be trusted.

use super::find::doubtful_steps;
use super::fold::folded;
use super::rows;
use super::until::until;
use super::{BOLD, DIM, INDENT, RED, SummaryWriter, units};
use crate::guard::text::grouped;
use crate::report::load::{DoubtfulSecond, LoadFacts, Verdict};
use crate::report::vocabulary::Advice;
use crate::report::{Provenance, Report};

impl SummaryWriter<'_> {
    /// The rows of a probe: what was asked for, how late requests left, what that took, and the verdict.
    pub(super) fn load(&mut self, report: &Report, from: Provenance<'_>) {
        let Some(load) = from.load() else {
            if report.is_of_probe() {
                let advice = self.style.vocabulary.advice(Advice::RunFile);
                self.row("load", &format!("asked rate, missed starts and lag: not known ({advice})"));
            }
            return;
        };
        self.row("load", &starts(load, from.answer_rate(report)));
        self.row("until", &until(load));
        self.row("lag", &rows::latency(&load.lag, false));
        self.row("client", &resources(load));
        match &load.find {
            Some(find) => self.row("doubt", &doubtful_steps(find).unwrap_or_else(|| no_doubt(load))),
            None => self.verdict(&report.verdict(load), load),
        }
    }

    fn verdict(&mut self, verdict: &Verdict, load: &LoadFacts) {
        let seconds = doubtful_seconds(verdict, load);
        if verdict.over_all.is_empty() {
            return self
                .row("doubt", &seconds.map_or("none: haul kept up".to_owned(), |s| format!("none over all, but {s}")));
        }
        let words = self.style.vocabulary;
        let doubts = verdict.over_all.iter().map(|doubt| doubt.told(words)).chain(seconds);
        for (place, doubt) in doubts.collect::<Vec<_>>().into_iter().enumerate() {
            let label = self.paint(DIM, if place == 0 { "doubt    " } else { "         " });
            let doubt = folded(doubt.split(' '), " ", INDENT, self.style.columns);
            let doubt = self.paint(if place < verdict.over_all.len() { RED } else { BOLD }, &doubt);
            self.line(&format!("{label}{doubt}"));
        }
    }
}

/// No step of a search was in doubt, perhaps since nobody was to look.
fn no_doubt(load: &LoadFacts) -> String {
    match load.missed.total() {
        0 => "none: haul kept up".to_owned(),
        missed => format!("no step in doubt, but {} missed", units::things(missed, "start")),
    }
}

/// What was asked for, and what came of it.
fn starts(load: &LoadFacts, answer_rate: Option<f64>) -> String {
    let model = match load.model.arrivals() {
        Some(arrivals) => format!("{}, {arrivals} arrivals", load.model.as_str()),
        None => load.model.as_str().to_owned(),
    };
    let asked = load.asked_rate().map(|rate| format!("asked {}", units::rate(rate)));
    let answer_rate = answer_rate.filter(|_| load.find.is_none()); // each step has its own
    let got = answer_rate.map(|rate| format!("got {}", units::rate(rate)));
    let due = (load.asked != load.started).then(|| format!("{} due", grouped(load.asked)));
    let started = Some(format!("{} started", grouped(load.started)));
    let missed = (load.missed.total() > 0).then(|| format!("{} missed", grouped(load.missed.total())));
    [Some(model), asked, got, due, started, missed].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What the generator took.
fn resources(load: &LoadFacts) -> String {
    let cpu = load.cpu.map(|cpu| match (load.runs, cpu.cores) {
        (0..=1, 1) => format!("CPU {} of 1 core", cpu.share),
        (0..=1, cores) => format!("CPU {} of {cores} cores", cpu.share),
        (runs, _) => format!("CPU {} in the busiest of {} runs", cpu.share, grouped(runs)),
    });
    let peak = format!("peak in flight {}", grouped(load.peak_in_flight));
    let waits = [(load.output_wait_us, "the output"), (load.memory_wait_us, "memory")];
    let waits = waits.into_iter().filter(|(us, _)| *us > 0);
    let waits = waits.map(|(us, what)| format!("waited {} for {what}", units::duration(us)));
    [Some(peak), cpu].into_iter().flatten().chain(waits).collect::<Vec<_>>().join(" · ")
}

/// How much of the time is in doubt by itself, and since when.
pub(in crate::report) fn doubtful_seconds(verdict: &Verdict, load: &LoadFacts) -> Option<String> {
    let DoubtfulSecond { second, width_s, .. } = verdict.seconds.first()?;
    let (doubtful, all) = (verdict.seconds.len(), grouped(verdict.judged as u64));
    let what = match width_s {
        1 if verdict.judged == 1 => "second".to_owned(),
        1 => "seconds".to_owned(),
        width if verdict.judged == 1 => format!("interval of {width} s"),
        width => format!("intervals of {width} s"),
    };
    if doubtful == verdict.judged {
        return Some(match doubtful {
            1 => format!("the only {what} is in doubt"),
            2 => format!("both {what} are in doubt"),
            _ => format!("all {all} {what} are in doubt"),
        });
    }
    let verb = if doubtful == 1 { "is" } else { "are" };
    let after = match second.saturating_sub(load.first_second()) {
        0 => "from the start on".to_owned(),
        after => format!("the first after {}", units::brief(after.saturating_mul(1_000_000))),
    };
    Some(format!("{} of {all} {what} {verb} in doubt, {after}", grouped(doubtful as u64)))
}
