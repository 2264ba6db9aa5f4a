//! The cookie file that Netscape began with and that curl, wget and others read and write: a cookie a line, seven
//! fields between tabs.

use std::fmt::Write;

use url::Host;

use super::{Cookie, Jar};

/// How such a file begins.
const HEADER: &str = "# Netscape HTTP Cookie File\n# Kept by haul. Whoever reads it can act in your name.\n\n";

/// What stands before the domain of a cookie that scripts are not to see: for those who do not know, a comment.
const HTTP_ONLY: &str = "#HttpOnly_";

/// A line that is no cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

/// The file that holds what is in `jar`. Cookies that the end of a session ends have 0 for their time, as curl has it.
pub fn render(jar: &Jar) -> String {
    let mut text = HEADER.to_owned();
    let truth = |yes| if yes { "TRUE" } else { "FALSE" };
    for cookie in jar.iter() {
        let Cookie { name, value, domain, path, .. } = cookie;
        let mark = if cookie.http_only { HTTP_ONLY } else { "" };
        let (dot, below) = if cookie.host_only { ("", "FALSE") } else { (".", "TRUE") };
        let (secure, expires) = (truth(cookie.secure), cookie.expires.unwrap_or_default());
        let _ = writeln!(text, "{mark}{dot}{domain}\t{below}\t{path}\t{secure}\t{expires}\t{name}\t{value}");
    }
    text
}

/// The cookies of a file, those included that have expired.
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
    let (domain, below, path, secure, expires, name, value) = match fields[..] {
        [domain, below, path, secure, expires, name, value] => (domain, below, path, secure, expires, name, value),
        [domain, below, path, secure, expires, name] => (domain, below, path, secure, expires, name, ""),
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
        host_only: !truth(below)?,
        domain: domain.to_string().into(),
        path: path.into(),
        secure: truth(secure)?,
        http_only,
        expires: Some(expires).filter(|expires| *expires > 0),
    };
    cookie.flaw().map_or(Ok(cookie), Err)
}
