//! Latencies counted up to fixed bounds, as monitoring systems keep them.

use super::Report;
use super::latency::Latency;
use super::load::LoadFacts;
use super::named::Named;
use super::times::Times;

/// How many of some times were at most each of some bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cumulative {
    /// For each bound, in its order.
    pub at_most: Vec<u64>,
    /// All of them.
    pub count: u64,
    /// Their sum in microseconds.
    pub sum_us: u64,
}

/// The requests of one group, or of those beyond the first ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupCounts {
    /// Its name; none for the groups beyond the first ones, which count together.
    pub name: Option<String>,
    /// Its requests that are ok.
    pub ok: u64,
    /// All others.
    pub failed: u64,
    /// How long they took.
    pub latency: Cumulative,
}

impl Report {
    /// How many latencies were at most each of `bounds`, which are in microseconds and in order.
    pub fn latency_up_to(&self, bounds: &[u64]) -> Cumulative {
        Cumulative::of(&self.times.latency, bounds)
    }

    /// The same for the time on the wire: without a pace, that is the latency.
    pub fn service_time_up_to(&self, bounds: &[u64]) -> Cumulative {
        Cumulative::of(self.times.service_time(), bounds)
    }

    /// The first `most` groups that came, with latencies up to `bounds`, and the rest as one: a group keeps its place
    /// however many follow, so that no count ever falls.
    pub fn first_groups(&self, most: usize, bounds: &[u64]) -> Vec<GroupCounts> {
        let mut named: Vec<_> = self.groups.iter().collect();
        named.sort_unstable_by_key(|(_, Named { ordinal, .. })| *ordinal);
        let mut groups: Vec<_> = named
            .iter()
            .take(most)
            .map(|(name, group)| {
                let Named { sum, .. } = group;
                GroupCounts::of(Some((*name).to_owned()), [sum.requests, sum.failed], [&sum.times], bounds)
            })
            .collect();
        let rest = named.iter().skip(most).map(|(_, group)| &group.sum).chain([&self.groups.other]);
        let rest: Vec<_> = rest.filter(|sum| sum.requests > 0).collect();
        if !rest.is_empty() {
            let counts = [rest.iter().map(|sum| sum.requests).sum(), rest.iter().map(|sum| sum.failed).sum()];
            groups.push(GroupCounts::of(None, counts, rest.iter().map(|sum| &sum.times), bounds));
        }
        groups
    }
}

impl LoadFacts {
    /// How many requests left at most so late as each of `bounds`, which are in microseconds and in order.
    pub fn lag_up_to(&self, bounds: &[u64]) -> Cumulative {
        Cumulative::of(&self.lag, bounds)
    }
}

impl GroupCounts {
    fn of<'a>(
        name: Option<String>,
        [requests, failed]: [u64; 2],
        times: impl IntoIterator<Item = &'a Times>,
        bounds: &[u64],
    ) -> Self {
        let mut latency = Cumulative { at_most: vec![0; bounds.len()], ..Cumulative::default() };
        times.into_iter().for_each(|times| latency.add(&Cumulative::of(&times.latency, bounds)));
        GroupCounts { name, ok: requests - failed, failed, latency }
    }
}

impl Cumulative {
    fn of(latency: &Latency, bounds: &[u64]) -> Self {
        let (mut at_most, mut sum, mut buckets) = (Vec::with_capacity(bounds.len()), 0, latency.buckets().peekable());
        for bound in bounds {
            while let Some((_, count)) = buckets.next_if(|(least, _)| least <= bound) {
                sum += count;
            }
            at_most.push(sum);
        }
        Cumulative { at_most, count: latency.stats.count, sum_us: latency.stats.sum }
    }

    fn add(&mut self, other: &Cumulative) {
        self.at_most.iter_mut().zip(&other.at_most).for_each(|(sum, more)| *sum += more);
        self.count += other.count;
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RecordSummary;

    fn record(group: Option<&'static str>, us: u64, ok: bool) -> RecordSummary<'static> {
        RecordSummary { group, latency_us: Some(us), ok, ..RecordSummary::default() }
    }

    #[test]
    fn a_time_counts_for_its_bound_and_all_above() {
        let mut report = Report::default();
        [500, 1_000, 1_001, 40_000, 9_000_000].iter().for_each(|us| report.add(&record(None, *us, true)));
        let counts = report.latency_up_to(&[1_000, 50_000, 1_000_000]);
        assert_eq!(counts, Cumulative { at_most: vec![2, 4, 4], count: 5, sum_us: 9_042_501 });
        assert_eq!(report.service_time_up_to(&[1_000]).at_most, [2]);
        assert_eq!(Report::default().latency_up_to(&[1, 2]).at_most, [0, 0]);
    }

    #[test]
    fn groups_beyond_the_first_ones_count_as_one() {
        let mut report = Report::default();
        for (group, us, ok) in [("b", 10, true), ("a", 20, false), ("c", 30, true), ("d", 40, false), ("a", 50, true)] {
            report.add(&record(Some(group), us, ok));
        }
        let groups = report.first_groups(2, &[25]);
        let shown = groups.iter().map(|of| (of.name.as_deref(), of.ok, of.failed, of.latency.at_most[0]));
        let shown: Vec<_> = shown.collect();
        assert_eq!(shown, [(Some("b"), 1, 0, 1), (Some("a"), 1, 1, 1), (None, 1, 1, 0)]);
        assert_eq!(groups[2].latency.count, 2);
        assert_eq!(report.first_groups(4, &[]).len(), 4);
        assert_eq!(Report::default().first_groups(4, &[]), []);
    }
}
