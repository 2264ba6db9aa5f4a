//! The order of the records, as it can be typed.

use clap::Args;
use haul::plan::DEFAULT_ORDER_WINDOW;

use crate::cli::exit::CliError;
use crate::cli::units;

/// Whether records come in order.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Order {
    /// Write records in the order of the lists
    ///
    /// A record that comes early waits for those before it, in memory: see --order-window. Without this option records
    /// come as requests end, and seq tells them apart.
    #[arg(long)]
    pub(crate) ordered: bool,

    /// Records that may wait for an earlier one before no further request starts but that one's [default: 64MiB]
    ///
    /// At most a half of --max-memory, in which they count.
    #[arg(long, value_name = "SIZE", value_parser = units::size, requires = "ordered", hide_short_help = true)]
    order_window: Option<usize>,
}

impl Order {
    /// How many bytes may wait, if records come in order.
    ///
    /// # Errors
    /// That is more than `max_memory` allows.
    pub(crate) fn window(&self, max_memory: usize) -> Result<Option<usize>, CliError> {
        match self.order_window {
            Some(window) if window > max_memory / 2 => {
                Err(CliError::usage("--order-window must be no more than half of --max-memory, which it is a part of"))
            }
            window => Ok(self.ordered.then(|| window.unwrap_or(DEFAULT_ORDER_WINDOW.min(max_memory / 2)))),
        }
    }
}
