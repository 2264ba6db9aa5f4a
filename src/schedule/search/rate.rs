//! The rate of a step.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::plan::Rate;

/// The rate of a step, in thousandths of a request per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepRate(u64);

impl StepRate {
    /// So many thousandths of a request per second, at least one.
    pub(super) fn from_millis(millis: u64) -> Self {
        StepRate(millis.clamp(1, u32::MAX.into()))
    }

    /// The same, rounded to three digits.
    pub(super) fn rounded(millis: u64) -> Self {
        let unit = 10u64.pow(millis.max(1).ilog10().saturating_sub(2));
        StepRate::from_millis((millis + unit / 2) / unit * unit)
    }

    /// The highest step rate that does not exceed `rate`.
    pub(super) fn of(rate: Rate) -> Self {
        StepRate::from_millis((rate.per_second() * 1e3 + 1e-6) as u64)
    }

    pub(super) fn millis(self) -> u64 {
        self.0
    }

    /// Requests per second.
    pub fn per_second(self) -> f64 {
        self.0 as f64 / 1e3
    }

    /// The rate for a pace.
    pub fn rate(self) -> Rate {
        let count = u32::try_from(self.0).ok().and_then(NonZeroU32::new);
        Rate { count: count.unwrap_or(NonZeroU32::MAX), per: Duration::from_secs(1000) }
    }

    pub(super) fn doubled(self) -> Self {
        StepRate::rounded(self.0 * 2)
    }

    pub(super) fn halved(self) -> Self {
        StepRate::rounded(self.0 / 2)
    }

    /// How many times as high `other` is.
    pub(super) fn ratio(self, other: StepRate) -> f64 {
        other.0 as f64 / self.0 as f64
    }

    /// The geometric mean, if a rate of three digits is between the two.
    pub(super) fn middle(self, other: StepRate) -> Option<Self> {
        let middle = StepRate::rounded((self.0 as f64 * other.0 as f64).sqrt().round() as u64);
        (self < middle && middle < other).then_some(middle)
    }
}
