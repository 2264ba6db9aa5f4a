//! How connections are made, as it can be typed.

use std::path::PathBuf;

use clap::Args;

/// How connections are made.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Go by way of this proxy: http, https, socks5 or socks5h
    ///
    /// As in 'http://user:password@proxy.example:3128'. With socks5 names are looked up here, with socks5h by the
    /// proxy. Without this option the environment counts: http_proxy, https_proxy and all_proxy. '' is no proxy.
    #[arg(short = 'x', long, value_name = "URL")]
    pub(crate) proxy: Option<String>,

    /// Hosts to reach without a proxy, comma-separated; * is all [default: no_proxy, of the environment]
    #[arg(long, value_name = "LIST", hide_short_help = true)]
    pub(crate) noproxy: Option<String>,

    /// Speak HTTP/1.1 alone
    #[arg(long = "http1.1", conflicts_with = "http2")]
    pub(crate) http1: bool,

    /// Speak HTTP/2 alone, also without TLS
    #[arg(long)]
    pub(crate) http2: bool,

    /// Use IPv4 addresses alone
    #[arg(short = '4', long, conflicts_with = "ipv6", hide_short_help = true)]
    pub(crate) ipv4: bool,

    /// Use IPv6 addresses alone
    #[arg(short = '6', long, hide_short_help = true)]
    pub(crate) ipv6: bool,

    /// Connect to this address for a name and a port, as HOST:PORT:ADDR[,ADDR]; repeatable
    #[arg(long, value_name = "PIN", hide_short_help = true)]
    pub(crate) resolve: Vec<String>,

    /// Connect to this socket, whatever the URL says
    #[arg(long, value_name = "PATH", hide_short_help = true)]
    #[arg(conflicts_with_all = ["proxy", "noproxy", "ipv4", "ipv6", "resolve", "interface"])]
    pub(crate) unix_socket: Option<PathBuf>,

    /// Connect from this network interface or local address
    #[arg(long, value_name = "NAME|ADDR", hide_short_help = true)]
    pub(crate) interface: Option<String>,

    /// Trust the authorities of this PEM file, and no others
    #[arg(long, value_name = "FILE")]
    pub(crate) cacert: Option<PathBuf>,

    /// Show servers that ask for one this certificate, a PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,

    /// The certificate's private key [default: the file of --cert has it]
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,

    /// Accept any TLS certificate
    #[arg(short = 'k', long)]
    pub(crate) insecure: bool,
}
