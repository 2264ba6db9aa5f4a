//! Limits of the server, and the ranges of the parameters in URLs.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The most open connections.
pub const CONNECTIONS: usize = 20_000;
/// The most connections waiting to be accepted.
pub const BACKLOG: u32 = 4096;
/// The most concurrent HTTP/2 streams per connection.
pub const STREAMS: u32 = 10_000;
/// The largest request body in bytes.
pub const REQUEST_BODY: usize = 10 << 20;
/// The most URLs whose visits are counted by `/flaky`, `/retry-after` and `/rate-limit`. Beyond them, all counts restart.
pub const VISITED: usize = 1 << 16;

/// Delays of `/delay`, `/drip`, `/freeze` and `/queue`, in seconds.
pub const SECONDS: RangeInclusive<f64> = 0.0..=60.0;
/// How long `/hang` holds a request.
pub const HANG: Duration = Duration::from_secs(60);

/// Sizes of `/bytes` and `/stream-bytes`, in bytes.
pub const BYTES: RangeInclusive<u64> = 0..=100 << 20;
/// Sizes of `/json`, in bytes.
pub const JSON: RangeInclusive<usize> = 0..=10 << 20;
/// Sizes of `/drip`, in bytes.
pub const DRIP: RangeInclusive<u64> = 1..=10 << 20;
/// Bytes that `/cut` sends.
pub const CUT: RangeInclusive<u64> = 1..=1 << 20;

/// Status codes of responses. Lower ones are interim responses.
pub const STATUS: RangeInclusive<u16> = 200..=999;
/// Status codes of a redirect.
pub const REDIRECT: RangeInclusive<u16> = 300..=399;
/// Redirects in a chain.
pub const REDIRECTS: RangeInclusive<u64> = 1..=100;
/// Requests to `/flaky` per success.
pub const FLAKY: RangeInclusive<u64> = 1..=100;
/// Requests for which a nonce of `/digest-auth` is valid.
pub const NONCE_USES: RangeInclusive<u64> = 1..=1_000_000;
/// Delays in `Retry-After` and until a rate limit resets, in seconds.
pub const RETRY_AFTER: RangeInclusive<u64> = 0..=86_400;

/// The total number of items of `/paginate`.
pub const ITEMS: RangeInclusive<u64> = 0..=1_000_000;
/// Items per page.
pub const PER_PAGE: RangeInclusive<u64> = 1..=1_000;
/// Page numbers.
pub const PAGE: RangeInclusive<u64> = 1..=1_000_000;
