//! What a threshold consists of: a figure, perhaps a group, a comparison and a limit.

use std::fmt;
use std::ops::RangeInclusive;

use crate::model::ErrorKind;
use crate::report::latency::Latency;
use crate::report::measured::Measured;

/// A condition on the figures of a report. A run that meets it has crossed the threshold.
///
/// As text it is a figure, the name of a group in braces if it is about one, a comparison and a limit:
///
/// | Figure | Limit |
/// |---|---|
/// | `mean`, `min`, `max`, `p50`, `p99.9` of latency; `p99(service_time)` of another time | `300ms`, `1.5s` |
/// | `failed`, `status(5xx)`, `error(timeout)`, `missed` | `10` requests, or `1%` of them |
/// | `rate` of answers | `190/s`, or `95%` of what was asked |
///
/// Comparisons are `>` `>=` `<` `<=`, and for a number of requests also `==` and `!=`.
///
/// ```
/// use haul::report::threshold::Threshold;
///
/// let threshold: Threshold = "p95(service_time){checkout} > 200ms".parse()?;
/// assert_eq!(threshold.group(), Some("checkout"));
///
/// let error = "p99>300".parse::<Threshold>().unwrap_err();
/// assert_eq!(error.at, 4..7);
/// # Ok::<(), haul::model::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    pub(super) text: Box<str>,
    pub(super) figure: Figure,
    pub(super) group: Option<Box<str>>,
    pub(super) is: Comparison,
    pub(super) limit: Limit,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Figure {
    Time { of: Timing, stat: Stat },
    Requests(Requests),
    Rate,
    Missed,
}

/// A time that every request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timing {
    Latency,
    ServiceTime,
    Connect,
    Wait,
}

/// A figure of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stat {
    Mean,
    Min,
    Max,
    /// In millionths of a percent.
    Percentile(u32),
}

/// Some of the requests.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Requests {
    Failed,
    Statuses { any_of: Vec<RangeInclusive<u16>>, text: Box<str> },
    Errors(Vec<ErrorKind>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
    NotEqual,
}

/// What a figure is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limit {
    pub(super) unit: Unit,
    pub(super) value: f64,
}

/// The unit of a limit, which decides what is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Microseconds.
    Time,
    /// A number of requests.
    Count,
    /// A fraction: 1 is all of them.
    Share,
    /// A number per second.
    Rate,
}

impl Threshold {
    /// The group that it is about; none if it is about all requests.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Whether it is about what was asked for or missed, which only a probe knows.
    pub fn needs_probe(&self) -> bool {
        matches!((&self.figure, self.limit.unit), (Figure::Missed, _) | (Figure::Rate, Unit::Share))
    }

    /// Whether it is about how long the run took, which records do not tell.
    pub fn needs_duration(&self) -> bool {
        matches!((&self.figure, self.limit.unit), (Figure::Rate, Unit::Rate))
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Timing {
    pub(super) const ALL: [Timing; 4] = [Timing::Latency, Timing::ServiceTime, Timing::Connect, Timing::Wait];

    /// How a threshold names it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Timing::Latency => "latency",
            Timing::ServiceTime => "service_time",
            Timing::Connect => "connect",
            Timing::Wait => "wait",
        }
    }

    pub(super) fn of<'a>(self, measured: &Measured<'a>) -> &'a Latency {
        match self {
            Timing::Latency => &measured.times.latency,
            Timing::ServiceTime => measured.times.service_time(),
            Timing::Connect => &measured.times.connect,
            Timing::Wait => &measured.times.wait,
        }
    }
}

impl Stat {
    /// All of a distribution.
    pub(super) const WHOLE: u32 = 100_000_000;

    /// The ends of a distribution are exact.
    pub(super) fn exact(self) -> Self {
        match self {
            Stat::Percentile(0) => Stat::Min,
            Stat::Percentile(Stat::WHOLE) => Stat::Max,
            stat => stat,
        }
    }
}

impl fmt::Display for Stat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stat::Mean => f.write_str("mean"),
            Stat::Min => f.write_str("min"),
            Stat::Max => f.write_str("max"),
            Stat::Percentile(millionths) => write!(f, "p{}", f64::from(*millionths) / 1e6),
        }
    }
}

impl Requests {
    pub(super) fn count(&self, measured: &Measured<'_>) -> u64 {
        match self {
            Requests::Failed => measured.failed,
            Requests::Statuses { any_of, .. } => {
                let wanted = |status: &u16| any_of.iter().any(|range| range.contains(status));
                let counts = measured.statuses.iter().filter(|(status, _)| wanted(status));
                counts.fold(0, |sum, (_, count)| sum.saturating_add(count))
            }
            Requests::Errors(kinds) => {
                kinds.iter().fold(0, |sum, kind| sum.saturating_add(measured.errors[*kind as usize]))
            }
        }
    }
}

impl Comparison {
    /// Whether it holds for every value from `least` to `most`.
    pub(super) fn holds_for_all(self, least: f64, most: f64, limit: f64) -> bool {
        match self {
            Comparison::More => least > limit,
            Comparison::AtLeast => least >= limit,
            Comparison::Less => most < limit,
            Comparison::AtMost => most <= limit,
            Comparison::Equal => least == limit && most == limit,
            Comparison::NotEqual => limit < least || most < limit,
        }
    }

    /// What holds if this does not.
    pub(super) fn negated(self) -> Self {
        match self {
            Comparison::More => Comparison::AtMost,
            Comparison::AtLeast => Comparison::Less,
            Comparison::Less => Comparison::AtLeast,
            Comparison::AtMost => Comparison::More,
            Comparison::Equal => Comparison::NotEqual,
            Comparison::NotEqual => Comparison::Equal,
        }
    }
}
