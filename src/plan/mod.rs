//! The settings of a run, validated and in typed units.
//!
//! The command line is parsed into a [`Plan`], and library users fill one in. It does no I/O and knows nothing of the
//! command line. Its defaults are the documented ones.

mod connect_to;
mod connection;
mod expect;
mod limits;
mod load;
mod paginate;
mod pem;
mod proxy;
mod rate;
mod retry;
mod robots;
mod session;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::header::{ACCEPT_ENCODING, HeaderValue, USER_AGENT};

use crate::model::SettingNames;
use crate::model::request::Request;

pub use connect_to::ConnectTo;
pub(crate) use connect_to::borrowed;
pub use connection::{ClientKind, ConnectionOptions, DnsOverride, Family, HttpVersion, Interface, TlsVersion};
pub use expect::Expect;
pub use limits::{HostRule, LimitBy, Limits};
pub use load::{Arrivals, FindRate, Load, LoadModel, Pace, Stage, Stages};
pub use paginate::{DEFAULT_MAX_PAGES, NextPage, Paginate, PaginateError};
pub use pem::{Identity, IdentityError, Roots};
pub use proxy::{Proxies, Proxy};
pub use rate::{Rate, RateError};
pub use retry::{Retry, RetryOn, RetryOnError};
pub use robots::RobotsOptions;
pub use session::{Cookies, Login};

pub use crate::guard::redact::Redact;
pub use crate::jq::Filter;
pub use crate::model::condition::{Condition, ConditionError};
pub use crate::model::host_glob::HostGlob;
pub use crate::model::request::Netrc;
pub use crate::schema::field::Field;
pub use crate::schema::{BodyMode, BodyRules, Output, OutputFormat};
pub use crate::site::access::Access;
pub use crate::site::cookies::{Cookie, Jar};
pub use crate::site::digest::DigestCredentials;

/// The default User-Agent.
pub const DEFAULT_USER_AGENT: &str = concat!("haul/", env!("CARGO_PKG_VERSION"));

/// The default Accept-Encoding: the content codings that are decoded.
pub const ACCEPTED_CODINGS: &str = "gzip, deflate, br, zstd";

/// The default size of [`Plan::dedup`], when enabled. That many requests take about 0.8 GiB of memory.
pub const DEFAULT_DEDUP_MAX: NonZeroUsize = limits::nonzero(20_000_000);

/// The default size of [`Plan::ordered`] in bytes, when enabled.
pub const DEFAULT_ORDER_WINDOW: usize = 64 << 20;

/// The settings of a run. Start from the default, since later versions may add fields.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The request that each line of a list becomes, except for its URL.
    pub request: Template,
    /// The hosts that requests may be sent to.
    pub access: Access,
    /// Concurrency, rate and memory limits.
    pub limits: Limits,
    /// How one attempt is made.
    pub fetch: Fetch,
    /// When a failed attempt is retried.
    pub retry: Retry,
    /// What an answer must be like to count as ok.
    pub expect: Expect,
    /// Whether and how far redirects are followed.
    pub redirect: Redirect,
    /// Which cookies are sent and stored.
    pub cookies: Cookies,
    /// The credentials for digest authentication, for jobs without credentials of their own.
    pub digest: Option<DigestCredentials>,
    /// The request that is sent before all others.
    pub login: Option<Login>,
    /// How robots.txt is fetched and applied. Without it, robots.txt is ignored.
    pub robots: Option<RobotsOptions>,
    /// How pagination is followed. Without it, each input is one page.
    pub paginate: Option<Paginate>,
    /// Send duplicate requests only once, remembering at most this many. Without it, all requests are sent.
    pub dedup: Option<NonZeroUsize>,
    /// Write records in the order of the inputs, buffering at most this many bytes. Without it, records are written as
    /// requests complete.
    ///
    /// Capped at half of [`Limits::max_memory`].
    pub ordered: Option<usize>,
    /// What records contain, and their format.
    pub output: Output,
    /// How messages name the settings that they are about.
    pub setting_names: SettingNames,
}

impl Plan {
    /// How many bytes of records may wait for those of earlier inputs, once the memory limit is taken into account.
    pub(crate) fn order_window(&self) -> Option<usize> {
        self.ordered.map(|window| window.min(self.limits.max_memory / 2))
    }

    /// Whether an output does not show which inputs are completed: some have several records, or none.
    pub fn hides_completed(&self) -> bool {
        self.paginate.is_some() || self.output.items.is_some() || self.output.record_filter.is_some()
    }

    /// How much memory a filter may take for a body.
    pub(crate) fn filter_memory(&self) -> usize {
        self.limits.max_memory / 2
    }

    /// Whether bodies are inspected, even if they are not recorded.
    pub fn inspects_bodies(&self) -> bool {
        let output = &self.output;
        self.paginate.is_some() || output.extract.is_some() || output.items.is_some() || self.expect.needs_body()
    }

    /// Whether the bodies of inputs are kept in memory, to be recorded or inspected. Otherwise they are only counted.
    pub(crate) fn keeps_bodies(&self) -> bool {
        self.output.body != BodyMode::None || self.inspects_bodies()
    }

    /// Whether a body may be larger than the memory for all of them. Bodies that are only counted may, and answers to
    /// HEAD have none; an input with its own method or expectations is limited when its answer comes.
    pub fn bodies_exceed_memory(&self) -> bool {
        let keeps_bodies = self.keeps_bodies() && self.request.0.method != Method::HEAD;
        (keeps_bodies || self.login.is_some()) && self.fetch.max_filesize >= self.limits.max_memory
    }
}

/// The request that all lines of a list share.
#[derive(Debug, Clone)]
pub struct Template(pub Arc<Request>);

impl Default for Template {
    fn default() -> Self {
        Template::new(Request::default())
    }
}

impl Template {
    /// Adds the default `User-Agent` and `Accept-Encoding`, unless `request` sets them.
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
    /// The limit for the whole attempt, body included.
    pub timeout: Duration,
    /// The limit for name resolution, TCP and TLS together.
    pub connect_timeout: Duration,
    /// The longest time without any bytes from a connected server.
    pub read_timeout: Option<Duration>,
    /// The largest decoded body, in bytes. The rest is not read.
    pub max_filesize: usize,
    /// Accept any TLS certificate.
    pub insecure: bool,
    /// Credentials by host, for jobs without credentials of their own. They are sent only to the origin of the job.
    pub netrc: Option<Arc<Netrc>>,
    /// The number of fetcher threads. By default, the number of cores available to the process.
    pub threads: Option<NonZeroUsize>,
    /// How connections are made.
    pub transport: ConnectionOptions,
    /// The client that makes the connections.
    pub client: ClientKind,
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
            client: ClientKind::default(),
        }
    }
}

/// Whether and how far redirects are followed.
#[derive(Debug, Clone)]
pub struct Redirect {
    /// Follow redirects.
    pub follow: bool,
    /// The most redirects of one job.
    pub max: usize,
    /// Follow redirects from https to http.
    pub allow_downgrade: bool,
}

impl Default for Redirect {
    fn default() -> Self {
        Redirect { follow: true, max: 10, allow_downgrade: false }
    }
}
