//! Puts records back into the order of the inputs: early ones wait, within a bound in bytes.

use std::collections::VecDeque;
use std::time::Duration;

/// What a record counts for at least, in bytes: its job and attempt, which are not booked.
const MIN_RECORD: usize = 1 << 10;

/// The inputs that have no last record yet or wait for one before them, in their order.
///
/// There are at most as many as there are jobs in flight and in the schedule, plus records in the window.
#[derive(Debug)]
pub(super) struct ReorderBuffer<T> {
    inputs: VecDeque<InputRecords<T>>,
    /// Once more bytes than this wait, only the oldest input may go on.
    window: usize,
    /// Bytes that wait.
    waiting: usize,
}

#[derive(Debug)]
struct InputRecords<T> {
    seq: u64,
    state: InputState,
    /// The records that wait, those of earlier pages first, each with its size.
    records: Vec<(T, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InputState {
    /// It waits in the schedule.
    Scheduled,
    InFlight,
    /// It has its last record.
    Done,
}

impl<T> ReorderBuffer<T> {
    pub(super) fn new(window: usize) -> Self {
        ReorderBuffer { inputs: VecDeque::new(), window, waiting: 0 }
    }

    /// Adds the next input.
    pub(super) fn admit(&mut self, seq: u64) {
        debug_assert!(self.inputs.back().is_none_or(|last| last.seq < seq), "inputs are admitted in their order");
        self.inputs.push_back(InputRecords { seq, state: InputState::Scheduled, records: Vec::new() });
    }

    /// Notes that an attempt for an input starts, or has ended.
    pub(super) fn set_in_flight(&mut self, seq: u64, in_flight: bool) {
        if let Some(at) = self.position(seq) {
            self.inputs[at].state = if in_flight { InputState::InFlight } else { InputState::Scheduled };
        }
    }

    /// Takes a record of `bytes`, the `last` of its input or that of an earlier page. Moves to `ready` what need not
    /// wait.
    pub(super) fn put(&mut self, seq: u64, item: T, bytes: usize, last: bool, ready: &mut Vec<T>) {
        let Some(at) = self.position(seq) else { return ready.push(item) };
        let bytes = bytes.max(MIN_RECORD);
        self.waiting += bytes;
        self.inputs[at].records.push((item, bytes));
        if last {
            self.inputs[at].state = InputState::Done;
        }
        if at == 0 {
            self.release(ready);
        }
    }

    /// Stops waiting for inputs that are not in flight: no record comes of them.
    pub(super) fn give_up(&mut self, ready: &mut Vec<T>) {
        // The records of their pages keep their places.
        let scheduled = self.inputs.iter_mut().filter(|input| input.state == InputState::Scheduled);
        scheduled.for_each(|input| input.state = InputState::Done);
        self.release(ready);
    }

    /// Whether so much waits that only the oldest input may go on.
    pub(super) fn is_full(&self) -> bool {
        self.waiting > self.window
    }

    /// The input that all records wait for.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.inputs.front().map(|input| input.seq)
    }

    /// The same, if it is not in flight. It must be able to start, or nothing would ever go on.
    pub(super) fn oldest_to_start(&self) -> Option<u64> {
        self.inputs.front().filter(|input| input.state == InputState::Scheduled).map(|input| input.seq)
    }

    /// The first input in flight.
    pub(super) fn oldest_in_flight(&self) -> Option<u64> {
        self.inputs.iter().find(|input| input.state == InputState::InFlight).map(|input| input.seq)
    }

    /// Whether the last record of every input has been released.
    pub(super) fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    fn position(&self, seq: u64) -> Option<usize> {
        self.inputs.binary_search_by_key(&seq, |input| input.seq).ok()
    }

    fn release(&mut self, ready: &mut Vec<T>) {
        while let Some(oldest) = self.inputs.front_mut() {
            for (item, bytes) in oldest.records.drain(..) {
                self.waiting -= bytes;
                ready.push(item);
            }
            if oldest.state != InputState::Done {
                return;
            }
            self.inputs.pop_front();
        }
    }
}

/// Finds the input that made others wait for longest.
#[derive(Debug, Default)]
pub(super) struct Lateness {
    /// The one that does now, and since when.
    now: Option<(u64, Duration)>,
    /// The one that did for longest: for how long, which one, and its host.
    longest: Option<(Duration, u64, String)>,
}

impl Lateness {
    /// Notes which input makes others wait from now on.
    pub(super) fn note(&mut self, seq: Option<u64>, now: Duration) {
        if self.now.map(|(seq, _)| seq) != seq {
            self.now = seq.map(|seq| (seq, now));
        }
    }

    /// Notes that an input has its last record.
    pub(super) fn end(&mut self, seq: u64, now: Duration, host: impl FnOnce() -> String) {
        let Some((_, since)) = self.now.filter(|(late, _)| *late == seq) else { return };
        let time = now - since;
        if self.longest.as_ref().is_none_or(|(longest, ..)| time > *longest) {
            self.longest = Some((time, seq, host()));
        }
    }

    /// The input that made others wait for longest, and its host.
    pub(super) fn longest(&self) -> Option<(u64, &str)> {
        self.longest.as_ref().map(|(_, seq, host)| (*seq, host.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a record releases.
    fn put(order: &mut ReorderBuffer<&'static str>, seq: u64, item: &'static str, last: bool) -> Vec<&'static str> {
        let mut ready = Vec::new();
        order.put(seq, item, 0, last, &mut ready);
        ready
    }

    #[test]
    fn early_records_wait_and_pages_of_the_oldest_pass() {
        let mut order = ReorderBuffer::new(2 * MIN_RECORD);
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
    fn inputs_given_up_delay_nothing() {
        let mut order = ReorderBuffer::new(0);
        (0..5).for_each(|seq| order.admit(seq));
        order.set_in_flight(2, true);
        assert_eq!(order.oldest_to_start(), Some(0));
        assert_eq!(put(&mut order, 1, "1", true), [""; 0]);
        assert_eq!(put(&mut order, 4, "4 page 1", false), [""; 0]);
        let mut ready = Vec::new();
        order.give_up(&mut ready);
        assert_eq!((ready, order.oldest(), order.oldest_to_start()), (vec!["1"], Some(2), None));
        assert_eq!(put(&mut order, 2, "2", true), ["2", "4 page 1"]);
        assert!(order.is_empty() && !order.is_full());
    }

    #[test]
    fn the_latest_input_is_the_one_that_made_others_wait_for_longest() {
        let (mut late, s) = (Lateness::default(), Duration::from_secs);
        let host = |name: &'static str| move || name.to_owned();
        late.note(Some(3), s(1));
        late.note(Some(3), s(2));
        late.end(4, s(3), host("a"));
        late.end(3, s(3), host("b"));
        late.note(Some(5), s(3));
        late.end(5, s(4), host("c"));
        late.note(None, s(4));
        late.end(5, s(9), host("d"));
        assert_eq!(late.longest(), Some((3, "b")));
    }

    /// What may happen: the next input is admitted, one has a record, or the run gives up.
    #[derive(Debug, Clone)]
    enum Event {
        Admit(u64),
        Record { which: prop::sample::Index, bytes: usize, last: bool },
        GiveUp,
    }

    fn event() -> impl Strategy<Value = Event> {
        let record = (any::<prop::sample::Index>(), 0..5 * MIN_RECORD, prop::bool::weighted(0.7));
        prop_oneof![
            10 => (1..4u64).prop_map(Event::Admit),
            10 => record.prop_map(|(which, bytes, last)| Event::Record { which, bytes, last }),
            1 => Just(Event::GiveUp),
        ]
    }

    proptest! {
        /// While the window has room, any input goes on; while it is full, only the oldest.
        #[test]
        fn records_come_out_in_order(window in 0..20 * MIN_RECORD, script in prop::collection::vec(event(), 0..200)) {
            let (mut order, mut ready) = (ReorderBuffer::new(window), Vec::new());
            // The inputs that are not done, each with its pages so far.
            let (mut inputs, mut next, mut put) = (Vec::<(u64, u64)>::new(), 0, 0);
            for step in script {
                match step {
                    Event::Admit(gap) if !order.is_full() => {
                        next += gap;
                        order.admit(next);
                        inputs.push((next, 0));
                    }
                    Event::Record { which, bytes, last } if !inputs.is_empty() => {
                        let at = if order.is_full() { 0 } else { which.index(inputs.len()) };
                        let before = order.waiting;
                        let (seq, page) = inputs[at];
                        order.put(seq, (seq, page), bytes, last, &mut ready);
                        put += 1;
                        prop_assert!(order.waiting <= before || order.waiting <= window + 5 * MIN_RECORD);
                        if last {
                            inputs.remove(at);
                        } else {
                            inputs[at].1 += 1;
                        }
                    }
                    Event::GiveUp => {
                        order.give_up(&mut ready);
                        inputs.clear();
                        prop_assert!(order.is_empty());
                    }
                    _ => {}
                }
                // It never gets stuck: whatever fills it, the oldest input is not done and may go on.
                prop_assert!(!order.is_full() || order.oldest_to_start() == inputs.first().map(|input| input.0));
                prop_assert!(!order.is_full() || !inputs.is_empty());
                prop_assert!(order.inputs.iter().map(|input| input.records.len()).sum::<usize>() + ready.len() == put);
            }
            for (seq, page) in inputs {
                order.put(seq, (seq, page), 0, true, &mut ready);
                put += 1;
            }
            prop_assert!(order.is_empty() && order.waiting == 0);
            prop_assert_eq!(ready.len(), put);
            prop_assert!(ready.is_sorted(), "{:?}", ready);
        }
    }
}
