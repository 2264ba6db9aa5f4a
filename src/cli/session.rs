//! `--session` and `--cookie FILE`: reads and writes cookie files.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use haul::guard::terminal::printable;
use haul::guard::without_os_code;
use haul::plan::Cookies;
use haul::site::cookies::file::{self, CookieFileError};
use haul::site::cookies::{Cookie, Jar};

use super::args::Session;
use super::exit::CliError;

impl Session {
    /// The cookie files that are only read: the values of `--cookie` without an equals sign.
    fn given(&self) -> impl Iterator<Item = &Path> {
        self.cookies.iter().filter(|text| !text.contains('=')).map(Path::new)
    }

    /// The typed cookies.
    pub(crate) fn typed(&self) -> Vec<&str> {
        self.cookies.iter().filter(|text| text.contains('=')).map(String::as_str).collect()
    }

    /// All files that are only read.
    pub(crate) fn read(&self) -> impl Iterator<Item = PathBuf> {
        self.given().map(PathBuf::from).chain(self.login.clone())
    }
}

/// How many skipped lines of a file are named one by one.
const MAX_NAMED: usize = 10;

/// The cookies that the run starts with.
pub(crate) fn cookies(typed: &Session, quiet: bool) -> Result<Cookies, CliError> {
    let mut given: Option<Vec<Cookie>> = None;
    for path in typed.given() {
        given.get_or_insert_default().extend(read("--cookie", path, quiet)?.iter().cloned());
    }
    let given = given.map(|cookies| Jar::new(cookies, SystemTime::now()));
    let kept = typed.session.as_deref().map(|path| begin(path, quiet)).transpose()?;
    Ok(Cookies { given, kept })
}

fn read(flag: &str, path: &Path, quiet: bool) -> Result<Jar, CliError> {
    read_lines(flag, path, quiet).map_err(|why| match why {
        CookieFileError::Io(why) if why.kind() == ErrorKind::NotFound => {
            wrong(flag, path, &"file not found (for a cookie, write name=value)")
        }
        why => wrong(flag, path, &why),
    })
}

/// Reads a cookie file, and names the lines that it skips.
fn read_lines(flag: &str, path: &Path, quiet: bool) -> Result<Jar, CookieFileError> {
    let mut skipped = 0;
    let jar = file::read(path, SystemTime::now(), |bad| {
        skipped += 1;
        if skipped <= MAX_NAMED && !quiet {
            eprintln!("haul: {flag} {}: skipped {bad}", printable(&path.display().to_string()));
        }
    })?;
    if let more @ 1.. = skipped.saturating_sub(MAX_NAMED)
        && !quiet
    {
        eprintln!("haul: {flag} {}: skipped {more} more", printable(&path.display().to_string()));
    }
    Ok(jar)
}

/// Reads the session; a missing file starts a new one.
fn begin(path: &Path, quiet: bool) -> Result<Jar, CliError> {
    let refused = |why: &dyn std::fmt::Display| {
        wrong("--session", path, why).with_hint("name a cookie file in the Netscape format, or a new file")
    };
    check_regular(path).map_err(|why| refused(&why))?;
    let read = read_lines("--session", path, quiet);
    if read.is_ok() {
        file::check_replaceable(path).map_err(|why| refused(&why))?;
    }
    match read {
        Err(CookieFileError::Io(why)) if why.kind() == ErrorKind::NotFound => {
            file::check_folder(path).map_err(|why| wrong("--session", path, &why))?;
            Ok(Jar::default())
        }
        Err(CookieFileError::Io(why)) => Err(wrong("--session", path, &why)),
        read => read.map_err(|why| refused(&why)),
    }
}

/// Refuses a device, which the end of the run would replace by a file.
fn check_regular(path: &Path) -> io::Result<()> {
    match path.metadata() {
        Ok(found) if !found.is_file() => Err(io::Error::new(ErrorKind::InvalidInput, "not a regular file")),
        _ => Ok(()),
    }
}

fn wrong(flag: &str, path: &Path, why: &dyn std::fmt::Display) -> CliError {
    CliError::usage(format!("{flag} {}: {}", path.display(), without_os_code(why)))
}

/// Saves the cookies for the next run.
pub(crate) fn save(typed: &Session, jar: Option<&Jar>) -> Result<(), CliError> {
    let (Some(path), Some(jar)) = (&typed.session, jar) else { return Ok(()) };
    check_regular(path)
        .and_then(|()| file::check_replaceable(path).map_err(io::Error::other))
        .and_then(|()| file::write(path, jar))
        .map_err(|why| CliError::system(&format!("cannot write --session {}", path.display()), &why))
}
