//! Student's t distribution.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// How probable a value as far from zero as `t`, or farther, is by chance.
pub(crate) fn two_sided(t: f64, freedom: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, freedom) {
        Ok(distribution) if !t.is_nan() => (2.0 * distribution.sf(t.abs())).min(1.0),
        _ => 1.0,
    }
}

/// Values within this distance of zero have the probability `within`; none without a degree of freedom.
pub(crate) fn two_sided_quantile(within: f64, freedom: f64) -> Option<f64> {
    let distribution = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some(distribution.inverse_cdf(f64::midpoint(1.0, within)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_those_of_the_tables() {
        for (t, freedom, p) in
            [(2.228, 10.0, 0.05), (-2.228, 10.0, 0.05), (3.169, 10.0, 0.01), (2.045, 29.0, 0.05), (0.0, 3.0, 1.0)]
        {
            assert!((two_sided(t, freedom) - p).abs() < 2e-4, "{t} {freedom}");
            assert!((two_sided_quantile(1.0 - p, freedom).unwrap() - t.abs()).abs() < 2e-3, "{p} {freedom}");
        }
        assert_eq!(two_sided_quantile(0.95, 0.0), None);
        assert_eq!((two_sided(f64::INFINITY, 5.0), two_sided(f64::NAN, 5.0), two_sided(1.0, 0.0)), (0.0, 1.0, 1.0));
    }
}
