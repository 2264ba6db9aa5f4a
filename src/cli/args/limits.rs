//! Options for the limits of each request.

use std::time::Duration;

use clap::Args;

use crate::cli::units;

/// How long each request may take, and how much memory its answer.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct AttemptLimits {
    /// Maximum time for one attempt, body included
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = units::duration)]
    #[arg(alias = "max-time", short_alias = 'm')]
    pub(crate) timeout: Duration,

    /// Maximum time to connect, TLS included
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = units::duration)]
    pub(crate) connect_timeout: Duration,

    /// Maximum time without data from the server [default: --timeout only]
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    pub(crate) read_timeout: Option<Duration>,

    /// Maximum body size, decompressed; the rest is not read
    #[arg(long, value_name = "SIZE", default_value = "10MiB", value_parser = units::size)]
    pub(crate) max_filesize: usize,

    /// Maximum memory for bodies, until their records are written
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = units::size)]
    #[arg(hide_short_help = true)]
    pub(crate) max_memory: usize,
}
