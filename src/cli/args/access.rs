//! Which hosts may be asked, as it can be typed.

use clap::Args;
use haul::model::host_glob::HostGlob;

/// Which hosts may be asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Hosts")]
pub(crate) struct Access {
    /// Ask no host that is not public, for lists that nobody vouches for
    ///
    /// Refused are private, loopback, link-local and reserved addresses and the metadata services of clouds, whether a
    /// URL says them, a name leads there, or a redirect does; and names such as localhost and *.internal. What is
    /// refused has a record, whose error is of the kind blocked. It goes with no proxy: that one would connect.
    #[arg(long)]
    pub(crate) deny_private: bool,

    /// Ask these hosts alone, as example.com, *.example.com, example.com:8080 or 192.0.2.0/24; repeatable
    ///
    /// A * is any run of characters, dots included: *.example.com is all below example.com. It holds for redirects, too,
    /// and lifts neither --deny-host nor --deny-private.
    #[arg(long, value_name = "GLOB")]
    pub(crate) allow_host: Vec<HostGlob>,

    /// Do not ask these hosts, written as for --allow-host; repeatable
    ///
    /// An address or a network, such as 10.0.0.0/8, holds for what names lead to as well.
    #[arg(long, value_name = "GLOB")]
    pub(crate) deny_host: Vec<HostGlob>,
}
