//! What can be typed.

mod access;
mod connection;
mod dedup;
mod order;
mod pace;
mod retry;
mod robots;
mod sent;

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use haul::jq::Filter;
use haul::plan::{BodyMode, NextPage};
use haul::storage::Rotate;
use http::Method;
use url::Url;

pub(crate) use access::Access;
pub(crate) use connection::Connection;
pub(crate) use dedup::Dedup;
pub(crate) use order::Order;
pub(crate) use pace::{LimitBy, Pace};
pub(crate) use retry::Retries;
pub(crate) use robots::Robots;
pub(crate) use sent::{BodySent, Credentials, Session};

use super::units::{self, Fields};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default().dimmed());

const MORE: &str = "See --help for all options, with examples; `haul demo` for a first look.";

const EXAMPLES: &str = "\
Examples:
  See it work, without a network:
      haul demo
  Fetch a list, look at the status of each line:
      haul urls.txt | jq -c '[.status_code, .url]'
  From a pipe, without the bodies:
      sort -u urls.txt | haul --body none > out.ndjson
  In bulk, but gently to each host:
      haul -c 256 --host-concurrency 4 --host-rate 5/s -o out.ndjson urls.txt
  Post the same to several URLs, patiently:
      haul -d name=value --timeout 2m https://example.com/a https://example.com/b
  Ask an API, with a token and a URL and a body for each row of a table:
      haul --bearer @token --url https://example.com/users/{id} --data-template 'name={{name}}' users.csv

Exit codes:
  0         it came to its end; requests that failed are data
  1         the output or --login failed, or haul itself
  2         the command line makes no sense
  3         an input cannot be read or is too long for --dedup, or --strict found a bad line
  4         --fail, and something was not ok
  130, 143  stopped by Ctrl-C or SIGTERM";

/// Fetch every URL of a list, fast and politely, and print one JSON line for each
#[derive(Debug, Parser)]
#[command(name = "haul", version, styles = STYLES, max_term_width = 110)]
#[command(args_conflicts_with_subcommands = true, after_help = MORE, after_long_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Lists of URLs, URLs, or - for standard input, which is read if there are none
    ///
    /// A list has one URL a line, and a method may stand before it. Blank lines and lines that begin with # are
    /// skipped. A .ndjson, .csv or .tsv file can say more in each line: see --input-format.
    #[arg(value_name = "FILE|URL")]
    pub(crate) inputs: Vec<String>,

    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fetch an example list from an embedded server: no network needed
    Demo(Box<Options>),
    /// Run the embedded test server, in the spirit of httpbin
    Origin(Origin),
    /// Sum up saved records, as the report of their run does
    Report(Report),
    /// Print what completes options in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, in roff
    Man {
        /// Of this command, not of haul itself
        command: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Files of records, by their names compressed (.gz, .zst) or not, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// Print a JSON document, not a summary
    #[arg(long)]
    pub(crate) json: bool,

    /// Exit with 3 if a line is no record
    ///
    /// Such a line is named and left out, with this option or without it.
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Origin {
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 8080)]
    pub(crate) port: u16,

    /// Address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Take options from this TOML file
    ///
    /// Its keys are the long names of options, as in: rate = "5/s", quiet = true, header = ["A: 1", "B: 2"]. Variables
    /// set them, too, such as HAUL_HOST_RATE for --host-rate, and HAUL_CONFIG names a file. An option that is typed
    /// goes before its variable, and that before the file; the values of a repeatable one are replaced, not added to.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The method of lines that name none [default: GET, or POST with a body]
    #[arg(short = 'X', long, value_name = "METHOD", help_heading = "Request")]
    pub(crate) request: Option<Method>,

    /// Add a request header, as 'Name: value', or those in a file; repeatable
    ///
    /// 'Name;' sends it empty, 'Name:' leaves one out that haul would send. A file has one in each line; blank lines
    /// and lines that begin with # are skipped.
    #[arg(short = 'H', long = "header", value_name = "LINE|@FILE", help_heading = "Request")]
    pub(crate) headers: Vec<String>,

    /// Add a parameter to the query of each URL, behind what is there; repeatable
    #[arg(long = "param", value_name = "NAME=VALUE", help_heading = "Request")]
    pub(crate) params: Vec<String>,

    /// The User-Agent to send [default: haul/VERSION]
    #[arg(short = 'A', long, value_name = "NAME", help_heading = "Request")]
    pub(crate) user_agent: Option<String>,

    #[command(flatten)]
    pub(crate) body_sent: BodySent,

    #[command(flatten)]
    pub(crate) credentials: Credentials,

    #[command(flatten)]
    pub(crate) session: Session,

    #[command(flatten)]
    pub(crate) connection: Connection,

    #[command(flatten)]
    pub(crate) access: Access,

    /// How lists are written [default: as their names say, else text]
    ///
    /// .ndjson, .jsonl and .json have an object in each line, .csv and .tsv a table under a row of names; a .gz or .zst
    /// behind that is looked through. docs/lists.md has all keys.
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = "Lists")]
    pub(crate) input_format: Option<InputFormat>,

    /// Make each line's URL of its columns, as in https://example.com/users/{id}?q={q}
    ///
    /// For CSV and TSV, and for NDJSON lines without a url, whose columns are the keys of their meta. Values are
    /// encoded as their place in the URL demands.
    #[arg(long, value_name = "TEMPLATE", help_heading = "Lists")]
    pub(crate) url: Option<String>,

    /// Resolve relative references in the lists against this
    #[arg(long, value_name = "URL", value_parser = units::base_url, help_heading = "Lists")]
    pub(crate) base_url: Option<Url>,

    /// Check all lines before the first request; exit with 3 if one is no request
    ///
    /// Without it such a line becomes a record, whose error is of the kind invalid_input.
    #[arg(long, help_heading = "Lists")]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) pace: Pace,

    #[command(flatten)]
    pub(crate) dedup: Dedup,

    #[command(flatten)]
    pub(crate) robots: Robots,

    /// Time for one attempt, body included
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = units::duration, help_heading = "Limits")]
    pub(crate) timeout: Duration,

    /// Time to connect, TLS included
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = units::duration, help_heading = "Limits")]
    pub(crate) connect_timeout: Duration,

    /// Longest silence of a connected server [default: --timeout alone]
    #[arg(long, value_name = "TIME", value_parser = units::duration, help_heading = "Limits")]
    pub(crate) read_timeout: Option<Duration>,

    /// Largest body, decompressed; the rest is not read
    #[arg(long, value_name = "SIZE", default_value = "10MiB", value_parser = units::size, help_heading = "Limits")]
    pub(crate) max_filesize: usize,

    /// Memory for bodies, from the request until the record is written
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = units::size, help_heading = "Limits")]
    #[arg(hide_short_help = true)]
    pub(crate) max_memory: usize,

    #[command(flatten)]
    pub(crate) retries: Retries,

    /// Follow the pages of each input: link, page=PARAM[:START], offset=PARAM:SIZE, cursor=PARAM:FILTER, next=FILTER
    ///
    /// link: to where the Link header says rel="next". page, offset: a query parameter counts pages from START (1), or
    /// items from 0; it is added where an input lacks it. cursor, next: a jq filter picks a parameter's next value, or
    /// the next URL, out of the JSON body. They end with an empty page, and where there is no next; each is a request as
    /// any other. A next page on another origin is not asked for.
    #[arg(long, value_name = "HOW", value_parser = units::paginate, help_heading = "Pages")]
    pub(crate) paginate: Option<NextPage>,

    /// Pages of one input
    #[arg(long, value_name = "N", default_value = "1000", value_parser = units::count, requires = "paginate")]
    #[arg(help_heading = "Pages")]
    pub(crate) max_pages: NonZeroUsize,

    /// Print what this jq filter picks out of each JSON body, a line for each, in place of records that are ok
    ///
    /// As {"seq":0,"page":1,"item":...}; with --raw the item alone. A request that failed has its record, and so has one
    /// whose body cannot be split.
    #[arg(long, value_name = "FILTER", value_parser = units::filter, help_heading = "Pages", group = "picks")]
    pub(crate) items: Option<Filter>,

    /// Write records to this file, which must not exist
    ///
    /// It is compressed if it ends in .gz or .zst.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    /// Replace the output file if there is one
    #[arg(long, requires = "output", help_heading = "Output")]
    pub(crate) force: bool,

    /// Go on where an earlier run with this output stopped, however it ended
    ///
    /// The output says which inputs have their record; FILE.haul beside it says how much of it is durable. If there is
    /// neither, the run begins anew. A request that was begun and is not safe to repeat, such as a POST, gets a record
    /// whose error is of the kind interrupted; see --retry-unsafe.
    #[arg(long, requires = "output", conflicts_with = "force", help_heading = "Output")]
    pub(crate) resume: bool,

    /// Resume even if the inputs, the options or the output are not those of the earlier run
    #[arg(long, requires = "resume", help_heading = "Output", hide_short_help = true)]
    pub(crate) resume_anyway: bool,

    /// Begin a new file after so much or so long, as 1GiB or 1h
    ///
    /// They are numbered: -o out.ndjson begins with out.000001.ndjson. Those before the last are complete.
    #[arg(long, value_name = "SIZE|TIME", value_parser = units::rotate, requires = "output", help_heading = "Output")]
    #[arg(hide_short_help = true)]
    pub(crate) rotate: Option<Rotate>,

    #[command(flatten)]
    pub(crate) order: Order,

    /// How bodies are recorded: auto, none, text, base64, dir:PATH
    ///
    /// auto: JSON as JSON, other text as text, other bytes as base64. none: not at all. text: never as JSON. base64:
    /// always so. dir:PATH: as files in that directory, each named by the SHA-256 of its content.
    #[arg(long, value_name = "HOW", default_value = "auto", value_parser = units::body, help_heading = "Output")]
    pub(crate) body: BodyMode,

    /// Pick values out of JSON bodies by a jq filter
    ///
    /// Its outputs are the key extract of the record, always an array. What a body is labelled does not matter. Where
    /// the filter fails, extract is not there, and the key note says why.
    #[arg(long, value_name = "FILTER", value_parser = units::filter, help_heading = "Output", group = "picks")]
    pub(crate) jq: Option<Filter>,

    /// Print only what --jq or --items picks, a line each, strings bare
    ///
    /// Of a request that failed, and of a body from which nothing could be picked, nothing is printed. Only the summary
    /// counts failed requests; to see why a filter fails, leave this option out.
    #[arg(short, long, requires = "picks", conflicts_with_all = ["format", "fields", "verbose_records"])]
    #[arg(help_heading = "Output")]
    pub(crate) raw: bool,

    /// Parts of a record to write, as seq,error.kind,json.name
    ///
    /// They come in this order; what a record does not have is null. A path leads into objects by name and into arrays
    /// by number, from 0: json.items.0.name.
    #[arg(long, value_name = "LIST", value_parser = units::fields, help_heading = "Output")]
    #[arg(conflicts_with = "verbose_records")]
    pub(crate) fields: Option<Fields>,

    /// How records are written
    ///
    /// A table has a header row and the columns that --fields names; else a choice without the bodies.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = "Output")]
    pub(crate) format: Format,

    /// Record all response headers, not the content type alone
    #[arg(short, long, help_heading = "Output")]
    pub(crate) include: bool,

    /// Write URLs and header fields with the secrets that they have
    ///
    /// Without it user-info and well-known parameters such as access_token or X-Amz-Signature are REDACTED in records,
    /// in the report and in the summary, and so are header fields such as Set-Cookie, unless --fields names them. Error
    /// messages that end a command never show them.
    #[arg(long, help_heading = "Output", hide_short_help = true)]
    pub(crate) no_redact: bool,

    /// Record every key of the schema, null where there is nothing to say
    #[arg(long, help_heading = "Output", hide_short_help = true)]
    pub(crate) verbose_records: bool,

    /// Write a report of the run to this file, as JSON
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) report: Option<PathBuf>,

    /// Show neither progress nor summary
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Exit with 4 when anything was not ok
    #[arg(long, help_heading = "Output")]
    pub(crate) fail: bool,
}

/// [`haul::plan::Format`], as typed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Format {
    /// A JSON object on each line
    #[default]
    Ndjson,
    /// Comma-separated values, quoted where needed
    Csv,
    /// Tab-separated values; a tab or line end within one is \t, \n or \r
    Tsv,
}

/// [`haul::source::Format`], as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputFormat {
    /// A URL a line
    Text,
    /// A JSON object a line
    Ndjson,
    /// Comma-separated, under a row of names
    Csv,
    /// Tab-separated, under a row of names
    Tsv,
    /// vegeta's targets: a JSON object a line
    Vegeta,
}
