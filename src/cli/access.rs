//! From which hosts may be asked to a checked [`Access`].

use std::env;

use haul::plan::{ConnectionOptions, Proxies};
use haul::site::access::Access;

use super::args;
use super::exit::CliError;

/// The access that `typed` amounts to.
///
/// Refused where others connect for us: what an address is worth, only those who connect know.
pub(crate) fn access(typed: &args::Options, transport: &ConnectionOptions) -> Result<Access, CliError> {
    let args::Access { deny_private, allow_host, deny_host } = &typed.access;
    let access = Access { deny_private: *deny_private, allow: allow_host.clone(), deny: deny_host.clone() };
    let Some(option) = access.looks_at_addrs().filter(|_| transport.connects_indirectly()) else { return Ok(access) };
    if typed.connection.unix_socket.is_some() {
        let why = "that socket would answer for every host, and nobody sees where it leads";
        return Err(CliError::usage(format!("{option} cannot be used with --unix-socket: {why}")));
    }
    let proxy = match &typed.connection.proxy {
        Some(_) => "--proxy",
        None => match Proxies::variable(|name| env::var(name).ok()) {
            Some(name) => &format!("the proxy of the variable {name}"),
            None => "a proxy",
        },
    };
    let why = "it is the proxy that connects, and nobody sees where to ('' as --proxy goes without)";
    Err(CliError::usage(format!("{option} cannot be used with {proxy}: {why}")))
}
