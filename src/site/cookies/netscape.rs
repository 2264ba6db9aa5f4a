//! The Netscape cookie file format, which curl, wget and others read and write: one cookie per line, in seven fields
//! separated by tabs.

use std::fmt::Write;

use url::Host;

use super::{Cookie, Jar};

/// The start of a file.
const HEADER: &str = "# Netscape HTTP Cookie File\n# Kept by haul. Whoever reads it can act in your name.\n\n";

/// Precedes the domain of an `HttpOnly` cookie. Programs that do not know it take the line for a comment.
const HTTP_ONLY: &str = "#HttpOnly_";

/// A line that is not a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadLine {
    /// The line number, from 1.
    pub line: usize,
    /// What is wrong.
    pub why: &'static str,
}

/// Writes `jar` as a cookie file. Session cookies get 0 as their expiry time, as in curl.
pub fn render(jar: &Jar) -> String {
    let mut text = HEADER.to_owned();
    let truth = |yes| if yes { "TRUE" } else { "FALSE" };
    for cookie in jar.iter() {
        let Cookie { name, value, domain, path, .. } = cookie;
        let mark = if cookie.http_only { HTTP_ONLY } else { "" };
        let (dot, subdomains) = if cookie.host_only { ("", "FALSE") } else { (".", "TRUE") };
        let (secure, expires) = (truth(cookie.secure), cookie.expires.unwrap_or_default());
        let _ = writeln!(text, "{mark}{dot}{domain}\t{subdomains}\t{path}\t{secure}\t{expires}\t{name}\t{value}");
    }
    text
}

/// Parses a cookie file, expired cookies included.
///
/// # Errors
/// A line is neither a cookie nor a comment.
pub fn parse(text: &str) -> Result<Vec<Cookie>, BadLine> {
    let lines = text
        .lines()
        .zip(1..)
        .filter(|(line, _)| !line.trim().is_empty() && (line.starts_with(HTTP_ONLY) || !line.starts_with('#')));
    lines.map(|(text, line)| cookie(text).map_err(|why| BadLine { line, why })).collect()
}

fn cookie(line: &str) -> Result<Cookie, &'static str> {
    let (line, http_only) = line.strip_prefix(HTTP_ONLY).map_or((line, false), |line| (line, true));
    let fields: Vec<&str> = line.split('\t').collect();
    let (domain, subdomains, path, secure, expires, name, value) = match fields[..] {
        [domain, subdomains, path, secure, expires, name, value] => {
            (domain, subdomains, path, secure, expires, name, value)
        }
        [domain, subdomains, path, secure, expires, name] => (domain, subdomains, path, secure, expires, name, ""),
        _ => return Err("a cookie needs seven fields, separated by tabs"),
    };
    let domain = domain.strip_prefix('.').unwrap_or(domain);
    let domain = Host::parse(domain).ok().filter(|_| !domain.starts_with('.')).ok_or("its domain is invalid")?;
    let truth = |field: &str| match field {
        _ if field.eq_ignore_ascii_case("TRUE") => Ok(true),
        _ if field.eq_ignore_ascii_case("FALSE") => Ok(false),
        _ => Err("its second and fourth fields must be TRUE or FALSE"),
    };
    let expires: u64 = expires.parse().map_err(|_| "its expiry is not a number of seconds")?;
    let cookie = Cookie {
        name: name.into(),
        value: value.into(),
        host_only: !truth(subdomains)?,
        domain: domain.to_string().into(),
        path: path.into(),
        secure: truth(secure)?,
        http_only,
        expires: Some(expires).filter(|expires| *expires > 0),
    };
    cookie.error().map_or(Ok(cookie), Err)
}
