//! The memory that response bodies take, from the start of a request until its record is written.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};

use tokio::sync::Notify;

/// A bound on the memory that all bodies take together.
///
/// A request starts only while the memory that it is likely to need is free. A body that turns out larger waits for more.
/// One body at a time has *priority* and never waits, so that the waiting ends.
#[derive(Debug)]
pub struct MemoryBudget {
    limit: usize,
    used: AtomicUsize,
    has_priority: AtomicBool,
    /// The last place in order that may have the priority.
    turn: AtomicU64,
    waiting: AtomicUsize,
    freed: Notify,
}

// All of it is `SeqCst`: one thread frees memory and then looks for waiting ones, another waits and then looks for memory.
// With a weaker order, both could miss each other.

impl MemoryBudget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(MemoryBudget {
            limit,
            used: AtomicUsize::new(0),
            has_priority: AtomicBool::new(false),
            turn: AtomicU64::new(u64::MAX),
            waiting: AtomicUsize::new(0),
            freed: Notify::new(),
        })
    }

    /// A permit for `bytes` if they are free. An empty budget grants any number, or a large body could never start.
    pub fn lease(self: &Arc<Self>, bytes: usize) -> Option<MemoryPermit> {
        let fits = |used: usize| match used {
            0 => Some(bytes),
            used => used.checked_add(bytes).filter(|used| *used <= self.limit),
        };
        self.used.fetch_update(SeqCst, SeqCst, fits).ok()?;
        Some(MemoryPermit::new(self, bytes))
    }

    /// A permit for `bytes`, free or not: for what must be kept and is small.
    pub fn book(self: &Arc<Self>, bytes: usize) -> MemoryPermit {
        self.used.fetch_add(bytes, SeqCst);
        MemoryPermit::new(self, bytes)
    }

    /// The bytes that all permits hold.
    pub fn used(&self) -> usize {
        self.used.load(SeqCst)
    }

    /// Lets only permits up to `place` take the priority: later records wait for earlier ones, and keep their memory.
    pub fn give_turn(&self, place: u64) {
        if self.turn.swap(place, SeqCst) != place {
            self.release(0);
        }
    }

    /// Waits until `enough` returns true. It is called again whenever memory has been released.
    pub async fn freed_until(&self, mut enough: impl FnMut() -> bool) {
        self.waiting.fetch_add(1, SeqCst);
        let _waiting = Waiting(&self.waiting);
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable(); // before the check, or a release in between would be missed
            if enough() {
                return;
            }
            freed.await;
        }
    }

    fn is_overdrawn(&self) -> bool {
        self.used() > self.limit
    }

    /// Books `bytes` if they are free.
    fn book_free(&self, bytes: usize) -> bool {
        let fits = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.limit);
        self.used.fetch_update(SeqCst, SeqCst, fits).is_ok()
    }

    fn release(&self, bytes: usize) {
        self.used.fetch_sub(bytes, SeqCst);
        if self.waiting.load(SeqCst) > 0 {
            self.freed.notify_waiters();
        }
    }
}

/// A share of a [`MemoryBudget`], returned when dropped.
#[derive(Debug)]
pub struct MemoryPermit {
    budget: Arc<MemoryBudget>,
    booked: Cell<usize>,
    priority: Cell<bool>,
    /// Its place in the order of records, if those are ordered.
    place: Cell<u64>,
}

impl MemoryPermit {
    fn new(budget: &Arc<MemoryBudget>, booked: usize) -> Self {
        MemoryPermit {
            budget: Arc::clone(budget),
            booked: Cell::new(booked),
            priority: Cell::new(false),
            place: Cell::new(0),
        }
    }

    /// The bytes that this permit holds.
    pub fn booked(&self) -> usize {
        self.booked.get()
    }

    /// The bytes that all permits of the budget hold.
    #[cfg(test)]
    pub(crate) fn booked_by_all(&self) -> usize {
        self.budget.used()
    }

    /// Takes a place in the order of records. Without one it is always its turn.
    pub fn take_place(&self, place: u64) {
        self.place.set(place);
    }

    /// Raises the permit to `bytes`, free or not: for what is in memory already.
    pub fn grow(&self, bytes: usize) {
        if let Some(more) = self.missing(bytes) {
            self.budget.used.fetch_add(more, SeqCst);
            self.booked.set(bytes);
        }
    }

    /// Raises the permit to `bytes` as soon as they are free; at once if it has the priority.
    pub async fn reserve(&self, bytes: usize) {
        let Some(more) = self.missing(bytes) else { return };
        if self.priority.get() {
            return self.grow(bytes);
        }
        let mut is_booked = self.budget.book_free(more);
        if !is_booked {
            let may_grow = || {
                is_booked = self.budget.book_free(more);
                is_booked || self.take_priority()
            };
            self.budget.freed_until(may_grow).await;
        }
        match is_booked {
            true => self.booked.set(bytes),
            false => self.grow(bytes),
        }
    }

    /// A permit of its own for `bytes` of what this one holds, without its priority.
    pub fn split(&self, bytes: usize) -> MemoryPermit {
        let bytes = bytes.min(self.booked.get());
        self.booked.set(self.booked.get() - bytes);
        MemoryPermit::new(&self.budget, bytes)
    }

    /// Returns what the permit holds beyond `bytes`.
    pub fn shrink(&self, bytes: usize) {
        let booked = self.booked.get();
        if bytes < booked {
            self.booked.set(bytes);
            self.budget.release(booked - bytes);
        }
    }

    /// Gives up the priority, since nothing more is taken in, and lets another body have it.
    pub fn retire(&self) {
        if self.priority.take() {
            self.budget.has_priority.store(false, SeqCst);
            self.budget.release(0);
        }
    }

    /// Whether nothing more may be taken in now: the budget is overdrawn, and another body has the priority.
    pub fn must_wait(&self) -> bool {
        !self.priority.get() && self.budget.is_overdrawn()
    }

    /// Waits until more may be taken in.
    pub async fn wait(&self) {
        if self.must_wait() {
            self.budget.freed_until(|| !self.budget.is_overdrawn() || self.take_priority()).await;
        }
    }

    /// What the permit needs to hold `bytes`.
    fn missing(&self, bytes: usize) -> Option<usize> {
        bytes.checked_sub(self.booked.get()).filter(|more| *more > 0)
    }

    fn take_priority(&self) -> bool {
        let is_its_turn = self.place.get() <= self.budget.turn.load(SeqCst);
        self.priority.set(is_its_turn && !self.budget.has_priority.swap(true, SeqCst));
        self.priority.get()
    }
}

impl Drop for MemoryPermit {
    fn drop(&mut self) {
        if self.priority.get() {
            self.budget.has_priority.store(false, SeqCst);
        }
        self.budget.release(self.booked.get());
    }
}

/// One of those that are counted as waiting.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::MemoryBudget;

    #[test]
    fn a_dropped_permit_frees_its_bytes() {
        let budget = MemoryBudget::new(100);
        let permit = budget.lease(60).unwrap();
        assert!(budget.lease(41).is_none());
        permit.shrink(10);
        assert_eq!(budget.lease(90).unwrap().booked(), 90);
        drop(permit);
        assert_eq!(budget.used(), 0);
        assert!(budget.lease(1000).is_some(), "an empty budget grants anything");
    }

    #[test]
    fn of_the_bodies_that_overdraw_one_goes_on_and_the_others_follow() {
        let budget = MemoryBudget::new(100);
        let (first, second) = (budget.lease(50).unwrap(), budget.lease(50).unwrap());
        first.grow(80);
        second.grow(90);
        assert!(first.wait().now_or_never().is_some());
        assert!(second.wait().now_or_never().is_none());
        first.grow(500);
        assert!(first.wait().now_or_never().is_some(), "the one with priority never waits");
        drop(first);
        assert!(second.wait().now_or_never().is_some());
    }

    #[test]
    fn what_is_reserved_is_free_or_belongs_to_the_one_with_priority() {
        let budget = MemoryBudget::new(100);
        let (first, second, third) = (budget.lease(10).unwrap(), budget.lease(10).unwrap(), budget.lease(10).unwrap());
        assert!(first.reserve(70).now_or_never().is_some(), "it is free");
        assert!(second.reserve(90).now_or_never().is_some(), "one has the priority");
        let mut waits = Box::pin(third.reserve(50));
        assert!(waits.as_mut().now_or_never().is_none());
        drop(first);
        assert!(waits.as_mut().now_or_never().is_none());
        assert_eq!(budget.used(), 90 + 10, "nothing is booked for one that waits");
        drop(second);
        assert!(waits.now_or_never().is_some());
        assert_eq!((third.booked(), budget.used()), (50, 50));
        assert!(third.reserve(20).now_or_never().is_some(), "it has them");
        assert_eq!(third.booked(), 50);
    }

    #[test]
    fn in_order_only_the_one_whose_turn_it_is_has_the_priority() {
        let budget = MemoryBudget::new(100);
        budget.give_turn(3);
        let (third, fifth) = (budget.book(60), budget.book(40));
        third.take_place(3);
        fifth.take_place(5);
        let mut waits = Box::pin(fifth.reserve(80));
        assert!(waits.as_mut().now_or_never().is_none(), "its record would wait for the third");
        assert!(third.reserve(90).now_or_never().is_some());
        drop(third);
        let mut more = Box::pin(async {
            waits.await;
            fifth.reserve(150).await;
        });
        assert!(more.as_mut().now_or_never().is_none());
        budget.give_turn(5);
        assert!(more.now_or_never().is_some(), "it is woken");
        assert_eq!(budget.used(), 150);
    }
}
