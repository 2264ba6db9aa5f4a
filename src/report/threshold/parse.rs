//! Reads thresholds from text.

use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use super::change;
use super::figure::{Comparison, Figure, Requests, Stat, Threshold, Timing};
use super::value::limit;
use crate::model::units::millionths;
use crate::model::{ErrorKind, SyntaxError, group};

/// From here on, a name is similar enough to be suggested.
const MIN_SIMILARITY: f64 = 0.8;

const NAMES: [&str; 9] = ["mean", "min", "max", "p99", "failed", "status", "error", "rate", "missed"];

/// What other tools call these figures.
const SYNONYMS: [(&str, &str); 18] = [
    ("avg", "mean"),
    ("average", "mean"),
    ("med", "p50"),
    ("median", "p50"),
    ("errors", "failed"),
    ("error_rate", "failed"),
    ("failures", "failed"),
    ("http_req_failed", "failed"),
    ("http_req_duration", "p99"),
    ("latency", "p99"),
    ("requests", "rate"),
    ("rps", "rate"),
    ("throughput", "rate"),
    ("dropped", "missed"),
    ("dropped_iterations", "missed"),
    ("service_time", "p99(service_time)"),
    ("connect", "p99(connect)"),
    ("wait", "p99(wait)"),
];

/// Comparisons, the longer ones before those that they begin with.
const COMPARISONS: [(&str, Comparison); 6] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    (">", Comparison::More),
    ("<", Comparison::Less),
];

impl FromStr for Threshold {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let mut cursor = Cursor { text, at: 0 };
        cursor.skip_blanks();
        let (name, name_at) = cursor.name();
        let figure = figure(name, name_at.clone(), cursor.argument()?)?;
        cursor.skip_blanks();
        let group_at = cursor.at;
        let group = cursor.group()?;
        let group_at = group_at..cursor.at;
        let (is, is_at) = cursor.comparison()?;
        let (value, value_at) = cursor.rest();
        let is_relative = value.starts_with(['+', '-']);
        let limit = match is_relative {
            true => change::limit(&figure, is, value),
            false => limit(&figure, name, value),
        };
        let limit = limit.map_err(|reason| SyntaxError::new(reason, value_at.clone()))?;
        let threshold = Threshold { text: text.trim().into(), figure, group, is, limit, is_relative };
        threshold.check(group_at, is_at, value_at)?;
        Ok(threshold)
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn left(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.left().trim_start().len();
    }

    fn name(&mut self) -> (&'a str, Range<usize>) {
        let begin = self.at;
        let is_end = |c: char| c.is_whitespace() || "(){}<>=!~,:".contains(c);
        self.at += self.left().find(is_end).unwrap_or(self.left().len());
        (&self.text[begin..self.at], begin..self.at)
    }

    /// What is in brackets, and where the brackets are.
    fn argument(&mut self) -> Result<Option<(&'a str, Range<usize>)>, SyntaxError> {
        if !self.left().starts_with('(') {
            return Ok(None);
        }
        let begin = self.at;
        let end = self.left().find(')');
        let end =
            end.ok_or_else(|| SyntaxError::new("the bracket is not closed", begin..self.text.trim_end().len()))?;
        self.at += end + 1;
        Ok(Some((self.text[begin + 1..begin + end].trim(), begin..self.at)))
    }

    fn group(&mut self) -> Result<Option<Box<str>>, SyntaxError> {
        if !self.left().starts_with('{') {
            return Ok(None);
        }
        let (name, length) = group(self.left(), self.at)?;
        self.at += length;
        Ok(Some(name))
    }

    fn comparison(&mut self) -> Result<(Comparison, Range<usize>), SyntaxError> {
        self.skip_blanks();
        let (begin, left) = (self.at, self.left());
        if left.is_empty() {
            let end = self.text.trim_end().len();
            let reason = "expected a comparison and a limit, as in 'p99>300ms', in quotes for the shell";
            return Err(SyntaxError::new(reason, end..end));
        }
        let length = left.find(|c| !"<>=!~".contains(c)).unwrap_or(left.len());
        let found = COMPARISONS.iter().find(|(sign, _)| *sign == &left[..length]);
        let Some(&(_, is)) = found else {
            let end = begin + length.max(left.chars().next().map_or(0, char::len_utf8));
            return Err(SyntaxError::new("expected a comparison: >, >=, <, <=, == or !=", begin..end));
        };
        self.at += length;
        Ok((is, begin..self.at))
    }

    fn rest(&mut self) -> (&'a str, Range<usize>) {
        self.skip_blanks();
        let value = self.left().trim_end();
        (value, self.at..self.at + value.len())
    }
}

type Argument<'a> = Option<(&'a str, Range<usize>)>;

fn figure(name: &str, at: Range<usize>, argument: Argument<'_>) -> Result<Figure, SyntaxError> {
    let lower = name.to_ascii_lowercase();
    let plain = |figure| match &argument {
        None => Ok(figure),
        Some((_, brackets)) => Err(SyntaxError::new(format!("{lower} takes nothing in brackets"), brackets.clone())),
    };
    let needed = |example: &str| {
        argument
            .clone()
            .ok_or_else(|| SyntaxError::new(format!("expected brackets, as in {lower}({example})"), at.end..at.end))
    };
    match lower.as_str() {
        "failed" => plain(Figure::Requests(Requests::Failed)),
        "rate" => plain(Figure::Rate),
        "missed" => plain(Figure::Missed),
        "status" => needed("5xx").and_then(|(list, at)| statuses(list, at)).map(Figure::Requests),
        "error" => needed("timeout").and_then(|(list, at)| errors(list, at)).map(Figure::Requests),
        _ => {
            let stat = stat(&lower, at.clone(), &argument)?.ok_or_else(|| unknown(name, &lower, at))?;
            let of = argument.map_or(Ok(Timing::Latency), |(of, at)| timing(of, at))?;
            Ok(Figure::Time { of, stat })
        }
    }
}

fn unknown(name: &str, lower: &str, at: Range<usize>) -> SyntaxError {
    if name.is_empty() {
        return SyntaxError::new("expected a figure such as p99, failed or status(5xx)", at);
    }
    let dotted = lower.split_once('.').filter(|(of, _)| Timing::ALL.iter().any(|known| known.as_str() == *of));
    let meant = match dotted {
        Some(("latency", stat)) => Some(stat.to_owned()),
        Some((of, stat)) => Some(format!("{stat}({of})")),
        None => synonym(lower).or_else(|| nearest(lower, NAMES)).map(str::to_owned),
    };
    match meant {
        Some(meant) => SyntaxError::new(format!("unknown figure {name:?}: did you mean {meant}?"), at),
        None => SyntaxError::new(
            format!("unknown figure {name:?}: expected mean, min, max, p99, failed, status, error, rate or missed"),
            at,
        ),
    }
}

fn synonym(name: &str) -> Option<&'static str> {
    SYNONYMS.iter().find(|(other, _)| *other == name).map(|(_, ours)| *ours)
}

fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let alike = known.into_iter().map(|known| (strsim::jaro_winkler(name, known), known));
    let alike = alike.filter(|(similarity, _)| *similarity >= MIN_SIMILARITY);
    alike.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

/// `mean`, `p99`; none if the name is nothing like that.
fn stat(name: &str, at: Range<usize>, argument: &Argument<'_>) -> Result<Option<Stat>, SyntaxError> {
    let digits = match (name, name.strip_prefix('p')) {
        ("mean", _) => return Ok(Some(Stat::Mean)),
        ("min", _) => return Ok(Some(Stat::Min)),
        ("max", _) => return Ok(Some(Stat::Max)),
        ("p", _) => match argument {
            Some((digits, brackets)) if percentile(digits).is_some() => {
                return Err(SyntaxError::new(format!("write p{digits}"), at.start..brackets.end));
            }
            _ => "",
        },
        (_, Some(digits)) if digits.starts_with(|c: char| c.is_ascii_digit()) => digits,
        _ => return Ok(None),
    };
    let reason = "expected a percentile from p0 to p100, such as p99 or p99.9";
    percentile(digits).map(|millionths| Some(Stat::Percentile(millionths))).ok_or_else(|| SyntaxError::new(reason, at))
}

/// `99`, `99.9`, in millionths.
fn percentile(digits: &str) -> Option<u32> {
    millionths(digits).and_then(|p| u32::try_from(p).ok()).filter(|p| *p <= Stat::WHOLE)
}

fn timing(of: &str, at: Range<usize>) -> Result<Timing, SyntaxError> {
    let lower = of.to_ascii_lowercase();
    if let Some(known) = Timing::ALL.into_iter().find(|known| known.as_str() == lower) {
        return Ok(known);
    }
    let meant = match lower.as_str() {
        "ttfb" | "waiting" | "first_byte" => Some("wait"),
        "service" => Some("service_time"),
        "connecting" => Some("connect"),
        lower => nearest(lower, Timing::ALL.map(Timing::as_str)),
    };
    let reason = match meant {
        Some(meant) => format!("unknown time {of:?}: did you mean {meant}?"),
        None => format!("unknown time {of:?}: expected latency, service_time, connect or wait"),
    };
    Err(SyntaxError::new(reason, inside(at)))
}

/// What the brackets enclose.
fn inside(brackets: Range<usize>) -> Range<usize> {
    brackets.start + 1..brackets.end - 1
}

/// `404`, `5xx`, `502,503`
fn statuses(list: &str, at: Range<usize>) -> Result<Requests, SyntaxError> {
    let any_of = list.split(',').map(|member| statuses_of(member.trim()));
    let any_of = any_of.collect::<Option<Vec<_>>>().filter(|_| !list.is_empty());
    let any_of = any_of.ok_or_else(|| SyntaxError::new("expected statuses such as 404, 5xx or 502,503", inside(at)))?;
    Ok(Requests::Statuses { any_of, text: list.into() })
}

fn statuses_of(member: &str) -> Option<RangeInclusive<u16>> {
    if member.len() != 3 {
        return None;
    }
    let class = member.strip_suffix("xx").or(member.strip_suffix("XX"));
    let first = member.bytes().next().filter(|first| (b'1'..=b'9').contains(first))?;
    match class {
        Some(_) => Some(u16::from(first - b'0') * 100..=u16::from(first - b'0') * 100 + 99),
        None => member.bytes().all(|byte| byte.is_ascii_digit()).then(|| member.parse().ok())?.map(|one| one..=one),
    }
}

/// `timeout`, `timeout,reset`
fn errors(list: &str, at: Range<usize>) -> Result<Requests, SyntaxError> {
    let kinds = list.split(',').map(|name| {
        let name = name.trim().to_ascii_lowercase();
        let known = ErrorKind::ALL.into_iter().find(|kind| kind.as_str() == name);
        known.ok_or_else(|| match nearest(&name, ErrorKind::ALL.map(ErrorKind::as_str)) {
            Some(meant) => {
                SyntaxError::new(format!("unknown kind of error {name:?}: did you mean {meant}?"), inside(at.clone()))
            }
            None if name.is_empty() => {
                SyntaxError::new("expected a kind of error, such as timeout", inside(at.clone()))
            }
            None => SyntaxError::new(
                format!("unknown kind of error {name:?}: expected one such as timeout"),
                inside(at.clone()),
            ),
        })
    });
    let mut kinds = kinds.collect::<Result<Vec<_>, _>>()?;
    kinds.sort_unstable();
    kinds.dedup(); // so that none counts twice
    Ok(Requests::Errors(kinds))
}
