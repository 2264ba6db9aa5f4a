//! Which fetcher a lease goes to.
//!
//! A host has a home fetcher, which has its connections, and uses others only while its home has clearly more to do
//! than they have: one host can use every core, and many hosts keep one connection pool each. A TLS host starts on each
//! fetcher with a single request: if it speaks HTTP/2, that connection serves all others.

use std::num::NonZeroUsize;

/// The most fetchers that are used: one bit each in an [`Affinity`].
const MAX_FETCHERS: usize = 64;

/// How many more requests than its even share a home may hold before its hosts go elsewhere.
const SLACK: u32 = 8;

/// The fetchers of a host.
#[derive(Debug)]
pub(super) struct Affinity {
    home: Option<u8>,
    /// The first request on a fetcher goes alone.
    careful: bool,
    /// Fetchers that have sent the host a request.
    warm: u64,
    /// Fetchers whose first request to the host is in flight.
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

    /// Takes a place on a fetcher; `None` while the first connections to the host are being made.
    pub(super) fn place(&mut self, affinity: &mut Affinity) -> Option<u8> {
        let fetcher = self.choose(affinity)?;
        affinity.home.get_or_insert(fetcher as u8);
        affinity.warming |= 1 << fetcher;
        self.load[fetcher] += 1;
        self.total += 1;
        Some(fetcher as u8)
    }

    /// The fetcher that has the next place; `None` while the first connections to the host are being made.
    pub(super) fn choose(&self, affinity: &Affinity) -> Option<usize> {
        let share = self.total / self.load.len() as u32 + SLACK;
        match affinity.home.map(usize::from) {
            Some(home) if self.load[home] < share && affinity.admits(home) => Some(home),
            // The very first request to a host goes alone, not one per fetcher.
            Some(_) if affinity.careful && affinity.warm == 0 && affinity.warming != 0 => None,
            _ => self.least_loaded(affinity),
        }
    }

    /// Gives back the place of a request that did not start.
    pub(super) fn unplace(&mut self, affinity: &mut Affinity, fetcher: u8) {
        affinity.warming &= !(1 << fetcher);
        self.load[usize::from(fetcher)] -= 1;
        self.total -= 1;
    }

    /// Gives back the place of a request that has ended.
    pub(super) fn release(&mut self, affinity: &mut Affinity, fetcher: u8) {
        affinity.warm |= 1 << fetcher;
        self.unplace(affinity, fetcher);
    }

    fn least_loaded(&self, affinity: &Affinity) -> Option<usize> {
        let admitting = (0..self.load.len()).filter(|&fetcher| affinity.admits(fetcher));
        admitting.min_by_key(|&fetcher| self.load[fetcher])
    }
}
