//! Two runs side by side: what differs, and whether that is more than noise.
//!
//! Requests that follow each other are alike: a queue that has built up delays them all. So requests are not compared
//! one by one, but by [`Batches`](super::Batches): stretches of time, each with its own figures. How much batches of one
//! run differ says how far off the figure of the whole run may be.

mod document;
mod figures;
mod noise;
mod notes;
mod side;
#[cfg(test)]
mod tests;
mod words;

pub use self::document::write;
use self::figures::figures;
use self::noise::p_value;
pub use self::side::Side;
pub(super) use self::words::Shown;
use super::difference::Difference;
use super::threshold::{Change, Doubted, Figure, Judged, Threshold, Timing, Unknown};
use crate::statistics::holm;

/// How often a comparison of two runs of the same server may find a difference, at most.
pub const LEVEL: f64 = 0.05;

/// Two runs, compared.
#[derive(Debug)]
pub struct Comparison<'a> {
    sides: [&'a Side<'a>; 2],
    whole: Vec<Compared>,
    /// Those that both runs have, the one with the most requests first.
    groups: Vec<(&'a str, Vec<Compared>)>,
}

/// A figure of two runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    pub(super) figure: Figure,
    pub(super) before: Result<f64, Unknown>,
    pub(super) after: Result<f64, Unknown>,
    /// Whether the true values may be greater.
    pub(super) is_least: [bool; 2],
    /// None for a figure that is shown only.
    pub(super) difference: Option<Difference>,
}

impl Compared {
    /// By how much it is greater than before.
    pub(super) fn change(&self) -> Option<f64> {
        Some(self.after.ok()? - self.before.ok()?)
    }

    /// The same as a fraction of what it was before.
    pub(super) fn factor(&self) -> Option<f64> {
        let before = self.before.ok().filter(|before| *before != 0.0)?;
        Some(self.change()? / before)
    }

    /// Whether that is beyond noise.
    pub(super) fn differs(&self) -> bool {
        matches!(self.difference, Some(Difference::Higher | Difference::Lower))
    }
}

/// What the test of a figure gave.
struct Tested {
    compared: Compared,
    p: Option<f64>,
    rises: bool,
    is_vague: bool,
}

impl<'a> Comparison<'a> {
    /// Compares two runs, also by the figures of relative thresholds.
    pub fn new(before: &'a Side<'a>, after: &'a Side<'a>, thresholds: &[Threshold]) -> Self {
        let sides = [before, after];
        let of = |group| {
            let wanted = thresholds.iter().filter(|threshold| threshold.is_relative() && threshold.group() == group);
            figures(sides, group, wanted.map(Threshold::figure))
        };
        let tested = |group: Option<&str>, figures: Vec<Figure>| -> Vec<Tested> {
            figures.into_iter().map(|figure| Tested::new(figure, group, sides)).collect()
        };
        let ranked = after.report.groups.ranked().into_iter().map(|(name, _)| name);
        let common = ranked.filter(|name| before.report.groups.get(name).is_some());
        let groups: Vec<_> = common.map(|name| (name, tested(Some(name), of(Some(name))))).collect();
        // Half of the errors that may happen are left to groups, however many there are.
        let level = if groups.is_empty() { LEVEL } else { LEVEL / 2.0 };
        let whole = judged(vec![tested(None, of(None))], level).remove(0);
        let (names, groups): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
        Comparison { sides, whole, groups: names.into_iter().zip(judged(groups, level)).collect() }
    }

    /// The runs.
    pub(super) fn sides(&self) -> [&Side<'a>; 2] {
        self.sides
    }

    pub(super) fn whole(&self) -> &[Compared] {
        &self.whole
    }

    pub(super) fn groups(&self) -> &[(&'a str, Vec<Compared>)] {
        &self.groups
    }

    /// Judges thresholds: those on a difference by both runs, the others by the second one.
    pub fn judge(&self, thresholds: &[Threshold]) -> Vec<Judged> {
        let [before, after] = self.sides;
        let in_doubt = |side: &Side<'_>| side.known.in_doubt || side.known.is_censored;
        let doubted = Doubted { before: in_doubt(before), after: in_doubt(after) };
        let judge = |threshold: &Threshold| match threshold.is_relative() {
            true => threshold.judge_change(self.change(threshold), doubted),
            false => threshold.judge(after.report, &after.known),
        };
        thresholds.iter().map(judge).collect()
    }

    fn change(&self, threshold: &Threshold) -> Result<Change, Unknown> {
        let compared = match threshold.group() {
            None => Some(&self.whole),
            Some(group) => self.groups.iter().find(|(name, _)| *name == group).map(|(_, compared)| compared),
        };
        let compared = compared.ok_or(Unknown::NoGroup)?;
        let found = compared.iter().find(|compared| compared.figure == *threshold.figure());
        found.map_or(Err(Unknown::NoGroup), |Compared { before, after, difference, .. }| {
            Ok(Change { before: (*before)?, after: (*after)?, is: difference.unwrap_or(Difference::TooLittleData) })
        })
    }
}

impl Tested {
    fn new(figure: Figure, group: Option<&str>, sides: [&Side<'_>; 2]) -> Self {
        let [before, after] = sides.map(|side| figure.value(figure.unit(), group, (side.report, &side.known)));
        let is_judged = figures::is_judged(&figure);
        let rises = matches!((before, after), (Ok(before), Ok(after)) if after > before);
        let p = if is_judged { p_value(&figure, group, sides) } else { None };
        let is_vague = p.as_ref().is_none_or(|tested| tested.is_vague);
        // The test looks at batches, which leave out what was not sent.
        let p = p.map(|tested| if tested.rises == rises && before != after { tested.p } else { 1.0 });
        let p = p.filter(|_| before.is_ok() && after.is_ok());
        let is_latency = matches!(figure, Figure::Time { of: Timing::Latency, .. });
        let is_least = sides.map(|side| is_latency && side.known.is_censored);
        let difference = is_judged.then_some(Difference::TooLittleData);
        Tested { compared: Compared { figure, before, after, is_least, difference }, p, rises, is_vague }
    }
}

/// Says of lists of figures which of them differ, at one level for all of them.
fn judged(lists: Vec<Vec<Tested>>, level: f64) -> Vec<Vec<Compared>> {
    let ps: Vec<f64> = lists.iter().flatten().filter_map(|tested| tested.p).collect();
    let mut beyond = holm::beyond_chance(&ps, level).into_iter();
    let mut judge = |Tested { compared, p, rises, is_vague }: Tested| {
        let difference = p.and_then(|_| beyond.next()).map(|beyond| match (beyond, rises) {
            (false, _) if is_vague => Difference::TooLittleData,
            (false, _) => Difference::WithinNoise,
            (true, true) => Difference::Higher,
            (true, false) => Difference::Lower,
        });
        Compared { difference: difference.or(compared.difference), ..compared }
    };
    lists.into_iter().map(|list| list.into_iter().map(&mut judge).collect()).collect()
}
