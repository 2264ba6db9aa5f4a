//! Who asks, as it is typed.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use haul::digest::Credentials as Digest;
use reqwest::header::{AUTHORIZATION, HeaderMap};

use super::args::Credentials;
use super::exit::CliError;
use super::plan::secret;

/// Sets the Authorization header that is asked for, if one is.
pub(crate) fn authorize(typed: &Credentials, headers: &mut HeaderMap) -> Result<(), CliError> {
    let Some((user, password)) = pair(typed)? else { return Ok(()) };
    if headers.contains_key(AUTHORIZATION) {
        return Err(CliError::usage("--user and --header Authorization are two credentials: give one of them"));
    }
    if !typed.digest {
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
        headers.insert(AUTHORIZATION, secret("--user", &basic)?);
    }
    Ok(())
}

/// Who answers to a server that asks, with --digest: nothing is sent before.
pub(crate) fn digest(typed: &Credentials) -> Result<Option<Digest>, CliError> {
    let pair = pair(typed)?.filter(|_| typed.digest);
    Ok(pair.map(|(user, password)| Digest { user: user.to_owned(), password: password.to_owned() }))
}

fn pair(typed: &Credentials) -> Result<Option<(&str, &str)>, CliError> {
    let Some(user) = &typed.user else { return Ok(None) };
    let pair = user.split_once(':').ok_or_else(|| CliError::usage("--user has no password: write USER:PASSWORD"))?;
    Ok(Some(pair))
}
