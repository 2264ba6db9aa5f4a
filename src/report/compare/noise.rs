//! How probable the difference of a figure is if nothing has changed.

use super::side::Side;
use crate::report::batches::Batch;
use crate::report::latency::Latency;
use crate::report::measured::Measured;
use crate::report::series::Series;
use crate::report::threshold::{Figure, Requests, Stat, Timing};
use crate::statistics::batches::{self, Mean};
use crate::statistics::binomial::{self, Count};

/// With fewer requests beyond a percentile in either run, it says little.
const FEW_BEYOND: f64 = 5.0;

/// What a test gave.
pub(super) struct Tested {
    pub(super) p: f64,
    pub(super) rises: bool,
    /// Hardly any difference would be beyond chance.
    pub(super) is_vague: bool,
}

/// None if there is too little data to tell.
pub(super) fn p_value(figure: &Figure, group: Option<&str>, sides: [&Side<'_>; 2]) -> Option<Tested> {
    if sides.iter().any(|side| side.batches.is_reduced() && !is_in_series(figure)) {
        return None;
    }
    let [Some(before), Some(after)] = sides.map(|side| side.batches.of(group)) else { return None };
    let sides = [before, after];
    match figure {
        Figure::Requests(requests) => shares(sides.map(|side| counts(side, |measured| requests.count(measured)))),
        Figure::Rate => rates(sides),
        Figure::Time { of, stat: Stat::Mean } => {
            let sums = sides.map(|side| {
                let sum = |latency: &Latency| (latency.stats.count as f64, latency.stats.sum as f64);
                side.iter().map(|(_, batch)| sum(of.of(&Measured::of(&batch.totals))).into()).collect::<Vec<_>>()
            });
            means(sums.map(|batches| Mean::of(&batches)))
        }
        Figure::Time { of, stat: Stat::Percentile(_) } => percentile(sides, *of, figure.quantile()?),
        Figure::Time { .. } | Figure::Missed => None,
    }
}

/// Whether the series of a probe's report has it.
fn is_in_series(figure: &Figure) -> bool {
    matches!(figure, Figure::Time { of: Timing::Latency, .. } | Figure::Rate)
        || matches!(figure, Figure::Requests(Requests::Failed))
}

fn means([before, after]: [Option<Mean>; 2]) -> Option<Tested> {
    let (before, after) = (before?, after?);
    let is_vague = before.is_vague || after.is_vague;
    Some(Tested { p: before.two_sided(after), rises: after.mean > before.mean, is_vague })
}

/// The requests of each batch, and those of them that count.
fn counts(side: &Series<Batch>, count: impl Fn(&Measured<'_>) -> u64) -> Vec<Count> {
    let measured = side.iter().map(|(_, batch)| Measured::of(&batch.totals));
    measured.map(|measured| Count { events: count(&measured), of: measured.records }).collect()
}

/// Batches show whether events come in bursts; but where they are rare, they show less variance than there is.
fn shares(sides: [Vec<Count>; 2]) -> Option<Tested> {
    let [before, after] = sides.each_ref().map(|counts| {
        let add = |sum: Count, more: &Count| Count { events: sum.events + more.events, of: sum.of + more.of };
        counts.iter().fold(Count { events: 0, of: 0 }, add)
    });
    let means = means(sides.map(|counts| {
        let batches: Vec<_> = counts.iter().map(|count| (count.of as f64, count.events as f64).into()).collect();
        Mean::of(&batches)
    }))?;
    Some(Tested { p: means.p.max(binomial::two_sided(before, after)), ..means })
}

/// Two runs have the same percentile if the same share of their requests takes longer than some time near it: one
/// between the percentiles of both. Unlike percentiles of batches, such shares are not off where batches are small.
fn percentile(sides: [&Series<Batch>; 2], of: Timing, quantile: f64) -> Option<Tested> {
    let [before, after] = sides.map(|side| {
        let mut sum = Latency::coarse();
        side.iter().for_each(|(_, batch)| sum.merge(of.of(&Measured::of(&batch.totals))));
        sum
    });
    let between = (before.at(quantile)? as f64 * after.at(quantile)? as f64).sqrt() as u64;
    let counts = sides.map(|side| {
        let longer = |latency: &Latency| Count { events: latency.above(between), of: latency.stats.count };
        side.iter().map(|(_, batch)| longer(of.of(&Measured::of(&batch.totals)))).collect()
    });
    let tested = shares(counts)?;
    let beyond = before.stats.count.min(after.stats.count) as f64 * quantile.min(1.0 - quantile);
    Some(Tested { is_vague: tested.is_vague || beyond < FEW_BEYOND, ..tested })
}

/// The first and the last batch are not whole.
fn rates(sides: [&Series<Batch>; 2]) -> Option<Tested> {
    means(sides.map(|side| {
        let width_s = side.width_s() as f64;
        let batches: Vec<_> = side.iter().map(|(_, batch)| (width_s, batch.answered as f64).into()).collect();
        let whole: &[batches::Batch] = batches.get(1..batches.len().saturating_sub(1))?;
        let time_s = whole.len() as f64 * width_s;
        // Even if all batches are the same, the number of answers is a whole one.
        Mean::of(whole).map(|mean| mean.with_variance_of_at_least((0.5 / time_s).powi(2)))
    }))
}
