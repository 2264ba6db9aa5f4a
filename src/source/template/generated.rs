//! Values that a probe generates for each of its requests.

use std::fmt::Write as _;
use std::time::SystemTime;

use fastrand::Rng;
use jiff::Timestamp;

/// A value that differs from request to request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum Generated {
    /// The number of the request, from 0.
    Seq,
    /// A random UUID, of version 4.
    Uuid,
    /// The time at which it starts.
    Now,
    /// A whole number from a range.
    Random { from: i64, to: i64 },
}

/// How a generated value is inserted: unlike those of columns, it has only letters, digits, `-`, `.` and `:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum Inserted {
    AsIs,
    /// In a URL or form: percent-encoded.
    Encoded,
    /// In JSON, but not in a string: text is quoted.
    JsonValue,
}

/// The placeholders that every probe knows.
const KNOWN: &str = "{{seq}}, {{uuid}}, {{now}} and {{random FROM TO}}";

impl Generated {
    /// The value that a placeholder stands for, if a probe knows it.
    pub(in crate::source) fn parse(name: &str) -> Result<Option<Self>, String> {
        let mut words = name.split_ascii_whitespace();
        let (first, rest) = (words.next(), words.collect::<Vec<_>>());
        Ok(Some(match (first, &rest[..]) {
            (Some("seq"), []) => Generated::Seq,
            (Some("uuid"), []) => Generated::Uuid,
            (Some("now"), []) => Generated::Now,
            (Some("random"), [from, to]) => match (from.parse(), to.parse()) {
                (Ok(from), Ok(to)) if from <= to => Generated::Random { from, to },
                (Ok(_), Ok(_)) => return Err(format!("{{{{{name}}}}}: the first number is above the second")),
                _ => return Err(random_form(name)),
            },
            (Some("random"), _) => return Err(random_form(name)),
            _ => return Ok(None),
        }))
    }
}

fn random_form(name: &str) -> String {
    let name = shown(name);
    format!("{{{{{name}}}}}: random takes two whole numbers, as in {{{{random 1 100}}}}")
}

/// The error for a placeholder that is neither a column nor known to a probe.
pub(super) fn unknown(name: &str) -> String {
    let name = shown(name);
    let meant =
        ["seq", "uuid", "now", "random"].into_iter().find(|known| strsim::damerau_levenshtein(known, &name) < 2);
    let meant = meant.map_or_else(String::new, |meant| format!(" (did you mean {meant}?)"));
    format!("{{{{{name}}}}} is not a column, nor one of {KNOWN}{meant}; write {} for {{{{", super::braces::LITERAL)
}

fn shown(name: &str) -> String {
    name.chars().take(40).collect::<String>().escape_debug().to_string()
}

/// The values of one request. Except for the time, they depend only on its number and a seed.
pub(in crate::source) struct Values {
    seq: u64,
    now: SystemTime,
    rng: Rng,
}

impl Values {
    /// Those of the request numbered `seq`, which starts at `now`.
    pub(in crate::source) fn new(seed: u64, seq: u64, now: SystemTime) -> Self {
        Values { seq, now, rng: Rng::with_seed(mixed(seed, seq)) }
    }

    /// Values to check a template with.
    pub(in crate::source) fn examples() -> Self {
        Values::new(0, 0, SystemTime::UNIX_EPOCH)
    }

    fn write(&mut self, text: &mut String, value: Generated, how: Inserted) {
        let is_text = matches!(value, Generated::Uuid | Generated::Now);
        let quote = if is_text && how == Inserted::JsonValue { "\"" } else { "" };
        text.push_str(quote);
        // Writing to a string never fails.
        let _ = match value {
            Generated::Seq => write!(text, "{}", self.seq),
            Generated::Random { from, to } => write!(text, "{}", self.rng.i64(from..=to)),
            Generated::Uuid => {
                let uuid = uuid::Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid();
                write!(text, "{uuid}")
            }
            Generated::Now => {
                let now = format!("{:.3}", Timestamp::try_from(self.now).unwrap_or_default());
                let colon = if how == Inserted::Encoded { "%3A" } else { ":" };
                write!(text, "{}", now.replace(':', colon))
            }
        };
        text.push_str(quote);
    }
}

/// A seed for one request, by the finalizer of SplitMix64: neighbours have nothing in common.
fn mixed(seed: u64, seq: u64) -> u64 {
    let mut bits = seed.wrapping_add(seq.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A text whose columns are filled, and whose generated values are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct Pieces {
    /// Values, each with the text before it.
    pub(super) pieces: Vec<(Box<str>, Generated, Inserted)>,
    pub(super) tail: String,
}

impl Pieces {
    /// A text in which nothing is left to be filled.
    pub(in crate::source) fn text(text: impl Into<String>) -> Self {
        Pieces { pieces: Vec::new(), tail: text.into() }
    }

    /// Whether nothing is left to be filled.
    pub(in crate::source) fn is_text(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether it has values that depend on the seed.
    pub(in crate::source) fn has_random(&self) -> bool {
        self.pieces.iter().any(|(_, value, _)| matches!(value, Generated::Uuid | Generated::Random { .. }))
    }

    /// The text with the values of a request.
    pub(in crate::source) fn fill(&self, values: &mut Values) -> String {
        let mut text = String::with_capacity(self.size() + 24 * self.pieces.len());
        for (literal, value, how) in &self.pieces {
            text.push_str(literal);
            values.write(&mut text, *value, *how);
        }
        text.push_str(&self.tail);
        text
    }

    /// The text with examples.
    pub(in crate::source) fn example(&self) -> String {
        self.fill(&mut Values::examples())
    }

    /// The length of its fixed parts.
    pub(in crate::source) fn size(&self) -> usize {
        self.pieces.iter().map(|(literal, ..)| literal.len()).sum::<usize>() + self.tail.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn value(name: &str, how: Inserted, seq: u64) -> String {
        let value = Generated::parse(name).unwrap().unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_micros(1_795_815_840_123_987);
        let mut text = String::new();
        Values::new(7, seq, now).write(&mut text, value, how);
        text
    }

    #[test]
    fn values_are_those_of_the_request() {
        assert_eq!(value("seq", Inserted::AsIs, 17), "17");
        assert_eq!(value("now", Inserted::AsIs, 0), "2026-11-27T21:44:00.123Z");
        assert_eq!(value("now", Inserted::Encoded, 0), "2026-11-27T21%3A44%3A00.123Z");
        assert_eq!(value("now", Inserted::JsonValue, 0), r#""2026-11-27T21:44:00.123Z""#);
        assert_eq!(value("seq", Inserted::JsonValue, 3), "3");
        assert_eq!(value("random -5 -5", Inserted::AsIs, 0), "-5");
        assert_eq!(value("uuid", Inserted::AsIs, 5), value("uuid", Inserted::Encoded, 5));
        assert_ne!(value("uuid", Inserted::AsIs, 5), value("uuid", Inserted::AsIs, 6));
    }

    #[test]
    fn a_uuid_is_of_version_4() {
        for seq in 0..200 {
            let text = value("uuid", Inserted::AsIs, seq);
            let uuid: uuid::Uuid = text.parse().unwrap();
            assert_eq!((uuid.get_version_num(), uuid.get_variant()), (4, uuid::Variant::RFC4122));
            assert_eq!(uuid.to_string(), text);
        }
    }

    #[test]
    fn random_numbers_are_within_their_range_and_reach_its_ends() {
        let numbers: std::collections::BTreeSet<i64> =
            (0..300).map(|seq| value("random 1 6", Inserted::AsIs, seq).parse().unwrap()).collect();
        assert_eq!(numbers.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn what_is_not_a_value_is_refused() {
        for (name, why) in [
            ("random", "two whole numbers"),
            ("random 1", "two whole numbers"),
            ("random a b", "two whole numbers"),
            ("random 1 2 3", "two whole numbers"),
            ("random 2 1", "the first number is above the second"),
        ] {
            assert!(Generated::parse(name).unwrap_err().contains(why), "{name}");
        }
        assert_eq!(Generated::parse("seq 1"), Ok(None));
        let message = "{{sqe}} is not a column, nor one of {{seq}}, {{uuid}}, {{now}} and {{random FROM TO}} \
                       (did you mean seq?); write {{{{}} for {{";
        assert_eq!(unknown("sqe"), message);
    }
}
