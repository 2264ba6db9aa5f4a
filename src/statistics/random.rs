//! Random numbers for simulations.

use fastrand::Rng;

/// With the standard normal distribution.
pub(crate) fn normal(rng: &mut Rng) -> f64 {
    (2.0 * exponential(rng, 1.0)).sqrt() * (std::f64::consts::TAU * rng.f64()).cos()
}

/// With an exponential distribution of this mean.
pub(crate) fn exponential(rng: &mut Rng, mean: f64) -> f64 {
    -mean * (1.0 - rng.f64()).ln()
}
