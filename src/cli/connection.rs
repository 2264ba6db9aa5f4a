//! Builds checked [`ConnectionOptions`] from the command line: files are read and names are checked before the first
//! request.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{IpAddr, UdpSocket};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use haul::plan::{
    ConnectionOptions, DnsOverride, Family, HttpVersion, Identity, IdentityError, Interface, Proxies, Roots,
};
use haul::storage::text;

use super::args::Connection;
use super::exit::CliError;
use haul::guard::without_os_code;

/// The largest PEM file that is read: complete CA bundles have a quarter of a megabyte.
const MAX_PEM: u64 = 16 << 20;

/// The transport that `typed` and the environment describe.
pub(crate) fn transport(typed: &Connection) -> Result<ConnectionOptions, CliError> {
    if let (Some(min), Some(max)) = (typed.tls_min, typed.tls_max)
        && min > max
    {
        return Err(CliError::usage("--tls-min must not exceed --tls-max"));
    }
    let proxies = proxies(typed)?;
    if !typed.connect_to.is_empty() && !proxies.is_empty() {
        return Err(CliError::usage(format!(
            "--connect-to cannot be used with {}: the proxy connects (--proxy '' disables proxies)",
            given_proxy(typed)
        )));
    }
    Ok(ConnectionOptions {
        http: match typed {
            Connection { http1: true, .. } => HttpVersion::Http1,
            Connection { http2: true, .. } => HttpVersion::Http2,
            _ => HttpVersion::Negotiated,
        },
        family: match typed {
            Connection { ipv4: true, .. } => Family::Ipv4,
            Connection { ipv6: true, .. } => Family::Ipv6,
            _ => Family::Any,
        },
        dns_overrides: typed.resolve.iter().map(|text| pinned(text)).collect::<Result<_, _>>()?,
        proxies,
        unix_socket: typed.unix_socket.as_deref().map(socket).transpose()?,
        interface: typed.interface.as_deref().map(interface).transpose()?,
        roots: typed.cacert.as_deref().map(roots).transpose()?,
        identity: typed.cert.as_deref().map(|cert| identity(cert, typed.key.as_deref())).transpose()?,
        connect_to: typed.connect_to.clone(),
        no_keepalive: typed.no_keepalive,
        max_idle: typed.max_idle,
        tls_min: typed.tls_min.map(Into::into),
        tls_max: typed.tls_max.map(Into::into),
    })
}

/// What set the proxy, for messages.
pub(crate) fn given_proxy(typed: &Connection) -> String {
    match &typed.proxy {
        Some(_) => "--proxy".to_owned(),
        None => match Proxies::variable(|name| env::var(name).ok()) {
            Some(name) => format!("the proxy in the variable {name}"),
            None => "a proxy".to_owned(),
        },
    }
}

/// Warns once if certificates are not verified.
pub(crate) fn warn(typed: &Connection) {
    if typed.insecure {
        let _ = writeln!(io::stderr(), "haul: warning: --insecure accepts any certificate: nothing proves who answers");
    }
}

fn pinned(text: &str) -> Result<DnsOverride, CliError> {
    text.parse().map_err(|why| CliError::usage(format!("--resolve {text}: {why}")))
}

/// The options override the environment, whose `no_proxy` applies to both, as in curl.
fn proxies(typed: &Connection) -> Result<Proxies, CliError> {
    if typed.unix_socket.is_some() {
        return Ok(Proxies::default());
    }
    let var = |name: &str| env::var(name).ok();
    let mut proxies = match typed.proxy.as_deref().map(str::trim) {
        None => Proxies::of_environment(var)
            .map_err(|(name, why)| CliError::usage(format!("the variable {name}: {why}")))?,
        Some("") => Proxies::default(),
        Some(url) => Proxies {
            except: Proxies::except_in_environment(var),
            ..Proxies::all(url.parse().map_err(|why| CliError::usage(format!("--proxy: {why}")))?) // may hold secrets
        },
    };
    if let Some(list) = &typed.noproxy {
        list.clone_into(&mut proxies.except);
    }
    Ok(proxies)
}

fn socket(path: &Path) -> Result<PathBuf, CliError> {
    let refused = |why: String| CliError::usage(format!("--unix-socket {}: {why}", path.display()));
    match fs::metadata(path) {
        Ok(found) if found.file_type().is_socket() => Ok(path.to_owned()),
        Ok(_) => Err(refused("not a socket".to_owned())),
        Err(why) => Err(refused(without_os_code(&why))),
    }
}

fn interface(text: &str) -> Result<Interface, CliError> {
    let refused = |why: &str| CliError::usage(format!("--interface {text}: {why}"));
    if let Ok(addr) = text.parse::<IpAddr>() {
        let bound = UdpSocket::bind((addr, 0));
        let refused = |why| refused(&format!("not an address of this machine: {}", without_os_code(&why)));
        return bound.map(|_| Interface::Addr(addr)).map_err(refused);
    }
    named(text).map_err(|why| refused(&why))
}

#[cfg(target_os = "linux")]
fn named(name: &str) -> Result<Interface, String> {
    use rustix::net::{AddressFamily, SocketType, netdevice, socket};

    let socket = socket(AddressFamily::INET, SocketType::DGRAM, None).map_err(|why| why.to_string())?;
    match netdevice::name_to_index(&socket, name) {
        Ok(_) => Ok(Interface::Name(name.to_owned())),
        Err(_) => Err("not a network interface or an IP address".to_owned()),
    }
}

#[cfg(not(target_os = "linux"))]
fn named(_: &str) -> Result<Interface, String> {
    Err("not an IP address; interface names are supported only on Linux".to_owned())
}

fn roots(path: &Path) -> Result<Roots, CliError> {
    Roots::from_pem(&read("--cacert", path)?).map_err(|why| wrong("--cacert", path, &why))
}

fn identity(cert: &Path, key: Option<&Path>) -> Result<Identity, CliError> {
    let certificate = read("--cert", cert)?;
    let made = match key {
        Some(key) => Identity::from_pem(&certificate, &read("--key", key)?),
        None => Identity::from_pem(&certificate, &certificate),
    };
    made.map_err(|why| match (why, key) {
        (IdentityError::Certificate(why), _) => wrong("--cert", cert, &why),
        (IdentityError::Key(why), Some(key)) => wrong("--key", key, &why),
        (IdentityError::Key(why), None) => {
            wrong("--cert", cert, &format!("{why} (use --key if it is in another file)"))
        }
    })
}

fn read(flag: &str, path: &Path) -> Result<Vec<u8>, CliError> {
    let mut pem = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_PEM + 1).read_to_end(&mut pem));
    match read {
        Ok(read) if read as u64 > MAX_PEM => Err(wrong(flag, path, "too large for a PEM file")),
        Ok(_) => Ok(text::decode_bytes(pem)),
        Err(why) => Err(wrong(flag, path, &without_os_code(&why))),
    }
}

fn wrong(flag: &str, path: &Path, why: &str) -> CliError {
    CliError::usage(format!("{flag} {}: {why}", path.display()))
}
