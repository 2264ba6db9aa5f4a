//! What a run means: every choice validated, every unit in its type.
//!
//! A [`Plan`] is what the command line turns into and what a library user fills in. It holds no I/O and nothing of
//! the command line; its defaults are the documented ones.

mod connection;
mod limits;
mod paginate;
mod pem;
mod proxy;
mod retry;
mod robots;
mod session;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, HeaderValue, USER_AGENT};

use crate::model::request::{Netrc, Request};
use crate::site::access::Access;
use crate::site::digest::DigestCredentials;

pub use connection::{ConnectionOptions, DnsOverride, Family, HttpVersion, Interface};
pub use limits::{HostRule, LimitBy, Limits, Rate};
pub use paginate::{DEFAULT_MAX_PAGES, NextPage, Paginate, PaginateError};
pub use pem::{Identity, IdentityError, Roots};
pub use proxy::{Proxies, Proxy};
pub use retry::{Retry, RetryOn, RetryOnError};
pub use robots::RobotsOptions;
pub use session::{Cookies, Login};

pub use crate::schema::{BodyMode, Output, OutputFormat};

/// The User-Agent that is sent unless the request names another.
pub const DEFAULT_USER_AGENT: &str = concat!("haul/", env!("CARGO_PKG_VERSION"));

/// The content codings that are asked for, and decoded, unless the request names others.
pub const ACCEPTED_CODINGS: &str = "gzip, deflate, br, zstd";

/// How many different requests [`Plan::dedup`] remembers, unless told otherwise: about 0.8 GiB when all are there.
pub const DEFAULT_DEDUP_MAX: NonZeroUsize = limits::nonzero(20_000_000);

/// How much [`Plan::ordered`] lets wait, unless told otherwise.
pub const DEFAULT_ORDER_WINDOW: usize = 64 << 20;

/// Everything that decides how a run behaves.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The request that each line of a list becomes, but for its URL.
    pub request: Template,
    /// Who may be asked.
    pub access: Access,
    /// How many requests may be out, and how often.
    pub limits: Limits,
    /// How one attempt is made.
    pub fetch: Fetch,
    /// When a failed attempt is made again.
    pub retry: Retry,
    /// Whether and how far redirects are followed.
    pub redirect: Redirect,
    /// The cookies that are sent and kept.
    pub cookies: Cookies,
    /// Who answers when a server asks for digest authentication, for jobs without credentials of their own.
    pub digest: Option<DigestCredentials>,
    /// The request that goes before all others.
    pub login: Option<Login>,
    /// How hosts are asked for their robots.txt, if they are.
    pub robots: Option<RobotsOptions>,
    /// How the pages of an input are followed, if they are.
    pub paginate: Option<Paginate>,
    /// How many different requests are remembered, so that none is sent twice; without it, all are sent.
    pub dedup: Option<NonZeroUsize>,
    /// How many bytes of records may wait for those of earlier inputs; without it, records come as requests end.
    ///
    /// No more counts than a half of [`Limits::max_memory`].
    pub ordered: Option<usize>,
    /// What a record says.
    pub output: Output,
}

impl Plan {
    /// Whether something is to be found out from bodies, recorded or not.
    pub fn inspects_bodies(&self) -> bool {
        self.paginate.is_some() || self.output.extract.is_some() || self.output.items.is_some()
    }
}

/// The request that a list's lines share.
#[derive(Debug, Clone)]
pub struct Template(pub Arc<Request>);

impl Default for Template {
    fn default() -> Self {
        Template::new(Request::default())
    }
}

impl Template {
    /// Adds the `User-Agent` and `Accept-Encoding` that `request` does not set itself.
    pub fn new(mut request: Request) -> Self {
        let headers = &mut request.headers;
        headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(DEFAULT_USER_AGENT));
        headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static(ACCEPTED_CODINGS));
        Template(Arc::new(request))
    }
}

/// How one attempt is made.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// The whole attempt, body included. There is no way to be without one.
    pub timeout: Duration,
    /// Name resolution, TCP and TLS together.
    pub connect_timeout: Duration,
    /// The longest silence of a connected server.
    pub read_timeout: Option<Duration>,
    /// The largest decoded body, in bytes; the rest is not read.
    pub max_filesize: usize,
    /// Accept any TLS certificate.
    pub insecure: bool,
    /// Credentials by host, for jobs that have none: they go to a job's own origin only.
    pub netrc: Option<Arc<Netrc>>,
    /// Fetcher threads; by default as many as the cores this process may run on.
    pub threads: Option<NonZeroUsize>,
    /// How connections are made.
    pub transport: ConnectionOptions,
}

impl Default for Fetch {
    fn default() -> Self {
        Fetch {
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            read_timeout: None,
            max_filesize: 10 << 20,
            insecure: false,
            netrc: None,
            threads: None,
            transport: ConnectionOptions::default(),
        }
    }
}

/// Whether and how far redirects are followed.
#[derive(Debug, Clone)]
pub struct Redirect {
    /// Follow at all.
    pub follow: bool,
    /// The most hops of one job.
    pub max: usize,
    /// Follow from https to http.
    pub allow_downgrade: bool,
}

impl Default for Redirect {
    fn default() -> Self {
        Redirect { follow: true, max: 10, allow_downgrade: false }
    }
}
