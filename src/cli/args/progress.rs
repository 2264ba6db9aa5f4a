//! Options for showing progress.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};

use crate::cli::metrics;
use crate::cli::units::{self, Every};

/// How progress is shown.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ShownProgress {
    /// Print progress to stderr this often; 0 for never [default: 1m, or a bar on a terminal]
    ///
    /// Each line says how many inputs are done, at what rate, how long the rest will take, what failed, and what limits
    /// the run. On a terminal, this option prints lines above the bar. SIGUSR1 prints the summary so far.
    #[arg(long, value_name = "TIME", value_parser = units::every)]
    pub(crate) progress_every: Option<Every>,

    /// Format of the lines of progress
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, hide_short_help = true)]
    pub(crate) progress_format: ProgressFormat,

    /// Serve figures of the run for Prometheus at http://ADDR/metrics
    ///
    /// A port alone, such as 9100, is for this machine only. To let other machines connect, give an address: 0.0.0.0:9100.
    #[arg(long, value_name = "ADDR", value_parser = metrics::address, hide_short_help = true)]
    pub(crate) metrics: Option<SocketAddr>,

    /// Do not show progress or the summary
    #[arg(short, long, alias = "silent", short_alias = 's')]
    pub(crate) quiet: bool,
}

/// How a line of progress is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object per line
    Json,
}
