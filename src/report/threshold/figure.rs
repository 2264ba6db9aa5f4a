//! What a threshold consists of: a figure, perhaps a group, a comparison and a limit.

use std::fmt;
use std::ops::{Range, RangeInclusive};

use crate::model::{ErrorKind, SyntaxError};
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
/// With a sign, the limit is one for the difference to an earlier run: `p99>+10%`, `p95>+20ms`, `rate<-5%`, or in
/// percentage points `failed>+0.5%`.
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
    /// The limit is one for the difference to an earlier run.
    pub(super) is_relative: bool,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) enum Figure {
    Time { of: Timing, stat: Stat },
    Requests(Requests),
    Rate,
    Missed,
}

/// A time that every request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Timing {
    Latency,
    ServiceTime,
    Connect,
    Wait,
}

/// A figure of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Stat {
    Mean,
    Min,
    Max,
    /// In millionths of a percent.
    Percentile(u32),
}

/// Some of the requests.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) enum Requests {
    Failed,
    Statuses { any_of: Vec<RangeInclusive<u16>>, text: Box<str> },
    Errors(Vec<ErrorKind>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Comparison {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
    NotEqual,
}

/// What a figure is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) struct Limit {
    pub(in crate::report) unit: Unit,
    pub(in crate::report) value: f64,
}

/// The unit of a limit, which decides what is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Unit {
    /// Microseconds.
    Time,
    /// A number of requests.
    Count,
    /// A fraction: 1 is all of them.
    Share,
    /// A number per second.
    Rate,
    /// A fraction of what it was before.
    Factor,
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
        matches!((&self.figure, self.limit.unit), (Figure::Rate, Unit::Rate | Unit::Factor))
    }

    /// What it is about.
    pub(in crate::report) fn figure(&self) -> &Figure {
        &self.figure
    }

    /// Whether it is about the difference to an earlier run, as `p99>+10%` is.
    pub fn is_relative(&self) -> bool {
        self.is_relative
    }
}

impl Threshold {
    /// Refuses what cannot be known, or needs no measuring.
    pub(super) fn check(
        &self,
        group_at: Range<usize>,
        is_at: Range<usize>,
        value_at: Range<usize>,
    ) -> Result<(), SyntaxError> {
        let (is, limit) = (self.is, self.limit);
        if matches!(is, Comparison::Equal | Comparison::NotEqual) && limit.unit != Unit::Count {
            return Err(SyntaxError::new("== and != are for numbers of requests: use >, >=, < or <=", is_at));
        }
        if self.is_relative {
            return Ok(());
        }
        if self.group.is_some() && self.needs_probe() {
            let what = if matches!(self.figure, Figure::Missed) { "missed" } else { "asked for" };
            return Err(SyntaxError::new(format!("how many requests of a group were {what} is not known"), group_at));
        }
        let (least, most) = (0.0, if limit.unit == Unit::Share { 1.0 } else { f64::INFINITY });
        for (is, reason) in [(is, "this is always true"), (is.negated(), "this can never be true")] {
            if is.holds_for_all(least, most, limit.value) {
                return Err(SyntaxError::new(reason, is_at.start..value_at.end));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Figure {
    /// As a threshold names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Figure::Time { of: Timing::Latency, stat } => write!(f, "{stat}"),
            Figure::Time { of, stat } => write!(f, "{stat}({})", of.as_str()),
            Figure::Requests(Requests::Failed) => f.write_str("failed"),
            Figure::Requests(Requests::Statuses { text, .. }) => write!(f, "status({text})"),
            Figure::Requests(Requests::Errors(kinds)) => {
                write!(f, "error({})", kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(","))
            }
            Figure::Rate => f.write_str("rate"),
            Figure::Missed => f.write_str("missed"),
        }
    }
}

impl Figure {
    /// The fraction of requests at or below a percentile.
    pub(in crate::report) fn quantile(&self) -> Option<f64> {
        match self {
            Figure::Time { stat: Stat::Percentile(p), .. } => Some(f64::from(*p) / f64::from(Stat::WHOLE)),
            _ => None,
        }
    }

    /// The unit in which figures of two runs are compared.
    pub(in crate::report) fn unit(&self) -> Unit {
        match self {
            Figure::Time { .. } => Unit::Time,
            Figure::Requests(_) | Figure::Missed => Unit::Share,
            Figure::Rate => Unit::Rate,
        }
    }
}

impl Timing {
    pub(in crate::report) const ALL: [Timing; 4] =
        [Timing::Latency, Timing::ServiceTime, Timing::Connect, Timing::Wait];

    /// How a threshold names it.
    pub(in crate::report) fn as_str(self) -> &'static str {
        match self {
            Timing::Latency => "latency",
            Timing::ServiceTime => "service_time",
            Timing::Connect => "connect",
            Timing::Wait => "wait",
        }
    }

    pub(in crate::report) fn of<'a>(self, measured: &Measured<'a>) -> &'a Latency {
        match self {
            Timing::Latency => &measured.times.latency,
            Timing::ServiceTime => measured.times.service_time(),
            Timing::Connect => &measured.times.connect,
            Timing::Wait => &measured.times.wait,
        }
    }
}

impl Stat {
    /// A percentile.
    pub(in crate::report) const fn percent(percent: f64) -> Self {
        Stat::Percentile((percent * 1e6).round() as u32)
    }

    /// All of a distribution.
    pub(in crate::report) const WHOLE: u32 = 100_000_000;

    /// The ends of a distribution are exact.
    pub(in crate::report) fn exact(self) -> Self {
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
    pub(in crate::report) fn count(&self, measured: &Measured<'_>) -> u64 {
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

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Comparison::More => ">",
            Comparison::AtLeast => ">=",
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
        })
    }
}

impl Comparison {
    /// Whether it holds for every value from `least` to `most`.
    pub(in crate::report) fn holds_for_all(self, least: f64, most: f64, limit: f64) -> bool {
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
    pub(in crate::report) fn negated(self) -> Self {
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
