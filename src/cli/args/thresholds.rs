//! Options for thresholds.

use clap::Args;
use haul::report::threshold::Threshold;

use crate::cli::units;

/// When a run counts as failed.
#[derive(Debug, Args)]
pub(crate) struct Thresholds {
    /// Exit with 4 if the figures meet this condition, such as 'p99>300ms'; repeatable
    ///
    /// Figures are mean, min, max and percentiles such as p50 and p99.9 of the latency, or of another time, as in
    /// p99(service_time), p99(connect) and p99(wait); failed, status(5xx) and error(timeout), each as a number or a
    /// percentage ('failed>1%'); rate ('rate<190/s'); and of a probe also missed ('missed>0') and the rate as a share of
    /// the one asked for ('rate<95%'). A group's name in braces limits a figure to that group: 'p95{checkout}>200ms'.
    #[arg(long, value_name = "CONDITION", value_parser = units::threshold)]
    pub(crate) fail_if: Vec<Threshold>,
}
