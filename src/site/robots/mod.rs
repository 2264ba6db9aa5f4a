//! What a host's robots.txt lets us fetch ([RFC 9309]).
//!
//! robotxt parses and matches; [`Rules`] is its only user. [`Cache`] remembers what was found out of each origin, and
//! [`RobotsOutcome`] is what an answer to the question for robots.txt comes to. All of it is plain state: nothing in here does
//! I/O, and the time is told.
//!
//! [RFC 9309]: https://www.rfc-editor.org/rfc/rfc9309

mod cache;
#[cfg(test)]
mod cases;
mod outcome;
mod rules;
mod token;

use url::Url;

pub use cache::Cache;
pub use outcome::{MAX_REDIRECTS, RobotsOutcome};
pub use rules::{MAX_DELAY, Rules};
pub use token::{ProductToken, ProductTokenError};

/// How much of a robots.txt is read, in bytes. RFC 9309, section 2.5, demands 500 KiB; the rest tells whether a line
/// ends there.
pub const MAX_FILE: usize = 512 << 10;

/// Where the robots.txt is that speaks for `url`.
pub fn location(url: &Url) -> Url {
    let mut robots = url.clone();
    // They fail for URLs without a host alone, and there is no job for one.
    let _ = robots.set_username("");
    let _ = robots.set_password(None);
    robots.set_path("/robots.txt");
    robots.set_query(None);
    robots.set_fragment(None);
    robots
}
