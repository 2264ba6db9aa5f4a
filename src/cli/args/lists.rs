//! Options for reading lists.

use clap::{Args, ValueEnum};
use url::Url;

use crate::cli::units;

/// How the lines of lists become requests.
#[derive(Debug, Args)]
#[command(next_help_heading = "Lists")]
pub(crate) struct Lists {
    /// Format of the lists [default: by file name, else text]
    ///
    /// Files named .ndjson, .jsonl or .json have a JSON object on each line; .csv and .tsv files have a header row.
    /// Each may also end in .gz or .zst. docs/lists.md describes all keys.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) input_format: Option<InputFormat>,

    /// Build URLs from columns, as in https://example.com/users/{id}?q={q}
    ///
    /// Works for CSV and TSV files, and for NDJSON lines without a url, whose columns are the keys of meta. Values are
    /// encoded for their place in the URL. A template that is one column, such as '{link}', takes whole URLs from it,
    /// as --url-column does.
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) url: Option<String>,

    /// Take URLs from this column instead of url
    ///
    /// In NDJSON, it is a key of a line without a url, or of its meta.
    #[arg(long, value_name = "NAME", conflicts_with = "url")]
    pub(crate) url_column: Option<String>,

    /// Count rows in the report by the group that this column names
    ///
    /// In NDJSON, it is a key of meta, for lines without a name.
    #[arg(long, value_name = "NAME")]
    pub(crate) group_column: Option<String>,

    /// Resolve relative URLs in the lists against this URL
    #[arg(long, value_name = "URL", value_parser = units::base_url)]
    pub(crate) base_url: Option<Url>,
}

/// [`haul::source::InputFormat`], as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputFormat {
    /// One URL per line
    Text,
    /// One JSON object per line
    Ndjson,
    /// Comma-separated values with a header row
    Csv,
    /// Tab-separated values with a header row
    Tsv,
    /// vegeta targets, in JSON or text
    Vegeta,
}
