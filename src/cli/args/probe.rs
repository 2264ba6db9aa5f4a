//! The options of `haul probe`.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::load::{Load, Targets};
use super::{AttemptLimits, Common, Expect, OutputFiles, RecordForm, ShownProgress, Thresholds};
use crate::cli::units;

/// Everything that `haul probe` takes.
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// URLs, lists of URLs, or - for standard input (the default)
    ///
    /// The requests are sent in the order of the lists, over and over again. Lists have the formats that haul reads.
    #[arg(value_name = "FILE|URL")]
    pub(crate) inputs: Vec<OsString>,

    #[command(flatten)]
    pub(crate) load: Load,

    #[command(flatten)]
    pub(crate) judged: Judged,

    #[command(flatten)]
    pub(crate) common: Common,

    #[command(flatten)]
    pub(crate) targets: Targets,

    #[command(flatten)]
    pub(crate) limits: AttemptLimits,

    #[command(flatten)]
    pub(crate) redirects: Redirects,

    #[command(flatten)]
    pub(crate) expect: Expect,

    #[command(flatten)]
    pub(crate) files: OutputFiles,

    #[command(flatten)]
    pub(crate) output: ProbeOutput,

    #[command(flatten)]
    pub(crate) form: RecordForm,

    #[command(flatten)]
    pub(crate) progress: ShownProgress,
}

/// When a probe fails, and when its result counts.
#[derive(Debug, Args)]
#[command(next_help_heading = "Thresholds")]
pub(crate) struct Judged {
    #[command(flatten)]
    pub(crate) thresholds: Thresholds,

    /// Stop once a threshold of --fail-if is crossed for good, but not before this time
    ///
    /// It is crossed for good if no answers that are still to come could change that.
    #[arg(long, value_name = "TIME", value_parser = units::pause, requires = "fail_if")]
    pub(crate) abort_after: Option<Duration>,

    /// Exit with 0, not 5, if no threshold was crossed but the result is in doubt
    ///
    /// The result is in doubt if haul itself was too slow: if requests left late or not at all. The summary says why.
    /// With --find-rate, steps in doubt count like any other.
    #[arg(long)]
    pub(crate) allow_doubt: bool,
}

/// Whether redirects are followed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Redirects")]
pub(crate) struct Redirects {
    /// Follow redirects; by default they are only recorded
    ///
    /// Latency then ends with the last hop, and service time is the sum of all hops. The further hops come on top of --rate.
    #[arg(short = 'L', long)]
    pub(crate) location: bool,

    /// Maximum redirects to follow
    #[arg(long, value_name = "N", default_value_t = 10, aliases = ["max-redirects", "max-redirect"])]
    #[arg(value_parser = units::redirects, requires = "location")]
    pub(crate) max_redirs: usize,

    /// Also follow redirects from https to http
    #[arg(long, requires = "location", hide_short_help = true)]
    pub(crate) allow_downgrade: bool,
}

/// Which files a probe writes besides the usual ones, or instead of them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ProbeOutput {
    /// Write no records, which is fastest
    #[arg(long)]
    #[arg(conflicts_with_all = ["output", "body", "record_filter", "fields", "format", "include", "verbose_records"])]
    pub(crate) no_records: bool,

    /// Write the latencies to this file as an HdrHistogram log
    #[arg(long, value_name = "FILE", group = "written")]
    pub(crate) hdr: Option<PathBuf>,
}

impl Probe {
    /// Whether records are written. On a terminal nobody would read them, unless an option asks for them.
    pub(crate) fn writes_records(&self) -> bool {
        !self.output.no_records && (self.asks_for_records() || !io::stdout().is_terminal())
    }

    /// Whether each step of a search is told as it ends.
    pub(crate) fn tells_steps(&self) -> bool {
        self.load.find_rate && !self.progress.quiet
    }

    fn asks_for_records(&self) -> bool {
        let form = &self.form;
        self.files.output.is_some()
            || form.body.is_some()
            || form.record_filter.is_some()
            || form.fields.is_some()
            || form.is_format_typed()
            || form.include
            || form.verbose_records
    }
}
