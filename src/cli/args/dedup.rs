//! What is left out of the lists, as it can be typed.

use std::num::NonZeroUsize;

use clap::Args;
use haul::plan::DEFAULT_DEDUP_MAX;

use crate::cli::units;

/// Whether repeats are sent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Lists")]
pub(crate) struct Dedup {
    /// Do not send what an earlier line has asked for: same URL, method and body
    ///
    /// A repeat has a record all the same, with "duplicate_of": the seq of the first; it is neither ok nor failed. URLs
    /// are compared as they are normalised, without fragments. Headers are not compared.
    #[arg(long)]
    pub(crate) dedup: bool,

    /// Different requests that --dedup remembers, 43 bytes each; the run ends at one more [default: 20M]
    #[arg(long, value_name = "N", value_parser = units::count, requires = "dedup", hide_short_help = true)]
    dedup_max: Option<NonZeroUsize>,
}

impl Dedup {
    /// How many requests are remembered, if they are.
    pub(crate) fn max(&self) -> Option<NonZeroUsize> {
        self.dedup.then(|| self.dedup_max.unwrap_or(DEFAULT_DEDUP_MAX))
    }
}
