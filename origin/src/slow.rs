//! Slow endpoints.

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
