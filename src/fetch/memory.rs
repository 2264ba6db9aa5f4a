//! The bytes of all response bodies in memory, from the lease of a request until its record is written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// A bound on memory that everything with a body draws on.
///
/// A request starts only while what it is likely to need is free. Bodies that turn out larger are booked as they
/// grow and wait when there is no room; one of them, the *elder*, may always go on, so that waiting ends.
#[derive(Debug)]
pub struct MemoryBudget {
    limit: usize,
    used: AtomicUsize,
    has_elder: AtomicBool,
    waiting: AtomicUsize,
    freed: Notify,
}

impl MemoryBudget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(MemoryBudget {
            limit,
            used: AtomicUsize::new(0),
            has_elder: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            freed: Notify::new(),
        })
    }

    /// Room for `bytes` if they are free. Into an empty budget anything fits, or nothing would ever start.
    pub fn lease(self: &Arc<Self>, bytes: usize) -> Option<MemoryPermit> {
        let fits = |used: usize| (used == 0 || used + bytes <= self.limit).then_some(used + bytes);
        self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).ok()?;
        Some(MemoryPermit { budget: Arc::clone(self), booked: bytes, elder: false })
    }

    /// Room for `bytes`, free or not: for what must be kept and is small.
    pub fn book(self: &Arc<Self>, bytes: usize) -> MemoryPermit {
        self.used.fetch_add(bytes, Ordering::AcqRel);
        MemoryPermit { budget: Arc::clone(self), booked: bytes, elder: false }
    }

    /// Bytes booked now.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }

    /// Ends once `enough` holds, which is looked at whenever something has been freed.
    pub async fn freed_until(&self, mut enough: impl FnMut() -> bool) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = Defer(|| self.waiting.fetch_sub(1, Ordering::SeqCst));
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable(); // first listen, then look: nothing freed in between is missed
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

/// A part of a [`MemoryBudget`], given back when dropped.
#[derive(Debug)]
pub struct MemoryPermit {
    budget: Arc<MemoryBudget>,
    booked: usize,
    elder: bool,
}

impl MemoryPermit {
    /// Bytes booked.
    pub fn booked(&self) -> usize {
        self.booked
    }

    /// Bytes booked by all.
    #[cfg(test)]
    pub(crate) fn booked_by_all(&self) -> usize {
        self.budget.used()
    }

    /// Books what is missing to `bytes`, free or not. To be paired with [`MemoryPermit::wait`] before more is taken in.
    pub fn grow(&mut self, bytes: usize) {
        if bytes > self.booked {
            self.budget.used.fetch_add(bytes - self.booked, Ordering::AcqRel);
            self.booked = bytes;
        }
    }

    /// Gives back what is booked beyond `bytes`.
    pub fn shrink(&mut self, bytes: usize) {
        if bytes < self.booked {
            self.budget.release(self.booked - bytes);
            self.booked = bytes;
        }
    }

    /// Takes in no more: another may be the elder.
    pub fn retire(&mut self) {
        if std::mem::take(&mut self.elder) {
            self.budget.has_elder.store(false, Ordering::SeqCst);
            self.budget.release(0);
        }
    }

    /// Whether nothing more may be taken in: the budget is overdrawn, and this is not the elder.
    pub fn must_wait(&self) -> bool {
        !self.elder && self.budget.used() > self.budget.limit
    }

    /// Ends when more may be taken in.
    pub async fn wait(&mut self) {
        if !self.must_wait() {
            return;
        }
        let budget = &*self.budget;
        let elder = &mut self.elder;
        budget
            .freed_until(|| {
                *elder = !budget.has_elder.swap(true, Ordering::AcqRel);
                *elder || budget.used() <= budget.limit
            })
            .await;
    }
}

impl Drop for MemoryPermit {
    fn drop(&mut self) {
        if self.elder {
            self.budget.has_elder.store(false, Ordering::Release);
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
    fn what_is_dropped_is_free_again() {
        let budget = MemoryBudget::new(100);
        let mut room = budget.lease(60).unwrap();
        assert!(budget.lease(41).is_none());
        room.shrink(10);
        assert_eq!(budget.lease(90).unwrap().booked(), 90);
        drop(room);
        assert_eq!(budget.used(), 0);
        assert!(budget.lease(1000).is_some(), "an empty budget takes anything");
    }

    #[test]
    fn of_those_who_overdraw_one_goes_on_and_the_others_follow_it() {
        let budget = MemoryBudget::new(100);
        let (mut first, mut second) = (budget.lease(50).unwrap(), budget.lease(50).unwrap());
        first.grow(80);
        second.grow(90);
        assert!(first.wait().now_or_never().is_some());
        assert!(second.wait().now_or_never().is_none());
        first.grow(500);
        assert!(first.wait().now_or_never().is_some(), "the elder is never held up");
        drop(first);
        assert!(second.wait().now_or_never().is_some());
    }

    #[test]
    fn an_elder_that_retires_keeps_its_room_and_lets_another_go_on() {
        let budget = MemoryBudget::new(100);
        let (mut first, mut second) = (budget.lease(50).unwrap(), budget.lease(50).unwrap());
        first.grow(80);
        assert!(first.wait().now_or_never().is_some());
        let mut waits = Box::pin(second.wait());
        assert!(waits.as_mut().now_or_never().is_none());
        first.retire();
        assert!(waits.now_or_never().is_some(), "it is told");
        assert_eq!((first.booked(), budget.used()), (80, 130));
    }
}
