//! Whether a threshold stays crossed, whatever is still to come.

use super::check::quantile;
use super::figure::{Figure, Stat, Threshold, Unit};
use super::known::Known;
use crate::report::Report;
use crate::report::latency::{LONGEST_US, Latency};
use crate::report::measured::Measured;

/// A report may give a time that is too long by this fraction, since it keeps some digits only.
const INEXACT: f64 = 0.02;

/// The least and the greatest value that a figure can still come to.
type Bounds = (f64, f64);

impl Threshold {
    /// Whether it is crossed and stays so, however good all that is still to come may be.
    ///
    /// `expected` is how many requests there will be at most; without it, only figures that cannot improve are beyond
    /// recovery, such as a number of failures.
    pub fn is_beyond_recovery(&self, report: &Report, known: &Known, expected: Option<u64>) -> bool {
        if self.is_relative {
            return false;
        }
        let bounds = report.measured(self.group()).and_then(|measured| {
            let come = report.totals().records.saturating_add(known.missed.unwrap_or(0));
            let left = expected.map(|expected| expected.saturating_sub(come));
            self.bounds(&measured, known, Expected { left, starts: expected })
        });
        bounds.is_some_and(|(least, most)| self.is.holds_for_all(least, most, self.limit.value))
    }

    fn bounds(&self, measured: &Measured<'_>, known: &Known, Expected { left, starts }: Expected) -> Option<Bounds> {
        match (&self.figure, self.limit.unit) {
            (Figure::Time { of, stat }, _) => {
                let (least, most) = times(of.of(measured), *stat, left)?;
                // Requests that were not sent, or will not be, could have taken any time.
                let may_miss = known.is_censored || known.missed.is_some() && left != Some(0);
                let is_open = may_miss && stat.exact() != Stat::Min;
                Some((least, if is_open { LONGEST_US as f64 } else { most }))
            }
            (Figure::Requests(requests), Unit::Share) => Some(shares(requests.count(measured), measured.records, left)),
            (Figure::Requests(requests), _) => Some(counts(requests.count(measured), left)),
            (Figure::Rate, Unit::Share) => {
                let (answers, starts) = (measured.answers(), starts?.max(known.asked?) as f64);
                let most = answers.saturating_add(left?);
                Some((answers as f64 / starts, most as f64 / starts))
            }
            (Figure::Rate, _) => None, // the rest may take any time
            (Figure::Missed, unit) => {
                let (missed, asked) = (known.missed?, known.asked?);
                let left = starts.map(|starts| starts.saturating_sub(asked));
                match unit {
                    Unit::Share => Some(shares(missed, asked, left)),
                    _ => Some(counts(missed, left)),
                }
            }
        }
    }
}

/// What is still to come, at most; none if that is not known.
#[derive(Clone, Copy)]
struct Expected {
    left: Option<u64>,
    /// In all.
    starts: Option<u64>,
}

fn counts(count: u64, left: Option<u64>) -> Bounds {
    (count as f64, left.map_or(f64::INFINITY, |left| count.saturating_add(left) as f64))
}

fn shares(count: u64, of: u64, left: Option<u64>) -> Bounds {
    let Some(left) = left else { return (0.0, 1.0) };
    let of = of.saturating_add(left) as f64;
    if of == 0.0 { (0.0, 1.0) } else { (count as f64 / of, count.saturating_add(left) as f64 / of) }
}

/// What a figure of times can come to if up to `left` more times follow, which may be of any length.
fn times(times: &Latency, stat: Stat, left: Option<u64>) -> Option<Bounds> {
    let (count, longest) = (times.stats.count, LONGEST_US as f64);
    let (min, mean, max) = (times.stats.min()? as f64, times.stats.mean()? as f64, times.stats.max()? as f64);
    if left == Some(0) {
        let now = match stat.exact() {
            Stat::Mean => mean,
            Stat::Min => min,
            Stat::Max => max,
            Stat::Percentile(p) => times.at(quantile(p))? as f64,
        };
        return Some((now, now));
    }
    Some(match (stat.exact(), left) {
        (Stat::Min, _) => (0.0, min),
        (Stat::Max, _) => (max, longest),
        (_, None) => (0.0, longest),
        (Stat::Mean, Some(left)) => ((times.stats.sum as f64 / count.saturating_add(left) as f64).floor(), longest),
        (Stat::Percentile(p), Some(left)) => {
            let all = count.saturating_add(left);
            let rank = ((quantile(p) * all as f64).ceil() as u64).max(1);
            // At best, everything that follows is shorter than what there is; at worst, longer.
            let least = rank.checked_sub(left).and_then(|rank| of_rank(times, rank)).unwrap_or(0.0);
            let most = of_rank(times, rank).map_or(longest, |us| (us + us * INEXACT + 1.0).min(longest));
            (least, most)
        }
    })
}

/// The time that has `rank` among those so far; none if there are fewer.
fn of_rank(times: &Latency, rank: u64) -> Option<f64> {
    let count = times.stats.count;
    let quantile = (rank as f64 - 0.5) / count as f64;
    if (1..=count).contains(&rank) { times.at(quantile).map(|us| us as f64) } else { None }
}
