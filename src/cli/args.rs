//! What can be typed.

use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use haul::plan::Rate;
use reqwest::{Method, Url};

use super::units;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default().dimmed());

const EXAMPLES: &str = "\
Examples:
  haul urls.txt | jq .                      fetch a list, look at the records
  cat urls.txt | haul --body none           from a pipe, heads only in the records
  haul -c 256 --host-concurrency 4 -o out.ndjson urls.txt
                                            crawl in bulk, gently to each host
  haul --rate 20/s --retry 5 --report report.json urls.txt > out.ndjson
  haul https://example.com/a https://example.com/b
  haul demo                                 see it work, without a network

Exit codes: 0 finished (failed requests are data), 1 output or internal error, 2 usage, 3 unreadable input,
4 --fail and something was not ok, 130 or 143 interrupted.";

/// Fetch every URL of a list, fast and politely, and print one JSON line for each
#[derive(Debug, Parser)]
#[command(name = "haul", version, styles = STYLES, max_term_width = 110)]
#[command(args_conflicts_with_subcommands = true, after_long_help = EXAMPLES, next_line_help = false)]
#[command(after_help = "See --help for the longer form with examples, and `haul demo` for a first look.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Lists of URLs (one a line, a method may stand before it), URLs, or - for standard input
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
    /// The method of lines that name none [default: GET, or POST with --data]
    #[arg(short = 'X', long, value_name = "METHOD", help_heading = "Request")]
    pub(crate) request: Option<Method>,

    /// Add a request header, as 'Name: value'; repeatable
    #[arg(short = 'H', long = "header", value_name = "LINE", help_heading = "Request")]
    pub(crate) headers: Vec<String>,

    /// Send this body, urlencoded unless a Content-Type header says otherwise
    #[arg(short, long, value_name = "TEXT", help_heading = "Request")]
    pub(crate) data: Option<String>,

    /// The User-Agent to send [default: haul/VERSION]
    #[arg(short = 'A', long, value_name = "NAME", help_heading = "Request")]
    pub(crate) user_agent: Option<String>,

    /// Accept any TLS certificate
    #[arg(short = 'k', long, help_heading = "Request")]
    pub(crate) insecure: bool,

    /// Resolve relative references in the lists against this
    #[arg(long, value_name = "URL", help_heading = "Request")]
    pub(crate) base_url: Option<Url>,

    /// Requests in flight
    #[arg(short, long, value_name = "N", default_value = "64", value_parser = units::count, help_heading = "Pace")]
    pub(crate) concurrency: NonZeroUsize,

    /// Requests in flight to one host
    #[arg(long, value_name = "N", default_value = "8", value_parser = units::count, help_heading = "Pace")]
    pub(crate) host_concurrency: NonZeroUsize,

    /// Requests started, as 5/s, 300/m or 10k/h [default: no limit]
    #[arg(long, value_name = "RATE", value_parser = units::rate, help_heading = "Pace")]
    pub(crate) rate: Option<Rate>,

    /// Requests started to one host [default: no limit]
    #[arg(long, value_name = "RATE", value_parser = units::rate, help_heading = "Pace")]
    pub(crate) host_rate: Option<Rate>,

    /// Requests that may start at once after a pause, where there is a rate
    #[arg(long, value_name = "N", default_value = "1", help_heading = "Pace")]
    pub(crate) burst: NonZeroU32,

    /// Jobs read ahead while every known host is held back
    #[arg(long, value_name = "N", default_value = "10k", value_parser = units::count, help_heading = "Pace")]
    #[arg(hide_short_help = true)]
    pub(crate) window: NonZeroUsize,

    /// Fetcher threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = units::count, help_heading = "Pace", hide_short_help = true)]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Memory for response bodies
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = units::size, help_heading = "Pace")]
    #[arg(hide_short_help = true)]
    pub(crate) max_memory: usize,

    /// Time for one attempt, body included
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = units::duration, help_heading = "Patience")]
    pub(crate) timeout: Duration,

    /// Time to connect, TLS included
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = units::duration, help_heading = "Patience")]
    pub(crate) connect_timeout: Duration,

    /// Longest silence of a connected server [default: --timeout alone]
    #[arg(long, value_name = "TIME", value_parser = units::duration, help_heading = "Patience")]
    pub(crate) read_timeout: Option<Duration>,

    /// Further attempts where a failure may pass
    #[arg(long, value_name = "N", default_value_t = 2, help_heading = "Patience")]
    pub(crate) retry: u32,

    /// Redirects to follow
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Patience")]
    pub(crate) max_redirs: usize,

    /// Record redirects, do not follow them
    #[arg(long, help_heading = "Patience")]
    pub(crate) no_location: bool,

    /// Largest body, decompressed; the rest is not read
    #[arg(long, value_name = "SIZE", default_value = "10MiB", value_parser = units::size, help_heading = "Patience")]
    pub(crate) max_filesize: usize,

    /// Write records to this file, which must not exist
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    /// Replace the output file if there is one
    #[arg(long, requires = "output", help_heading = "Output")]
    pub(crate) force: bool,

    /// How bodies are recorded
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(crate) body: Body,

    /// Record all response headers, not the content type alone
    #[arg(short, long, help_heading = "Output")]
    pub(crate) include: bool,

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

    /// Read and check the whole list first; exit with 3 on a bad line, before any request
    #[arg(long, help_heading = "Output")]
    pub(crate) strict: bool,
}

/// [`haul::plan::BodyMode`], as typed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Body {
    /// JSON as JSON, other text as text, other bytes as base64
    #[default]
    Auto,
    /// Not at all
    None,
    /// Text as text, never as JSON; other bytes as base64
    Text,
    /// Always as base64
    Base64,
}
