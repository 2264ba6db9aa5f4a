//! Batches that depend on those before them.

/// As many independent batches as these are worth: if a batch tends to be followed by one like it, as many as an
/// autoregressive process with that correlation is worth. `off` is how far off the mean each is, in the order of time. A
/// correlation above `most` counts as that.
pub(super) fn independent(off: &[f64], most: f64) -> f64 {
    let count = off.len() as f64;
    let squares: f64 = off.iter().map(|off| off * off).sum();
    let products: f64 = off.windows(2).map(|two| two[0] * two[1]).sum();
    // The estimate is too low by about 1/n, since the mean is that of the batches themselves.
    let correlation = if squares > 0.0 { products / squares + 1.0 / count } else { 0.0 };
    let correlation = correlation.clamp(0.0, most);
    count * (1.0 - correlation) / (1.0 + correlation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_worth_fewer_the_more_they_are_like_those_before_them() {
        let steps = |length: usize| -> Vec<f64> { (0..40).map(|n| [1.0, -1.0][n / length % 2]).collect() };
        let worth = [1, 2, 4, 20].map(|length| independent(&steps(length), 0.9).round());
        assert_eq!(worth, [40.0, 36.0, 12.0, 2.0]);
        assert_eq!(independent(&[0.0; 8], 0.9), 8.0, "what never varies has no correlation");
    }
}
