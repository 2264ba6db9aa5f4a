//! What robots.txt has to say, as it can be typed.

use clap::Args;
use haul::site::robots::ProductToken;

use crate::cli::units;

/// Whether robots.txt is heeded.
#[derive(Debug, Args)]
#[command(next_help_heading = "Hosts")]
pub(crate) struct Robots {
    /// Ask each host for its robots.txt first, and do as it says
    ///
    /// What it refuses becomes a record whose error is of the kind robots; Crawl-delay is the host's rate, a minute at
    /// most. It is believed for 24 hours. Where it cannot be read, the host is left alone for a minute. RFC 9309.
    #[arg(long)]
    pub(crate) robots: bool,

    /// The name that robots.txt knows you by [default: the User-Agent, up to its first / or blank]
    #[arg(long, value_name = "NAME", value_parser = units::token, requires = "robots", hide_short_help = true)]
    pub(crate) robots_agent: Option<ProductToken>,
}
