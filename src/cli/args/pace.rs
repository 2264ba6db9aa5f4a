//! How many requests at once, and how often, as it can be typed.

use std::num::{NonZeroU32, NonZeroUsize};

use clap::{Args, ValueEnum};
use haul::plan::{HostRule, Rate};

use crate::cli::units;

/// How many requests at once, and how often.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pace")]
pub(crate) struct Pace {
    /// Requests in flight
    #[arg(short, long, value_name = "N", default_value = "64", value_parser = units::count)]
    pub(crate) concurrency: NonZeroUsize,

    /// Requests in flight to one host
    ///
    /// A host is a scheme, a name and a port.
    #[arg(long, value_name = "N", default_value = "8", value_parser = units::count)]
    pub(crate) host_concurrency: NonZeroUsize,

    /// Requests started, as 5/s, 300/m or 10k/h [default: no limit]
    ///
    /// Retries and the hops of redirects count. The starts are evenly spaced: see --burst.
    #[arg(long, value_name = "RATE", value_parser = units::rate)]
    pub(crate) rate: Option<Rate>,

    /// Requests started to one host [default: no limit]
    #[arg(long, value_name = "RATE", value_parser = units::rate)]
    pub(crate) host_rate: Option<Rate>,

    /// Limits of hosts that match, as 'api.example.com: rate=5/s concurrency=2'; repeatable
    ///
    /// A host is a name, in which * stands for any characters, an address or a network; a scheme before it and a port
    /// behind it are heeded. Of the rules that match, the last to say something of a limit decides.
    #[arg(long = "host-rule", value_name = "RULE", value_parser = units::host_rule)]
    pub(crate) host_rules: Vec<HostRule>,

    /// What the limits of a host belong to: origin (scheme, name and port) or domain
    ///
    /// A domain is what one owner can register, as example.co.uk, with all hosts below it. --host-rule is held against
    /// domains then.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t, hide_short_help = true)]
    pub(crate) limit_by: LimitBy,

    /// Find out how many requests at once each host takes well, up to --host-concurrency
    ///
    /// More while it answers as quickly as ever; fewer when it is slower, times out, or says 429 or 503.
    #[arg(long)]
    pub(crate) adaptive: bool,

    /// Requests that a rate lets start at once after a pause
    #[arg(long, value_name = "N", default_value = "1", value_parser = units::burst)]
    pub(crate) burst: NonZeroU32,

    /// Lines read ahead while every known host is held back
    #[arg(long, value_name = "N", default_value = "10k", value_parser = units::count)]
    #[arg(hide_short_help = true)]
    pub(crate) window: NonZeroUsize,

    /// Fetcher threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = units::count, hide_short_help = true)]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// [`haul::plan::LimitBy`], as typed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum LimitBy {
    /// Scheme, name and port
    #[default]
    Origin,
    /// What one owner can register, with all hosts below it
    Domain,
}
