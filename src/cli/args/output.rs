//! Options for the files of a run, and for what its records look like.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, ValueEnum};
use haul::durable;
use haul::jq::Filter;
use haul::plan::{BodyMode, OutputFormat};
use haul::storage::compression::Coding;
use haul::storage::{Layout, Rotate};

use crate::cli::exit::CliError;
use crate::cli::units::{self, Fields};

/// Where records and the report go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
#[command(group = ArgGroup::new("written").args(["output", "report"]).multiple(true))]
pub(crate) struct OutputFiles {
    /// Write records to this file, which must not exist, or - for stdout
    ///
    /// It is compressed if its name ends in .gz or .zst. Without this option or one that formats records, a terminal
    /// shows a short line for each record: status, time, size and URL. Pipes and files get NDJSON.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Replace an existing output file, and an existing report
    ///
    /// With --rotate, also removes the numbered files of an earlier run, but only those whose content shows that haul
    /// wrote them.
    #[arg(long, requires = "written")]
    pub(crate) force: bool,

    /// Write a JSON report of the run to this file, which must not exist
    ///
    /// - is standard output, if -o FILE leaves that free. With --resume, the report of an earlier run is replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

/// How the output of a list run is continued and divided.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ListOutput {
    /// Continue an earlier run with this output, however it ended
    ///
    /// The output shows which inputs have a record; FILE.haul beside it tracks how much is durable. If neither exists,
    /// the run starts from the beginning. A request that had started and is unsafe to repeat, such as a POST, gets a
    /// record with an error of kind interrupted; see --retry-unsafe.
    #[arg(long, requires = "output", conflicts_with = "force")]
    pub(crate) resume: bool,

    /// Resume even if the inputs, options or output have changed
    ///
    /// Overwrites whatever it cannot continue, even if haul did not write it.
    #[arg(long, requires = "resume", hide_short_help = true)]
    pub(crate) resume_anyway: bool,

    /// Start a new output file at this size or age, such as 1GiB or 1h
    ///
    /// Files are numbered: -o out.ndjson starts with out.000001.ndjson. All but the last are complete.
    #[arg(long, value_name = "SIZE|TIME", value_parser = units::rotate, requires = "output")]
    #[arg(hide_short_help = true)]
    pub(crate) rotate: Option<Rotate>,
}

/// What is taken from bodies in place of records.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Picks {
    /// Extract values from JSON bodies with a jq filter
    ///
    /// The record's key extract is an array of the filter's outputs. The Content-Type does not matter. If the filter
    /// fails, the record has no extract, and its note says why.
    #[arg(long, value_name = "FILTER", value_parser = units::filter, group = "picks")]
    pub(crate) jq: Option<Filter>,

    /// Print only the outputs of --jq or --items, one per line, unquoted
    ///
    /// Prints nothing for a failed request, or if the filter fails. Only the summary counts failures; to see why a
    /// filter fails, leave this option out.
    #[arg(short, long, requires = "picks", conflicts_with_all = ["format", "fields", "verbose_records"])]
    pub(crate) raw: bool,
}

/// Which parts of a record are written, and in which format.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct RecordForm {
    /// How to record bodies: auto, none, json, text, base64, dir:PATH [default: auto]
    ///
    /// auto: JSON as JSON, other text as text, other bytes as base64. Text is decoded from the encoding that its BOM, its
    /// Content-Type or the document declares. none: not at all. json: like auto, but parse bodies as JSON whatever their
    /// Content-Type. text: like auto, but JSON as text. base64: always as base64. dir:PATH: as files in that directory,
    /// named by the SHA-256 of their content.
    #[arg(long, value_name = "MODE", value_parser = units::body)]
    pub(crate) body: Option<BodyMode>,

    /// Write only the records for which this jq filter is true
    ///
    /// It sees the whole record, as it is written without options that choose or format parts of it: --where
    /// '.status_code >= 500'. A record is left out if the first output is false or null, or if the filter outputs nothing. If
    /// the filter fails, the record is written. The report and the summary count all records.
    #[arg(long = "where", value_name = "FILTER", value_parser = units::filter)]
    pub(crate) record_filter: Option<Filter>,

    /// Fields of a record to write, such as seq,error.kind,json.name
    ///
    /// They are written in this order; missing values are null. A path descends into objects by name and into arrays by
    /// index, from 0: json.items.0.name.
    #[arg(long, value_name = "LIST", value_parser = units::fields)]
    #[arg(conflicts_with = "verbose_records")]
    pub(crate) fields: Option<Fields>,

    /// Output format [default: by the name of the output, else ndjson, or short lines on a terminal]
    ///
    /// CSV and TSV have a header row, and the columns that --fields names; by default, a selection without bodies.
    /// Without this option, -o FILE.csv and FILE.tsv are written as they are called.
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,

    /// Record all response headers, not just Content-Type
    #[arg(short, long)]
    pub(crate) include: bool,

    /// Do not redact secrets in URLs and headers
    ///
    /// By default, userinfo and well-known parameters such as access_token or X-Amz-Signature are REDACTED in records,
    /// report and summary, and so are headers such as Set-Cookie, unless --fields names them. An error that ends the
    /// command never shows secrets.
    #[arg(long, hide_short_help = true)]
    pub(crate) no_redact: bool,

    /// Record every key of the schema, null if it has no value
    #[arg(long, hide_short_help = true)]
    pub(crate) verbose_records: bool,
}

/// Whether a name promises a format that haul does not write.
fn is_unsupported(name: &Path) -> bool {
    const ENDINGS: [&str; 9] = ["xz", "bz2", "br", "lz4", "7z", "zip", "xlsx", "parquet", "sqlite"];
    let ending = name.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending)))
}

impl OutputFiles {
    /// Refuses an output whose name promises a format that haul does not write.
    pub(crate) fn check_name(&self) -> Result<(), CliError> {
        let Some(name) = self.output.as_deref().filter(|name| is_unsupported(name)) else { return Ok(()) };
        let written = "haul writes NDJSON, CSV and TSV, compressed as .gz or .zst: use another name";
        Err(CliError::usage(format!("cannot write {}: {written}", name.display())))
    }
}

impl RecordForm {
    /// The format of `files`: the one that was typed, or else the one that the output is named after. `resumed` is the
    /// output that an earlier run began, if it is continued.
    ///
    /// # Errors
    /// The format does not go with other options.
    pub(crate) fn format(&self, files: &OutputFiles, resumed: Option<&Layout>) -> Result<Format, CliError> {
        files.check_name()?;
        let named = files.output.as_deref().and_then(|path| Format::of_name(path).map(|table| (path, table)));
        match (self.format, named) {
            (Some(Format::Csv | Format::Tsv), _) if self.verbose_records => {
                Err(CliError::usage("--verbose-records cannot be used with --format csv or tsv: use --fields"))
            }
            (Some(format), _) => Ok(format),
            (None, None) => Ok(Format::Ndjson),
            (None, Some((path, table))) => self.named(path, table, resumed),
        }
    }

    /// The format of an output whose name is that of a table.
    fn named(&self, path: &Path, table: Format, resumed: Option<&Layout>) -> Result<Format, CliError> {
        let refused = |why: &str| {
            let name = path.display();
            Err(CliError::usage(format!("{name} is named like a table, {why}: use --format ndjson, or another name")))
        };
        match resumed {
            _ if self.verbose_records => refused("which has no --verbose-records"),
            Some(output) if durable::holds_records(output) => Ok(Format::Ndjson),
            Some(_) => refused("which cannot be resumed"),
            None => Ok(table),
        }
    }

    /// Whether the format was typed.
    pub(crate) fn is_format_typed(&self) -> bool {
        self.format.is_some()
    }
}

/// [`haul::plan::Format`], as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object per line
    Ndjson,
    /// Comma-separated values, quoted where needed
    Csv,
    /// Tab-separated values; tabs and line breaks inside become \t, \n, \r
    Tsv,
}

impl From<Format> for OutputFormat {
    fn from(typed: Format) -> Self {
        match typed {
            Format::Ndjson => OutputFormat::Ndjson,
            Format::Csv => OutputFormat::Csv,
            Format::Tsv => OutputFormat::Tsv,
        }
    }
}

impl Format {
    /// The table that a file is named after, compressed or not.
    fn of_name(path: &Path) -> Option<Format> {
        let name = match Coding::of(path) {
            Coding::Plain => path,
            Coding::Gzip | Coding::Zstd => Path::new(path.file_stem()?),
        };
        match name.extension()?.to_str()? {
            csv if csv.eq_ignore_ascii_case("csv") => Some(Format::Csv),
            tsv if tsv.eq_ignore_ascii_case("tsv") => Some(Format::Tsv),
            _ => None,
        }
    }
}
