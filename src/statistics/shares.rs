//! The share of samples that have a property, where samples that follow each other may be alike.
//!
//! In a queue, slow answers come in clusters, so that a thousand of them tell less than a thousand independent ones would.
//! How much less is estimated from batches: by how much more their shares differ than those of independent samples. The
//! interval is that of Wilson, for as many samples as that leaves.

use super::batches::LEAST_BATCHES;
use super::student;

/// When there are so many batches, they are merged in pairs.
const MOST: usize = 40;

/// So many batches have samples with the property if those are spread.
const SPREAD: usize = 5;

/// Samples in the order in which they came.
#[derive(Debug, Clone)]
pub(crate) struct Shares {
    /// The samples with the property in each batch.
    batches: Vec<u64>,
    /// The samples of a batch.
    size: u64,
    /// Those that do not fill a batch yet.
    rest: u64,
    rest_hits: u64,
    hits: u64,
}

impl Default for Shares {
    fn default() -> Self {
        Shares { batches: Vec::with_capacity(MOST), size: 1, rest: 0, rest_hits: 0, hits: 0 }
    }
}

impl Shares {
    /// Adds a sample, which has the property or not.
    pub(crate) fn add(&mut self, hit: bool) {
        self.hits += u64::from(hit);
        self.rest_hits += u64::from(hit);
        self.rest += 1;
        if self.rest < self.size {
            return;
        }
        self.batches.push(std::mem::take(&mut self.rest_hits));
        self.rest = 0;
        if self.batches.len() == MOST {
            self.batches = self.batches.chunks(2).map(|pair| pair.iter().sum()).collect();
            self.size *= 2;
        }
    }

    /// How many samples there are.
    pub(crate) fn count(&self) -> u64 {
        self.batches.len() as u64 * self.size + self.rest
    }

    /// How many of them have the property.
    pub(crate) fn hits(&self) -> u64 {
        self.hits
    }

    /// The interval that has the share of samples with the property in it with the probability `within`. So many samples
    /// tell as much as an independent one would. None without samples.
    pub(crate) fn interval(&self, within: f64, likeness: f64) -> Option<(f64, f64)> {
        let count = self.count() as f64 / likeness;
        if count == 0.0 {
            return None;
        }
        let share = self.hits as f64 / self.count() as f64;
        let freedom = (self.large_batches().0.len() as f64 - 1.0).max(1.0);
        let t = student::two_sided_quantile(within, freedom)?;
        let (square, denominator) = (t * t, 1.0 + t * t / count);
        let middle = (share + square / (2.0 * count)) / denominator;
        let half = t / denominator * (share * (1.0 - share) / count + square / (4.0 * count * count)).sqrt();
        Some(((middle - half).max(0.0), (middle + half).min(1.0)))
    }

    /// How many samples tell as much as one would if they were independent of each other.
    pub(crate) fn likeness(&self) -> f64 {
        let (batches, size) = self.large_batches();
        if batches.len() < LEAST_BATCHES { 1.0 } else { likeness(&batches, size) }
    }

    /// Whether the samples with the property are spread over the time, and not all in a few clusters.
    pub(crate) fn are_spread(&self) -> bool {
        let (batches, _) = self.large_batches();
        batches.iter().filter(|hits| **hits > 0).count() >= SPREAD.min(batches.len())
    }

    /// Few large batches show more of how alike samples are than many small ones.
    fn large_batches(&self) -> (Vec<u64>, u64) {
        let (mut batches, mut size) = (self.batches.clone(), self.size);
        while batches.len() >= 2 * LEAST_BATCHES {
            batches = batches.chunks_exact(2).map(|pair| pair.iter().sum()).collect();
            size *= 2;
        }
        (batches, size)
    }
}

/// How much more the shares of batches differ than those of independent samples.
fn likeness(batches: &[u64], size: u64) -> f64 {
    let (count, size) = (batches.len() as f64, size as f64);
    let share = batches.iter().sum::<u64>() as f64 / (count * size);
    let independent = share * (1.0 - share) / size;
    let squares = batches.iter().map(|hits| (*hits as f64 / size - share).powi(2)).sum::<f64>();
    if independent > 0.0 { (squares / (count - 1.0) / independent).max(1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(shares: &Shares) -> Option<(f64, f64)> {
        shares.interval(0.95, shares.likeness())
    }

    /// How often, of a hundred, the interval for 95 % has `share` in it.
    fn covered(share: f64, mut samples: impl FnMut(&mut fastrand::Rng, &mut Shares)) -> usize {
        let mut random = fastrand::Rng::with_seed(3);
        let holds = (0..1000).filter(|_| {
            let mut shares = Shares::default();
            samples(&mut random, &mut shares);
            let (least, most) = of(&shares).unwrap();
            (least..=most).contains(&share)
        });
        holds.count() / 10
    }

    #[test]
    fn nothing_of_many_is_a_small_share_and_all_a_large_one() {
        let mut none = Shares::default();
        assert_eq!(of(&none), None);
        (0..1000).for_each(|_| none.add(false));
        let (least, most) = of(&none).unwrap();
        assert!(least < 1e-9 && (0.003..0.007).contains(&most), "{most}");
        let mut all = Shares::default();
        (0..1000).for_each(|_| all.add(true));
        assert_eq!((all.count(), all.hits(), all.batches.len()), (1000, 1000, 1000 / all.size as usize));
        let (least, most) = of(&all).unwrap();
        assert!(most > 1.0 - 1e-9 && (0.994..0.999).contains(&least), "{least}");
    }

    #[test]
    fn the_interval_covers_the_share_of_independent_samples() {
        for share in [0.01, 0.1, 0.5] {
            let covered = covered(share, |random, shares| (0..3000).for_each(|_| shares.add(random.f64() < share)));
            assert!(covered >= 93, "{share}: {covered} %");
        }
    }

    #[test]
    fn it_covers_the_share_where_samples_come_in_clusters() {
        // A state that lasts for 20 samples on average, and is on for a tenth of the time.
        let clusters = |random: &mut fastrand::Rng, shares: &mut Shares| {
            let mut on = random.f64() < 0.1;
            for _ in 0..5000 {
                shares.add(on);
                if random.f64() < 0.05 {
                    on = random.f64() < 0.1;
                }
            }
        };
        let covered = covered(0.1, clusters);
        assert!(covered >= 92, "{covered} %");
    }
}
