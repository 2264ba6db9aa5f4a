//! Tells the name of a host from that of a file, and from any other text.

use std::net::Ipv4Addr;

use url::{Host, Url};

/// Endings of files that are also domains of countries or of others: what ends so is a file, unless a path follows.
const FILES: [&str; 12] = ["bz", "cc", "md", "mov", "pl", "ps", "py", "rs", "sh", "so", "st", "zip"];

/// The URL that `name` lacks only the scheme of, or a slash after it, if it looks like one. A missing scheme is https
/// for a domain; other hosts hardly have a certificate.
pub fn with_scheme(name: &str) -> Option<String> {
    let given = ["https", "http"].into_iter().find_map(|scheme| Some((scheme, name.strip_prefix(scheme)?)));
    let given = given.and_then(|(scheme, rest)| Some((scheme, rest.strip_prefix(":/")?)));
    let rest = given.map_or(name, |(_, rest)| rest);
    let rest = rest.strip_prefix(if given.is_some() { "/" } else { "//" }).unwrap_or(rest);
    let host_and_port = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let has_path = host_and_port.len() < rest.len();
    let (host, port) = match host_and_port.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (host_and_port, None),
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    if port.is_some_and(|port| !is_port(port)) || rest.contains(char::is_whitespace) {
        return None;
    }
    let is_name = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
            && label.starts_with(char::is_alphanumeric)
    };
    let looks_right = match host {
        "localhost" => true,
        host if host.starts_with('[') => matches!(Host::parse(host), Ok(Host::Ipv6(_))),
        host if host.parse::<Ipv4Addr>().is_ok() => true,
        host if !host.trim_end_matches('.').split('.').all(is_name) => false,
        host if host.contains('.') => is_domain(host, has_path || port.is_some()),
        _ => port.is_some() && host.len() > 1, // not the letter of a drive
    };
    let is_local = host == "localhost" || host.ends_with(".localhost") || !host.contains('.');
    let is_address = host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok();
    let scheme = match (given, port) {
        (Some((scheme, _)), _) => scheme,
        (None, Some("443")) => "https",
        (None, Some("80")) => "http",
        _ if is_local || is_address => "http",
        _ => "https",
    };
    let url = format!("{scheme}://{rest}");
    (looks_right && Url::parse(&url).is_ok()).then_some(url)
}

/// Whether a name ends as domains do and files do not.
fn is_domain(host: &str, is_followed: bool) -> bool {
    let host = host.trim_end_matches('.').to_lowercase();
    let Ok(Host::Domain(ascii)) = Host::parse(&host) else { return false };
    let is_known = psl::suffix(ascii.as_bytes()).is_some_and(|suffix| suffix.is_known());
    let ending = host.rsplit('.').next().unwrap_or_default();
    is_known && psl::domain(ascii.as_bytes()).is_some() && (is_followed || !FILES.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::with_scheme;

    #[test]
    fn hosts_are_told_from_files() {
        for name in [
            "example.com",
            "Example.COM",
            "127.0.0.1:443/x",
            "example.com.",
            "www.example.co.uk/path?q=1",
            "example.com:8080",
            "example.com?q=1",
            "münchen.de",
            "docs.rs/haul",
        ] {
            assert_eq!(with_scheme(name), Some(format!("https://{name}")));
        }
        for name in [
            "127.0.0.1",
            "127.0.0.1:80/x",
            "192.0.2.1:8080/x",
            "[::1]:8080/",
            "localhost",
            "localhost:3000/x",
            "api:8080",
            "example.com:80/x",
        ] {
            assert_eq!(with_scheme(name), Some(format!("http://{name}")));
        }
        for (name, url) in [
            ("http:/example.com", "http://example.com"),
            ("http:/127.0.0.1/x", "http://127.0.0.1/x"),
            ("https:/127.0.0.1/x", "https://127.0.0.1/x"),
            ("http://example.com", "http://example.com"),
            ("//example.com/x", "https://example.com/x"),
            ("//localhost/x", "http://localhost/x"),
            ("http.example.com/x", "https://http.example.com/x"),
        ] {
            assert_eq!(with_scheme(name).as_deref(), Some(url));
        }
        for name in [
            "urls.txt",
            "urls",
            "foo",
            "dir/x",
            "my.dir/urls.txt",
            "./example.com",
            "../example.com",
            "/tmp/example.com",
            ".hidden",
            "a b.com",
            "list.json.gz",
            "out.ndjson",
            "urls.csv",
            "README.md",
            "list.zip",
            "run.sh",
            "main.rs",
            "v1.2",
            "1.5",
            "50",
            "C:/x",
            "x:y",
            "com",
            "co.uk",
            "host:0",
            "host:99999",
            "a..com",
            "*.com",
            "-x.com",
            "user@example.com",
            "",
        ] {
            assert_eq!(with_scheme(name), None, "{name}");
        }
    }
}
