//! Conditions that an answer has to meet, such as `status==200` or `time<500ms`.

mod parse;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::HeaderMap;
use http::header::HeaderName;
use url::Url;

use crate::guard::redact::Redact;
use crate::guard::regex::{GaveUp, Regex, Sizes};
use crate::guard::text::{field_text, shorten};

pub use parse::ConditionError;

/// How much of a text an unmet condition quotes, in columns.
const MAX_QUOTED: usize = 80;

const SIZES: Sizes = Sizes { compiled: 10 << 20, search: 2 << 20 };

/// A condition on an answer. As text it is a name, a comparison and a value:
///
/// | Name | Value | Comparisons |
/// |---|---|---|
/// | `status` | `200`, `2xx`, `200,204` | `==` `!=`, for a single status also `<` `<=` `>` `>=` |
/// | `size`, of the decoded body | `0`, `10KiB` | `==` `!=` `<` `<=` `>` `>=` |
/// | `time`, of the attempt | `500ms`, `1.5` | `<` `<=` `>` `>=` |
/// | `header.NAME`, `body`, `url` after redirects | a text, or a regular expression | `==` `!=`, `~` `!~` |
///
/// ```
/// use haul::plan::Condition;
///
/// let condition: Condition = "status==2xx".parse()?;
/// assert_eq!(condition.to_string(), "status==2xx");
/// assert!("status==soon".parse::<Condition>().is_err());
/// # Ok::<(), haul::plan::ConditionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Condition {
    text: Box<str>,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    /// The status is, or is not, in one of these ranges.
    Status {
        any_of: Vec<RangeInclusive<u16>>,
        negated: bool,
    },
    Number {
        of: Number,
        is: Comparison,
        limit: u64,
    },
    Text {
        of: Text,
        is: Match,
        negated: bool,
    },
}

#[derive(Debug, Clone, Copy)]
enum Number {
    Status,
    /// In bytes.
    Size,
    /// In microseconds.
    Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

#[derive(Debug, Clone)]
enum Text {
    Header(HeaderName),
    Body,
    Url,
}

#[derive(Debug, Clone)]
enum Match {
    Equals(Box<str>),
    Regex(Arc<Regex>),
}

/// What conditions are about: a complete answer.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// The URL that gave it.
    pub url: &'a Url,
    /// Its header fields.
    pub headers: &'a HeaderMap,
    /// Its decoded body.
    pub body: &'a [u8],
    /// The size of its decoded body in bytes, also if that was not kept.
    pub size: u64,
    /// The time that the attempt took.
    pub time: Duration,
    /// Whether secrets are masked when a value is quoted.
    pub redact: Redact,
}

impl Condition {
    /// A condition that the body matches a regular expression.
    ///
    /// # Errors
    /// The expression is invalid, or compiles to more than 10 MiB.
    pub fn body(regex: &str) -> Result<Self, ConditionError> {
        let is = Match::Regex(parse::regex(regex)?.into());
        Ok(Condition { text: format!("body~{regex}").into(), test: Test::Text { of: Text::Body, is, negated: false } })
    }

    /// The most memory that a search takes, in bytes.
    pub const SEARCH_MEMORY: usize = SIZES.search * 2;

    /// Whether it needs the body, not only its size.
    pub fn needs_body(&self) -> bool {
        matches!(self.test, Test::Text { of: Text::Body, .. })
    }

    /// What was expected and what came instead, if `answer` does not meet it.
    ///
    /// # Errors
    /// Its regular expression could not be searched for until `deadline`.
    pub fn unmet(&self, answer: &Answer<'_>, deadline: Option<Instant>) -> Result<Option<String>, GaveUp> {
        let found = match &self.test {
            Test::Status { any_of, negated } => {
                let is_in = any_of.iter().any(|statuses| statuses.contains(&answer.status));
                (is_in == *negated).then(|| answer.status.to_string())
            }
            Test::Number { of, is, limit } => {
                let value = of.value(answer);
                (!is.holds(value, *limit)).then(|| of.shown(value))
            }
            Test::Text { of, is, negated } => {
                let value = of.value(answer);
                let matches = value.as_deref().map_or(Ok(false), |value| is.holds(value, deadline))?;
                (matches == *negated).then(|| of.quoted(value.as_deref(), answer.redact))
            }
        };
        Ok(found.map(|found| format!("expected {self}, got {found}")))
    }
}

impl Number {
    fn value(self, answer: &Answer<'_>) -> u64 {
        match self {
            Number::Status => answer.status.into(),
            Number::Size => answer.size,
            Number::Time => micros(answer.time),
        }
    }

    fn shown(self, value: u64) -> String {
        match self {
            Number::Status => value.to_string(),
            Number::Size if value == 1 => "1 byte".to_owned(),
            Number::Size => format!("{value} bytes"),
            Number::Time => format!("{:?}", Duration::from_micros(value)),
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Comparison {
    fn holds(self, value: u64, limit: u64) -> bool {
        match self {
            Comparison::Equal => value == limit,
            Comparison::NotEqual => value != limit,
            Comparison::Less => value < limit,
            Comparison::AtMost => value <= limit,
            Comparison::More => value > limit,
            Comparison::AtLeast => value >= limit,
        }
    }
}

impl Text {
    /// The value; several header fields of one name are joined as RFC 9110, section 5.3, says.
    fn value<'a>(&self, answer: &Answer<'a>) -> Option<Cow<'a, [u8]>> {
        match self {
            Text::Body => Some(answer.body.into()),
            Text::Url => Some(answer.url.as_str().as_bytes().into()),
            Text::Header(name) => {
                let values: Vec<&[u8]> = answer.headers.get_all(name).iter().map(|value| value.as_bytes()).collect();
                match values[..] {
                    [] => None,
                    [only] => Some(only.into()),
                    _ => Some(values.join(&b", "[..]).into()),
                }
            }
        }
    }

    fn quoted(&self, value: Option<&[u8]>, redact: Redact) -> String {
        let Some(value) = value else { return "none".to_owned() };
        if value.is_empty() && matches!(self, Text::Body) {
            return "no body".to_owned();
        }
        let text = match self {
            Text::Body => one_line(&value[..value.len().min(4 * MAX_QUOTED)]).into(),
            Text::Url | Text::Header(_) => field_text(value),
        };
        let masked = match self {
            Text::Header(name) => redact.header(name, &text, false),
            Text::Url => redact.url(&text),
            Text::Body => redact.message(&text),
        };
        format!("\"{}\"", shorten(&masked, MAX_QUOTED))
    }
}

fn one_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Match {
    fn holds(&self, value: &[u8], deadline: Option<Instant>) -> Result<bool, GaveUp> {
        match self {
            Match::Equals(text) => Ok(value == text.as_bytes()),
            Match::Regex(regex) => regex.is_match(value, deadline),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
