//! What is tried again, and how redirects are followed, as it can be typed.

use std::time::Duration;

use clap::Args;
use haul::plan::RetryOn;

use crate::cli::units;

/// What is tried again, and how redirects are followed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Retries and redirects")]
pub(crate) struct Retries {
    /// Further attempts after a failure that may pass
    ///
    /// See --retry-on for which those are. What may have an effect twice, such as a POST, is sent again only if it
    /// surely was not sent, since there was no connection, or has an Idempotency-Key header. What servers say of
    /// pauses is heeded: see --max-wait.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) retry: u32,

    /// What may pass, in place of the default, as default,409 or 5xx,timeout; repeatable
    ///
    /// Statuses, classes of them and kinds of errors. The default, which can be a member, is 408, 425, 429, 500, 502, 503, 504, connect_refused,
    /// connect_timeout, connect, timeout, read_timeout, reset, closed. There are also dns, tls, protocol and decode. A
    /// 403 that is a rate limit counts as a 429.
    #[arg(long, value_name = "LIST", value_parser = units::retry_on)]
    pub(crate) retry_on: Vec<RetryOn>,

    /// Longest pause before the first retry; for each further one it doubles
    ///
    /// It is drawn from between nothing and this, so that what failed together does not come back together; with curl's
    /// option of this name, it is always the same.
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = units::pause, hide_short_help = true)]
    pub(crate) retry_delay: Duration,

    /// Longest pause before a retry, but for what servers ask for
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = units::pause, hide_short_help = true)]
    pub(crate) retry_max_delay: Duration,

    /// Time for a job: no retry is due later than this after its first attempt began
    ///
    /// Each line is a job, and so is each of its pages. An attempt under way is not cut short, and one that is due may
    /// have to wait for a limit. Nor does a job wait longer for a host that cannot be reached. curl's option of this name
    /// has no limit by default.
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = units::pause, hide_short_help = true)]
    pub(crate) retry_max_time: Duration,

    /// Longest pause that a server may ask for and get
    ///
    /// By Retry-After, RateLimit or X-RateLimit-Reset. Its host is left alone for so long, then the request is sent
    /// again as --retry says. If it asks for more, the record has the answer and "deferred":true.
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = units::pause)]
    pub(crate) max_wait: Duration,

    /// Send again even what may have an effect twice, such as a POST
    ///
    /// After a failure that may pass, and with --resume after a crash.
    #[arg(long, hide_short_help = true)]
    pub(crate) retry_unsafe: bool,

    /// Redirects to follow
    ///
    /// To another host goes no header of yours but Accept-* and User-Agent, and a body's Content-*.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) max_redirs: usize,

    /// Record redirects, do not follow them
    #[arg(long)]
    pub(crate) no_location: bool,

    /// Follow redirects from https to http as well
    #[arg(long, hide_short_help = true)]
    pub(crate) allow_downgrade: bool,
}
