//! Which fetcher a lease goes to.
//!
//! A host has a home, where its connections are, and leaves it only while its home has clearly more to do than the
//! others: one host can use every core, many hosts keep one connection pool each. A TLS host starts on each fetcher
//! with one request alone: should it speak HTTP/2, that connection serves all that follow.

use std::num::NonZeroUsize;

/// Fetchers that are used at most: one bit each in an [`Affinity`].
const MAX_FETCHERS: usize = 64;

/// How many more requests than its even share a home may hold before its hosts go elsewhere.
const SLACK: u32 = 8;

/// A host's ties to the fetchers.
#[derive(Debug)]
pub(super) struct Affinity {
    home: Option<u8>,
    /// One request opens the way for the others.
    careful: bool,
    /// Fetchers that have asked the host before.
    warm: u64,
    /// Fetchers on which its first request is under way.
    warming: u64,
}

impl Affinity {
    pub(super) fn new(careful: bool) -> Self {
        Affinity { home: None, careful, warm: 0, warming: 0 }
    }

    fn admits(&self, fetcher: usize) -> bool {
        !self.careful || (self.warm | !self.warming) & (1 << fetcher) != 0
    }
}

/// How much each fetcher has to do.
#[derive(Debug)]
pub(super) struct Placement {
    load: Vec<u32>,
    total: u32,
}

impl Placement {
    pub(super) fn new(fetchers: NonZeroUsize) -> Self {
        Placement { load: vec![0; fetchers.get().min(MAX_FETCHERS)], total: 0 }
    }

    /// Takes a place on a fetcher, or none while the host's first connections are being made.
    pub(super) fn place(&mut self, affinity: &mut Affinity) -> Option<u8> {
        let share = self.total / self.load.len() as u32 + SLACK;
        let home = affinity.home.map(usize::from);
        let fetcher = match home {
            Some(home) if self.load[home] < share && affinity.admits(home) => home,
            // A cold host's first request goes alone, not one a fetcher.
            Some(_) if affinity.careful && affinity.warm == 0 && affinity.warming != 0 => return None,
            _ => self.least_loaded(affinity)?,
        };
        affinity.home.get_or_insert(fetcher as u8);
        affinity.warming |= 1 << fetcher;
        self.load[fetcher] += 1;
        self.total += 1;
        Some(fetcher as u8)
    }

    /// Gives back the place of a job that did not leave.
    pub(super) fn unplace(&mut self, affinity: &mut Affinity, fetcher: u8) {
        affinity.warming &= !(1 << fetcher);
        self.load[usize::from(fetcher)] -= 1;
        self.total -= 1;
    }

    /// Gives back the place of a job that has been fetched.
    pub(super) fn release(&mut self, affinity: &mut Affinity, fetcher: u8) {
        affinity.warm |= 1 << fetcher;
        self.unplace(affinity, fetcher);
    }

    fn least_loaded(&self, affinity: &Affinity) -> Option<usize> {
        let admitting = (0..self.load.len()).filter(|&fetcher| affinity.admits(fetcher));
        admitting.min_by_key(|&fetcher| self.load[fetcher])
    }
}
