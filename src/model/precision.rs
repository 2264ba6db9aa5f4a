//! How precisely a percentile is to be known.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::units::millionths;
use super::{RecordSummary, SyntaxError, group};

/// A percentile of a time, and how precisely it is to be known: a share of it, or a time.
///
/// As text it is the percentile, the name of another time than the latency in brackets, and of a group in braces, and the
/// precision. `+-` and `+/-` stand for `±`.
///
/// ```
/// use haul::model::Precision;
///
/// let precision: Precision = "p99.9(service_time){checkout} ± 5%".parse()?;
/// assert_eq!((precision.quantile(), precision.group()), (0.999, Some("checkout")));
/// assert!(precision.is_met(200_000, 10_000));
///
/// let error = "p99+-5".parse::<Precision>().unwrap_err();
/// assert_eq!(error.at, 5..6);
/// # Ok::<(), haul::model::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Precision {
    text: Box<str>,
    /// Where the precision begins in `text`.
    sign: usize,
    /// In millionths of a percent.
    percentile: u32,
    of: Timing,
    group: Option<Box<str>>,
    within: Within,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Timing {
    Latency,
    ServiceTime,
    Wait,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Within {
    /// A share of the percentile, in millionths of a percent.
    Share(u64),
    /// Microseconds.
    Time(f64),
}

/// A hundred percent.
const WHOLE: u32 = 100_000_000;

/// The smallest share: half a percent. Times are kept to three digits.
const LEAST_SHARE: u64 = 500_000;

/// Signs, the longer ones before those that they begin with.
const SIGNS: [&str; 3] = ["±", "+/-", "+-"];

impl Precision {
    /// The percentile as a fraction, above 0 and below 1.
    pub fn quantile(&self) -> f64 {
        f64::from(self.percentile) / f64::from(WHOLE)
    }

    /// The group that it is about; none if it is about all requests.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// What is to be known, as it was written: `p99`, `p99{checkout}`.
    pub fn figure(&self) -> &str {
        self.text[..self.sign].trim_end()
    }

    /// The precision, as it was written but for its sign: `±5%`.
    pub fn allowed(&self) -> String {
        let precision = &self.text[self.sign..];
        let sign = SIGNS.iter().find(|sign| precision.starts_with(**sign)).map_or(0, |sign| sign.len());
        format!("±{}", precision[sign..].trim_start())
    }

    /// How far off a percentile of `estimate_us` microseconds may be.
    pub fn allowed_us(&self, estimate_us: u64) -> f64 {
        match self.within {
            Within::Share(share) => estimate_us as f64 * share as f64 / f64::from(WHOLE),
            Within::Time(us) => us,
        }
    }

    /// Whether a percentile of `estimate_us` microseconds, known to `within_us`, is known precisely enough.
    pub fn is_met(&self, estimate_us: u64, within_us: u64) -> bool {
        within_us as f64 <= self.allowed_us(estimate_us)
    }

    /// Whether it is given as a share of the percentile.
    pub fn is_share(&self) -> bool {
        matches!(self.within, Within::Share(_))
    }

    /// The time of a request that it is about, in microseconds, if the request has it.
    pub fn time_of(&self, record: &RecordSummary<'_>) -> Option<u64> {
        if self.group.is_some() && self.group() != record.group {
            return None;
        }
        match self.of {
            Timing::Latency => record.latency_us,
            Timing::ServiceTime => record.service_us,
            Timing::Wait => record.wait_us,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.figure())?;
        f.write_str(&self.allowed())
    }
}

impl From<Precision> for String {
    fn from(precision: Precision) -> Self {
        precision.to_string()
    }
}

impl TryFrom<String> for Precision {
    type Error = SyntaxError;

    fn try_from(text: String) -> Result<Self, SyntaxError> {
        text.parse()
    }
}

impl FromStr for Precision {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let begin = text.len() - text.trim_start().len();
        let mut at =
            text[begin..].find(|c: char| !c.is_ascii_alphanumeric() && c != '.').map_or(text.len(), |n| begin + n);
        let percentile = percentile(&text[begin..at], begin..at)?;
        let mut of = Timing::Latency;
        if let Some(inside) = text[at..].strip_prefix('(') {
            let end = inside.find(')');
            let end = end.ok_or_else(|| SyntaxError::new("the bracket is not closed", at..text.trim_end().len()))?;
            of = timing(inside[..end].trim(), at + 1..at + 1 + end)?;
            at += end + 2;
        }
        let mut of_group = None;
        if text[at..].starts_with('{') {
            let (name, length) = group(&text[at..], at)?;
            of_group = Some(name);
            at += length;
        }
        let sign = text.len() - text[at..].trim_start().len();
        let Some(written) = SIGNS.iter().find(|written| text[sign..].starts_with(**written)) else {
            let end = text.trim_end().len().max(sign);
            return Err(SyntaxError::new("expected ± or +- and the precision, as in 'p99±5%'", sign.min(end)..end));
        };
        let rest = &text[sign + written.len()..];
        let value = rest.trim();
        let value_at = text.len() - rest.trim_start().len();
        let within = within(value).map_err(|reason| SyntaxError::new(reason, value_at..value_at + value.len()))?;
        let sign = sign - begin;
        Ok(Precision { text: text.trim().into(), sign, percentile, of, group: of_group, within })
    }
}

/// `p99`, `p99.9`, in millionths of a percent.
fn percentile(name: &str, at: Range<usize>) -> Result<u32, SyntaxError> {
    let digits = name.strip_prefix(['p', 'P']).unwrap_or_default();
    let reason = match millionths(digits).and_then(|p| u32::try_from(p).ok()) {
        Some(0 | WHOLE) => {
            "the shortest and the longest time are never known precisely: use a percentile such as p99.9"
        }
        Some(percentile) if percentile < WHOLE => return Ok(percentile),
        _ => "expected a percentile between p0 and p100, such as p99 or p99.9",
    };
    Err(SyntaxError::new(reason, at))
}

fn timing(name: &str, at: Range<usize>) -> Result<Timing, SyntaxError> {
    match name.to_ascii_lowercase().as_str() {
        "latency" => Ok(Timing::Latency),
        "service_time" => Ok(Timing::ServiceTime),
        "wait" => Ok(Timing::Wait),
        "connect" => Err(SyntaxError::new("connect is a time of new connections only, which are too few", at)),
        _ => Err(SyntaxError::new(format!("unknown time {name:?}: expected latency, service_time or wait"), at)),
    }
}

/// `5%`, `5ms`
fn within(text: &str) -> Result<Within, String> {
    if let Some(share) = text.strip_suffix('%') {
        return match millionths(share.trim_end()) {
            Some(share) if share < LEAST_SHARE => Err("must be at least 0.5%: times are kept to three digits".into()),
            Some(share) if share < WHOLE.into() => Ok(Within::Share(share)),
            _ => Err("expected a percentage from 0.5% to below 100%".into()),
        };
    }
    match text.parse::<SignedDuration>() {
        Ok(time) if time > SignedDuration::ZERO => Ok(Within::Time(time.as_nanos() as f64 / 1e3)),
        Ok(_) => Err("must be more than 0".into()),
        Err(_) if text.parse::<f64>().is_ok() => Err(format!("{text} needs a unit: write {text}% or {text}ms")),
        Err(_) => Err("expected how precise, as a share or a time, such as 5% or 5ms".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precision_is_read_in_every_spelling() {
        for (text, shown, quantile, allowed_us) in [
            ("p99±5%", "p99±5%", 0.99, 5_000.0),
            (" p99.9 +- 5 % ", "p99.9±5 %", 0.999, 5_000.0),
            ("P50+/-500us", "P50±500us", 0.5, 500.0),
            ("p95(service_time)±1.5ms", "p95(service_time)±1.5ms", 0.95, 1_500.0),
            ("p90{a +- b}±0.5%", "p90{a +- b}±0.5%", 0.9, 500.0),
        ] {
            let precision: Precision = text.parse().unwrap();
            assert_eq!((precision.to_string().as_str(), precision.quantile()), (shown, quantile));
            assert_eq!(precision.allowed_us(100_000), allowed_us, "{text}");
            let stored = serde_json::to_string(&precision).unwrap();
            assert_eq!(serde_json::from_str::<Precision>(&stored).unwrap().to_string(), shown);
        }
        let precision: Precision = "p99±5%".parse().unwrap();
        assert!(precision.is_met(100_000, 5_000) && !precision.is_met(100_000, 5_001));
    }

    #[test]
    fn an_error_names_its_place() {
        for (text, at, reason) in [
            ("", 0..0, "expected a percentile"),
            ("mean±5%", 0..4, "expected a percentile"),
            ("p101±5%", 0..4, "expected a percentile"),
            (" p100±5%", 1..5, "never known"),
            ("p99", 3..3, "as in 'p99±5%'"),
            ("p99>300ms", 3..9, "as in 'p99±5%'"),
            ("p99(connect)±5%", 4..11, "new connections"),
            ("p99(x)±5%", 4..5, "expected latency"),
            ("p99(wait±5%", 3..12, "not closed"),
            ("p99{a±5%", 3..9, "not closed"),
            ("p99±5", 5..6, "write 5% or 5ms"),
            ("p99±0.1%", 5..9, "at least 0.5%"),
            ("p99±100%", 5..9, "below 100%"),
            ("p99±0ms", 5..8, "more than 0"),
            ("p99±", 5..5, "a share or a time"),
        ] {
            let error = text.parse::<Precision>().unwrap_err();
            assert_eq!(error.at, at, "{text}: {error}");
            assert!(error.reason.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_group_and_another_time_are_those_of_the_record() {
        let record = RecordSummary {
            latency_us: Some(3),
            service_us: Some(2),
            wait_us: Some(1),
            group: Some("a"),
            ..RecordSummary::default()
        };
        for (text, time) in
            [("p9±5%", Some(3)), ("p9(service_time){a}±5%", Some(2)), ("p9(wait)±5%", Some(1)), ("p9{b}±5%", None)]
        {
            assert_eq!(text.parse::<Precision>().unwrap().time_of(&record), time, "{text}");
        }
    }
}
