//! Options for duplicates.

use std::num::NonZeroUsize;

use clap::Args;
use haul::plan::DEFAULT_DEDUP_MAX;

use crate::cli::units;

/// Whether duplicates are sent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Lists")]
pub(crate) struct Dedup {
    /// Send duplicate requests only once (same URL, method and body)
    ///
    /// A duplicate still gets a record, with "duplicate_of" set to the seq of the first; it counts as neither ok nor
    /// failed. URLs are normalised and compared without fragments. Headers are not compared.
    #[arg(long)]
    pub(crate) dedup: bool,

    /// Distinct requests that --dedup can remember, 43 bytes each; one more ends the run [default: 20M]
    #[arg(long, value_name = "N", value_parser = units::count, requires = "dedup", hide_short_help = true)]
    dedup_max: Option<NonZeroUsize>,
}

impl Dedup {
    /// How many requests are remembered; `None` without `--dedup`.
    pub(crate) fn max(&self) -> Option<NonZeroUsize> {
        self.dedup.then(|| self.dedup_max.unwrap_or(DEFAULT_DEDUP_MAX))
    }
}
