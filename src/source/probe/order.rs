//! The order in which targets come.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use fastrand::Rng;

use crate::model::units::greatest_common_divisor;

/// The order in which targets come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As in the lists.
    #[default]
    Listed,
    /// At random.
    Shuffled {
        /// The seed of the order.
        seed: u64,
    },
}

/// Says which target comes next.
#[derive(Debug)]
pub(super) enum Picker {
    /// One after the other.
    Listed { next: u32, count: u32 },
    /// Spread evenly by weight.
    Weighted(Weighted),
    /// At random, in rounds.
    Shuffled(Shuffled),
}

impl Picker {
    /// Picks targets of these weights. There must be a target, and no weight can be 0.
    pub(super) fn new(weights: &[u32], order: Order) -> Self {
        let weights = reduced(weights);
        match order {
            Order::Shuffled { seed } => Picker::Shuffled(Shuffled::new(&weights, seed)),
            Order::Listed if weights.iter().all(|&weight| weight == 1) => {
                Picker::Listed { next: 0, count: weights.len() as u32 }
            }
            Order::Listed => Picker::Weighted(Weighted::new(weights)),
        }
    }

    /// The index of the next target.
    pub(super) fn next(&mut self) -> usize {
        match self {
            Picker::Listed { next, count } => {
                let picked = *next;
                *next = if picked + 1 == *count { 0 } else { picked + 1 };
                picked as usize
            }
            Picker::Weighted(weighted) => weighted.next(),
            Picker::Shuffled(shuffled) => shuffled.next(),
        }
    }
}

/// Weights divided by what divides them all.
fn reduced(weights: &[u32]) -> Vec<u32> {
    let divisor = weights.iter().fold(0, |divisor, &weight| greatest_common_divisor(divisor, weight.into())).max(1);
    weights.iter().map(|&weight| (u64::from(weight) / divisor) as u32).collect()
}

/// Picks each target as often as its weight says, and as evenly as possible.
///
/// Pick number n of a target of weight w, of a total of W, happens from place ⌊n·W/w⌋ on and before ⌈(n+1)·W/w⌉. To
/// take the pick with the earliest end first always succeeds, as for tasks on one processor. So after any number of
/// picks each target has been picked its exact share, rounded up or down.
#[derive(Debug)]
pub(super) struct Weighted {
    weights: Vec<u32>,
    total: u64,
    /// The number of picks so far.
    place: u64,
    /// Picks that are not possible yet.
    waiting: BinaryHeap<Reverse<Pick>>,
    /// Possible picks, by their end.
    ready: BinaryHeap<Reverse<(u64, Pick)>>,
}

/// A pick: from which place on it is possible, of which target, and which of its picks it is.
type Pick = (u64, u32, u64);

impl Weighted {
    fn new(weights: Vec<u32>) -> Self {
        let total = weights.iter().map(|&weight| u64::from(weight)).sum();
        let waiting = (0..weights.len() as u32).map(|target| Reverse((0, target, 0))).collect();
        Weighted { weights, total, place: 0, waiting, ready: BinaryHeap::new() }
    }

    fn next(&mut self) -> usize {
        while let Some(Reverse(pick)) = self.waiting.peek()
            && pick.0 <= self.place
            && let Some(Reverse(pick)) = self.waiting.pop()
        {
            let (_, target, number) = pick;
            self.ready.push(Reverse((self.share(target, number + 1).1, pick)));
        }
        let Some(Reverse((_, (_, target, number)))) = self.ready.pop() else {
            unreachable!("there is a pick for every place");
        };
        self.waiting.push(Reverse((self.share(target, number + 1).0, target, number + 1)));
        self.place += 1;
        target as usize
    }

    /// The place at which `number` picks of a target are due, rounded down and up.
    fn share(&self, target: u32, number: u64) -> (u64, u64) {
        let (exact, weight) = (u128::from(number) * u128::from(self.total), u128::from(self.weights[target as usize]));
        ((exact / weight) as u64, exact.div_ceil(weight) as u64)
    }
}

/// Picks targets at random, each as often in a round as its weight says.
#[derive(Debug)]
pub(super) struct Shuffled {
    rng: Rng,
    /// How often each target is still to be picked in this round, as sums in a Fenwick tree.
    sums: Vec<u64>,
    left: u64,
    /// The same at the start of a round.
    full: Vec<u64>,
    total: u64,
}

impl Shuffled {
    fn new(weights: &[u32], seed: u64) -> Self {
        let mut full = vec![0; weights.len() + 1];
        for at in 1..full.len() {
            full[at] += u64::from(weights[at - 1]);
            let above = at + (at & at.wrapping_neg());
            if above < full.len() {
                full[above] += full[at];
            }
        }
        let total = weights.iter().map(|&weight| u64::from(weight)).sum();
        Shuffled { rng: Rng::with_seed(seed), sums: full.clone(), left: total, full, total }
    }

    fn next(&mut self) -> usize {
        if self.left == 0 {
            self.sums.copy_from_slice(&self.full);
            self.left = self.total;
        }
        let mut rest = self.rng.u64(0..self.left);
        self.left -= 1;
        let mut at = 0;
        let mut step = (self.sums.len() - 1).checked_ilog2().map_or(0, |log| 1 << log);
        while step > 0 {
            if at + step < self.sums.len() && self.sums[at + step] <= rest {
                at += step;
                rest -= self.sums[at];
            } else if at + step < self.sums.len() {
                self.sums[at + step] -= 1; // it covers the picked target
            }
            step >>= 1;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn listed(weights: &[u32]) -> Picker {
        Picker::new(weights, Order::Listed)
    }

    fn shuffled(weights: &[u32], seed: u64) -> Picker {
        Picker::new(weights, Order::Shuffled { seed })
    }

    fn picks(mut picker: Picker, count: usize) -> Vec<usize> {
        (0..count).map(|_| picker.next()).collect()
    }

    #[test]
    fn equal_weights_keep_the_order_of_the_list() {
        for weights in [[1, 1, 1], [7, 7, 7]] {
            assert_eq!(picks(listed(&weights), 7), [0, 1, 2, 0, 1, 2, 0]);
        }
    }

    #[test]
    fn a_heavy_target_is_spread_over_the_round() {
        assert_eq!(picks(listed(&[2, 1]), 6), [0, 1, 0, 0, 1, 0]);
        assert_eq!(picks(listed(&[10, 30]), 8), [1, 1, 0, 1, 1, 1, 0, 1]);
        let weights: Vec<u32> = [vec![1000], vec![1; 1000]].concat();
        let picks = picks(listed(&weights), 4000);
        assert!(picks.windows(3).all(|three| three.contains(&0) && three.iter().any(|&target| target > 0)));
    }

    #[test]
    fn rounds_differ_when_shuffled() {
        let rounds = picks(shuffled(&[1; 50], 1), 100);
        let (first, second) = rounds.split_at(50);
        assert_ne!(first, second);
        assert_ne!(first, (0..50).collect::<Vec<_>>());
        assert_ne!(first, picks(shuffled(&[1; 50], 2), 50));
    }

    #[test]
    fn every_target_may_come_first_when_shuffled() {
        let mut first = [0; 3];
        (0..3000).for_each(|seed| first[shuffled(&[1, 1, 2], seed).next()] += 1);
        assert!((600..900).contains(&first[0]) && (600..900).contains(&first[1]), "{first:?}");
    }

    proptest! {
        #[test]
        fn shares_are_exact_within_one_at_any_time(weights in vec(1u32..40, 1..12), rounds in 1u64..4) {
            let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
            let mut picker = listed(&weights);
            let mut counts = vec![0u64; weights.len()];
            for place in 1..=rounds * total {
                counts[picker.next()] += 1;
                for (count, weight) in counts.iter().zip(&weights) {
                    let exact = place * u64::from(*weight);
                    prop_assert!((exact / total..=exact.div_ceil(total)).contains(count), "{counts:?}");
                }
            }
        }

        #[test]
        fn a_shuffled_round_has_each_target_as_often_as_its_weight(
            weights in vec(1u32..9, 1..40),
            seed: u64,
            rounds in 1usize..4,
        ) {
            let reduced = reduced(&weights);
            let total = reduced.iter().sum::<u32>() as usize;
            let all = picks(shuffled(&weights, seed), rounds * total);
            for round in all.chunks(total) {
                let mut counts = vec![0; weights.len()];
                round.iter().for_each(|&target| counts[target] += 1);
                prop_assert_eq!(&counts, &reduced);
            }
            prop_assert_eq!(picks(shuffled(&weights, seed), rounds * total), all);
        }
    }
}
