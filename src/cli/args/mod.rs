//! The command-line options.

mod access;
mod common;
mod connection;
mod dedup;
mod expect;
mod limits;
mod lists;
mod load;
mod order;
mod output;
mod pace;
mod pages;
mod probe;
mod progress;
mod retry;
mod robots;
mod sent;
mod thresholds;
mod words;

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use access::Access;
pub(crate) use common::Common;
pub(crate) use connection::Connection;
pub(crate) use dedup::Dedup;
pub(crate) use expect::Expect;
pub(crate) use limits::AttemptLimits;
pub(crate) use lists::{InputFormat, Lists};
pub(crate) use load::{Arrivals, Load};
pub(crate) use order::Order;
pub(crate) use output::{Format, ListOutput, OutputFiles, Picks, RecordForm};
pub(crate) use pace::{LimitBy, Pace};
pub(crate) use pages::Pages;
pub(crate) use probe::Probe;
pub(crate) use progress::{ProgressFormat, ShownProgress, TerminalUse};
pub(crate) use retry::Retries;
pub(crate) use robots::Robots;
pub(crate) use sent::{BodySent, Credentials, Session};
pub(crate) use thresholds::Thresholds;

use super::commands;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default().dimmed());

const MORE: &str = "See --help for all options and examples, or try `haul demo`.";

const EXAMPLES: &str = "\
Examples:
  Try haul without a network:
      haul demo
  Fetch a list and show the status of each URL:
      haul urls.txt | jq -c '[.status_code, .url]'
  Read URLs from a pipe and leave out the bodies:
      sort -u urls.txt | haul --body none > out.ndjson
  Fetch in bulk, but gently per host:
      haul -c 256 --host-concurrency 4 --host-rate 5/s -o out.ndjson urls.txt
  Post the same form to several URLs, with a longer timeout:
      haul -d name=value --timeout 2m https://example.com/a https://example.com/b
  Call an API with a token, and a URL and body for each row of a CSV file:
      haul --bearer @token --url https://example.com/{id} --data-template 'name={{name}}' users.csv

Exit codes:
  0         Run completed; failed requests are recorded, not errors
  1         The output or --login failed, or an internal error occurred
  2         Usage error, or a --fail-if threshold whose figure is unknown
  3         An input cannot be read or is in another format, --strict found an invalid line, or --dedup is full
  4         With --fail, a request failed or pages ended early; or a --fail-if threshold is crossed
  5         A threshold is in doubt, because haul did not send what was asked for
  129       Stopped by SIGHUP, as when the terminal closes
  130, 143  Stopped by Ctrl-C or SIGTERM";

const PROBE_MORE: &str = "See haul probe --help for all options and examples.";

const PROBE_EXAMPLES: &str = "\
Examples:
  Send 200 requests per second for a minute, however slowly answers come:
      haul probe --rate 200/s -z 1m --yes-load api.example.com https://api.example.com/
  The same in CI, where slow or failed answers fail the build:
      haul probe --rate 50/s -z 1m --warm-up 10s --fail-if 'p99>300ms' --fail-if 'failed>1%' urls.txt
  Ten thousand requests in 100 loops:
      haul probe -c 100 -n 10k http://localhost:8080/
  Raise the rate for two minutes, keep it for ten, and stop:
      haul probe --stages '10/s..90/s@2m, 90/s@10m' -o out.ndjson targets.ndjson
  Replay a log twice as fast:
      haul probe --replay --speed 2 --at-column time --url '{url}' access.csv

Exit codes:
  0         Probe completed, and no threshold was crossed
  1         The output or --login failed, or an internal error occurred
  2         Usage error, or a threshold whose figure is unknown
  3         An input cannot be read or has an invalid line
  4         A threshold was crossed
  5         A threshold is in doubt, because haul did not send what was asked for
  129       Stopped by SIGHUP, as when the terminal closes
  130, 143  Stopped by Ctrl-C or SIGTERM";

/// Fetch lists of URLs, fast and politely, and print a line of JSON for each URL
#[derive(Debug, Parser)]
#[command(name = "haul", version, styles = STYLES, max_term_width = 110)]
#[command(args_conflicts_with_subcommands = true, after_help = MORE, after_long_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// URLs, lists of URLs, or - for standard input (the default)
    ///
    /// A list has one URL per line, optionally after a method. Blank lines and lines that start with # are skipped. A
    /// .ndjson, .csv or .tsv file can set more for each request: see --input-format.
    #[arg(value_name = "FILE|URL")]
    pub(crate) inputs: Vec<OsString>,

    #[command(flatten)]
    pub(crate) options: Options,
}

impl Cli {
    /// The options and commands. A switch may be repeated, as in `-qs`, and a number behind an option is its value, even a
    /// negative one, so that the option says what is wrong with it.
    pub(crate) fn definition() -> clap::Command {
        let completed = |arg: clap::Arg| match arg.get_action() {
            ArgAction::SetTrue => {
                let own = arg.get_id().clone();
                arg.overrides_with(own)
            }
            _ if !arg.is_positional() => arg.allow_negative_numbers(true),
            _ => arg,
        };
        Cli::command().mut_args(completed).mut_subcommands(|command| match command.get_name() {
            commands::PROBE => words::for_probe(command.mut_args(completed)),
            _ => command.mut_args(completed),
        })
    }

    /// One of the commands, with all that clap adds to it.
    pub(crate) fn subcommand(name: &str) -> Option<clap::Command> {
        let mut haul = Cli::definition();
        haul.build();
        haul.find_subcommand(name).cloned()
    }

    /// Parses a command line that begins with the name of the program.
    pub(crate) fn parse_line(line: &[OsString]) -> Result<Self, clap::Error> {
        let mut matches = Cli::definition().try_get_matches_from(line)?;
        Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut Cli::definition()))
    }
}

/// The long name of an option, and its aliases.
pub(crate) fn long_names(option: &clap::Arg) -> Vec<&str> {
    option.get_long().into_iter().chain(option.get_all_aliases().unwrap_or_default()).collect()
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fetch an example list from an embedded server, without a network
    Demo(Box<Options>),
    /// Put load on servers, and measure how they answer
    #[command(after_help = PROBE_MORE, after_long_help = PROBE_EXAMPLES)]
    Probe(Box<Probe>),
    /// Run the embedded test server, which resembles httpbin
    Origin(Origin),
    /// Summarise saved records
    Report(Report),
    /// Print a shell completion script
    Completions {
        /// Shell to print it for
        shell: Shell,
    },
    /// Print the manual page in roff format
    Man {
        /// Command to describe instead of haul itself
        command: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Files of records or saved reports, optionally compressed (.gz, .zst), or - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// Read asked rate, missed starts and lag of a probe from its .run.json file; repeatable
    ///
    /// A probe writes it beside its records: --output out.ndjson also writes out.ndjson.run.json. The files of several
    /// runs, or of several machines, are added up.
    #[arg(long = "run", value_name = "FILE")]
    pub(crate) runs: Vec<PathBuf>,

    /// Compare two files: the run before and the run after
    ///
    /// Each figure is shown with its difference, and whether that is beyond noise, that is, larger than between two runs
    /// of an unchanged server. A difference as a condition, such as --fail-if 'p99>+10%', --fail-if 'p95>+20ms' or, in
    /// percentage points, --fail-if 'failed>+0.5%', is met only if it is beyond noise. What a probe wrote beside its
    /// records, as FILE.run.json, is read too; with --run, it is given once for each file.
    #[arg(long)]
    pub(crate) compare: bool,

    /// Print JSON instead of a text summary
    #[arg(long)]
    pub(crate) json: bool,

    /// Write the report as a page of HTML to this file, which must not exist, or - for stdout
    ///
    /// The page has charts and tables, and needs no other file and no network. The summary is printed as well, unless
    /// the page goes to standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// Replace an existing --html file
    #[arg(long, requires = "html")]
    pub(crate) force: bool,

    /// Exit with 3 if a line is not a record
    ///
    /// Such lines are always reported and skipped.
    #[arg(long)]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) thresholds: Thresholds,

    /// Exit with 0, not 5, if no threshold was crossed but the result of a probe is in doubt
    #[arg(long)]
    pub(crate) allow_doubt: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Origin {
    /// Port to listen on; 0 picks a free one
    #[arg(long, value_name = "N", default_value_t = 8080)]
    pub(crate) port: u16,

    /// Address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) common: Common,

    /// Check all lines first; exit with 3 if one is invalid
    ///
    /// By default, an invalid line becomes a record with an error of kind invalid_input.
    #[arg(long, help_heading = "Lists")]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) pace: Pace,

    #[command(flatten)]
    pub(crate) dedup: Dedup,

    #[command(flatten)]
    pub(crate) robots: Robots,

    #[command(flatten)]
    pub(crate) limits: AttemptLimits,

    #[command(flatten)]
    pub(crate) retries: Retries,

    #[command(flatten)]
    pub(crate) expect: Expect,

    #[command(flatten)]
    pub(crate) pages: Pages,

    #[command(flatten)]
    pub(crate) files: OutputFiles,

    #[command(flatten)]
    pub(crate) output: ListOutput,

    #[command(flatten)]
    pub(crate) order: Order,

    #[command(flatten)]
    pub(crate) picks: Picks,

    #[command(flatten)]
    pub(crate) form: RecordForm,

    #[command(flatten)]
    pub(crate) progress: ShownProgress,

    /// Exit with 4 if any request failed, or if pages ended early
    #[arg(long, help_heading = "Output")]
    pub(crate) fail: bool,

    #[command(flatten, next_help_heading = "Output")]
    pub(crate) thresholds: Thresholds,
}
