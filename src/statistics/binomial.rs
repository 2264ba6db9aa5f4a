//! Counts of rare events.

use statrs::distribution::{Binomial, DiscreteCDF};

/// How many of a number of requests something happened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) events: u64,
    pub(crate) of: u64,
}

impl Count {
    fn others(self) -> Self {
        Count { events: self.of.saturating_sub(self.events), of: self.of }
    }
}

/// How probable counts as unlike as these, or more so, are by chance, if events are independent and have the same
/// probability on both sides: given how many events there were, each side has its part of them. Exact for rare
/// events, and too large a probability for others.
pub(crate) fn two_sided(a: Count, b: Count) -> f64 {
    let (events, all) = (a.events.saturating_add(b.events), a.of.saturating_add(b.of));
    let (a, b) = if events > all / 2 { (a.others(), b.others()) } else { (a, b) };
    let events = a.events.saturating_add(b.events);
    let Ok(part) = Binomial::new(a.of as f64 / all as f64, events) else { return 1.0 };
    let at_most = part.cdf(a.events);
    let at_least = a.events.checked_sub(1).map_or(1.0, |fewer| part.sf(fewer));
    (2.0 * at_most.min(at_least)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(a: (u64, u64), b: (u64, u64)) -> f64 {
        two_sided(Count { events: a.0, of: a.1 }, Count { events: b.0, of: b.1 })
    }

    #[test]
    fn rare_events_are_judged_by_their_number() {
        // Ten tosses of a coin that all come out the same.
        assert!((p((0, 1000), (10, 1000)) - 2.0 / 1024.0).abs() < 1e-12);
        assert!((p((10, 1000), (0, 1000)) - 2.0 / 1024.0).abs() < 1e-12);
        assert!((p((0, 3000), (4, 1000)) - 2.0 / 256.0).abs() < 1e-12);
        assert_eq!([p((0, 10), (0, 10)), p((0, 0), (0, 10)), p((5, 100), (5, 100))], [1.0; 3]);
        assert!(p((1_000_000, 10_000_000), (1_010_000, 10_000_000)) < 1e-9);
    }

    #[test]
    fn what_almost_always_happens_is_judged_by_what_does_not() {
        assert_eq!(p((1000, 1000), (990, 1000)), p((0, 1000), (10, 1000)));
    }
}
