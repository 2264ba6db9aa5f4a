//! How many retries a host may be sent: a service that is down must not get twice the requests for it.

use std::time::Duration;

/// The seconds that count.
const SPAN: usize = 10;

/// Retries that any host may be sent per second, however few requests it gets; ten seconds of them are in reserve.
const RESERVE: usize = 10;

/// One retry is allowed for this many requests.
const ONE_IN: usize = 5;

/// What was sent in each of the last ten seconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RetryBudget {
    second: u32,
    requests: [u16; SPAN],
    retries: [u16; SPAN],
}

impl RetryBudget {
    /// Counts a request that is not a retry.
    pub(super) fn deposit(&mut self, now: Duration) {
        let at = self.advance_to(now);
        self.requests[at] = self.requests[at].saturating_add(1);
    }

    /// Whether another retry may be sent.
    pub(super) fn has_left(&self, now: Duration) -> bool {
        let mut budget = *self;
        budget.advance_to(now);
        let sum = |counts: &[u16; SPAN]| counts.iter().map(|&count| usize::from(count)).sum::<usize>();
        sum(&budget.retries) < SPAN * RESERVE + sum(&budget.requests) / ONE_IN
    }

    /// Counts a retry.
    pub(super) fn withdraw(&mut self, now: Duration) {
        let at = self.advance_to(now);
        self.retries[at] = self.retries[at].saturating_add(1);
    }

    /// When the counts are out of date.
    pub(super) fn outdated_at(&self) -> Duration {
        let retried = self.retries.iter().any(|&retries| retries > 0);
        Duration::from_secs(if retried { u64::from(self.second) + SPAN as u64 } else { 0 })
    }

    /// Drops counts that are too old; returns the place of the current second.
    fn advance_to(&mut self, now: Duration) -> usize {
        let second = now.as_secs() as u32;
        for past in (self.second + 1..=second).take(SPAN) {
            let at = past as usize % SPAN;
            (self.requests[at], self.retries[at]) = (0, 0);
        }
        if second.saturating_sub(self.second) as usize > SPAN {
            (self.requests, self.retries) = ([0; SPAN], [0; SPAN]);
        }
        self.second = second.max(self.second);
        self.second as usize % SPAN
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    /// Sends a retry, if it may be sent.
    fn retry(budget: &mut RetryBudget, now: Duration) -> bool {
        let left = budget.has_left(now);
        if left {
            budget.withdraw(now);
        }
        left
    }

    #[test]
    fn a_reserve_is_there_from_the_start_and_comes_back() {
        let mut budget = RetryBudget::default();
        let spent = |budget: &mut RetryBudget, at| (0..500).filter(|_| retry(budget, Duration::from_secs(at))).count();
        assert_eq!(spent(&mut budget, 0), 100);
        assert_eq!(spent(&mut budget, 9), 0);
        assert_eq!(spent(&mut budget, 10), 100);
        assert_eq!(spent(&mut budget, 1000), 100);
    }

    #[test]
    fn a_fifth_of_the_requests_comes_on_top() {
        let mut budget = RetryBudget::default();
        (0..1000).for_each(|n| budget.deposit(Duration::from_millis(n)));
        let spent = (0..500).filter(|_| retry(&mut budget, Duration::from_secs(2))).count();
        assert_eq!(spent, 300);
    }

    proptest! {
        #[test]
        fn no_ten_seconds_have_more(events in prop::collection::vec((0u64..3000, any::<bool>()), 0..2000)) {
            let (mut budget, mut now) = (RetryBudget::default(), Duration::ZERO);
            let (mut requests, mut retries): (VecDeque<u64>, VecDeque<u64>) = Default::default();
            for (pause, retry) in events {
                now += Duration::from_millis(pause / 100);
                let first = now.as_secs().saturating_sub(SPAN as u64 - 1);
                for times in [&mut requests, &mut retries] {
                    times.retain(|&second| second >= first);
                }
                if !retry {
                    budget.deposit(now);
                    requests.push_back(now.as_secs());
                } else {
                    let allowed = retries.len() < 100 + requests.len() / 5;
                    prop_assert_eq!(self::retry(&mut budget, now), allowed);
                    retries.extend(allowed.then_some(now.as_secs()));
                }
            }
        }
    }
}
