//! What is sent, and who sends it, as it can be typed.

use std::path::PathBuf;

use clap::Args;

/// The body of each request.
#[derive(Debug, Args)]
pub(crate) struct BodySent {
    /// Send this JSON, labelled and asked for as JSON
    #[arg(long, value_name = "JSON|@FILE", help_heading = "Body to send")]
    pub(crate) json: Option<String>,

    /// Send this text, a form unless a Content-Type header says otherwise; repeated, joined with &
    ///
    /// Of a file the line ends are left out, and @- is standard input.
    #[arg(short, long, value_name = "TEXT|@FILE", help_heading = "Body to send")]
    pub(crate) data: Vec<String>,

    /// Send this text or file as it is; a file is read anew for each request
    #[arg(long, value_name = "TEXT|@FILE", help_heading = "Body to send", hide_short_help = true)]
    pub(crate) data_binary: Option<String>,

    /// Send a form with this field, which is encoded; repeatable
    #[arg(long = "form", value_name = "NAME=VALUE", help_heading = "Body to send")]
    pub(crate) form: Vec<String>,

    /// Send a multipart form with this field, as name=value or name=@file; repeatable
    ///
    /// Behind a file may stand ;type=image/png and ;filename=NAME. It is read anew for each request.
    #[arg(short = 'F', long = "multipart", value_name = "FIELD", help_heading = "Body to send")]
    pub(crate) multipart: Vec<String>,

    /// Send this text, each {{column}} filled in from the line
    ///
    /// It stays what it is: JSON is escaped, a form is encoded. The columns are those of CSV and TSV, or the keys of
    /// an NDJSON line's meta.
    #[arg(long, value_name = "TEXT|@FILE", help_heading = "Body to send")]
    pub(crate) data_template: Option<String>,
}

/// Who asks. It goes to the origin of each URL, and never to another that a redirect leads to.
#[derive(Debug, Args)]
pub(crate) struct Credentials {
    /// Basic authentication; without a password it is asked for
    #[arg(short, long, value_name = "USER[:PASSWORD]", help_heading = "Credentials")]
    pub(crate) user: Option<String>,

    /// Answer the servers that ask for digest authentication, with --user
    #[arg(long, requires = "user", help_heading = "Credentials")]
    pub(crate) digest: bool,

    /// Send this bearer token, which is better in a file or in HAUL_BEARER
    #[arg(long, value_name = "TOKEN|@FILE", conflicts_with = "user", help_heading = "Credentials")]
    pub(crate) bearer: Option<String>,

    /// Basic authentication by host, out of ~/.netrc, where there is no other
    #[arg(long, conflicts_with = "netrc_file", help_heading = "Credentials", hide_short_help = true)]
    pub(crate) netrc: bool,

    /// Basic authentication by host, out of this netrc file, where there is no other
    #[arg(long, value_name = "FILE", help_heading = "Credentials")]
    pub(crate) netrc_file: Option<PathBuf>,
}

/// Cookies, and what comes before the first request.
#[derive(Debug, Args)]
#[command(next_help_heading = "Session")]
pub(crate) struct Session {
    /// Send these cookies: 'a=1; b=2', or a file of them, which stays as it is; repeatable
    ///
    /// A file is in the form that curl and wget read and write. Its cookies go to the hosts that they are for.
    #[arg(short = 'b', long = "cookie", value_name = "COOKIES|FILE")]
    pub(crate) cookies: Vec<String>,

    /// Keep the cookies that servers set, over this run and in this file for the next
    ///
    /// The file is in the form that curl reads. It is written at the end of the run.
    #[arg(long, value_name = "FILE")]
    pub(crate) session: Option<PathBuf>,

    /// Make the request that this file holds before all others; if it fails, exit with 1
    ///
    /// It is a line of a list, as text or as NDJSON. The others send the cookies that it sets. It has no record.
    #[arg(long, value_name = "FILE")]
    pub(crate) login: Option<PathBuf>,

    /// Send as a bearer token what this jq filter finds in the login's JSON, to the login's host
    #[arg(long, value_name = "JQ", requires = "login", conflicts_with_all = ["user", "bearer"])]
    pub(crate) login_token: Option<String>,
}
