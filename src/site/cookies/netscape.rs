//! The Netscape cookie file format, which curl, wget and others read and write: one cookie per line, in seven fields
//! separated by tabs. Names and values may be any bytes; the rest is text.

use std::io::Write;

use url::Host;

use super::{Cookie, Jar};

/// The start of a file.
const HEADER: &str = "# Netscape HTTP Cookie File\n# Kept by haul. Whoever reads it can act in your name.\n\n";

/// Precedes the domain of an `HttpOnly` cookie. Programs that do not know it take the line for a comment.
const HTTP_ONLY: &[u8] = b"#HttpOnly_";

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
pub fn render(jar: &Jar) -> Vec<u8> {
    let mut file = HEADER.as_bytes().to_vec();
    let truth = |yes| if yes { "TRUE" } else { "FALSE" };
    for cookie in jar.iter() {
        let Cookie { name, value, domain, path, .. } = cookie;
        let (dot, subdomains) = if cookie.host_only { ("", "FALSE") } else { (".", "TRUE") };
        let (secure, expires) = (truth(cookie.secure), cookie.expires.unwrap_or_default());
        file.extend_from_slice(if cookie.http_only { HTTP_ONLY } else { b"" });
        let _ = write!(file, "{dot}{domain}\t{subdomains}\t{path}\t{secure}\t{expires}\t");
        file.extend([&**name, b"\t", value, b"\n"].concat());
    }
    file
}

/// Parses a cookie file, expired cookies included.
///
/// # Errors
/// A line is neither a cookie nor a comment.
pub fn parse(file: &[u8]) -> Result<Vec<Cookie>, BadLine> {
    let lines = file.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).zip(1..);
    let lines = lines
        .filter(|(line, _)| !line.trim_ascii().is_empty() && (line.starts_with(HTTP_ONLY) || !line.starts_with(b"#")));
    lines.map(|(text, line)| cookie(text).map_err(|why| BadLine { line, why })).collect()
}

fn cookie(line: &[u8]) -> Result<Cookie, &'static str> {
    let (line, http_only) = line.strip_prefix(HTTP_ONLY).map_or((line, false), |line| (line, true));
    let fields: Vec<&[u8]> = line.split(|&byte| byte == b'\t').collect();
    let (domain, subdomains, path, secure, expires, name, value) = match fields[..] {
        [domain, subdomains, path, secure, expires, name, value] => {
            (domain, subdomains, path, secure, expires, name, value)
        }
        [domain, subdomains, path, secure, expires, name] => {
            (domain, subdomains, path, secure, expires, name, &b""[..])
        }
        _ => return Err("a cookie needs seven fields, separated by tabs"),
    };
    let text = std::str::from_utf8;
    let domain = domain.strip_prefix(b".").unwrap_or(domain);
    let domain = text(domain).ok().filter(|domain| !domain.starts_with('.'));
    let domain = domain.and_then(|domain| Host::parse(domain).ok()).ok_or("its domain is invalid")?;
    let truth = |field: &[u8]| match field {
        _ if field.eq_ignore_ascii_case(b"TRUE") => Ok(true),
        _ if field.eq_ignore_ascii_case(b"FALSE") => Ok(false),
        _ => Err("its second and fourth fields must be TRUE or FALSE"),
    };
    let expires: Option<u64> = text(expires).ok().and_then(|expires| expires.parse().ok());
    let expires = expires.ok_or("its expiry is not a number of seconds")?;
    let cookie = Cookie {
        name: name.into(),
        value: value.into(),
        host_only: !truth(subdomains)?,
        domain: domain.to_string().into(),
        path: text(path).map_err(|_| "its path is invalid")?.into(),
        secure: truth(secure)?,
        http_only,
        expires: Some(expires).filter(|expires| *expires > 0),
    };
    cookie.error().map_or(Ok(cookie), Err)
}
