//! Options for request bodies, authentication and cookies.

use std::path::PathBuf;

use clap::Args;

/// The body of each request.
#[derive(Debug, Args)]
pub(crate) struct BodySent {
    /// Send this JSON; also sets Content-Type and Accept
    #[arg(long, value_name = "JSON|@FILE", help_heading = "Request body")]
    pub(crate) json: Option<String>,

    /// Send this text as form data; repeats are joined with &
    ///
    /// For another type, set a Content-Type header. Line breaks in a file are removed. @- is standard input.
    #[arg(short, long, value_name = "TEXT|@FILE", help_heading = "Request body")]
    pub(crate) data: Vec<String>,

    /// Send this text or file unchanged; a file is read again for each request
    #[arg(long, value_name = "TEXT|@FILE", help_heading = "Request body", hide_short_help = true)]
    pub(crate) data_binary: Option<String>,

    /// Send a form field, which haul URL-encodes; repeatable
    #[arg(long = "form", value_name = "NAME=VALUE", help_heading = "Request body")]
    pub(crate) form: Vec<String>,

    /// Send a multipart form field, name=value or name=@file; repeatable
    ///
    /// Append ;type=image/png or ;filename=NAME to a file to set these. Files are read again for each request.
    #[arg(short = 'F', long = "multipart", value_name = "FIELD", help_heading = "Request body")]
    pub(crate) multipart: Vec<String>,

    /// Send this text with each {{column}} filled in from the line
    ///
    /// Values are escaped in JSON and encoded in forms. Columns are those of a CSV or TSV file, or the keys of an
    /// NDJSON line's meta.
    #[arg(long, value_name = "TEXT|@FILE", help_heading = "Request body")]
    pub(crate) data_template: Option<String>,
}

/// Authentication. Credentials go to the origin of each URL, and never to another one that a redirect leads to.
#[derive(Debug, Args)]
pub(crate) struct Credentials {
    /// Use basic authentication; prompts for a missing password
    #[arg(short, long, value_name = "USER[:PASSWORD]", help_heading = "Authentication")]
    pub(crate) user: Option<String>,

    /// Use digest authentication with --user
    #[arg(long, requires = "user", help_heading = "Authentication")]
    pub(crate) digest: bool,

    /// Send a bearer token (safer from a file or HAUL_BEARER)
    #[arg(long, value_name = "TOKEN|@FILE", conflicts_with = "user", help_heading = "Authentication")]
    pub(crate) bearer: Option<String>,

    /// Look up credentials in ~/.netrc; any others take precedence
    #[arg(long, conflicts_with = "netrc_file", help_heading = "Authentication", hide_short_help = true)]
    pub(crate) netrc: bool,

    /// Look up credentials in this netrc file; any others take precedence
    #[arg(long, value_name = "FILE", help_heading = "Authentication")]
    pub(crate) netrc_file: Option<PathBuf>,
}

/// Cookies and the login request.
#[derive(Debug, Args)]
#[command(next_help_heading = "Cookies and login")]
pub(crate) struct Session {
    /// Send these cookies, such as 'a=1; b=2' or a cookie file; repeatable
    ///
    /// The file has the Netscape format, as for curl and wget, and is not changed. Its cookies are sent only to the
    /// hosts they belong to.
    #[arg(short = 'b', long = "cookie", value_name = "COOKIES|FILE")]
    pub(crate) cookies: Vec<String>,

    /// Load cookies from this file, and save those that servers set
    ///
    /// The file has the Netscape format, as for curl. It is written at the end of the run.
    #[arg(long, value_name = "FILE")]
    pub(crate) session: Option<PathBuf>,

    /// Send the request in this file first; exit with 1 if it fails
    ///
    /// The file holds one request, as a line of text or a JSON object. Later requests send the cookies that it sets. It
    /// gets no record.
    #[arg(long, value_name = "FILE")]
    pub(crate) login: Option<PathBuf>,

    /// Extract a bearer token from the login's JSON with this jq filter
    ///
    /// It is sent only to the login's host.
    #[arg(long, value_name = "FILTER", requires = "login", conflicts_with_all = ["user", "bearer"])]
    pub(crate) login_token: Option<String>,
}
