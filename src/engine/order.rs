//! Records in the order of the inputs: those that come early wait, within a bound in bytes.

use std::collections::VecDeque;
use std::time::Duration;

/// What one that waits counts for at least, in bytes: its job and attempt, which nobody has booked.
const LEAST: usize = 1 << 10;

/// Inputs that are under way, in the order of the inputs, and what waits for those before it.
///
/// There are no more inputs than jobs (in flight, and in the schedule) and than what the window holds.
#[derive(Debug)]
pub(super) struct Order<T> {
    open: VecDeque<Open<T>>,
    /// The most bytes that may wait before nothing but the oldest may leave.
    window: usize,
    /// Bytes that wait.
    held: usize,
}

#[derive(Debug)]
struct Open<T> {
    seq: u64,
    stage: Stage,
    /// Of the first pages, and at last of the input itself.
    waiting: Vec<(T, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// In the schedule.
    Waits,
    /// On the wire.
    Out,
    /// It has its last record.
    Completion,
}

impl<T> Order<T> {
    pub(super) fn new(window: usize) -> Self {
        Order { open: VecDeque::new(), window, held: 0 }
    }

    /// Takes on the next input.
    pub(super) fn admit(&mut self, seq: u64) {
        debug_assert!(self.open.back().is_none_or(|last| last.seq < seq), "inputs are admitted in their order");
        self.open.push_back(Open { seq, stage: Stage::Waits, waiting: Vec::new() });
    }

    /// Notes that an attempt for an input leaves, or comes back.
    pub(super) fn is_out(&mut self, seq: u64, out: bool) {
        if let Some(at) = self.at(seq) {
            self.open[at].stage = if out { Stage::Out } else { Stage::Waits };
        }
    }

    /// Takes in what an input has come to, its `last` or a page before that, and moves to `ready` what may go now.
    pub(super) fn put(&mut self, seq: u64, item: T, bytes: usize, last: bool, ready: &mut Vec<T>) {
        let Some(at) = self.at(seq) else { return ready.push(item) };
        let bytes = bytes.max(LEAST);
        self.held += bytes;
        self.open[at].waiting.push((item, bytes));
        if last {
            self.open[at].stage = Stage::Completion;
        }
        if at == 0 {
            self.release(ready);
        }
    }

    /// Gives up on inputs that are neither done nor on the wire: nothing will come of them.
    pub(super) fn give_up(&mut self, ready: &mut Vec<T>) {
        // Should one have pages, they stand where they would have stood.
        self.open.iter_mut().filter(|open| open.stage == Stage::Waits).for_each(|open| open.stage = Stage::Completion);
        self.release(ready);
    }

    /// Whether so much waits that nothing but the oldest may leave.
    pub(super) fn is_full(&self) -> bool {
        self.held > self.window
    }

    /// The input that all others wait for.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.open.front().map(|open| open.seq)
    }

    /// The same, if it is not on the wire: should it be unable to leave, nothing would ever go on.
    pub(super) fn oldest_to_leave(&self) -> Option<u64> {
        self.open.front().filter(|open| open.stage == Stage::Waits).map(|open| open.seq)
    }

    /// Whether nothing is under way and nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    fn at(&self, seq: u64) -> Option<usize> {
        self.open.binary_search_by_key(&seq, |open| open.seq).ok()
    }

    fn release(&mut self, ready: &mut Vec<T>) {
        while let Some(oldest) = self.open.front_mut() {
            for (item, bytes) in oldest.waiting.drain(..) {
                self.held -= bytes;
                ready.push(item);
            }
            if oldest.stage != Stage::Completion {
                return;
            }
            self.open.pop_front();
        }
    }
}

/// Finds the input that held others back for longest.
#[derive(Debug, Default)]
pub(super) struct Late {
    /// Who does so now, and since when.
    now: Option<(u64, Duration)>,
    /// Who did so for longest: how long, which, and its host.
    longest: Option<(Duration, u64, String)>,
}

impl Late {
    /// Tells which input holds others back from now on.
    pub(super) fn note(&mut self, seq: Option<u64>, now: Duration) {
        if self.now.map(|(seq, _)| seq) != seq {
            self.now = seq.map(|seq| (seq, now));
        }
    }

    /// Tells that the last record of an input has come.
    pub(super) fn came(&mut self, seq: u64, now: Duration, host: impl FnOnce() -> String) {
        let Some((_, since)) = self.now.filter(|(late, _)| *late == seq) else { return };
        let held = now - since;
        if self.longest.as_ref().is_none_or(|(longest, ..)| held > *longest) {
            self.longest = Some((held, seq, host()));
        }
    }

    /// The one that held others back for longest, and its host.
    pub(super) fn longest(self) -> Option<(u64, String)> {
        self.longest.map(|(_, seq, host)| (seq, host))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What has come out, after each of some steps.
    fn put(order: &mut Order<&'static str>, seq: u64, item: &'static str, last: bool) -> Vec<&'static str> {
        let mut ready = Vec::new();
        order.put(seq, item, 0, last, &mut ready);
        ready
    }

    #[test]
    fn what_comes_early_waits_and_pages_of_the_oldest_pass() {
        let mut order = Order::new(2 * LEAST);
        [3, 5, 9].into_iter().for_each(|seq| order.admit(seq));
        assert_eq!(put(&mut order, 5, "5", true), [""; 0]);
        assert_eq!(put(&mut order, 3, "3 page 1", false), ["3 page 1"]);
        assert_eq!(put(&mut order, 9, "9 page 1", false), [""; 0]);
        assert!(!order.is_full() && order.oldest() == Some(3));
        assert_eq!(put(&mut order, 9, "9 page 2", false), [""; 0]);
        assert!(order.is_full());
        assert_eq!(put(&mut order, 3, "3", true), ["3", "5", "9 page 1", "9 page 2"]);
        assert!(!order.is_full() && order.oldest() == Some(9));
        assert_eq!(put(&mut order, 9, "9", true), ["9"]);
        assert!(order.is_empty());
    }

    #[test]
    fn what_is_given_up_holds_nothing_back() {
        let mut order = Order::new(0);
        (0..5).for_each(|seq| order.admit(seq));
        order.is_out(2, true);
        assert_eq!(order.oldest_to_leave(), Some(0));
        assert_eq!(put(&mut order, 1, "1", true), [""; 0]);
        assert_eq!(put(&mut order, 4, "4 page 1", false), [""; 0]);
        let mut ready = Vec::new();
        order.give_up(&mut ready);
        assert_eq!((ready, order.oldest(), order.oldest_to_leave()), (vec!["1"], Some(2), None));
        assert_eq!(put(&mut order, 2, "2", true), ["2", "4 page 1"]);
        assert!(order.is_empty() && !order.is_full());
    }

    #[test]
    fn the_latest_is_the_one_that_held_others_for_longest() {
        let (mut late, s) = (Late::default(), Duration::from_secs);
        let host = |name: &'static str| move || name.to_owned();
        late.note(Some(3), s(1));
        late.note(Some(3), s(2));
        late.came(4, s(3), host("a"));
        late.came(3, s(3), host("b"));
        late.note(Some(5), s(3));
        late.came(5, s(4), host("c"));
        late.note(None, s(4));
        late.came(5, s(9), host("d"));
        assert_eq!(late.longest(), Some((3, "b".to_owned())));
    }

    /// What may happen to inputs: the next is admitted, or some open one comes to a page or to its end, or is given a
    /// chance to leave.
    #[derive(Debug, Clone)]
    enum Happens {
        Admit(u64),
        Comes { which: prop::sample::Index, bytes: usize, last: bool },
        GiveUp,
    }

    fn happens() -> impl Strategy<Value = Happens> {
        let comes = (any::<prop::sample::Index>(), 0..5 * LEAST, prop::bool::weighted(0.7));
        prop_oneof![
            10 => (1..4u64).prop_map(Happens::Admit),
            10 => comes.prop_map(|(which, bytes, last)| Happens::Comes { which, bytes, last }),
            1 => Just(Happens::GiveUp),
        ]
    }

    proptest! {
        /// Admitting only while there is room, and letting the oldest alone go on while there is none.
        #[test]
        fn any_order_of_ends_comes_out_in_order(window in 0..20 * LEAST, script in prop::collection::vec(happens(), 0..200)) {
            let (mut order, mut ready) = (Order::new(window), Vec::new());
            // The open inputs that are not done, each with its pages so far.
            let (mut open, mut next, mut put) = (Vec::<(u64, u64)>::new(), 0, 0);
            for step in script {
                match step {
                    Happens::Admit(gap) if !order.is_full() => {
                        next += gap;
                        order.admit(next);
                        open.push((next, 0));
                    }
                    Happens::Comes { which, bytes, last } if !open.is_empty() => {
                        let at = if order.is_full() { 0 } else { which.index(open.len()) };
                        let before = order.held;
                        let (seq, page) = open[at];
                        order.put(seq, (seq, page), bytes, last, &mut ready);
                        put += 1;
                        prop_assert!(order.held <= before || order.held <= window + 5 * LEAST);
                        if last {
                            open.remove(at);
                        } else {
                            open[at].1 += 1;
                        }
                    }
                    Happens::GiveUp => {
                        order.give_up(&mut ready);
                        open.clear();
                        prop_assert!(order.is_empty());
                    }
                    _ => {}
                }
                // It is never stuck: whoever fills it, the oldest is one that is not done, and may go.
                prop_assert!(!order.is_full() || order.oldest_to_leave() == open.first().map(|open| open.0));
                prop_assert!(!order.is_full() || !open.is_empty());
                prop_assert!(order.open.iter().map(|open| open.waiting.len()).sum::<usize>() + ready.len() == put);
            }
            for (seq, page) in open {
                order.put(seq, (seq, page), 0, true, &mut ready);
                put += 1;
            }
            prop_assert!(order.is_empty() && order.held == 0);
            prop_assert_eq!(ready.len(), put);
            prop_assert!(ready.is_sorted(), "{:?}", ready);
        }
    }
}
