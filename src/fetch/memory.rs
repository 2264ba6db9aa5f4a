//! The memory that response bodies take, from the start of a request until its record is written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// A bound on the memory that all bodies take together.
///
/// A request starts only while the memory that it is likely to need is free. A body that turns out larger is charged as
/// it grows, and waits while the budget is overdrawn. One body at a time has *priority* and never waits, so that the
/// waiting ends.
#[derive(Debug)]
pub struct MemoryBudget {
    limit: usize,
    used: AtomicUsize,
    has_priority: AtomicBool,
    waiting: AtomicUsize,
    freed: Notify,
}

impl MemoryBudget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(MemoryBudget {
            limit,
            used: AtomicUsize::new(0),
            has_priority: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            freed: Notify::new(),
        })
    }

    /// A permit for `bytes` if they are free. An empty budget grants any number, or a large body could never start.
    pub fn lease(self: &Arc<Self>, bytes: usize) -> Option<MemoryPermit> {
        let fits = |used: usize| (used == 0 || used + bytes <= self.limit).then_some(used + bytes);
        self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).ok()?;
        Some(MemoryPermit { budget: Arc::clone(self), booked: bytes, priority: false })
    }

    /// A permit for `bytes`, free or not: for what must be kept and is small.
    pub fn book(self: &Arc<Self>, bytes: usize) -> MemoryPermit {
        self.used.fetch_add(bytes, Ordering::AcqRel);
        MemoryPermit { budget: Arc::clone(self), booked: bytes, priority: false }
    }

    /// The bytes that all permits hold.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }

    /// Waits until `enough` returns true. It is called again whenever memory has been released.
    pub async fn freed_until(&self, mut enough: impl FnMut() -> bool) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = Defer(|| self.waiting.fetch_sub(1, Ordering::SeqCst));
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable(); // before the check, or a release in between would be missed
            if enough() {
                return;
            }
            freed.await;
        }
    }

    fn release(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.freed.notify_waiters();
        }
    }
}

/// A share of a [`MemoryBudget`], returned when dropped.
#[derive(Debug)]
pub struct MemoryPermit {
    budget: Arc<MemoryBudget>,
    booked: usize,
    priority: bool,
}

impl MemoryPermit {
    /// The bytes that this permit holds.
    pub fn booked(&self) -> usize {
        self.booked
    }

    /// The bytes that all permits of the budget hold.
    #[cfg(test)]
    pub(crate) fn booked_by_all(&self) -> usize {
        self.budget.used()
    }

    /// Raises the permit to `bytes`, free or not. Call [`MemoryPermit::wait`] before taking in more.
    pub fn grow(&mut self, bytes: usize) {
        if bytes > self.booked {
            self.budget.used.fetch_add(bytes - self.booked, Ordering::AcqRel);
            self.booked = bytes;
        }
    }

    /// Returns what the permit holds beyond `bytes`.
    pub fn shrink(&mut self, bytes: usize) {
        if bytes < self.booked {
            self.budget.release(self.booked - bytes);
            self.booked = bytes;
        }
    }

    /// Gives up the priority, since nothing more is taken in, and lets another body have it.
    pub fn retire(&mut self) {
        if std::mem::take(&mut self.priority) {
            self.budget.has_priority.store(false, Ordering::SeqCst);
            self.budget.release(0);
        }
    }

    /// Whether nothing more may be taken in now: the budget is overdrawn, and another body has the priority.
    pub fn must_wait(&self) -> bool {
        !self.priority && self.budget.used() > self.budget.limit
    }

    /// Waits until more may be taken in.
    pub async fn wait(&mut self) {
        if !self.must_wait() {
            return;
        }
        let budget = &*self.budget;
        let priority = &mut self.priority;
        budget
            .freed_until(|| {
                *priority = !budget.has_priority.swap(true, Ordering::AcqRel);
                *priority || budget.used() <= budget.limit
            })
            .await;
    }
}

impl Drop for MemoryPermit {
    fn drop(&mut self) {
        if self.priority {
            self.budget.has_priority.store(false, Ordering::Release);
        }
        self.budget.release(self.booked);
    }
}

struct Defer<R, F: FnMut() -> R>(F);

impl<R, F: FnMut() -> R> Drop for Defer<R, F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::MemoryBudget;

    #[test]
    fn a_dropped_permit_frees_its_bytes() {
        let budget = MemoryBudget::new(100);
        let mut permit = budget.lease(60).unwrap();
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
        let (mut first, mut second) = (budget.lease(50).unwrap(), budget.lease(50).unwrap());
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
    fn a_permit_that_gives_up_priority_keeps_its_bytes_and_lets_another_go_on() {
        let budget = MemoryBudget::new(100);
        let (mut first, mut second) = (budget.lease(50).unwrap(), budget.lease(50).unwrap());
        first.grow(80);
        assert!(first.wait().now_or_never().is_some());
        let mut waits = Box::pin(second.wait());
        assert!(waits.as_mut().now_or_never().is_none());
        first.retire();
        assert!(waits.now_or_never().is_some(), "it is woken");
        assert_eq!((first.booked(), budget.used()), (80, 130));
    }
}
