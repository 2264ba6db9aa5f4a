//! Where figures are served.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// `127.0.0.1:9100`; a port alone is on this machine only.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    let wrong = || "expected an address such as 127.0.0.1:9100, or a port".to_owned();
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match (host, port.parse()) {
        ("" | "localhost", Ok(port)) => Ok(local(port)),
        ("*", Ok(port)) => Err(format!("to listen on all addresses, use 0.0.0.0:{port} or [::]:{port}")),
        (_, Ok(port)) if host.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6()) => {
            Err(format!("write an IPv6 address in brackets: [{host}]:{port}"))
        }
        _ => text.parse().map_err(|_| wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_for_this_machine() {
        for (text, wanted) in [
            ("9100", "127.0.0.1:9100"),
            (":9100", "127.0.0.1:9100"),
            ("localhost:0", "127.0.0.1:0"),
            ("127.0.0.1:9100", "127.0.0.1:9100"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::1]:9100", "[::1]:9100"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_meant_is_said() {
        for (text, words) in [
            ("*:9100", "use 0.0.0.0:9100"),
            ("::1:9100", "[::1]:9100"),
            ("127.0.0.1", "such as 127.0.0.1:9100"),
            ("127.0.0.1:99999", "such as 127.0.0.1:9100"),
            ("example.com:9100", "such as 127.0.0.1:9100"),
            ("", "such as 127.0.0.1:9100"),
        ] {
            let error = address(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
