//! Options for connections.

use std::path::PathBuf;

use clap::Args;

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

    /// Connect through this Unix domain socket
    #[arg(long, value_name = "PATH", hide_short_help = true)]
    #[arg(conflicts_with_all = ["proxy", "noproxy", "ipv4", "ipv6", "resolve", "interface"])]
    pub(crate) unix_socket: Option<PathBuf>,

    /// Connect from this network interface or local address
    #[arg(long, value_name = "NAME|ADDR", hide_short_help = true)]
    pub(crate) interface: Option<String>,

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
}
