//! Options of every command that sends the requests of lists.

use std::path::PathBuf;

use clap::Args;
use http::Method;

use super::{Access, BodySent, Connection, Credentials, Lists, Session};

/// What is sent, to whom, and how it is read from lists.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Read options from this TOML file
    ///
    /// The keys are long option names: timeout = "5s", quiet = true, header = ["A: 1", "B: 2"]. Those in a table [probe]
    /// are for haul probe only, which takes rate and concurrency from nowhere else in the file. Environment variables
    /// work too, such as HAUL_HOST_RATE for --host-rate; HAUL_CONFIG names a file. The command line overrides variables,
    /// and variables override the file. The values of a repeatable option are replaced, not added to.
    #[arg(long, value_name = "FILE", help_heading = None)]
    pub(crate) config: Option<PathBuf>,

    /// Method for lines without one [default: GET, or POST with a body]
    #[arg(short = 'X', long, value_name = "METHOD", help_heading = "Request")]
    pub(crate) request: Option<Method>,

    /// Add a request header, 'Name: value', or all those in a file; repeatable
    ///
    /// 'Name;' sends an empty header; 'Name:' removes one that haul sends by default. A file has one header per line;
    /// blank lines and lines that start with # are skipped.
    #[arg(short = 'H', long = "header", value_name = "LINE|@FILE", help_heading = "Request")]
    pub(crate) headers: Vec<String>,

    /// Append a query parameter to each URL; repeatable
    #[arg(long = "param", alias = "url-query", value_name = "NAME=VALUE", help_heading = "Request")]
    pub(crate) params: Vec<String>,

    /// User-Agent to send [default: haul/VERSION]
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

    #[command(flatten)]
    pub(crate) lists: Lists,
}
