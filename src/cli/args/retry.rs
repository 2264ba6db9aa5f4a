//! Options for retries and redirects.

use std::time::Duration;

use clap::Args;
use haul::plan::RetryOn;

use crate::cli::units;

/// What is retried, and how redirects are followed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Retries and redirects")]
pub(crate) struct Retries {
    /// Retries after a transient failure
    ///
    /// See --retry-on for what is transient. A request that is unsafe to repeat, such as a POST, is retried only if no
    /// connection was made or if it has an Idempotency-Key header. Pauses that servers ask for are respected: see
    /// --max-wait.
    #[arg(long, value_name = "N", default_value_t = 2, alias = "retries")]
    #[arg(value_parser = units::retries)]
    pub(crate) retry: u32,

    /// Failures to retry, such as default,409 or 5xx,timeout; repeatable
    ///
    /// Replaces the default with statuses, status classes and error kinds. The default, which can be part of the list,
    /// is 408, 425, 429, 500, 502, 503, 504, connect_refused, connect_timeout, connect, timeout, read_timeout, reset,
    /// closed. Other kinds are dns, tls, protocol, decode and expectation. A 403 that signals a rate limit counts as 429.
    #[arg(long, value_name = "LIST", value_parser = units::retry_on)]
    pub(crate) retry_on: Vec<RetryOn>,

    /// Maximum delay before the first retry; doubles with each retry
    ///
    /// The delay is random, from zero to this maximum, so that requests that failed together do not retry together.
    /// With curl's option of the same name it is fixed.
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = units::pause, hide_short_help = true)]
    pub(crate) retry_delay: Duration,

    /// Maximum delay before any retry, unless the server asks for more
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = units::pause, hide_short_help = true)]
    pub(crate) retry_max_delay: Duration,

    /// Schedule no retry later than this after the first attempt
    ///
    /// Applies to each input, and to each of its pages. An attempt in progress is not cut short, and a scheduled retry
    /// may still have to wait for a limit. It is also the longest wait for a host that cannot be reached. curl's option
    /// of the same name has no limit by default.
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = units::pause, hide_short_help = true)]
    pub(crate) retry_max_time: Duration,

    /// Longest pause that a server may ask for
    ///
    /// Servers ask with Retry-After, RateLimit or X-RateLimit-Reset. haul sends the host nothing for that long, then
    /// retries within --retry. If the server asks for more, the record has the response and "deferred":true.
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = units::pause)]
    pub(crate) max_wait: Duration,

    /// Also retry requests that are unsafe to repeat, such as POST
    ///
    /// Applies to transient failures, and to --resume after a crash.
    #[arg(long, hide_short_help = true)]
    pub(crate) retry_unsafe: bool,

    /// Maximum redirects to follow
    ///
    /// On a redirect to another host, only the headers Accept-*, User-Agent and, with a body, Content-* are kept.
    #[arg(long, value_name = "N", default_value_t = 10, aliases = ["max-redirects", "max-redirect"])]
    #[arg(value_parser = units::redirects)]
    pub(crate) max_redirs: usize,

    /// Record redirects instead of following them
    #[arg(long)]
    pub(crate) no_location: bool,

    /// Follow redirects, as by default, even if the configuration has no-location
    #[arg(short = 'L', long, overrides_with = "no_location", hide_short_help = true)]
    pub(crate) location: bool,

    /// Also follow redirects from https to http
    #[arg(long, hide_short_help = true)]
    pub(crate) allow_downgrade: bool,
}
