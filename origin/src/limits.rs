//! How far a client can go: whatever a URL names must be in one of these ranges.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Connections open at once.
pub const CONNECTIONS: usize = 20_000;
/// Connections that wait to be accepted.
pub const BACKLOG: u32 = 4096;
/// HTTP/2 streams open at once on one connection.
pub const STREAMS: u32 = 10_000;
/// Bytes of a request's body.
pub const REQUEST_BODY: usize = 10 << 20;
/// URLs whose visits `/flaky`, `/retry-after` and `/rate-limit` count; then they forget all.
pub const VISITED: usize = 1 << 16;

/// Seconds of `/delay` and `/drip`.
pub const SECONDS: RangeInclusive<f64> = 0.0..=60.0;
/// How long `/hang` holds a request.
pub const HANG: Duration = Duration::from_secs(60);

/// Bytes of `/bytes` and `/stream-bytes`.
pub const BYTES: RangeInclusive<u64> = 0..=100 << 20;
/// Bytes of `/json`.
pub const JSON: RangeInclusive<usize> = 0..=10 << 20;
/// Bytes of `/drip`.
pub const DRIP: RangeInclusive<u64> = 1..=10 << 20;
/// Bytes that `/cut` sends.
pub const CUT: RangeInclusive<u64> = 1..=1 << 20;

/// Status codes to ask for; those below are interim responses.
pub const STATUS: RangeInclusive<u16> = 200..=999;
/// Status codes of a redirect.
pub const REDIRECT: RangeInclusive<u16> = 300..=399;
/// Redirects in a row.
pub const REDIRECTS: RangeInclusive<u64> = 1..=100;
/// Requests that make one success of `/flaky`.
pub const FLAKY: RangeInclusive<u64> = 1..=100;
/// Answers that a nonce of `/digest-auth` is good for.
pub const NONCE_USES: RangeInclusive<u64> = 1..=1_000_000;
/// Seconds in a `Retry-After`, and until a quota is filled again.
pub const RETRY_AFTER: RangeInclusive<u64> = 0..=86_400;

/// Items in all of `/paginate`.
pub const ITEMS: RangeInclusive<u64> = 0..=1_000_000;
/// Items on one page.
pub const PER_PAGE: RangeInclusive<u64> = 1..=1_000;
/// Page numbers.
pub const PAGE: RangeInclusive<u64> = 1..=1_000_000;
