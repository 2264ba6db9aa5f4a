//! Options for concurrency and rate limits.

use std::num::{NonZeroU32, NonZeroUsize};

use clap::{Args, ValueEnum};
use haul::plan::{HostRule, Rate};

use crate::cli::units;

/// Concurrency and rate limits.
#[derive(Debug, Args)]
#[command(next_help_heading = "Concurrency and rate")]
pub(crate) struct Pace {
    /// Maximum requests in flight [default: 64]
    #[arg(short, long, value_name = "N", value_parser = units::count, alias = "connections")]
    pub(crate) concurrency: Option<NonZeroUsize>,

    /// Maximum requests in flight per host [default: 8]
    ///
    /// A host is a scheme, a name and a port.
    #[arg(long, value_name = "N", value_parser = units::count)]
    pub(crate) host_concurrency: Option<NonZeroUsize>,

    /// Maximum request rate, such as 5/s, 300/m or 10k/h [default: no limit]
    ///
    /// Retries and redirects count. Requests are evenly spaced: see --burst.
    #[arg(long, value_name = "RATE", value_parser = units::rate)]
    pub(crate) rate: Option<Rate>,

    /// Maximum request rate per host [default: no limit]
    #[arg(long, value_name = "RATE", value_parser = units::rate)]
    pub(crate) host_rate: Option<Rate>,

    /// Limits for matching hosts, as 'api.example.com: rate=5/s concurrency=2'; repeatable
    ///
    /// The host is a name, in which * matches any characters, an address or a network, optionally with a scheme and
    /// port. If several rules match, the last one that sets a limit wins.
    #[arg(long = "host-rule", value_name = "RULE", value_parser = units::host_rule)]
    pub(crate) host_rules: Vec<HostRule>,

    /// Apply host limits per origin (scheme, name and port) or per domain
    ///
    /// A domain is a registrable name, such as example.co.uk, with all its subdomains. --host-rule then matches
    /// domains.
    #[arg(long, value_name = "SCOPE", value_enum, default_value_t, hide_short_help = true)]
    pub(crate) limit_by: LimitBy,

    /// Adapt the concurrency to each host, up to --host-concurrency
    ///
    /// Raises it while responses stay fast; lowers it when they slow down, time out or have status 429 or 503.
    #[arg(long)]
    pub(crate) adaptive: bool,

    /// Maximum burst under a rate limit
    #[arg(long, value_name = "N", default_value = "1", value_parser = units::burst)]
    pub(crate) burst: NonZeroU32,

    /// Lines to read ahead while all known hosts are held back
    #[arg(long, value_name = "N", default_value = "10k", value_parser = units::count)]
    #[arg(hide_short_help = true)]
    pub(crate) window: NonZeroUsize,

    /// Fetcher threads [default: one per core]
    #[arg(long, value_name = "N", value_parser = units::count, hide_short_help = true)]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// [`haul::plan::LimitBy`], as typed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum LimitBy {
    /// Scheme, name and port
    #[default]
    Origin,
    /// Registrable domain with all its subdomains
    Domain,
}
