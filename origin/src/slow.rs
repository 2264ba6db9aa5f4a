//! Slow endpoints.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use hyper::StatusCode;
use hyper::body::Incoming;
use tokio::time::{Instant, sleep, sleep_until};

use super::reply::{Fault, Reply};
use super::request::Call;
use super::{echo, limits};

/// Responds like `/anything`, after a delay.
pub(super) async fn delay(call: &Call, body: Incoming, pause: Duration) -> Result<Reply, Fault> {
    sleep(pause).await;
    echo::anything(call, body).await
}

/// When the server is slow to everybody.
#[derive(Debug)]
pub(super) struct Timeline {
    started: Instant,
    /// When the only worker of `/queue` has served all that came before.
    busy_until: Mutex<Instant>,
}

impl Default for Timeline {
    fn default() -> Self {
        let now = Instant::now();
        Timeline { started: now, busy_until: Mutex::new(now) }
    }
}

impl Timeline {
    /// Responds like `/anything`, but while the server is frozen only once that is over: it freezes for the last `frozen`
    /// of every `period`.
    pub(super) async fn freeze(
        &self,
        call: &Call,
        body: Incoming,
        period: Duration,
        frozen: Duration,
    ) -> Result<Reply, Fault> {
        if frozen > period || period.is_zero() {
            return Err(Fault::bad_request("the server cannot freeze for longer than a whole period".to_owned()));
        }
        sleep(thaws_in(self.started.elapsed(), period, frozen)).await;
        echo::anything(call, body).await
    }

    /// Responds like `/anything`, one request after the other: each takes `service` once those before it are done.
    pub(super) async fn queue(&self, call: &Call, body: Incoming, service: Duration) -> Result<Reply, Fault> {
        let done = {
            let mut busy_until = self.busy_until.lock().unwrap_or_else(PoisonError::into_inner);
            *busy_until = (*busy_until).max(Instant::now()) + service;
            *busy_until
        };
        sleep_until(done).await;
        echo::anything(call, body).await
    }
}

/// How long a server that has run for `age` stays frozen.
fn thaws_in(age: Duration, period: Duration, frozen: Duration) -> Duration {
    let into = Duration::from_nanos((age.as_nanos() % period.as_nanos()) as u64);
    if into < period - frozen { Duration::ZERO } else { period - into }
}

/// Holds a request for [`limits::HANG`], and then closes the connection.
pub(super) async fn hang() -> Result<Reply, Fault> {
    sleep(limits::HANG).await;
    Err(Fault::Hangup)
}

/// The most chunks of a drip. More would exceed the resolution of the timer.
const PIECES: u64 = 1000;

/// A slow body: the head after `delay` seconds, and `numbytes` bytes spread over `duration` seconds.
pub(super) async fn drip(call: &Call) -> Result<Reply, Fault> {
    let duration = call.param_seconds("duration", 2.0)?;
    let delay = call.param_seconds("delay", 0.0)?;
    let status = call.param_status("code", StatusCode::OK, limits::STATUS)?;
    let size = call.param_within("numbytes", 10, limits::DRIP)?;
    sleep(delay).await;

    let pieces = size.min(PIECES);
    let started = Instant::now();
    let drops = stream::unfold(0, move |piece| async move {
        if piece == pieces {
            return None;
        }
        sleep_until(started + duration.mul_f64((piece + 1) as f64 / pieces as f64)).await;
        let len = size * (piece + 1) / pieces - size * piece / pieces;
        Some((Ok(Bytes::from(vec![b'*'; len as usize])), piece + 1))
    });
    Ok(Reply::streamed("application/octet-stream", Some(size), drops).status(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_freezes_at_the_end_of_each_period() {
        let ms = Duration::from_millis;
        let thaws = |age| thaws_in(ms(age), ms(5000), ms(1000));
        assert_eq!([0, 3999, 4000, 4750, 5000, 9000].map(thaws), [0, 0, 1000, 250, 0, 1000].map(ms));
        assert_eq!(thaws_in(ms(3), ms(5), ms(5)), ms(2));
    }
}
