//! Which inputs have their record: all below a watermark, and some above it.

use std::collections::BTreeMap;

use roaring::RoaringTreemap;

use crate::model::LinePosition;

/// Of so many inputs one is kept as a place where reading can go on.
const ANCHORS: u64 = 256;

/// What tells a record from all others of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    /// The input's ordinal.
    pub seq: u64,
    /// Which page of it, from 1; 0 where pages are not followed.
    pub page: u64,
    /// Which item of the page, from 0.
    pub item: u64,
}

impl RecordKey {
    /// The only record of an input.
    pub fn only(seq: u64) -> Self {
        RecordKey { seq, page: 0, item: 0 }
    }
}

/// A set of ordinals that grows from below.
///
/// Its size follows the gap between the first input that is missing and the last that is there, not their number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompletedSet {
    watermark: u64,
    above: RoaringTreemap,
    /// Places at or above the watermark, and the last below it.
    anchors: BTreeMap<u64, LinePosition>,
}

impl CompletedSet {
    /// All below `watermark`, those `above` it, and a place at or below it.
    pub fn restore(watermark: u64, above: RoaringTreemap, anchor: Option<(u64, LinePosition)>) -> Self {
        let mut done = CompletedSet { watermark, above, anchors: anchor.into_iter().collect() };
        done.raise();
        done
    }

    /// Takes in an ordinal; false if it was there. `place` is where the input stands, if that is known.
    pub fn insert(&mut self, seq: u64, place: Option<LinePosition>) -> bool {
        if seq < self.watermark {
            return false;
        }
        if let Some(place) = place.filter(|_| seq.is_multiple_of(ANCHORS)) {
            self.anchors.insert(seq, place);
        }
        if seq > self.watermark {
            return self.above.insert(seq);
        }
        self.watermark += 1;
        self.raise();
        true
    }

    /// Forgets the places: the inputs are others than those that it had them from.
    pub fn forget_positions(&mut self) {
        self.anchors.clear();
    }

    /// Whether an input has its record.
    pub fn contains(&self, seq: u64) -> bool {
        seq < self.watermark || self.above.contains(seq)
    }

    /// The first ordinal that is missing.
    pub fn watermark(&self) -> u64 {
        self.watermark
    }

    /// The ordinals above the watermark.
    pub fn above(&self) -> &RoaringTreemap {
        &self.above
    }

    /// How many inputs have their record.
    pub fn len(&self) -> u64 {
        self.watermark + self.above.len()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last known place at or below the watermark, and the ordinal that stands there.
    pub fn anchor(&self) -> Option<(u64, LinePosition)> {
        self.anchors.range(..=self.watermark).next_back().map(|(&seq, &place)| (seq, place))
    }

    fn raise(&mut self) {
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

    fn place(seq: u64) -> LinePosition {
        LinePosition { list: 0, line: seq + 1, offset: 20 * seq }
    }

    #[test]
    fn places_are_kept_for_the_gap_alone() {
        let mut done = CompletedSet::default();
        assert_eq!(done.anchor(), None);
        (1..100_000).for_each(|seq| assert!(done.insert(seq, Some(place(seq)))));
        assert_eq!((done.watermark(), done.len(), done.anchor()), (0, 99_999, None));
        assert!(done.insert(0, Some(place(0))));
        assert_eq!((done.watermark(), done.above().len(), done.anchors.len()), (100_000, 0, 1));
        assert_eq!(done.anchor(), Some((99_840, place(99_840))));
    }

    proptest! {
        #[test]
        fn it_is_a_set(seqs in vec(0u64..3 * ANCHORS, 0..2000), cut in 0usize..2000) {
            let (mut done, mut set) = (CompletedSet::default(), BTreeSet::new());
            for (n, &seq) in seqs.iter().enumerate() {
                prop_assert_eq!(done.insert(seq, Some(place(seq))), set.insert(seq));
                prop_assert_eq!(done.len(), set.len() as u64);
                prop_assert_eq!(done.watermark(), (0..).find(|seq| !set.contains(seq)).unwrap());
                prop_assert!(done.anchor().is_none_or(|(seq, at)| seq <= done.watermark() && at == place(seq)));
                if n == cut {
                    done = CompletedSet::restore(done.watermark(), done.above().clone(), done.anchor());
                }
            }
            prop_assert!((0..4 * ANCHORS).all(|seq| done.contains(seq) == set.contains(&seq)));
        }
    }
}
