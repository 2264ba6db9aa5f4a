//! What the robots.txt of an origin lets us fetch ([RFC 9309]).
//!
//! [`Rules`] parses, by means of robotxt, and matches. [`RobotsOutcome`] is the result of fetching a robots.txt, and
//! [`Cache`] remembers it for each origin. Nothing here does I/O; callers pass in the time.
//!
//! [RFC 9309]: https://www.rfc-editor.org/rfc/rfc9309

mod cache;
#[cfg(test)]
mod cases;
#[cfg(feature = "robots")]
mod lines;
mod outcome;
#[cfg(feature = "robots")]
mod rule;
#[cfg_attr(not(feature = "robots"), path = "rules_absent.rs")]
mod rules;
mod token;

use url::Url;

pub use cache::Cache;
pub use outcome::{MAX_REDIRECTS, RobotsOutcome, is_told_by_head};
pub use rules::Rules;
pub use token::{ProductToken, ProductTokenError};

/// How much of a robots.txt is read, in bytes. RFC 9309, section 2.5, requires 500 KiB; the excess shows whether a line
/// ends there.
pub const MAX_FILE: usize = 512 << 10;

/// The URL of the robots.txt that applies to `url`.
pub fn location(url: &Url) -> Url {
    let mut robots = url.clone();
    // These fail only for URLs without a host, which jobs never have.
    let _ = robots.set_username("");
    let _ = robots.set_password(None);
    robots.set_path("/robots.txt");
    robots.set_query(None);
    robots.set_fragment(None);
    robots
}
