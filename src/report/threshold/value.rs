//! The limits of thresholds: read, and shown.

use jiff::SignedDuration;

use super::figure::{Figure, Limit, Unit};
use crate::guard::text::grouped;
use crate::model::units::{RateText, millionths, whole};
use crate::report::units;

/// Values that differ by less than this fraction are shown with all their digits.
const CLOSE: f64 = 0.01;

/// The limit in `text`, in a unit that fits the figure; `name` is what the figure is called.
pub(super) fn limit(figure: &Figure, name: &str, text: &str) -> Result<Limit, String> {
    let parsed = match figure {
        Figure::Time { .. } => time(text).map(|us| (Unit::Time, us)),
        Figure::Requests(_) | Figure::Missed => {
            share(text).map(|share| (Unit::Share, share)).or_else(|| count(text).map(|count| (Unit::Count, count)))
        }
        Figure::Rate => {
            share(text).map(|share| (Unit::Share, share)).or_else(|| rate(text).map(|rate| (Unit::Rate, rate)))
        }
    };
    parsed.map(|(unit, value)| Limit { unit, value }).ok_or_else(|| match (figure, text.parse::<f64>()) {
        (Figure::Time { .. }, Ok(_)) => format!("{text} needs a unit: write {text}ms or {text}s"),
        (Figure::Rate, Ok(..=100.0)) => format!("{text} needs a unit: write {text}/s or {text}%"),
        (Figure::Rate, Ok(_)) => format!("{text} needs a unit: write {text}/s"),
        (Figure::Time { .. }, _) => format!("{name} takes a time, such as 300ms or 1.5s"),
        (Figure::Rate, _) => format!("{name} takes 190/s, for example, or 95% of what was asked for"),
        _ => format!("{name} takes a number of requests or a percentage, such as 10 or 1%"),
    })
}

/// `300ms`, `1m30s`, in microseconds. A bare number would be seconds in other options and milliseconds in other tools.
pub(super) fn time(text: &str) -> Option<f64> {
    let time: SignedDuration = text.parse().ok()?;
    (!time.is_negative()).then(|| time.as_nanos() as f64 / 1e3)
}

/// `1%`, `99.9 %`, as a fraction.
pub(super) fn share(text: &str) -> Option<f64> {
    // One division, so that it equals the fraction of two counts if it is the same.
    millionths(text.strip_suffix('%')?.trim_end()).map(|millionths| millionths as f64 / 1e8)
}

/// `10`, `10k`, `2M`
fn count(text: &str) -> Option<f64> {
    whole(text).map(|count| count as f64)
}

/// `190/s`, `0.5/s`, `10k/m`, per second.
pub(super) fn rate(text: &str) -> Option<f64> {
    let rate = RateText::read(text).filter(|rate| rate.has_unit)?;
    Some(rate.per_second()).filter(|rate| rate.is_finite())
}

impl Unit {
    /// A value beside its limit, with as many digits as it takes to see which is greater.
    pub(in crate::report) fn shown_beside(self, value: f64, limit: f64) -> String {
        if (value - limit).abs() <= limit.abs() * CLOSE {
            return self.exact(value);
        }
        self.shown(value)
    }

    /// A value with as many digits as people read.
    pub(in crate::report) fn shown(self, value: f64) -> String {
        match self {
            Unit::Time => units::duration(value.round() as u64),
            Unit::Share | Unit::Factor => format!("{} %", rounded(value * 100.0, 2)),
            Unit::Rate => units::rate(value),
            Unit::Count => self.exact(value),
        }
    }

    /// A value with all its digits, down to millionths.
    pub(super) fn exact(self, value: f64) -> String {
        match self {
            Unit::Time if value < 1e3 => format!("{} µs", rounded(value, 3)),
            Unit::Time if value < 1e6 => format!("{} ms", rounded(value / 1e3, 6)),
            Unit::Time if value < 60e6 => format!("{} s", rounded(value / 1e6, 6)),
            Unit::Time => long_time(value),
            Unit::Share | Unit::Factor => format!("{} %", rounded(value * 100.0, 6)),
            Unit::Rate => format!("{}/s", rounded(value, 6)),
            Unit::Count => grouped(value as u64),
        }
    }

    /// A difference without its sign: that of shares is one in percentage points.
    pub(in crate::report) fn changed(self, by: f64) -> String {
        let shown = self.shown(by);
        match (self, shown.strip_suffix(" %")) {
            (Unit::Share, Some(points)) => format!("{points} pp"),
            (Unit::Rate, _) => format!("{}/s", rounded(by, if by < 10.0 { 2 } else { 0 })),
            _ => shown,
        }
    }

    /// A difference, without its sign, beside the limit on it.
    pub(super) fn difference(self, value: f64, limit: f64) -> String {
        let shown = self.shown_beside(value.abs(), limit.abs());
        match (self, shown.strip_suffix(" %")) {
            (Unit::Share, Some("1")) => "1 percentage point".to_owned(),
            (Unit::Share, Some(points)) => format!("{points} percentage points"),
            _ => shown,
        }
    }

    /// A value for programs: times in milliseconds, shares in percent.
    pub(in crate::report) fn for_programs(self, value: f64) -> f64 {
        match self {
            Unit::Time => rounded(value / 1e3, 6),
            Unit::Share | Unit::Factor => rounded(value * 100.0, 6),
            Unit::Rate => rounded(value, 6),
            Unit::Count => value,
        }
    }

    /// The unit of that.
    pub(in crate::report) fn as_str(self) -> &'static str {
        match self {
            Unit::Time => "ms",
            Unit::Count => "requests",
            Unit::Share | Unit::Factor => "%",
            Unit::Rate => "/s",
        }
    }
}

/// A time of a minute or more, with all its digits: `1 h`, `1 m 30 s`.
fn long_time(us: f64) -> String {
    let whole = (us / 60e6).floor();
    let (hours, minutes, seconds) = (whole / 60.0, whole % 60.0, rounded(us / 1e6 - whole * 60.0, 6));
    let parts = [(hours.floor(), "h"), (minutes, "m"), (seconds, "s")];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0.0);
    parts.map(|(number, unit)| format!("{number} {unit}")).collect::<Vec<_>>().join(" ")
}

fn rounded(value: f64, decimals: i32) -> f64 {
    let precision = 10f64.powi(decimals);
    (value * precision).round() / precision
}
