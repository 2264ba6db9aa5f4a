//! What is said of a threshold that was judged.

use std::fmt;

use serde::{Serialize, Serializer};

use super::check::Judged;
use super::figure::{Comparison, Figure, Requests, Threshold, Unit};
use super::two_runs::Change;
use crate::guard::text::grouped;
use crate::report::difference::Difference;

impl fmt::Display for Judged {
    /// `p99 of latency is 412 ms, above 300 ms`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self.measured {
            Ok(value) => value,
            Err(unknown) => return write!(f, "not known: {unknown}"),
        };
        let Threshold { figure, group, is, limit, .. } = &self.threshold;
        if let Some(group) = group {
            write!(f, "{group}: ")?;
        }
        if let Some(change) = &self.change {
            return self.changed(f, value, change);
        }
        let shown = self.value().unwrap_or_default();
        match figure {
            Figure::Time { of, stat } => write!(f, "{stat} of {} is {shown}", of.as_str().replace('_', " ")),
            Figure::Rate if limit.unit == Unit::Share => write!(f, "the rate is {shown} of what was asked for"),
            Figure::Rate => write!(f, "the rate is {shown}"),
            Figure::Missed => self.counted(f, value, "start", "was missed", "were missed"),
            Figure::Requests(Requests::Failed) => self.counted(f, value, "request", "failed", "failed"),
            Figure::Requests(Requests::Statuses { text, .. }) => {
                let got = format!("got status {text}");
                self.counted(f, value, "request", &got, &got)
            }
            Figure::Requests(Requests::Errors(kinds)) => {
                let kinds: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
                let failed = format!("failed with {}", kinds.join(" or "));
                self.counted(f, value, "request", &failed, &failed)
            }
        }?;
        let limit_shown = limit.unit.exact(limit.value);
        match is.holds_for_all(value, value, limit.value) {
            holds if holds == (self.is_crossed() == Some(true)) => {
                let holds = if holds { *is } else { is.negated() };
                write!(f, ", {} {limit_shown}", relation(holds, figure))
            }
            // It is known only how great the value is at least.
            _ => write!(f, ", perhaps {} {limit_shown}", relation(*is, figure)),
        }
    }
}

impl Judged {
    /// `3 requests failed`, `1.5 % of requests failed`
    fn counted(&self, f: &mut fmt::Formatter<'_>, value: f64, noun: &str, verb: &str, verbs: &str) -> fmt::Result {
        match self.threshold.limit.unit {
            Unit::Share => write!(f, "{} of {noun}s {verbs}", self.value().unwrap_or_default()),
            _ if value == 1.0 => write!(f, "1 {noun} {verb}"),
            _ => write!(f, "{} {noun}s {verbs}", grouped(value as u64)),
        }
    }

    /// `p99 of latency rose by 12 % from 301 ms to 338 ms, by more than 10 %`
    fn changed(&self, f: &mut fmt::Formatter<'_>, by: f64, change: &Change) -> fmt::Result {
        let Threshold { figure, is, limit, .. } = &self.threshold;
        match figure {
            Figure::Time { of, stat } => write!(f, "{stat} of {}", of.as_str().replace('_', " ")),
            Figure::Rate | Figure::Missed => f.write_str("the rate"),
            Figure::Requests(Requests::Failed) => f.write_str("the share of requests that failed"),
            Figure::Requests(Requests::Statuses { text, .. }) => write!(f, "the share of requests with status {text}"),
            Figure::Requests(Requests::Errors(kinds)) => {
                let kinds: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
                write!(f, "the share of requests that failed with {}", kinds.join(" or "))
            }
        }?;
        let exceeds = is.holds_for_all(by, by, limit.value);
        let unit = figure.unit();
        let [before, after] = [change.before, change.after].map(|value| unit.shown(value));
        match by {
            0.0 => return write!(f, " is the same, {after}"),
            by => {
                let verb = if by > 0.0 { "rose" } else { "fell" };
                write!(f, " {verb} by {} from {before} to {after}", limit.unit.difference(by, limit.value))
            }
        }?;
        let bound = limit.unit.difference(limit.value, limit.value);
        match is {
            Comparison::AtLeast | Comparison::AtMost if exceeds => write!(f, ", by {bound} or more"),
            Comparison::AtLeast | Comparison::AtMost => write!(f, ", by less than {bound}"),
            _ if exceeds => write!(f, ", by more than {bound}"),
            _ => write!(f, ", not by more than {bound}"),
        }?;
        match change.is {
            _ if !exceeds || self.is_crossed => Ok(()),
            Difference::WithinNoise => f.write_str(", but that is within noise"),
            Difference::TooLittleData => f.write_str(", but there is too little data to tell"),
            _ => f.write_str(", but the load was not what was asked for"),
        }
    }

    /// The measured value, if it is known.
    pub fn value(&self) -> Option<String> {
        let limit = self.threshold.limit;
        if let (Some(_), Ok(by)) = (&self.change, self.measured) {
            let sign = if by < 0.0 { "-" } else { "+" };
            return Some(format!("{sign}{}", limit.unit.changed(by.abs())));
        }
        let value = limit.unit.shown_beside(self.measured.ok()?, limit.value);
        Some(if self.is_least { format!("≥ {value}") } else { value })
    }

    /// `yes (412 ms)`
    pub(in crate::report) fn answer(&self) -> String {
        match (self.value(), self.is_crossed()) {
            (Some(value), Some(true)) => format!("yes ({value})"),
            (Some(value), _) if self.is_in_doubt() => format!("in doubt ({value})"),
            (Some(value), _) => format!("no ({value})"),
            (None, _) => "not known".to_owned(),
        }
    }
}

fn relation(is: Comparison, of: &Figure) -> &'static str {
    let is_number = matches!(of, Figure::Requests(_) | Figure::Missed);
    match is {
        Comparison::More if is_number => "more than",
        Comparison::AtMost if is_number => "not more than",
        Comparison::Less if is_number => "less than",
        Comparison::AtLeast if is_number => "not less than",
        Comparison::More => "above",
        Comparison::AtMost => "not above",
        Comparison::Less => "below",
        Comparison::AtLeast => "not below",
        Comparison::Equal => "exactly",
        Comparison::NotEqual => "not",
    }
}

impl Serialize for Judged {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Threshold { text, limit, .. } = &self.threshold;
        let document = JudgedDocument {
            threshold: text,
            crossed: self.is_crossed(),
            in_doubt: self.is_in_doubt(),
            value: self.measured.ok().map(|value| Number::new(limit.unit, value)),
            limit: Number::new(limit.unit, limit.value),
            unit: limit.unit.as_str(),
            message: self.to_string(),
            change: self.change.map(|Change { before, after, is }| {
                let unit = self.threshold.figure.unit();
                ChangeDocument { before: unit.for_programs(before), after: unit.for_programs(after), difference: is }
            }),
        };
        document.serialize(serializer)
    }
}

#[derive(Serialize)]
struct JudgedDocument<'a> {
    threshold: &'a str,
    crossed: Option<bool>,
    in_doubt: bool,
    value: Option<Number>,
    limit: Number,
    unit: &'static str,
    message: String,
    #[serde(flatten)]
    change: Option<ChangeDocument>,
}

#[derive(Serialize)]
struct ChangeDocument {
    before: f64,
    after: f64,
    difference: Difference,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Number {
    Whole(u64),
    Decimal(f64),
}

impl Number {
    fn new(unit: Unit, value: f64) -> Self {
        match unit {
            Unit::Count => Number::Whole(value as u64),
            unit => Number::Decimal(unit.for_programs(value)),
        }
    }
}
