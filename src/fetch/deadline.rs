//! A deadline that pauses.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

/// How often a paused deadline is checked again.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// The longest time to the deadline: clocks overflow on what is much longer.
const MAX: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// A deadline that pauses while an attempt waits for memory: the server is not to blame for that.
#[derive(Debug)]
pub(super) struct Deadline {
    at: Cell<Instant>,
    paused: Cell<bool>,
}

impl Deadline {
    pub(super) fn after(time: Duration) -> Self {
        Deadline { at: Cell::new(Instant::now() + time.min(MAX)), paused: Cell::new(false) }
    }

    /// Runs `future` with the deadline paused.
    pub(super) async fn pause<F: Future>(&self, future: F) -> F::Output {
        let since = Instant::now();
        self.paused.set(true);
        let output = future.await;
        self.paused.set(false);
        self.at.set(self.at.get() + since.elapsed());
        output
    }

    /// Runs `exchange` until it ends or the deadline passes. It is pinned by the caller: taken by value, it would have
    /// its size twice in every attempt.
    pub(super) async fn limit<F: Future>(&self, mut exchange: Pin<&mut F>) -> Result<F::Output, Elapsed> {
        loop {
            let at = if self.paused.get() { Instant::now() + CHECK_INTERVAL } else { self.at.get() };
            match timeout_at(at, exchange.as_mut()).await {
                Err(_) if self.paused.get() || self.at.get() > at => {}
                ended => return ended,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::Deadline;

    #[tokio::test(start_paused = true)]
    async fn the_time_paused_does_not_count() {
        let (begun, deadline) = (Instant::now(), Deadline::after(Duration::from_secs(2)));
        let exchange = async {
            sleep(Duration::from_secs(1)).await;
            deadline.pause(sleep(Duration::from_secs(60))).await;
            sleep(Duration::from_secs(10)).await;
        };
        assert!(deadline.limit(pin!(exchange)).await.is_err());
        let took = begun.elapsed();
        assert!(took >= Duration::from_secs(62) && took < Duration::from_millis(62_200), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn it_passes_on_time() {
        let (begun, deadline) = (Instant::now(), Deadline::after(Duration::from_secs(2)));
        assert!(deadline.limit(pin!(sleep(Duration::from_secs(3)))).await.is_err());
        assert_eq!(begun.elapsed().as_millis() / 10, 200);
    }
}
