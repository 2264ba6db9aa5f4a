//! How far off a quantile may be, by the quantiles of batches.

use crate::statistics::correlation::independent;
use crate::statistics::student;

/// The probability that an interval has the true value in it.
const CONFIDENCE: f64 = 0.95;

/// Batches are never taken to depend on each other more than this: the interval is very wide then.
const MOST_CORRELATION: f64 = 0.95;

/// Half of the width of the confidence interval around `whole`, the quantile of all measurements, from the quantiles of
/// batches of the same size in the order of time; none of fewer than three batches.
///
/// The scatter is measured around the quantile of the whole, which has less bias than the mean of batches. Batches that
/// depend on those before them tell as much as fewer independent ones.
pub(super) fn half_width(batches: &[f64], whole: f64) -> Option<f64> {
    let count = batches.len() as f64;
    if count < 3.0 {
        return None;
    }
    let squares: f64 = batches.iter().map(|quantile| (quantile - whole).powi(2)).sum();
    let mean = batches.iter().sum::<f64>() / count;
    let off: Vec<f64> = batches.iter().map(|quantile| quantile - mean).collect();
    let independent = independent(&off, MOST_CORRELATION);
    let scatter = squares / (count - 1.0);
    Some(student::two_sided_quantile(CONFIDENCE, (independent - 1.0).max(1.0))? * (scatter / independent).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_independent_batches_is_that_of_student() {
        // 20 batches, of which each two cancel out: t(19) = 2.093, and the standard deviation is sqrt(20/19).
        let batches: Vec<f64> = (0..20).map(|n| 10.0 + f64::from(n % 2 * 2) - 1.0).collect();
        let half = half_width(&batches, 10.0).unwrap();
        assert!((half - 2.093 / 19f64.sqrt()).abs() < 1e-3, "{half}");
        let off = half_width(&batches, 11.0).unwrap();
        assert!((off - half * 2f64.sqrt()).abs() < 1e-3, "a whole that is off its batches is known less: {off}");
        assert_eq!(half_width(&[10.0; 20], 10.0), Some(0.0));
        assert_eq!(half_width(&[10.0; 2], 10.0), None);
    }

    #[test]
    fn batches_like_those_before_them_tell_less() {
        let slow: Vec<f64> = (0..20).map(|n| f64::from(n / 4 % 2)).collect();
        let fast: Vec<f64> = (0..20).map(|n| f64::from(n % 2)).collect();
        let [slow, fast] = [slow, fast].map(|batches| half_width(&batches, 0.5).unwrap());
        assert!(slow > 2.0 * fast, "{slow} {fast}");
        let drift: Vec<f64> = (0..20).map(f64::from).collect();
        assert!(half_width(&drift, 9.5).unwrap() > 9.5, "what drifts has no quantile");
    }
}
