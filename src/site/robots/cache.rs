//! What is known of many origins, for as long as it holds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::RobotsOutcome;

/// The most origins that are remembered. Of those beyond, the one that was asked first is asked again.
const MAX_ORIGINS: usize = 100_000;

/// The most bytes of rules and names. Rules that are worth so much have some KiB; the largest file makes 5 MiB.
const MAX_BYTES: usize = 64 << 20;

/// What one origin costs besides its rules and its name: its places in two maps.
const ENTRY: usize = 160;

/// Origins and what may be fetched of them, in bounded memory.
#[derive(Debug, Default)]
pub struct Cache {
    entries: HashMap<Arc<str>, Entry, RandomState>,
    /// In the order in which they were asked.
    order: BTreeMap<u64, Arc<str>>,
    asked: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    outcome: RobotsOutcome,
    until: Duration,
    asked: u64,
    bytes: usize,
}

impl Cache {
    /// What is known of `origin`, if it still holds at `now`.
    pub fn get(&self, origin: &str, now: Duration) -> Option<&RobotsOutcome> {
        self.entries.get(origin).filter(|entry| now < entry.until).map(|entry| &entry.outcome)
    }

    /// Remembers what was found out of `origin` at `now`; returns it.
    pub fn insert(&mut self, origin: &str, outcome: RobotsOutcome, now: Duration) -> &RobotsOutcome {
        self.forget(origin);
        let bytes = ENTRY + origin.len() + outcome.size();
        while self.entries.len() >= MAX_ORIGINS || self.bytes + bytes > MAX_BYTES {
            let Some(first) = self.order.first_key_value().map(|(_, origin)| Arc::clone(origin)) else { break };
            self.forget(&first);
        }
        let origin: Arc<str> = origin.into();
        self.asked += 1;
        self.order.insert(self.asked, Arc::clone(&origin));
        self.bytes += bytes;
        let entry = Entry { until: now + outcome.lasts(), outcome, asked: self.asked, bytes };
        &self.entries.entry(origin).insert_entry(entry).into_mut().outcome
    }

    fn forget(&mut self, origin: &str) {
        if let Some(entry) = self.entries.remove(origin) {
            self.order.remove(&entry.asked);
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::site::robots::Rules;

    const HOUR: Duration = Duration::from_secs(3600);

    fn rules(lines: usize) -> RobotsOutcome {
        let text = "Disallow: /private\n".repeat(lines);
        RobotsOutcome::Rules(Box::new(Rules::parse(format!("User-agent: *\n{text}").as_bytes(), None)))
    }

    #[test]
    fn holds_a_day_and_no_longer() {
        let mut cache = Cache::default();
        cache.insert("http://a.test", RobotsOutcome::AllowAll, HOUR);
        assert!(cache.get("http://a.test", 25 * HOUR - Duration::from_nanos(1)).is_some());
        assert!(cache.get("http://a.test", 25 * HOUR).is_none());
        assert!(cache.get("https://a.test", HOUR).is_none());
        cache.insert("http://b.test", RobotsOutcome::Unreachable("down".into()), HOUR);
        assert!(cache.get("http://b.test", HOUR + Duration::from_secs(60)).is_none());
    }

    #[test]
    fn what_was_asked_first_is_forgotten_first() {
        let mut cache = Cache::default();
        for n in 0..MAX_ORIGINS + 3 {
            cache.insert(&format!("http://h{n}.test"), RobotsOutcome::AllowAll, HOUR);
        }
        assert_eq!(cache.entries.len(), MAX_ORIGINS);
        assert!(cache.get("http://h2.test", HOUR).is_none());
        assert!(cache.get("http://h3.test", HOUR).is_some());
    }

    #[test]
    fn large_rules_crowd_out_others() {
        let mut cache = Cache::default();
        let large = rules(25_000);
        for n in 0..100 {
            cache.insert(&format!("http://h{n}.test"), large.clone(), HOUR);
            assert!(cache.bytes <= MAX_BYTES);
        }
        assert!(cache.get("http://h99.test", HOUR).is_some());
        assert!(cache.entries.len() < 100, "{}", cache.entries.len());
    }

    proptest! {
        /// What is counted is what is there, whatever is asked in whatever order.
        #[test]
        fn counts_what_it_holds(asked in prop::collection::vec((0_u8..20, 0_usize..30), 0..200)) {
            let mut cache = Cache::default();
            for (host, lines) in asked {
                cache.insert(&format!("http://h{host}.test"), rules(lines), HOUR);
                prop_assert_eq!(cache.entries.len(), cache.order.len());
                prop_assert_eq!(cache.bytes, cache.entries.values().map(|entry| entry.bytes).sum::<usize>());
            }
        }
    }
}
