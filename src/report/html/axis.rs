//! Axes: what they range over, and where their ticks are.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::report::units;

/// About how many ticks an axis has.
const TICKS: f64 = 5.0;

/// From this ratio of the greatest to the least value on, an axis is logarithmic.
const WIDE: f64 = 30.0;

/// How many times as long a linear axis may be as the part of it below what matters.
const FAR: f64 = 10.0;

/// An axis with its ticks.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Axis {
    is_log: bool,
    ends: (f64, f64),
    /// Each tick's value and label.
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// From zero to a round number that is at least `most`.
    pub(in crate::report) fn linear(most: f64, label: impl Fn(f64) -> String) -> Self {
        let most = if most > 0.0 { most } else { 1.0 };
        let step = round_step(most / TICKS);
        let steps = (most / step - 1e-9).ceil();
        let ticks = (0..=steps as u32).map(|n| f64::from(n) * step).map(|value| (value, label(value)));
        Axis { is_log: false, ends: (0.0, steps * step), ticks: ticks.collect() }
    }

    /// For times in microseconds: logarithmic if they are far apart.
    pub(in crate::report) fn times(us: impl Iterator<Item = u64> + Clone) -> Self {
        let (least, most) = (us.clone().min().unwrap_or(0).max(1) as f64, us.max().unwrap_or(1).max(1) as f64);
        let label = |us: f64| units::brief(us.round() as u64);
        if most / least < WIDE { Axis::linear(most, label) } else { Axis::log(least, most, label) }
    }

    /// For rates up to `most` per second, of which those near `focus` matter: logarithmic from `least` on if they would
    /// share little of a linear axis.
    pub(in crate::report) fn rates(least: f64, most: f64, focus: f64) -> Self {
        let label = |rate: f64| if rate == 0.0 { "0".to_owned() } else { units::rate(rate) };
        if focus * FAR < most { Axis::log(least.min(focus), most, label) } else { Axis::linear(most, label) }
    }

    fn log(least: f64, most: f64, label: impl Fn(f64) -> String) -> Self {
        let (first, last) = (least.log10().floor() as i32, most.log10().ceil() as i32);
        let between: &[f64] = if most / least <= 100.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let ticks = (first..=last).flat_map(|power| between.iter().map(move |n| n * 10f64.powi(power)));
        let (from, until) = (rounded_down(least), rounded_up(most));
        let ticks = ticks.filter(|tick| (from * 0.999..=until * 1.001).contains(tick));
        Axis { is_log: true, ends: (from, until), ticks: ticks.map(|tick| (tick, label(tick))).collect() }
    }

    /// For seconds since the beginning.
    pub(in crate::report) fn elapsed(until_s: u64) -> Self {
        let step = time_step(until_s);
        let ticks = (0..=until_s / step).map(|n| n * step).map(|s| (s as f64, units::compact(s as f64)));
        Axis { is_log: false, ends: (0.0, until_s.max(1) as f64), ticks: ticks.collect() }
    }

    /// For fractions below 1, each nine as wide as the one before: 50 %, 90 %, 99 %, 99.9 %, and so on. `count` values
    /// show as many nines as it has digits.
    pub(in crate::report) fn nines(count: u64) -> Self {
        const LABELS: [&str; 8] = ["50 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %", "99.99999 %"];
        const FRACTIONS: [f64; 8] = [0.5, 0.9, 0.99, 0.999, 0.999_9, 0.999_99, 0.999_999, 0.999_999_9];
        let end = (count.max(10) as f64).log10().min(7.0);
        let ticks = FRACTIONS.into_iter().map(nines).zip(LABELS.map(str::to_owned)).enumerate();
        // Many nines are too long to have each its label.
        let ticks = ticks.filter(|(place, _)| end <= 5.0 || place % 2 == 0).map(|(_, tick)| tick);
        Axis { is_log: false, ends: (0.0, end), ticks: ticks.filter(|(nines, _)| *nines <= end + 1e-9).collect() }
    }

    /// Where a value is on the axis: from 0 at its beginning to 1 at its end.
    fn place(&self, value: f64) -> f64 {
        let (from, until) = self.ends;
        let place = match self.is_log {
            true => (value.max(from) / from).log10() / (until / from).log10(),
            false => (value - from) / (until - from),
        };
        place.clamp(0.0, 1.0)
    }

    /// The values at its beginning and at its end.
    pub(in crate::report) fn ends(&self) -> (f64, f64) {
        self.ends
    }

    /// Whether equal steps are equal factors.
    pub(in crate::report) fn is_log(&self) -> bool {
        self.is_log
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, until): (i32, i32)) -> i32 {
        from + (self.place(*value) * f64::from(until - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let is_light = hint.weight().allow_light_points(); // there are only bold ones
        self.ticks.iter().filter(|_| !is_light).map(|(value, _)| *value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.ends.0..self.ends.1
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.ticks.iter().find(|(tick, _)| tick == value).map_or_else(String::new, |(_, label)| label.clone())
    }
}

/// How many nines a fraction below 1 has: 0.9 has one, 0.99 two.
fn nines(fraction: f64) -> f64 {
    -(1.0 - fraction).log10()
}

/// The least of 1, 2, 5, 10, … that is at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|n| n * power).find(|round| *round >= step * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

fn rounded_up(value: f64) -> f64 {
    round_step(value)
}

/// The greatest of 1, 2, 5, 10, … that is at most `value`.
fn rounded_down(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [5.0, 2.0].into_iter().map(|n| n * power).find(|round| *round <= value * (1.0 + 1e-9)).unwrap_or(power)
}

/// Seconds between ticks.
fn time_step(until_s: u64) -> u64 {
    const STEPS: [u64; 19] =
        [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400, 172_800];
    let wanted = until_s as f64 / (TICKS + 1.0);
    STEPS
        .into_iter()
        .find(|step| *step as f64 >= wanted)
        .unwrap_or_else(|| round_step(wanted / 86_400.0) as u64 * 86_400)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| &**label).collect()
    }

    #[test]
    fn ticks_are_round() {
        let linear = |most| Axis::linear(most, |value| value.to_string());
        assert_eq!(labels(&linear(10.0)), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(labels(&linear(11.0)), ["0", "5", "10", "15"]);
        assert_eq!(labels(&linear(0.0)), labels(&linear(1.0)));
        assert_eq!(labels(&Axis::elapsed(0)), ["0s"]);
        assert_eq!(labels(&Axis::elapsed(30)), ["0s", "5s", "10s", "15s", "20s", "25s", "30s"]);
        assert_eq!(labels(&Axis::elapsed(400)), ["0s", "2m", "4m", "6m"]);
        assert_eq!(labels(&Axis::elapsed(40 * 86_400)), ["0s", "10d", "20d", "30d", "40d"]);
        assert_eq!(labels(&Axis::nines(1)), ["50 %", "90 %"]);
        assert_eq!(labels(&Axis::nines(20_000)), ["50 %", "90 %", "99 %", "99.9 %", "99.99 %"]);
        assert_eq!(labels(&Axis::nines(10_000_000)), ["50 %", "99 %", "99.99 %", "99.9999 %"]);
    }

    #[test]
    fn times_far_apart_have_a_logarithmic_axis() {
        let times = |us: &[u64]| Axis::times(us.iter().copied());
        let near = times(&[10_000, 99_000]);
        assert_eq!((near.is_log(), labels(&near)), (false, vec!["0 µs", "20 ms", "40 ms", "60 ms", "80 ms", "100 ms"]));
        let far = times(&[900, 8_000_000]);
        assert_eq!((far.is_log(), labels(&far)), (true, vec!["1 ms", "10 ms", "100 ms", "1 s", "10 s"]));
        assert_eq!(
            labels(&times(&[40_000, 1_500_000])),
            ["20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1 s", "2 s"]
        );
        assert_eq!([500.0, 1_000.0, 100_000.0, 1e9].map(|us| far.map(&us, (0, 100))), [0, 7, 53, 100]);
        assert_eq!(labels(&times(&[])), labels(&times(&[0])));
    }

    #[test]
    fn rates_near_the_end_of_the_axis_have_a_linear_one() {
        let near = Axis::rates(6.25, 120.0, 97.0);
        assert_eq!((near.is_log(), labels(&near)), (false, vec!["0", "50/s", "100/s", "150/s"]));
        let far = Axis::rates(1.0, 80.0, 2.5);
        assert_eq!(
            (far.is_log(), labels(&far)),
            (true, vec!["1.0/s", "2.0/s", "5.0/s", "10/s", "20/s", "50/s", "100/s"])
        );
    }

    proptest! {
        #[test]
        fn everything_has_its_place_between_the_ends(us in proptest::collection::vec(0..3_600_000_000u64, 1..9)) {
            let axis = Axis::times(us.iter().copied());
            prop_assert!(axis.ticks.len() >= 2 && axis.ticks.len() <= 12);
            let (from, until) = axis.ends;
            for us in us {
                let us = if axis.is_log() { us.max(1) } else { us } as f64;
                prop_assert!(from * 0.999 <= us && us <= until * 1.001, "{us}: {axis:?}");
            }
        }

        #[test]
        fn few_ticks_tell_the_time(until_s in 0..1u64 << 41) {
            prop_assert!((1..=8).contains(&Axis::elapsed(until_s).ticks.len()));
        }
    }
}
