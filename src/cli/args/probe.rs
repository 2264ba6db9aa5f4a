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

/// Words the help of shared options as they apply to `haul probe`: the short help, and what the long one adds to it.
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
        (
            "output",
            "Write records to this file, which must not exist, or - for stdout",
            "It is compressed if its name ends in .gz or .zst. Also writes FILE.run.json, with what records do not \
             contain, such as missed starts, for haul report --run. By default, records go to standard output, unless \
             that is a terminal.",
        ),
        ("force", "Replace existing files of --output, --report and --hdr", ""),
        (
            "report",
            "Write a JSON report of the probe to this file, which must not exist",
            "- is standard output, if -o FILE or --no-records leaves that free.",
        ),
        (
            "body",
            "How to record bodies: none, auto, json, text, base64, dir:PATH [default: none]",
            "none: read and count them only. auto: JSON as JSON, other text as text, other bytes as base64. json: like \
             auto, but parse bodies as JSON whatever their Content-Type. text: like auto, but JSON as text. base64: \
             always as base64. dir:PATH: as files in that directory, named by the SHA-256 of their content.",
        ),
        (
            "record_filter",
            "Write only the records for which this jq filter is true",
            "It sees the whole record: --where '.timings_ms.latency > 500'. The report and the summary count all records.",
        ),
        (
            "fields",
            "Fields of a record to write, such as seq,group,timings_ms.latency",
            "They are written in this order; missing values are null.",
        ),
        (
            "format",
            "Output format [default: by the name of the output, else ndjson]",
            "CSV and TSV have a header row, and the columns that --fields names; by default, a selection without bodies.",
        ),
    ]
    .into_iter()
    .fold(command, |command, (id, short, rest)| {
        let long = if rest.is_empty() { short.to_owned() } else { format!("{short}\n\n{rest}") };
        command.mut_arg(id, |arg| arg.help(short).long_help(long))
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
