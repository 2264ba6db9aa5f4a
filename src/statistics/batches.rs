//! Measurements that depend on those just before them, compared by batches: stretches of time.

use super::correlation::independent;
use super::student;

/// With fewer batches than this, nothing is said.
pub(crate) const LEAST_BATCHES: usize = 10;

/// Dependent batches say as much as fewer independent ones. With fewer than this, they say little.
const FEW_INDEPENDENT: f64 = 5.0;

/// However much they depend on each other, they count as so many.
const LEAST_INDEPENDENT: f64 = 2.0;
const MOST_CORRELATION: f64 = 0.999;

/// What was measured in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Batch {
    /// The number of measurements.
    pub(crate) count: f64,
    /// Their sum; of yes and no, the number of those with yes.
    pub(crate) sum: f64,
}

impl From<(f64, f64)> for Batch {
    fn from((count, sum): (f64, f64)) -> Self {
        Batch { count, sum }
    }
}

/// A mean, and how far off it may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mean {
    pub(crate) mean: f64,
    variance: f64,
    freedom: f64,
    /// There are so few independent batches that a difference is hardly ever beyond chance.
    pub(crate) is_vague: bool,
}

impl Mean {
    /// The mean of all measurements, from batches in the order of time; none if they are too few.
    ///
    /// The variance is that of a ratio estimate, since batches differ in size, and of as many batches as are independent.
    pub(crate) fn of(batches: &[Batch]) -> Option<Self> {
        let filled: Vec<Batch> = batches.iter().copied().filter(|batch| batch.count > 0.0).collect();
        let batches = filled.len() as f64;
        if filled.len() < LEAST_BATCHES {
            return None;
        }
        let (count, sum) = filled.iter().fold((0.0, 0.0), |(count, sum), of| (count + of.count, sum + of.sum));
        let mean = sum / count;
        let off: Vec<f64> = filled.iter().map(|of| of.sum - mean * of.count).collect();
        let squares: f64 = off.iter().map(|off| off * off).sum();
        let independent = independent(&off, MOST_CORRELATION).max(LEAST_INDEPENDENT);
        let variance = squares / (count * count) * batches / (batches - 1.0) * (batches / independent);
        Some(Mean { mean, variance, freedom: independent - 1.0, is_vague: independent < FEW_INDEPENDENT })
    }

    /// The same if the true variance is at least this.
    pub(crate) fn with_variance_of_at_least(self, least: f64) -> Self {
        Mean { variance: self.variance.max(least), ..self }
    }

    /// How probable a difference as great as that to `other`, or greater, is by chance: Welch's test.
    pub(crate) fn two_sided(self, other: Self) -> f64 {
        let (difference, variance) = (self.mean - other.mean, self.variance + other.variance);
        if variance == 0.0 {
            return if difference == 0.0 { 1.0 } else { 0.0 };
        }
        let part = |of: Mean| of.variance * of.variance / of.freedom;
        let freedom = variance * variance / (part(self) + part(other));
        student::two_sided(difference / variance.sqrt(), freedom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(sums: &[f64]) -> Vec<Batch> {
        sums.iter().map(|&sum| Batch { count: 1.0, sum }).collect()
    }

    #[test]
    fn means_are_compared_as_by_welch() {
        let of = |mean, freedom| Mean { mean, variance: 0.3, freedom, is_vague: false };
        // 2.086 standard errors with 20 degrees of freedom are one in twenty.
        let far = 2.086 * 0.6f64.sqrt();
        assert!((of(0.0, 10.0).two_sided(of(far, 10.0)) - 0.05).abs() < 1e-4);
        assert_eq!(of(0.0, 7.0).two_sided(of(far, 30.0)), of(far, 30.0).two_sided(of(0.0, 7.0)));
        assert!(of(0.0, 5.0).two_sided(of(far, 5.0)) > 0.06);
        let exact = |mean| Mean { mean, variance: 0.0, freedom: 9.0, is_vague: false };
        assert_eq!((exact(1.0).two_sided(exact(1.0)), exact(1.0).two_sided(exact(2.0))), (1.0, 0.0));
        assert!(exact(1.0).with_variance_of_at_least(1.0).two_sided(exact(2.0)) > 0.1);
    }

    #[test]
    fn the_variance_of_a_mean_is_that_of_independent_measurements() {
        let sums = [4.0, 2.0, 5.0, 8.0, 6.0, 1.0, 9.0, 3.0, 7.0, 5.0, 2.0, 8.0];
        let mean = Mean::of(&batches(&sums)).unwrap();
        let squares: f64 = sums.iter().map(|sum| (sum - 5.0) * (sum - 5.0)).sum();
        assert_eq!(mean, Mean { mean: 5.0, variance: squares / 11.0 / 12.0, freedom: 11.0, is_vague: false });
    }

    #[test]
    fn few_batches_tell_nothing_and_dependent_ones_little() {
        assert_eq!(Mean::of(&batches(&[1.0; LEAST_BATCHES - 1])), None);
        assert!(Mean::of(&batches(&[1.0; LEAST_BATCHES])).is_some());
        let rising: Vec<f64> = (0..30).map(f64::from).collect();
        assert!(Mean::of(&batches(&rising)).unwrap().is_vague);
        let mut gap = batches(&[1.0; LEAST_BATCHES]);
        gap[4].count = 0.0;
        assert_eq!(Mean::of(&gap), None, "a batch without measurements is none");
    }

    #[test]
    fn batches_that_follow_like_ones_make_a_mean_less_certain() {
        let alternating: Vec<f64> = (0..40).map(|n| f64::from(n % 2)).collect();
        let slow: Vec<f64> = (0..40).map(|n| f64::from(n / 2 % 2)).collect();
        let [alternating, slow] = [alternating, slow].map(|sums| Mean::of(&batches(&sums)).unwrap());
        assert_eq!(alternating.mean, slow.mean);
        assert!(slow.freedom <= alternating.freedom && slow.variance >= alternating.variance);
    }

    #[test]
    fn large_batches_weigh_more() {
        let mut uneven = batches(&[1.0; 12]);
        uneven[3] = Batch { count: 88.0, sum: 0.0 };
        assert_eq!(Mean::of(&uneven).unwrap().mean, 1.0 / 9.0);
    }
}
