//! Credentials from the options, from files, or entered on the terminal.

use std::env;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

use haul::guard::without_os_code;
use haul::model::request::netrc::MAX_NETRC;
use haul::model::request::{Netrc, basic, bearer};
use haul::site::digest::DigestCredentials;
use haul::storage::text;
use http::header::{AUTHORIZATION, HeaderMap};

use super::args::Credentials;
use super::exit::{CliError, invalid};
use super::given::Given;

/// Sets the Authorization header that the options ask for, if any.
pub(crate) fn authorize(typed: &Credentials, headers: &mut HeaderMap, given: &mut Given) -> Result<(), CliError> {
    let by_header = headers.contains_key(AUTHORIZATION).then_some("--header Authorization");
    let by_option = typed.user.as_ref().map(|_| "--user").or(typed.bearer.as_ref().map(|_| "--bearer"));
    if let (Some(first), Some(second)) = (by_header, by_option) {
        return Err(CliError::usage(format!("{first} cannot be used with {second}: give only one of them")));
    }
    let value = match (&typed.user, &typed.bearer) {
        (Some(_), _) if typed.digest => return Ok(()), // sent only in reply to a challenge
        (Some(user), _) => {
            let (user, password) = user_and_password(user)?;
            basic(&user, &password).map_err(invalid("--user"))?
        }
        (None, Some(token)) => bearer(given.text("--bearer", token)?.trim()).map_err(invalid("--bearer"))?,
        (None, None) => return Ok(()),
    };
    headers.insert(AUTHORIZATION, value);
    Ok(())
}

/// The credentials for `--digest`.
pub(crate) fn digest(typed: &Credentials) -> Result<Option<DigestCredentials>, CliError> {
    let Some(user) = typed.user.as_deref().filter(|_| typed.digest) else { return Ok(None) };
    let (user, password) = user_and_password(user)?;
    Ok(Some(DigestCredentials { user, password }))
}

fn user_and_password(typed: &str) -> Result<(String, String), CliError> {
    if let Some((user, password)) = typed.split_once(':') {
        return Ok((user.to_owned(), password.to_owned()));
    }
    if !io::stderr().is_terminal() {
        return Err(CliError::usage("--user: cannot prompt for a password without a terminal: write USER:PASSWORD"));
    }
    let password = rpassword::prompt_password(format!("Password for {typed}: "))
        .map_err(|why| CliError::usage(format!("--user: cannot read the password: {}", without_os_code(why))))?;
    Ok((typed.to_owned(), password))
}

/// The netrc file that the options ask for, if any.
pub(crate) fn netrc(typed: &Credentials) -> Result<Option<Arc<Netrc>>, CliError> {
    let (flag, path) = match (&typed.netrc_file, typed.netrc) {
        (Some(path), _) => ("--netrc-file", path.clone()),
        (None, true) => ("--netrc", own_netrc()?),
        (None, false) => return Ok(None),
    };
    let usage = |why: String| CliError::usage(format!("{flag} {}: {why}", path.display()));
    let size = path.metadata().map_err(|why| usage(without_os_code(why)))?.len();
    if size > MAX_NETRC {
        return Err(usage(format!("larger than {} MiB", MAX_NETRC >> 20)));
    }
    let bytes = std::fs::read(&path).map_err(|why| usage(without_os_code(why)))?;
    let text = text::decode(bytes).map_err(|why| usage(why.to_string()))?;
    Netrc::parse(&text).map(|netrc| Some(Arc::new(netrc))).map_err(|why| usage(why.to_string()))
}

fn own_netrc() -> Result<PathBuf, CliError> {
    if let Some(path) = env::var_os("NETRC").filter(|path| !path.is_empty()) {
        return Ok(path.into());
    }
    let home =
        env::home_dir().ok_or_else(|| CliError::usage("--netrc: cannot find the home directory: use --netrc-file"))?;
    Ok(home.join(".netrc"))
}
