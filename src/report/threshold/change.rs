//! Thresholds on the difference to an earlier run, such as `p99>+10%`.

use super::check::{Judged, Unknown};
use super::figure::{Comparison, Figure, Limit, Stat, Threshold, Unit};
use super::two_runs::{Change, Doubted};
use super::value::{rate, share, time};
use crate::report::difference::Difference;

/// The limit in `text`, which begins with a sign.
pub(super) fn limit(figure: &Figure, is: Comparison, text: &str) -> Result<Limit, String> {
    check(figure)?;
    let (given, size) = (&text[..1], text[1..].trim_start());
    let (what, sign) = match is {
        Comparison::More | Comparison::AtLeast => ("a rise", "+"),
        Comparison::Less | Comparison::AtMost => ("a fall", "-"),
        Comparison::Equal | Comparison::NotEqual => return Err("a difference takes >, >=, < or <=".to_owned()),
    };
    let parsed = match figure {
        Figure::Requests(_) => share(size).map(|share| (Unit::Share, share)),
        Figure::Rate => {
            share(size).map(|share| (Unit::Factor, share)).or_else(|| rate(size).map(|rate| (Unit::Rate, rate)))
        }
        _ => share(size).map(|share| (Unit::Factor, share)).or_else(|| time(size).map(|us| (Unit::Time, us))),
    };
    let (unit, value) = parsed.ok_or_else(|| match figure {
        Figure::Requests(_) => format!("{figure} takes a difference in percentage points, such as {sign}0.5%"),
        Figure::Rate => format!("{figure} takes a difference such as {sign}5% or {sign}20/s"),
        _ => format!("{figure} takes a difference such as {sign}10% or {sign}20ms"),
    })?;
    match (given == sign, sign) {
        (false, _) => Err(format!("{what} is written {figure}{is}{sign}{size}")),
        (true, "-") => Ok(Limit { unit, value: -value }),
        (true, _) => Ok(Limit { unit, value }),
    }
}

/// Refuses figures of which no difference can be told from chance.
fn check(figure: &Figure) -> Result<(), String> {
    match figure {
        Figure::Missed => Err("missed tells of haul, not of the server: it takes no difference".to_owned()),
        Figure::Time { stat, .. } => match stat.exact() {
            Stat::Min => Err(format!("{figure} is a single request, whose difference is chance: use p50, for example")),
            Stat::Max => Err(format!("{figure} is a single request, whose difference is chance: use p99, for example")),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

impl Threshold {
    /// Judges it by what its figure was before and is now.
    pub(in crate::report) fn judge_change(&self, change: Result<Change, Unknown>, doubted: Doubted) -> Judged {
        let measured = change.and_then(|change| self.difference(change));
        let is_rise = matches!(self.is, Comparison::More | Comparison::AtLeast);
        let beyond = if is_rise { Difference::Higher } else { Difference::Lower };
        let exceeds = measured.is_ok_and(|by| self.is.holds_for_all(by, by, self.limit.value));
        // Figures of a run in doubt may be too low: before, that makes a rise of what only seems to be one.
        let is_exact = matches!(self.figure, Figure::Rate);
        let (too_great, too_small) =
            if is_rise { (doubted.before, doubted.after) } else { (doubted.after, doubted.before) };
        let is_crossed = exceeds && change.is_ok_and(|change| change.is == beyond) && (is_exact || !too_great);
        let is_in_doubt = measured.is_ok() && !is_crossed && (exceeds || !is_exact && too_small);
        Judged { threshold: self.clone(), measured, is_least: false, is_crossed, is_in_doubt, change: change.ok() }
    }

    /// The difference in the unit of the limit.
    fn difference(&self, Change { before, after, .. }: Change) -> Result<f64, Unknown> {
        match self.limit.unit {
            Unit::Factor if before == 0.0 => Err(Unknown::NothingBefore),
            Unit::Factor => Ok((after - before) / before),
            _ => Ok(after - before),
        }
    }
}
