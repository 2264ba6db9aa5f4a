//! Reads conditions from text.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use http::header::HeaderName;
use regex_automata::util::syntax;

use super::{Comparison, Condition, Match, Number, SIZES, Test, Text, micros};
use crate::guard::regex::Regex;
use crate::model::units;

/// A text that is not a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// The comparison is missing or unknown.
    #[error("expected a condition such as status==200, time<500ms or header.content-type~json")]
    NoComparison,
    /// The name is unknown.
    #[error("unknown name {0:?}: expected status, size, time, header.NAME, body or url")]
    UnknownName(String),
    /// The comparison does not apply to the name.
    #[error("{name} cannot be compared with {comparison}: use {allowed}")]
    Comparison {
        /// The name.
        name: String,
        /// The comparison.
        comparison: &'static str,
        /// Those that apply.
        allowed: &'static str,
    },
    /// The value is invalid.
    #[error("{found:?} is not {expected}")]
    Value {
        /// The value.
        found: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// The regular expression is invalid.
    #[error("invalid regular expression: {0}")]
    Regex(String),
}

/// Comparisons, the longer ones before those that they begin with.
const COMPARISONS: [(&str, Is); 10] = [
    ("==", Is::Compared(Comparison::Equal)),
    ("!=", Is::Compared(Comparison::NotEqual)),
    ("<=", Is::Compared(Comparison::AtMost)),
    (">=", Is::Compared(Comparison::AtLeast)),
    ("!~", Is::Matched { negated: true }),
    ("<", Is::Compared(Comparison::Less)),
    (">", Is::Compared(Comparison::More)),
    ("~", Is::Matched { negated: false }),
    ("=~", Is::Matched { negated: false }),
    ("=", Is::Compared(Comparison::Equal)),
];

#[derive(Clone, Copy)]
enum Is {
    Compared(Comparison),
    Matched { negated: bool },
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let text = text.trim();
        let at = text.find(['=', '!', '<', '>', '~']).ok_or(ConditionError::NoComparison)?;
        let (name, rest) = (text[..at].trim_end(), &text[at..]);
        let found = COMPARISONS.iter().find(|(sign, _)| rest.starts_with(sign));
        let &(sign, is) = found.ok_or(ConditionError::NoComparison)?;
        let value = &rest[sign.len()..];
        if matches!(is, Is::Compared(_)) && value.starts_with(['=', '~', '<', '>', '!']) {
            return Err(ConditionError::NoComparison);
        }
        let value = value.trim_start();
        let refused = |allowed| ConditionError::Comparison { name: name.to_owned(), comparison: sign, allowed };
        let test = match (name.to_ascii_lowercase().as_str(), is) {
            ("status", Is::Compared(is @ (Comparison::Equal | Comparison::NotEqual))) => {
                Test::Status { any_of: statuses(value)?, negated: is == Comparison::NotEqual }
            }
            ("status", Is::Compared(is)) => Test::Number { of: Number::Status, is, limit: status(value)?.into() },
            ("size", Is::Compared(is)) => Test::Number { of: Number::Size, is, limit: size(value)? },
            ("status" | "size", Is::Matched { .. }) => return Err(refused("==, !=, <, <=, > or >=")),
            ("time", Is::Compared(is)) if !matches!(is, Comparison::Equal | Comparison::NotEqual) => {
                Test::Number { of: Number::Time, is, limit: micros(time(value)?) }
            }
            ("time", _) => return Err(refused("<, <=, > or >=")),
            (lower, is) => {
                let of = text_of(lower).ok_or_else(|| ConditionError::UnknownName(name.to_owned()))?;
                let (is, negated) = text_test(is, value)?.ok_or_else(|| refused("==, !=, ~ or !~"))?;
                Test::Text { of, is, negated }
            }
        };
        Ok(Condition { text: text.into(), test })
    }
}

fn text_of(name: &str) -> Option<Text> {
    match name {
        "body" => Some(Text::Body),
        "url" => Some(Text::Url),
        _ => name.strip_prefix("header.")?.parse::<HeaderName>().ok().map(Text::Header),
    }
}

fn text_test(is: Is, value: &str) -> Result<Option<(Match, bool)>, ConditionError> {
    Ok(match is {
        Is::Matched { negated } => Some((Match::Regex(regex(value)?.into()), negated)),
        Is::Compared(Comparison::Equal) => Some((Match::Equals(value.into()), false)),
        Is::Compared(Comparison::NotEqual) => Some((Match::Equals(value.into()), true)),
        Is::Compared(_) => None,
    })
}

pub(super) fn regex(value: &str) -> Result<Regex, ConditionError> {
    Regex::compile(value, syntax::Config::new().utf8(false), SIZES)
        .map_err(|why| ConditionError::Regex(why.to_string()))
}

/// `200`, `2xx`, `200,204`
fn statuses(list: &str) -> Result<Vec<RangeInclusive<u16>>, ConditionError> {
    let range = |member: &str| match member.strip_suffix("xx").or(member.strip_suffix("XX")) {
        Some(class) => {
            let class = class.parse().ok().filter(|class| (1..=9).contains(class) && member.len() == 3);
            class.map(|class: u16| class * 100..=class * 100 + 99).ok_or_else(|| no_status(member))
        }
        None => status(member).map(|status| status..=status),
    };
    list.split(',').map(|member| range(member.trim())).collect()
}

fn status(text: &str) -> Result<u16, ConditionError> {
    let is_number = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|status| is_number && *status >= 100).ok_or_else(|| no_status(text))
}

fn no_status(found: &str) -> ConditionError {
    ConditionError::Value { found: found.to_owned(), expected: "a status, such as 200, 2xx or 200,204" }
}

fn size(text: &str) -> Result<u64, ConditionError> {
    let size = text.parse::<ByteSize>().map(|size| size.as_u64());
    size.map_err(|_| ConditionError::Value { found: text.to_owned(), expected: "a size, such as 512, 10KiB or 1MB" })
}

fn time(text: &str) -> Result<Duration, ConditionError> {
    let expected = "a time, such as 500ms or 2s";
    units::duration(text).ok_or_else(|| ConditionError::Value { found: text.to_owned(), expected })
}
