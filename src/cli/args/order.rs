//! Options for the order of records.

use clap::Args;
use haul::plan::DEFAULT_ORDER_WINDOW;

use crate::cli::exit::CliError;
use crate::cli::units;

/// Whether records are written in input order.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Order {
    /// Write records in input order
    ///
    /// A record that is ready early waits in memory for those before it: see --order-window. By default, records are
    /// written as requests finish; seq tells which input each belongs to.
    #[arg(long)]
    pub(crate) ordered: bool,

    /// Memory for records that wait for an earlier one [default: 64MiB]
    ///
    /// When it is full, only the earliest unfinished input may start requests. It is part of --max-memory, and at most
    /// half of it.
    #[arg(long, value_name = "SIZE", value_parser = units::size, requires = "ordered", hide_short_help = true)]
    order_window: Option<usize>,
}

impl Order {
    /// How many bytes of records may wait; `None` without `--ordered`.
    ///
    /// # Errors
    /// Fails if it is more than half of `max_memory`.
    pub(crate) fn window(&self, max_memory: usize) -> Result<Option<usize>, CliError> {
        match self.order_window {
            Some(window) if window > max_memory / 2 => {
                Err(CliError::usage("--order-window must be at most half of --max-memory, which includes it"))
            }
            window => Ok(self.ordered.then(|| window.unwrap_or(DEFAULT_ORDER_WINDOW.min(max_memory / 2)))),
        }
    }
}
