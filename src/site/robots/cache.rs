//! Caches robots.txt outcomes by origin, in bounded memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::RobotsOutcome;

/// The most origins in the cache. Beyond them, the oldest is evicted.
const MAX_ORIGINS: usize = 100_000;

/// The most bytes of rules and names. Typical rules take a few KiB, those of the largest file 5 MiB.
const MAX_BYTES: usize = 64 << 20;

/// The overhead of one origin in the two maps, in bytes.
const ENTRY_SIZE: usize = 160;

/// Outcomes by origin, with first-in, first-out eviction.
#[derive(Debug, Default)]
pub struct Cache {
    entries: HashMap<Arc<str>, CacheEntry, RandomState>,
    /// In the order of insertion.
    order: BTreeMap<u64, Arc<str>>,
    insertions: u64,
    bytes: usize,
}

#[derive(Debug)]
struct CacheEntry {
    outcome: RobotsOutcome,
    expires: Duration,
    order: u64,
    bytes: usize,
}

impl Cache {
    /// The outcome for `origin`, unless it has expired at `now`.
    pub fn get(&self, origin: &str, now: Duration) -> Option<&RobotsOutcome> {
        self.entries.get(origin).filter(|entry| now < entry.expires).map(|entry| &entry.outcome)
    }

    /// Caches the outcome for `origin`, obtained at `now`, and returns it.
    pub fn insert(&mut self, origin: &str, outcome: RobotsOutcome, now: Duration) -> &RobotsOutcome {
        self.remove(origin);
        let bytes = ENTRY_SIZE + origin.len() + outcome.size();
        while self.entries.len() >= MAX_ORIGINS || self.bytes + bytes > MAX_BYTES {
            let Some(first) = self.order.first_key_value().map(|(_, origin)| Arc::clone(origin)) else { break };
            self.remove(&first);
        }
        let origin: Arc<str> = origin.into();
        self.insertions += 1;
        self.order.insert(self.insertions, Arc::clone(&origin));
        self.bytes += bytes;
        let entry = CacheEntry { expires: now + outcome.ttl(), outcome, order: self.insertions, bytes };
        &self.entries.entry(origin).insert_entry(entry).into_mut().outcome
    }

    fn remove(&mut self, origin: &str) {
        if let Some(entry) = self.entries.remove(origin) {
            self.order.remove(&entry.order);
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
    fn entries_expire_after_a_day() {
        let mut cache = Cache::default();
        cache.insert("http://a.test", RobotsOutcome::AllowAll, HOUR);
        assert!(cache.get("http://a.test", 25 * HOUR - Duration::from_nanos(1)).is_some());
        assert!(cache.get("http://a.test", 25 * HOUR).is_none());
        assert!(cache.get("https://a.test", HOUR).is_none());
        cache.insert("http://b.test", RobotsOutcome::Unreachable("down".into()), HOUR);
        assert!(cache.get("http://b.test", HOUR + Duration::from_secs(60)).is_none());
    }

    #[test]
    fn the_oldest_entry_is_evicted_first() {
        let mut cache = Cache::default();
        for n in 0..MAX_ORIGINS + 3 {
            cache.insert(&format!("http://h{n}.test"), RobotsOutcome::AllowAll, HOUR);
        }
        assert_eq!(cache.entries.len(), MAX_ORIGINS);
        assert!(cache.get("http://h2.test", HOUR).is_none());
        assert!(cache.get("http://h3.test", HOUR).is_some());
    }

    #[test]
    fn large_rules_evict_others() {
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
        /// The size is accurate whatever is inserted, in any order.
        #[test]
        fn the_size_is_that_of_the_entries(insertions in prop::collection::vec((0_u8..20, 0_usize..30), 0..200)) {
            let mut cache = Cache::default();
            for (host, lines) in insertions {
                cache.insert(&format!("http://h{host}.test"), rules(lines), HOUR);
                prop_assert_eq!(cache.entries.len(), cache.order.len());
                prop_assert_eq!(cache.bytes, cache.entries.values().map(|entry| entry.bytes).sum::<usize>());
            }
        }
    }
}
