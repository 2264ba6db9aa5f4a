//! Options for robots.txt.

use clap::Args;
use haul::site::robots::ProductToken;

use crate::cli::units;

/// Whether robots.txt is obeyed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Hosts")]
pub(crate) struct Robots {
    /// Fetch and obey each host's robots.txt
    ///
    /// A disallowed request gets a record with an error of kind robots. Crawl-delay, up to a minute, limits the host's
    /// rate. The file is cached for 24 hours. If it cannot be read, requests to the host are refused for a minute. See
    /// RFC 9309.
    #[arg(long)]
    pub(crate) robots: bool,

    /// Name to match in robots.txt [default: the User-Agent up to its first / or space]
    #[arg(long, value_name = "NAME", value_parser = units::token, requires = "robots", hide_short_help = true)]
    pub(crate) robots_agent: Option<ProductToken>,
}
