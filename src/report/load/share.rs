//! Shares of a whole, exact enough to compare and to store.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A share of a whole, in millionths of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32")]
pub struct Share(u32);

/// The whole, in millionths.
const WHOLE: u32 = 1_000_000;

impl Share {
    /// A number of percent, at most 100.
    pub const fn percent(percent: u32) -> Self {
        Share(if percent < 100 { percent * (WHOLE / 100) } else { WHOLE })
    }

    /// The share that `part` is of `whole`: at most all of it, and 0 if `whole` is 0.
    pub fn of(part: u64, whole: u64) -> Self {
        let millionths = (u128::from(part) * u128::from(WHOLE)).checked_div(u128::from(whole)).unwrap_or(0);
        Share(u32::try_from(millionths).unwrap_or(WHOLE).min(WHOLE))
    }

    /// A fraction from 0 to 1.
    pub(super) fn of_fraction(fraction: f64) -> Result<Self, &'static str> {
        match (fraction * f64::from(WHOLE)).round() {
            millionths if (0.0..=f64::from(WHOLE)).contains(&millionths) => Ok(Share(millionths as u32)),
            _ => Err("a share that is not from 0 to 1"),
        }
    }

    /// From 0 to 1.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / f64::from(WHOLE)
    }

    /// That share of a whole, rounded down.
    pub(super) fn part(self, whole: u64) -> u64 {
        (u128::from(whole) * u128::from(self.0) / u128::from(WHOLE)) as u64
    }

    fn plus(self, other: Share) -> Self {
        Share((self.0 + other.0).min(WHOLE))
    }
}

/// In percent, with one decimal where it counts.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 + 500) / 1_000 {
            tenths if tenths % 10 == 0 => write!(f, "{} %", tenths / 10),
            tenths => write!(f, "{}.{} %", tenths / 10, tenths % 10),
        }
    }
}

impl TryFrom<u32> for Share {
    type Error = &'static str;

    fn try_from(millionths: u32) -> Result<Self, Self::Error> {
        (millionths <= WHOLE).then_some(Share(millionths)).ok_or("a share above 1000000 millionths")
    }
}

/// How busy the processors were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cpu {
    /// The share of its cores that the process used.
    pub share: Share,
    /// The number of those cores.
    pub cores: u64,
}

/// How much of the time requests waited because of haul's own output or memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// For the output.
    pub output: Share,
    /// For memory.
    pub memory: Share,
}

impl Waits {
    /// For either.
    pub fn total(self) -> Share {
        self.output.plus(self.memory)
    }

    /// The longer of two waits: those of another machine, or of another second.
    pub(super) fn max(self, other: Waits) -> Waits {
        let order = |waits: Waits| (waits.total(), waits.output);
        if order(other) > order(self) { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_shown_with_one_decimal_where_it_counts() {
        for (part, shown) in
            [(0, "0 %"), (904, "90.4 %"), (960, "96 %"), (32, "3.2 %"), (1000, "100 %"), (2000, "100 %")]
        {
            assert_eq!(Share::of(part, 1000).to_string(), shown);
        }
        assert_eq!(Share::of(1, 0), Share::default());
        assert_eq!((Share::percent(90), Share::percent(1000)), (Share(900_000), Share(1_000_000)));
        assert_eq!(Share::of(u64::MAX, 1), Share::percent(100));
    }

    #[test]
    fn waits_are_compared_as_a_whole() {
        let waits = |output, memory| Waits { output: Share(output), memory: Share(memory) };
        assert_eq!(waits(5, 5).max(waits(9, 0)), waits(5, 5));
        assert_eq!(waits(5, 5).max(waits(9, 2)), waits(9, 2));
        assert_eq!(waits(5, 5).max(waits(9, 1)), waits(9, 1));
        assert_eq!(waits(9, 1).max(waits(5, 5)), waits(9, 1));
    }
}
