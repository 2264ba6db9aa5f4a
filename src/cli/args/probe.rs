//! The options of `haul probe`.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};
use haul::jq::Filter;
use haul::plan::BodyMode;

use super::load::{Load, Targets};
use super::output::written_as;
use super::{AttemptLimits, Common, Expect, Format, OutputFiles, ShownProgress, Thresholds};
use crate::cli::exit::CliError;
use crate::cli::units::{self, Fields};

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
    pub(crate) output: ProbeOutput,

    #[command(flatten)]
    pub(crate) progress: ShownProgress,
}

/// Words the help of shared options as they apply to `haul probe`.
pub(super) fn worded(command: clap::Command) -> clap::Command {
    [
        (
            "data_template",
            "Send this text with each {{column}} filled in from the line, and {{seq}} and others with new values",
            "Values are escaped in JSON and encoded in forms. Columns are those of a CSV or TSV file, or the keys of an \
             NDJSON line's meta. {{seq}}, {{uuid}}, {{now}} and {{random 1 1000}} get a new value for each request.",
        ),
        (
            "expect",
            "Fail responses that do not meet this condition, such as status==200; repeatable",
            "A condition compares status, size, time, header.NAME, body or url with == != < <= > >=, or with a regular \
             expression: ~ !~. Examples: status==2xx, status!=404,410, size>0, 'time<500ms', header.content-type~json. \
             All must hold, or the record has \"ok\":false and an error of kind expectation that says what came instead. \
             A line's own key expect replaces them. With --location, redirects are followed first.",
        ),
        (
            "progress_every",
            "Print progress to stderr this often; 0 for never [default: 1m, or a bar on a terminal]",
            "Each line says how far the probe is, the rate of answers and the rate that was asked for, how many requests \
             are in flight, how many failed, and p99. On a terminal, this option prints lines above the bar. SIGUSR1 \
             prints the summary so far.",
        ),
    ]
    .into_iter()
    .fold(command, |command, (id, short, long)| {
        command.mut_arg(id, |arg| arg.help(short).long_help(format!("{short}\n\n{long}")))
    })
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
    #[arg(long)]
    pub(crate) allow_doubt: bool,
}

/// Whether redirects are followed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Redirects")]
pub(crate) struct Redirects {
    /// Follow redirects, which are recorded by default
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

/// Where records and figures go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
#[command(group = ArgGroup::new("written").args(["output", "report", "hdr"]).multiple(true))]
pub(crate) struct ProbeOutput {
    /// Write records to this file, which must not exist, or - for stdout
    ///
    /// It is compressed if its name ends in .gz or .zst. FILE.run.json beside it gets what records cannot tell, such as the
    /// requests that were not sent, for haul report --run. By default, records go to standard output, unless that is a
    /// terminal.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Write no records, which is fastest
    #[arg(long)]
    #[arg(conflicts_with_all = ["output", "body", "record_filter", "fields", "format", "include", "verbose_records"])]
    pub(crate) no_records: bool,

    /// Replace existing files of --output, --report and --hdr
    #[arg(long, requires = "written")]
    pub(crate) force: bool,

    /// Write a JSON report of the probe to this file, which must not exist
    ///
    /// - is standard output, if -o FILE or --no-records leaves that free.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,

    /// Write the latencies to this file as an HdrHistogram log
    #[arg(long, value_name = "FILE")]
    pub(crate) hdr: Option<PathBuf>,

    /// How to record bodies: none, auto, json, text, base64, dir:PATH [default: none]
    ///
    /// none: read and count them only. auto: JSON as JSON, other text as text, other bytes as base64. json: like auto, but
    /// parse bodies as JSON whatever their Content-Type. text: like auto, but JSON as text. base64: always as base64.
    /// dir:PATH: as files in that directory, named by the SHA-256 of their content.
    #[arg(long, value_name = "MODE", value_parser = units::body)]
    pub(crate) body: Option<BodyMode>,

    /// Write only the records for which this jq filter is true
    ///
    /// It sees the whole record: --where '.timings_ms.latency > 500'. The report and the summary count all records.
    #[arg(long = "where", value_name = "FILTER", value_parser = units::filter)]
    pub(crate) record_filter: Option<Filter>,

    /// Fields of a record to write, such as seq,group,timings_ms.latency
    ///
    /// They are written in this order; missing values are null.
    #[arg(long, value_name = "LIST", value_parser = units::fields, conflicts_with = "verbose_records")]
    pub(crate) fields: Option<Fields>,

    /// Output format [default: by the name of the output, else ndjson]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,

    /// Record all response headers, not just Content-Type
    #[arg(short, long)]
    pub(crate) include: bool,

    /// Do not redact secrets in URLs and headers
    #[arg(long, hide_short_help = true)]
    pub(crate) no_redact: bool,

    /// Record every key of the schema, null if it has no value
    #[arg(long, hide_short_help = true)]
    pub(crate) verbose_records: bool,
}

impl ProbeOutput {
    /// The files that are written.
    pub(crate) fn files(&self) -> OutputFiles {
        OutputFiles {
            output: self.output.clone(),
            force: self.force,
            resume: false,
            resume_anyway: false,
            rotate: None,
            report: self.report.clone(),
        }
    }

    /// The format of records: the one that was typed, or else the one that the output is named after.
    ///
    /// # Errors
    /// The format does not go with other options.
    pub(crate) fn format(&self) -> Result<Format, CliError> {
        written_as(self.format, self.verbose_records, &self.files())
    }

    /// Whether records are written. On a terminal nobody would read them, unless an option asks for them.
    pub(crate) fn writes_records(&self) -> bool {
        !self.no_records && (self.asks_for_records() || !io::stdout().is_terminal())
    }

    fn asks_for_records(&self) -> bool {
        self.output.is_some()
            || self.body.is_some()
            || self.record_filter.is_some()
            || self.fields.is_some()
            || self.format.is_some()
            || self.include
            || self.verbose_records
    }
}
