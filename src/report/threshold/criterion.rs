//! A threshold as a question about each request, and how many may answer it with yes.
//!
//! A percentile is above its limit if and only if a share of the requests is: p99 is above 300 ms if more than 1 % of
//! them take longer. That share is known to a useful precision long before the percentile itself is.

use super::figure::{Comparison, Figure, Requests, Stat, Threshold, Timing, Unit};
use crate::model::RecordSummary;

/// A threshold as a question about each request.
#[derive(Debug, Clone)]
pub(in crate::report) struct Criterion {
    pub(in crate::report) threshold: Threshold,
    asks: Question,
    pub(in crate::report) allowed: Allowed,
}

#[derive(Debug, Clone)]
enum Question {
    /// Whether it took so many microseconds, or longer than that.
    Took { of: Timing, us: f64, or_as_long: bool },
    /// Whether it is one of these.
    Is(Requests),
    /// Whether it is none of these.
    IsNot(Requests),
    /// Whether no answer came.
    Unanswered,
}

/// What a request adds to the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Answer {
    No,
    /// No, but it took more than half as long as is allowed.
    Half,
    Yes,
}

/// For how many requests the answer may be yes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) enum Allowed {
    /// For less than this share of them.
    Share(f64),
    /// For so many.
    Count(u64),
}

impl Threshold {
    /// Whether steps of a search for the highest rate can be judged by it: whether it limits a share or a number of bad
    /// requests.
    ///
    /// # Errors
    /// Why not.
    pub fn suits_search(&self) -> Result<(), &'static str> {
        self.criterion().map(|_| ())
    }

    /// The longest time that it allows, if it is about times.
    pub fn longest_time(&self) -> Option<std::time::Duration> {
        let is_time = self.limit.unit == Unit::Time;
        is_time.then(|| std::time::Duration::from_micros(self.limit.value as u64))
    }

    pub(in crate::report) fn criterion(&self) -> Result<Criterion, &'static str> {
        let (asks, allowed) = self.question()?;
        // Not even one may be bad.
        let allowed = if allowed == Allowed::Share(0.0) { Allowed::Count(0) } else { allowed };
        Ok(Criterion { threshold: self.clone(), asks, allowed })
    }

    fn question(&self) -> Result<(Question, Allowed), &'static str> {
        const RISES: &str = "a rate that is too high raises this figure: use > or >=";
        const FALLS: &str = "a rate that is too high lowers this figure: use < or <=";
        let is_upper = matches!(self.is, Comparison::More | Comparison::AtLeast);
        match (&self.figure, self.limit.unit) {
            (Figure::Time { .. }, _) if !is_upper => Err(RISES),
            (Figure::Time { of, stat }, _) => {
                let took = Question::Took { of: *of, us: self.limit.value, or_as_long: self.is == Comparison::AtLeast };
                match stat.exact() {
                    Stat::Percentile(p) => {
                        Ok((took, Allowed::Share(f64::from(Stat::WHOLE - p) / f64::from(Stat::WHOLE))))
                    }
                    Stat::Max => Ok((took, Allowed::Count(0))),
                    Stat::Mean => Err("a mean does not say how many requests are too slow: use a percentile"),
                    Stat::Min => Err("one fast request decides on it: use a percentile"),
                }
            }
            (Figure::Requests(requests), Unit::Share) if !is_upper && requests.are_bad() => Err(RISES),
            (Figure::Requests(requests), Unit::Share) => Ok(match is_upper {
                true => (Question::Is(requests.clone()), Allowed::Share(self.limit.value)),
                false => (Question::IsNot(requests.clone()), Allowed::Share(1.0 - self.limit.value)),
            }),
            (Figure::Requests(requests), _) => {
                let is = Question::Is(requests.clone());
                let limit = self.limit.value as u64;
                match self.is {
                    Comparison::More => Ok((is, Allowed::Count(limit))),
                    Comparison::AtLeast => Ok((is, Allowed::Count(limit.saturating_sub(1)))),
                    Comparison::NotEqual if limit == 0 => Ok((is, Allowed::Count(0))),
                    _ => Err("each step has another number of requests: use a percentage"),
                }
            }
            (Figure::Rate, Unit::Share) if is_upper => Err(FALLS),
            (Figure::Rate, Unit::Share) => Ok((Question::Unanswered, Allowed::Share(1.0 - self.limit.value))),
            (Figure::Rate, _) => Err("each step has another rate: use a percentage, such as rate<95%"),
            (Figure::Missed, _) => Err("a start that haul misses says nothing about the server"),
        }
    }
}

impl Criterion {
    /// The answer; none if the question does not apply to the request.
    pub(in crate::report) fn answer(&self, record: &RecordSummary<'_>) -> Option<Answer> {
        if !self.is_about(record.group) {
            return None;
        }
        let is_bad = match &self.asks {
            Question::Took { of, .. } => return of.of_record(record).map(|us| self.answer_after(us)),
            Question::Is(requests) => requests.has(record),
            Question::IsNot(requests) => !requests.has(record),
            Question::Unanswered => record.status_code.is_none(),
        };
        Some(if is_bad { Answer::Yes } else { Answer::No })
    }

    /// The latency from which on a request is bad, in microseconds; none if the question is another one.
    pub(in crate::report) fn latency_limit(&self) -> Option<f64> {
        match self.asks {
            Question::Took { of: Timing::Latency, us, .. } => Some(us),
            _ => None,
        }
    }

    /// The answer for a request that took so long, in microseconds, if the question is about time.
    pub(in crate::report) fn answer_after(&self, took_us: u64) -> Answer {
        let Question::Took { us, or_as_long, .. } = self.asks else { return Answer::No };
        let took = took_us as f64;
        match () {
            () if took > us || or_as_long && took >= us => Answer::Yes,
            () if took * 2.0 > us => Answer::Half,
            () => Answer::No,
        }
    }

    pub(in crate::report) fn is_about(&self, group: Option<&str>) -> bool {
        self.threshold.group().is_none_or(|name| group == Some(name))
    }

    /// What bad requests do, for a sentence.
    pub(in crate::report) fn verb(&self) -> &'static str {
        match self.asks {
            Question::Took { .. } => "take longer",
            Question::Is(_) | Question::IsNot(_) => "count",
            Question::Unanswered => "get no answer",
        }
    }
}

impl Timing {
    fn of_record(self, record: &RecordSummary<'_>) -> Option<u64> {
        match self {
            Timing::Latency => record.latency_us,
            Timing::ServiceTime => record.service_us,
            Timing::Connect => record.connect_us,
            Timing::Wait => record.wait_us,
        }
    }
}

impl Requests {
    /// Whether a server that has too much to do has more of them.
    fn are_bad(&self) -> bool {
        match self {
            Requests::Failed | Requests::Errors(_) => true,
            Requests::Statuses { any_of, .. } => any_of.iter().all(|range| *range.start() >= 400),
        }
    }

    fn has(&self, record: &RecordSummary<'_>) -> bool {
        match self {
            Requests::Failed => !record.ok && !record.duplicate,
            Requests::Statuses { any_of, .. } => {
                record.status_code.is_some_and(|status| any_of.iter().any(|range| range.contains(&status.as_u16())))
            }
            Requests::Errors(kinds) => record.error.is_some_and(|(kind, _)| kinds.contains(&kind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::model::ErrorKind;

    fn criterion(text: &str) -> Criterion {
        text.parse::<Threshold>().unwrap().criterion().unwrap()
    }

    fn answer(status: u16, latency_us: u64) -> RecordSummary<'static> {
        let status_code = StatusCode::from_u16(status).ok();
        RecordSummary { ok: status < 400, status_code, latency_us: Some(latency_us), ..RecordSummary::default() }
    }

    #[test]
    fn a_threshold_limits_a_share_or_a_number_of_bad_requests() {
        let (fast, slow) = (answer(200, 1_000), answer(500, 300_000));
        let lost = RecordSummary { error: Some((ErrorKind::Reset, "")), ..RecordSummary::default() };
        for (text, allowed, bad) in [
            ("p99>299ms", Allowed::Share(0.01), [Some(false), Some(true), None]),
            ("p99>300ms", Allowed::Share(0.01), [Some(false), Some(false), None]),
            ("p99>=300ms", Allowed::Share(0.01), [Some(false), Some(true), None]),
            ("p50(wait)>1ms", Allowed::Share(0.5), [None; 3]),
            ("max>100ms", Allowed::Count(0), [Some(false), Some(true), None]),
            ("failed>1%", Allowed::Share(0.01), [Some(false), Some(true), Some(true)]),
            ("failed>0%", Allowed::Count(0), [Some(false), Some(true), Some(true)]),
            ("failed>=3", Allowed::Count(2), [Some(false), Some(true), Some(true)]),
            ("failed{other}>3", Allowed::Count(3), [None; 3]),
            ("status(5xx)!=0", Allowed::Count(0), [Some(false), Some(true), Some(false)]),
            ("status(200)<75%", Allowed::Share(0.25), [Some(false), Some(true), Some(true)]),
            ("error(reset)>10", Allowed::Count(10), [Some(false), Some(false), Some(true)]),
            ("rate<75%", Allowed::Share(0.25), [Some(false), Some(false), Some(true)]),
        ] {
            let criterion = criterion(text);
            assert_eq!(criterion.allowed, allowed, "{text}");
            assert_eq!(
                [&fast, &slow, &lost].map(|record| criterion.answer(record).map(|answer| answer == Answer::Yes)),
                bad,
                "{text}"
            );
        }
    }

    #[test]
    fn what_a_search_cannot_use_says_why() {
        for text in ["p99<300ms", "mean>3ms", "min>3ms", "status(200)<100", "rate>95%", "rate<100/s", "missed>0"] {
            assert!(text.parse::<Threshold>().unwrap().suits_search().is_err(), "{text}");
        }
    }
}
