//! A deadline for what others do.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

/// How often a deadline that has passed while its clock stood still is looked at again.
const LOOK: Duration = Duration::from_millis(50);

/// As good as never. What is much longer, clocks cannot count to.
const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// A deadline whose clock stands still while an attempt waits for us: a server must not be blamed for our memory.
#[derive(Debug)]
pub(super) struct Deadline {
    at: Cell<Instant>,
    held: Cell<bool>,
}

impl Deadline {
    pub(super) fn after(time: Duration) -> Self {
        Deadline { at: Cell::new(Instant::now() + time.min(FAR)), held: Cell::new(false) }
    }

    /// Runs what waits for us; its time does not count.
    pub(super) async fn hold<F: Future>(&self, ours: F) -> F::Output {
        let since = Instant::now();
        self.held.set(true);
        let output = ours.await;
        self.held.set(false);
        self.at.set(self.at.get() + since.elapsed());
        output
    }

    /// Runs an exchange that ends within the deadline.
    pub(super) async fn limit<F: Future>(&self, exchange: F) -> Result<F::Output, Elapsed> {
        let mut exchange = pin!(exchange);
        loop {
            let at = if self.held.get() { Instant::now() + LOOK } else { self.at.get() };
            match timeout_at(at, &mut exchange).await {
                Err(_) if self.held.get() || self.at.get() > at => {}
                ended => return ended,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::Deadline;

    #[tokio::test(start_paused = true)]
    async fn the_clock_stands_still_while_we_are_waited_for() {
        let (begun, deadline) = (Instant::now(), Deadline::after(Duration::from_secs(2)));
        let exchange = async {
            sleep(Duration::from_secs(1)).await;
            deadline.hold(sleep(Duration::from_secs(60))).await;
            sleep(Duration::from_secs(10)).await;
        };
        assert!(deadline.limit(exchange).await.is_err());
        let took = begun.elapsed();
        assert!(took >= Duration::from_secs(62) && took < Duration::from_millis(62_200), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn it_passes_on_time() {
        let (begun, deadline) = (Instant::now(), Deadline::after(Duration::from_secs(2)));
        assert!(deadline.limit(sleep(Duration::from_secs(3))).await.is_err());
        assert_eq!(begun.elapsed().as_millis() / 10, 200);
    }
}
