//! Spans of time that unite where they overlap.

use serde::{Deserialize, Serialize};

/// Spans of time in microseconds since 1970, in order and apart from each other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(u64, u64)>")]
pub(super) struct Spans(Vec<(u64, u64)>);

impl Spans {
    /// How much time they cover.
    pub(super) fn covered(&self) -> u64 {
        self.0.iter().fold(0, |sum, (from, until)| sum.saturating_add(until - from))
    }

    /// Moves the end of the last span, or begins the first one.
    pub(super) fn extend(&mut self, at: u64) {
        match self.0.last_mut() {
            Some((from, until)) => (*from, *until) = (at.min(*from), at.max(*until)),
            None => self.0.push((at, at)),
        }
    }

    pub(super) fn merge(&mut self, other: &Spans) {
        let mut all = [&self.0[..], &other.0].concat();
        all.sort_unstable();
        self.0.clear();
        for (from, until) in all {
            match self.0.last_mut() {
                Some((_, end)) if from <= *end => *end = until.max(*end),
                _ => self.0.push((from, until)),
            }
        }
    }
}

impl TryFrom<Vec<(u64, u64)>> for Spans {
    type Error = &'static str;

    fn try_from(spans: Vec<(u64, u64)>) -> Result<Self, Self::Error> {
        let in_order =
            spans.iter().all(|(from, until)| from <= until) && spans.windows(2).all(|two| two[0].1 < two[1].0);
        in_order.then_some(Spans(spans)).ok_or("spans of time that overlap or are out of order")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_unite_where_they_overlap() {
        let one = |from, until| Spans(vec![(from, until)]);
        let mut spans = one(10, 20);
        spans.merge(&one(30, 40));
        spans.merge(&one(15, 25));
        assert_eq!((&spans, spans.covered()), (&Spans(vec![(10, 25), (30, 40)]), 25));
        spans.merge(&one(25, 30));
        assert_eq!(spans, one(10, 40));
    }
}
