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

/// Writes `jar` as a cookie file, with the lines of the file `before` that are not cookies. Session cookies get 0 as their
/// expiry time, as in curl.
pub fn render(jar: &Jar, before: &[u8]) -> Vec<u8> {
    let mut file = HEADER.as_bytes().to_vec();
    for line in lines(before).filter(|line| !is_header(line) && !is_ours(line)) {
        if !line.trim_ascii().is_empty() && (is_comment(line) || cookie(line).is_err()) {
            file.extend([line, b"\n"].concat());
        }
    }
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

/// What a cookie file has: its cookies, expired ones included, and the lines that are neither cookies nor comments.
#[derive(Debug, Default)]
pub struct CookieLines {
    /// The cookies, in order.
    pub cookies: Vec<Cookie>,
    /// The other lines, which are skipped.
    pub skipped: Vec<BadLine>,
    /// Whether the first line is the usual one of a cookie file.
    pub has_header: bool,
}

/// Parses a cookie file.
///
/// # Errors
/// No line is a cookie, although there are lines, and the file does not begin as a cookie file does.
pub fn parse(file: &[u8]) -> Result<CookieLines, BadLine> {
    let has_header = lines(file).next().is_some_and(is_header);
    let mut read = CookieLines { has_header, ..CookieLines::default() };
    for (text, line) in lines(file).zip(1..).filter(|(line, _)| !is_comment(line)) {
        match cookie(text) {
            Ok(cookie) => read.cookies.push(cookie),
            Err(why) => read.skipped.push(BadLine { line, why }),
        }
    }
    match read.skipped.first() {
        Some(first) if file.starts_with(b"#LWP-Cookies") => Err(BadLine {
            why: "the format of LWP is not supported: save the cookies in the Netscape format",
            ..*first
        }),
        Some(first) if read.cookies.is_empty() && !has_header => Err(*first),
        _ => Ok(read),
    }
}

/// As Python has it, a dollar sign starts a comment, too.
fn is_comment(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    text.is_empty() || text.starts_with(b"$") || text.starts_with(b"#") && !line.starts_with(HTTP_ONLY)
}

/// Whether a line is one that programs begin a cookie file with, such as `# Netscape HTTP Cookie File`.
fn is_header(line: &[u8]) -> bool {
    let Some(text) = line.strip_prefix(b"#") else { return false };
    let text = text.trim_ascii_start().to_ascii_lowercase();
    text.strip_prefix(b"netscape ").unwrap_or(&text).starts_with(b"http cookie file")
}

/// Whether a line is one of those that every file begins with.
fn is_ours(line: &[u8]) -> bool {
    lines(HEADER.as_bytes()).any(|ours| ours == line)
}

/// The lines of a file, which end with LF, CRLF or CR.
fn lines(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = file.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.flat_map(|line| line.split(|&byte| byte == b'\r'))
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
    // As in curl, the second field says whether the cookie is for subdomains, whether or not the domain has a dot.
    let domain = domain.trim_ascii();
    let domain = domain.strip_prefix(b".").unwrap_or(domain);
    let domain = text(domain).ok().filter(|domain| !domain.starts_with('.'));
    let domain = domain.and_then(|domain| Host::parse(domain).ok()).ok_or("its domain is invalid")?;
    let truth = |field: &[u8]| match field.trim_ascii() {
        field if field.eq_ignore_ascii_case(b"TRUE") => Ok(true),
        field if field.eq_ignore_ascii_case(b"FALSE") => Ok(false),
        _ => Err("its second and fourth fields must be TRUE or FALSE"),
    };
    let expires = text(expires).ok().and_then(expiry).ok_or("its expiry is not a number of seconds")?;
    let path = if path.is_empty() { &b"/"[..] } else { path };
    let cookie = Cookie {
        name: name.into(),
        value: value.into(),
        host_only: !truth(subdomains)?,
        domain: domain.to_string().into(),
        path: text(path).map_err(|_| "its path is invalid")?.into(),
        secure: truth(secure)?,
        http_only,
        expires,
    };
    cookie.error().map_or(Ok(cookie), Err)
}

/// When a cookie expires: `Some(None)` for one of the session, which programs write as nothing, 0 or -1. Any other
/// negative number has passed. A fraction is dropped.
fn expiry(text: &str) -> Option<Option<u64>> {
    let text = text.trim();
    let number = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if text.is_empty() {
        return Some(None);
    }
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    match (text.starts_with('-'), whole.parse().unwrap_or(u64::MAX)) {
        (_, 0) | (true, 1) => Some(None),
        (true, _) => Some(Some(0)),
        (false, seconds) => Some(Some(seconds)),
    }
}
