//! Options for showing progress.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};

use crate::cli::exit::CliError;
use crate::cli::metrics;
use crate::cli::screen::terminal;
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

    /// Show a live screen on a terminal instead of a bar; haul probe does so by default
    ///
    /// It has rates, percentiles, latencies over time, statuses, errors and hosts. The records must go elsewhere, such as
    /// to -o FILE. q or Ctrl-C stops the run. Without a terminal on stderr, this does nothing.
    #[arg(long, overrides_with = "no_tui")]
    pub(crate) tui: bool,

    /// Show a bar, not a live screen
    #[arg(long, overrides_with = "tui", hide_short_help = true)]
    pub(crate) no_tui: bool,

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

/// What the terminal is needed for besides progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TerminalUse {
    /// Records are printed on it.
    Records,
    /// A list is typed at it.
    List,
}

impl ShownProgress {
    /// Whether progress is shown on the screen: if `usually` or if that is asked for, on a terminal that can show it, and
    /// that nothing else is `using`.
    ///
    /// # Errors
    /// It is asked for where it is not usual, but the terminal is in use.
    pub(crate) fn wants_screen(&self, usually: bool, using: Option<TerminalUse>) -> Result<bool, CliError> {
        let is_wanted = !self.quiet && !self.no_tui && (usually || self.tui);
        if !is_wanted || !terminal::is_usable() {
            return Ok(false);
        }
        match using {
            Some(TerminalUse::Records) if !usually => {
                Err(CliError::usage("--tui takes the terminal that the records are to be printed on")
                    .with_hint("write the records to a file: -o FILE"))
            }
            Some(TerminalUse::List) if !usually => {
                Err(CliError::usage("--tui takes the terminal that the list is typed at")
                    .with_hint("read the list from a file"))
            }
            using => Ok(using.is_none()),
        }
    }
}
