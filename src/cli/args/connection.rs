//! Options for connections.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use haul::plan::{ConnectTo, TlsVersion};

use crate::cli::units;

/// How connections are made.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Use this proxy: http, https, socks5 or socks5h
    ///
    /// For example 'http://user:password@proxy.example:3128'. With socks5, haul resolves names; with socks5h, the proxy
    /// does. The default comes from the variables http_proxy, https_proxy and all_proxy. '' disables proxies.
    #[arg(short = 'x', long, value_name = "URL")]
    pub(crate) proxy: Option<String>,

    /// Hosts to reach without a proxy, comma-separated; * for all [default: the variable no_proxy]
    #[arg(long, value_name = "LIST", hide_short_help = true)]
    pub(crate) noproxy: Option<String>,

    /// Use only HTTP/1.1
    #[arg(long = "http1.1", conflicts_with = "http2")]
    pub(crate) http1: bool,

    /// Use only HTTP/2, even without TLS
    #[arg(long)]
    pub(crate) http2: bool,

    /// Use only IPv4 addresses
    #[arg(short = '4', long, conflicts_with = "ipv6", hide_short_help = true)]
    pub(crate) ipv4: bool,

    /// Use only IPv6 addresses
    #[arg(short = '6', long, hide_short_help = true)]
    pub(crate) ipv6: bool,

    /// Connect to these addresses for a host and port; repeatable
    #[arg(long, value_name = "HOST:PORT:ADDR[,ADDR]", hide_short_help = true)]
    pub(crate) resolve: Vec<String>,

    /// Connect to another host or port for a host and port; repeatable
    ///
    /// Empty parts match every host or port, or leave it unchanged: '::127.0.0.1:8080' connects to that address whatever
    /// the URL. The first match counts. The Host header and the name in TLS stay those of the URL. Not with a proxy.
    #[arg(long, value_name = "HOST:PORT:HOST:PORT", hide_short_help = true)]
    pub(crate) connect_to: Vec<ConnectTo>,

    /// Connect through this Unix domain socket
    #[arg(long, value_name = "PATH", hide_short_help = true)]
    #[arg(conflicts_with_all = ["proxy", "noproxy", "ipv4", "ipv6", "resolve", "connect_to", "interface"])]
    pub(crate) unix_socket: Option<PathBuf>,

    /// Connect from this network interface or local address
    #[arg(long, value_name = "NAME|ADDR", hide_short_help = true)]
    pub(crate) interface: Option<String>,

    /// Use a new connection for each request
    #[arg(long, hide_short_help = true)]
    pub(crate) no_keepalive: bool,

    /// Maximum idle connections, of all hosts together [default: by the limit on open files]
    #[arg(long, value_name = "N", value_parser = units::number, hide_short_help = true)]
    pub(crate) max_idle: Option<usize>,

    /// Trust only the CA certificates in this PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) cacert: Option<PathBuf>,

    /// Client certificate, a PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,

    /// Private key of the client certificate [default: in the --cert file]
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,

    /// Do not verify TLS certificates
    #[arg(short = 'k', long)]
    pub(crate) insecure: bool,

    /// Lowest TLS version to use [default: 1.2]
    #[arg(long, value_name = "VERSION", value_enum, hide_short_help = true)]
    pub(crate) tls_min: Option<Tls>,

    /// Highest TLS version to use [default: 1.3]
    #[arg(long, value_name = "VERSION", value_enum, hide_short_help = true)]
    pub(crate) tls_max: Option<Tls>,
}

/// [`TlsVersion`], as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Tls {
    #[value(name = "1.2")]
    V12,
    #[value(name = "1.3")]
    V13,
}

impl From<Tls> for TlsVersion {
    fn from(typed: Tls) -> Self {
        match typed {
            Tls::V12 => TlsVersion::Tls12,
            Tls::V13 => TlsVersion::Tls13,
        }
    }
}
