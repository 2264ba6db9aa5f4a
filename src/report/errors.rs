//! Failures by kind, each with a few samples.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::RecordSummary;
use crate::model::{ErrorKind, shown_url};

/// How many samples a kind of failure keeps.
pub const MAX_SAMPLES: usize = 2;

/// How much of its URL a sample keeps, in characters.
const MAX_URL: usize = 200;

/// How much of its message a sample keeps, in characters.
const MAX_MESSAGE: usize = 300;

/// The failures of every kind, at the index of the kind; checkpoints and documents have them by name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(try_from = "BTreeMap<ErrorKind, Failures>")]
pub(super) struct Errors([Failures; ErrorKind::ALL.len()]);

/// The failures of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Failures {
    pub(super) count: u64,
    /// The first by [`Sample`]'s order, so that they do not depend on the order of arrival.
    pub(super) samples: Vec<Sample>,
}

/// One failure; ordered by `seq`, and by the rest where inputs of several runs share a number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Sample {
    pub(super) seq: u64,
    pub(super) url: Box<str>,
    pub(super) message: Box<str>,
}

impl Errors {
    pub(super) fn add(&mut self, kind: ErrorKind, message: &str, record: &RecordSummary<'_>) {
        let failures = &mut self.0[kind as usize];
        failures.count = failures.count.saturating_add(1);
        if failures.samples.get(MAX_SAMPLES - 1).is_none_or(|last| record.seq <= last.seq) {
            let url = shown_url(record.url, record.redact); // so that it is the same where only the record is left
            failures.keep(Sample {
                seq: record.seq,
                url: first_chars(&record.redact.url(&url), MAX_URL).into(),
                message: first_chars(&record.redact.message(message), MAX_MESSAGE).into(),
            });
        }
    }

    pub(super) fn merge(&mut self, other: &Errors) {
        for (failures, other) in self.0.iter_mut().zip(&other.0) {
            failures.count = failures.count.saturating_add(other.count);
            other.samples.iter().cloned().for_each(|sample| failures.keep(sample));
        }
    }

    /// The kinds that occurred.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ErrorKind, &Failures)> {
        ErrorKind::ALL.into_iter().zip(&self.0).filter(|(_, failures)| failures.count > 0)
    }
}

impl Serialize for Errors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl TryFrom<BTreeMap<ErrorKind, Failures>> for Errors {
    type Error = &'static str;

    fn try_from(saved: BTreeMap<ErrorKind, Failures>) -> Result<Self, Self::Error> {
        let mut errors = Errors::default();
        for (kind, failures) in saved {
            let fit = |sample: &Sample| length(&sample.url) <= MAX_URL && length(&sample.message) <= MAX_MESSAGE;
            let samples = &failures.samples;
            if samples.len() > MAX_SAMPLES || !samples.is_sorted() || !samples.iter().all(fit) {
                return Err("invalid samples");
            }
            errors.0[kind as usize] = failures;
        }
        Ok(errors)
    }
}

impl Failures {
    fn keep(&mut self, sample: Sample) {
        let at = self.samples.partition_point(|kept| *kept <= sample);
        self.samples.insert(at, sample);
        self.samples.truncate(MAX_SAMPLES);
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// The first `chars` characters of `text`.
fn first_chars(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_its_own_index() {
        for (index, kind) in ErrorKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
        }
    }

    #[test]
    fn a_sample_is_masked_before_it_is_cut() {
        let url = format!("https://ann:{}@example.com/{}", "p".repeat(300), "é".repeat(300));
        let mut errors = Errors::default();
        errors.add(ErrorKind::Dns, &"ü".repeat(400), &RecordSummary { url: &url, ..RecordSummary::default() });
        let (_, failures) = errors.iter().next().unwrap();
        let sample = &failures.samples[0];
        assert!(sample.url.starts_with("https://REDACTED@example.com/é"));
        assert_eq!(sample.url.chars().count(), MAX_URL);
        assert_eq!(sample.message.chars().count(), MAX_MESSAGE);
    }
}
