//! `--login`: a file that holds one request.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use haul::guard::without_os_code;
use haul::jq::Filter;
use haul::model::Job;
use haul::model::request::Request;
use haul::plan::{Login, Template};
use haul::source::{self, Entry, Input, InputFormat};
use haul::storage::text;
use http::header::{HeaderValue, USER_AGENT};

use super::args::Common;
use super::exit::CliError;

/// The largest file that is read, in bytes.
const MAX_LOGIN: u64 = 1 << 20;

/// The login that the options ask for, if any. Of the run's headers it gets only the User-Agent: the others may be
/// meant for another host.
pub(crate) fn login(options: &Common, user_agent: Option<&HeaderValue>) -> Result<Option<Login>, CliError> {
    let Some(path) = &options.session.login else { return Ok(None) };
    let mut request = Request::default();
    if let Some(name) = user_agent {
        request.headers.insert(USER_AGENT, name.clone());
    }
    let lines = source::ListOptions {
        base_url: options.lists.base_url.clone(),
        request: Template::new(request).0,
        ..source::ListOptions::default()
    };
    let job = read(path)
        .and_then(|text| only_request(path, text, lines))
        .map_err(|why| CliError::usage(format!("--login {}: {why}", path.display())))?;
    let token = options.session.login_token.as_deref().map(Filter::compile).transpose();
    let token = token.map_err(|why| CliError::usage(format!("--login-token: {why}")))?;
    Ok(Some(Login { url: job.url, request: job.request, token }))
}

fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_LOGIN + 1).read_to_end(&mut bytes));
    read.map_err(|why| format!("cannot read the file: {}", without_os_code(why)))?;
    if bytes.len() as u64 > MAX_LOGIN {
        return Err("larger than 1 MiB; expected a single request".to_owned());
    }
    text::decode(bytes).map_err(|why| why.to_string())
}

/// The only request in `text`: a line of text, or a JSON object, which may span several lines.
fn only_request(path: &Path, text: String, lines: source::ListOptions) -> Result<Box<Job>, String> {
    let is_json = text.trim_start().starts_with('{');
    // In JSON, a line break is allowed only where a space is.
    let (format, text) =
        if is_json { (InputFormat::Ndjson, text.replace(['\n', '\r'], " ")) } else { (InputFormat::Text, text) };
    let input = Input::Text { name: path.display().to_string(), text };
    let lines = source::ListOptions { format: Some(format), ..lines };
    let mut source = source::open([input], &lines).map_err(|why| why.to_string())?;
    let mut found = None;
    while let Some(batch) = source.next_batch().map_err(|why| why.to_string())? {
        for entry in batch {
            if found.replace(entry).is_some() {
                return Err("more than one request".to_owned());
            }
        }
    }
    match found {
        Some(Entry::Job(job)) => Ok(job),
        Some(Entry::Invalid(invalid)) => Err(invalid.message),
        _ => Err("no request found: write [METHOD] URL, or a JSON object".to_owned()),
    }
}
