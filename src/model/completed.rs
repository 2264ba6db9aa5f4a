//! The set of inputs that have a record: all below a watermark, and some above it.

use std::collections::BTreeMap;

use roaring::RoaringTreemap;

use crate::model::LinePosition;

/// The number of inputs per stored position.
const ANCHOR_INTERVAL: u64 = 256;

/// Identifies a record within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    /// The input's ordinal.
    pub seq: u64,
    /// The page of the input, from 1; 0 without pagination.
    pub page: u64,
    /// The item of the page, from 0.
    pub item: u64,
}

impl RecordKey {
    /// The key of the only record of an input.
    pub fn only(seq: u64) -> Self {
        RecordKey { seq, page: 0, item: 0 }
    }
}

/// A set of ordinals, compact if most of the lower ones are in it.
///
/// Its size depends on the gap between the first missing ordinal and the last one present, not on their number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompletedSet {
    watermark: u64,
    above: RoaringTreemap,
    /// Positions at or above the watermark, and the last one below it.
    anchors: BTreeMap<u64, LinePosition>,
}

impl CompletedSet {
    /// The ordinals below `watermark`, those `above` it, and a position at or below it.
    pub fn restore(watermark: u64, above: RoaringTreemap, anchor: Option<(u64, LinePosition)>) -> Self {
        let mut done = CompletedSet { watermark, above, anchors: anchor.into_iter().collect() };
        done.raise_watermark();
        done
    }

    /// Adds an ordinal, with the position of its input if known. Returns false if it was present.
    pub fn insert(&mut self, seq: u64, position: Option<LinePosition>) -> bool {
        if seq < self.watermark {
            return false;
        }
        if let Some(position) = position.filter(|_| seq.is_multiple_of(ANCHOR_INTERVAL)) {
            self.anchors.insert(seq, position);
        }
        if seq > self.watermark {
            return self.above.insert(seq);
        }
        self.watermark += 1;
        self.raise_watermark();
        true
    }

    /// Discards the positions, because the inputs have changed.
    pub fn forget_positions(&mut self) {
        self.anchors.clear();
    }

    /// Whether an input has a record.
    pub fn contains(&self, seq: u64) -> bool {
        seq < self.watermark || self.above.contains(seq)
    }

    /// The first missing ordinal.
    pub fn watermark(&self) -> u64 {
        self.watermark
    }

    /// The ordinals above the watermark.
    pub fn above(&self) -> &RoaringTreemap {
        &self.above
    }

    /// The number of inputs that have a record.
    pub fn len(&self) -> u64 {
        self.watermark + self.above.len()
    }

    /// Whether no input has a record.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last stored position at or below the watermark, and its ordinal.
    pub fn anchor(&self) -> Option<(u64, LinePosition)> {
        self.anchors.range(..=self.watermark).next_back().map(|(&seq, &position)| (seq, position))
    }

    fn raise_watermark(&mut self) {
        if !self.above.is_empty() {
            while self.above.remove(self.watermark) {
                self.watermark += 1;
            }
        }
        while self.anchors.iter().nth(1).is_some_and(|(&second, _)| second <= self.watermark) {
            self.anchors.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn position(seq: u64) -> LinePosition {
        LinePosition { list: 0, line: seq + 1, offset: 20 * seq }
    }

    #[test]
    fn positions_are_kept_only_for_the_gap() {
        let mut done = CompletedSet::default();
        assert_eq!(done.anchor(), None);
        (1..100_000).for_each(|seq| assert!(done.insert(seq, Some(position(seq)))));
        assert_eq!((done.watermark(), done.len(), done.anchor()), (0, 99_999, None));
        assert!(done.insert(0, Some(position(0))));
        assert_eq!((done.watermark(), done.above().len(), done.anchors.len()), (100_000, 0, 1));
        assert_eq!(done.anchor(), Some((99_840, position(99_840))));
    }

    proptest! {
        #[test]
        fn it_behaves_like_a_set(seqs in vec(0u64..3 * ANCHOR_INTERVAL, 0..2000), cut in 0usize..2000) {
            let (mut done, mut set) = (CompletedSet::default(), BTreeSet::new());
            for (n, &seq) in seqs.iter().enumerate() {
                prop_assert_eq!(done.insert(seq, Some(position(seq))), set.insert(seq));
                prop_assert_eq!(done.len(), set.len() as u64);
                prop_assert_eq!(done.watermark(), (0..).find(|seq| !set.contains(seq)).unwrap());
                prop_assert!(done.anchor().is_none_or(|(seq, at)| seq <= done.watermark() && at == position(seq)));
                if n == cut {
                    done = CompletedSet::restore(done.watermark(), done.above().clone(), done.anchor());
                }
            }
            prop_assert!((0..4 * ANCHOR_INTERVAL).all(|seq| done.contains(seq) == set.contains(&seq)));
        }
    }
}
