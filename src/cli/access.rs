//! Builds a checked [`Access`] from the options.

use haul::plan::ConnectionOptions;
use haul::site::access::{Access, AddressRule};

use super::exit::CliError;
use super::{args, connection};

/// The access rules that `typed` describes.
///
/// Rules on addresses are refused with a proxy or a Unix socket: only whoever connects sees the address.
pub(crate) fn access(typed: &args::Common, transport: &ConnectionOptions) -> Result<Access, CliError> {
    let args::Access { deny_private, allow_host, deny_host } = &typed.access;
    let access = Access { deny_private: *deny_private, allow: allow_host.clone(), deny: deny_host.clone(), load: None };
    let Some(rule) = access.address_rule().filter(|_| transport.connects_indirectly()) else { return Ok(access) };
    let option = match rule {
        AddressRule::Private => "--deny-private",
        AddressRule::Denied => "--deny-host with an address",
    };
    if typed.connection.unix_socket.is_some() {
        let why = "the socket answers for every host, so haul cannot check addresses";
        return Err(CliError::usage(format!("{option} cannot be used with --unix-socket: {why}")));
    }
    let proxy = connection::given_proxy(&typed.connection);
    let why = "the proxy connects, so haul cannot check addresses (--proxy '' disables proxies)";
    Err(CliError::usage(format!("{option} cannot be used with {proxy}: {why}")))
}
