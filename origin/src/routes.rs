//! Routes paths to handlers.

use std::net::SocketAddr;

use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use super::faulty::Visits;
use super::reply::{Fault, Reply};
use super::request::{Call, seconds, within};
use super::slow::Timeline;
use super::{auth, content, cookies, digest, echo, faulty, limits, navigation, slow};

/// The response to `/`: a description of each endpoint.
const ENDPOINTS: &str = include_str!("endpoints.json");

/// One more than the number of segments of the longest path, to detect longer ones.
const SEGMENTS: usize = 4;

pub(super) async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    visits: &Visits,
    timeline: &Timeline,
) -> Result<Reply, Fault> {
    let (head, body) = request.into_parts();
    let call = &Call::new(head, peer.ip());
    Ok(match segments(call.path(), &mut [""; SEGMENTS]) {
        [""] => Reply::whole("application/json", ENDPOINTS),

        ["get"] if !matches!(*call.method(), Method::GET | Method::HEAD) => only_get(),
        ["get"] => echo::get(call),
        ["anything", ..] => echo::anything(call, body).await?,
        ["headers"] => echo::headers(call),
        ["ip"] => Reply::json(&json!({ "origin": call.peer() })),
        ["user-agent"] => echo::user_agent(call),

        ["json"] => content::json(),
        ["json", size] => content::json_array(within(size, limits::JSON)?),
        ["html"] => content::html(),
        ["text"] => content::text(),
        ["robots.txt"] => content::robots(),
        ["deny"] => content::deny(),
        ["bytes", size] => content::bytes(call, within(size, limits::BYTES)?)?,
        ["stream-bytes", size] => content::stream_bytes(call, within(size, limits::BYTES)?)?,
        [coding @ ("gzip" | "deflate" | "brotli" | "zstd")] => content::compressed(call, coding),

        ["redirect", hops] => navigation::redirect(within(hops, limits::REDIRECTS)?)?,
        ["absolute-redirect", hops] => navigation::absolute_redirect(call, within(hops, limits::REDIRECTS)?)?,
        ["redirect-to"] => navigation::redirect_to(call)?,
        ["paginate"] => navigation::paginate(call, visits)?,

        ["cookies"] => cookies::show(call),
        ["cookies", "set"] => cookies::set(call)?,
        ["cookies", "delete"] => cookies::delete(call)?,
        ["basic-auth", user, password] => auth::basic(call, user, password),
        ["digest-auth", user, password] => digest::digest(call, user, password)?,
        ["bearer"] => auth::bearer(call),

        ["delay", pause] => slow::delay(call, body, seconds(pause)?).await?,
        ["drip"] => slow::drip(call).await?,
        ["freeze", period, frozen] => timeline.freeze(call, body, seconds(period)?, seconds(frozen)?).await?,
        ["queue", service] => timeline.queue(call, body, seconds(service)?).await?,
        ["hang"] => slow::hang().await?,

        ["status", code] => faulty::status(within(code, limits::STATUS)?)?,
        ["flaky", round] => faulty::flaky(call, visits, within(round, limits::FLAKY)?),
        ["retry-after", pause] => faulty::retry_after(call, visits, within(pause, limits::RETRY_AFTER)?)?,
        ["rate-limit", pause] => faulty::rate_limit(call, visits, within(pause, limits::RETRY_AFTER)?)?,
        ["cut", size] => faulty::cut(within(size, limits::CUT)?),
        ["close"] => return Err(Fault::Hangup),

        _ => not_found(call),
    })
}

/// The segments of a path, without its leading slash.
fn segments<'a, 'b>(path: &'a str, buffer: &'b mut [&'a str; SEGMENTS]) -> &'b [&'a str] {
    let path = path.strip_prefix('/').unwrap_or(path);
    let mut count = 0;
    for (slot, segment) in buffer.iter_mut().zip(path.split('/')) {
        *slot = segment;
        count += 1;
    }
    &buffer[..count]
}

fn only_get() -> Reply {
    Reply::json(&json!({ "error": "only GET is allowed here" }))
        .status(StatusCode::METHOD_NOT_ALLOWED)
        .header(ALLOW, HeaderValue::from_static("GET, HEAD"))
}

fn not_found(call: &Call) -> Reply {
    Reply::json(&json!({ "error": "no such endpoint", "path": call.path() })).status(StatusCode::NOT_FOUND)
}
