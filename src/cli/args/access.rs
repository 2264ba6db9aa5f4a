//! Options that restrict which hosts are requested.

use clap::Args;
use haul::model::host_glob::HostGlob;

/// Which hosts may be requested.
#[derive(Debug, Args)]
#[command(next_help_heading = "Hosts")]
pub(crate) struct Access {
    /// Refuse private addresses (untrusted lists)
    ///
    /// Refuses private, loopback, link-local and reserved addresses and cloud metadata services, whether a URL contains
    /// them, a name resolves to them or a redirect leads there; also names such as localhost and *.internal. A refused
    /// request gets a record with an error of kind blocked. Cannot be used with a proxy, which would do the connecting.
    #[arg(long)]
    pub(crate) deny_private: bool,

    /// Request only these hosts, such as *.example.com or 192.0.2.0/24; repeatable
    ///
    /// A * matches any characters, dots included: *.example.com matches every subdomain of example.com. A port may
    /// follow: example.com:8080. Redirects are checked, too. --deny-host and --deny-private still apply.
    #[arg(long, value_name = "GLOB")]
    pub(crate) allow_host: Vec<HostGlob>,

    /// Never request these hosts, written as for --allow-host; repeatable
    ///
    /// Addresses and networks, such as 10.0.0.0/8, also apply to what names resolve to.
    #[arg(long, value_name = "GLOB")]
    pub(crate) deny_host: Vec<HostGlob>,
}
