//! Waking at an instant, to within microseconds.
//!
//! The runtime's timers tick in milliseconds. A rate with a burst of one cannot make up for a late request, so at 500/s
//! such a timer would cost a third of the rate. Linux has a finer one.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The timer may wake this late. With a busy wait for the last part of the time, it does not.
const LATENESS: Duration = Duration::from_micros(50);

/// Sleeps until an instant.
#[derive(Debug)]
pub(super) enum WakeTimer {
    /// On the timer of the runtime, which also follows paused time.
    Coarse,
    /// On a timer of the system. The last part of the wait, as long as this, is a busy one.
    #[cfg(target_os = "linux")]
    Fine(fine::Timer, Duration),
}

impl WakeTimer {
    /// The finest timer that this system has. Call it within a runtime.
    pub(super) fn finest() -> Self {
        WakeTimer::fine(LATENESS)
    }

    /// A timer that wakes up to 50 microseconds late, and takes no processor time until then. Call it within a runtime.
    pub(super) fn without_busy_wait() -> Self {
        WakeTimer::fine(Duration::ZERO)
    }

    #[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "the timer of the runtime is never busy"))]
    fn fine(busy: Duration) -> Self {
        #[cfg(target_os = "linux")]
        if let Ok(timer) = fine::Timer::new() {
            return WakeTimer::Fine(timer, busy);
        }
        WakeTimer::Coarse
    }

    /// Waits until `at`.
    pub(super) async fn at(&self, at: Instant) {
        match self {
            WakeTimer::Coarse => sleep_until(at).await,
            #[cfg(target_os = "linux")]
            WakeTimer::Fine(timer, busy) => {
                if timer.sleep_until(at - *busy).await.is_err() {
                    sleep_until(at).await;
                }
                while Instant::now() < at {
                    tokio::task::yield_now().await;
                }
            }
        }
    }
}

#[cfg(target_os = "linux")]
mod fine {
    use std::cell::Cell;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
    };
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;
    use tokio::time::Instant;

    /// A `timerfd`.
    #[derive(Debug)]
    pub(in super::super) struct Timer {
        fd: AsyncFd<OwnedFd>,
        /// The instant that it is set to, unless that has passed.
        set_to: Cell<Option<Instant>>,
    }

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            #[expect(deprecated, reason = "unsound only for what changes its descriptor, and an OwnedFd does not")]
            let fd = AsyncFd::with_interest(timer, Interest::READABLE)?;
            Ok(Timer { fd, set_to: Cell::new(None) })
        }

        pub(super) async fn sleep_until(&self, at: Instant) -> io::Result<()> {
            loop {
                let time = at.saturating_duration_since(Instant::now());
                if time.is_zero() {
                    return Ok(());
                }
                if self.set_to.replace(Some(at)) != Some(at) {
                    self.set(time)?;
                }
                // Setting the timer again counts from zero, so that nobody needs to read how often it has expired.
                self.fd.readable().await?.clear_ready();
                self.set_to.set(None);
            }
        }

        fn set(&self, time: Duration) -> io::Result<()> {
            let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
            let value = Timespec::try_from(time).map_err(io::Error::other)?;
            timerfd_settime(&self.fd, TimerfdTimerFlags::empty(), &Itimerspec { it_interval: zero, it_value: value })?;
            Ok(())
        }
    }
}
