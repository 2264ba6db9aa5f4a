//! From what was typed to what it means.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use haul::job::Request;
use haul::plan::{Fetch, Format, Limits, Output, Paginate, Plan, Redirect, Retry, Template};
use haul::sink::file::Layout;
use haul::source::Input;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use super::args::{self, Options};
use super::connection;
use super::exit::CliError;

/// The plan that `options` amount to.
pub(crate) fn plan(options: &Options) -> Result<Plan, CliError> {
    if options.max_filesize >= options.max_memory {
        return Err(CliError::usage("--max-filesize must be less than --max-memory, which holds every body"));
    }
    if options.items.is_some() {
        check_items(options)?;
    }
    Ok(Plan {
        request: Template::new(request(options)?),
        limits: Limits {
            concurrency: options.concurrency,
            host_concurrency: options.host_concurrency,
            rate: options.rate,
            host_rate: options.host_rate,
            burst: options.burst,
            window: options.window,
            max_memory: options.max_memory,
        },
        fetch: Fetch {
            timeout: options.timeout,
            connect_timeout: options.connect_timeout,
            read_timeout: options.read_timeout,
            max_filesize: options.max_filesize,
            insecure: options.connection.insecure,
            threads: options.threads,
            transport: connection::transport(&options.connection)?,
        },
        retry: Retry { retries: options.retry, unsafe_too: options.retry_unsafe, ..Retry::default() },
        redirect: Redirect { follow: !options.no_location, max: options.max_redirs },
        paginate: options.paginate.clone().map(|by| Paginate { by, max: max_pages(options) }),
        output: Output {
            body: options.body.clone(),
            all_headers: options.include,
            verbose: options.verbose_records,
            extract: options.jq.clone(),
            items: options.items.clone(),
            format: match options.format {
                _ if options.raw => Format::Raw,
                args::Format::Ndjson => Format::Ndjson,
                args::Format::Csv => Format::Csv,
                args::Format::Tsv => Format::Tsv,
            },
            fields: options.fields.clone().map_or_else(Vec::new, |fields| fields.0),
        },
    })
}

/// What --items prints has no parts to choose from, and no keys to be null.
fn check_items(options: &Options) -> Result<(), CliError> {
    let why = match () {
        () if !matches!(options.format, args::Format::Ndjson) => {
            "--format: items may be anything, and no row of a table"
        }
        () if options.fields.is_some() => "--fields: what is an item, its filter says",
        () if options.verbose_records => "--verbose-records: what is printed is no record",
        () => return Ok(()),
    };
    Err(CliError::usage(format!("--items cannot be used with {why}")))
}

fn max_pages(options: &Options) -> NonZeroU64 {
    options.max_pages.try_into().unwrap_or(NonZeroU64::MAX)
}

/// What is fetched: URLs in a row are one input, files one each, nothing is standard input.
pub(crate) fn inputs(typed: &[String]) -> Vec<Input> {
    let mut inputs = Vec::new();
    for text in typed {
        match (text.as_str(), inputs.last_mut()) {
            ("-", _) => inputs.push(Input::Stdin),
            (url, Some(Input::Urls(urls))) if is_url(url) => urls.push(url.to_owned()),
            (url, _) if is_url(url) => inputs.push(Input::Urls(vec![url.to_owned()])),
            (path, _) => inputs.push(Input::File(path.into())),
        }
    }
    if inputs.is_empty() {
        inputs.push(Input::Stdin);
    }
    inputs
}

/// No file may be written that is also read, or written twice. All parts of an output are as good as written.
pub(crate) fn check_files(inputs: &[Input], options: &Options) -> Result<(), CliError> {
    let read = inputs.iter().filter_map(|input| if let Input::File(path) = input { Some(path) } else { None });
    let in_use = |option, path: &Path| {
        Err(CliError::usage(format!("{option} {} would overwrite a file that is in use", path.display())))
    };
    let output = options.output.as_ref().map(|path| Layout::new(path, options.rotate));
    let written = |path: &PathBuf| output.as_ref().is_some_and(|to| to.path == *path || to.part_of(path).is_some());
    match (&options.output, &options.report) {
        (Some(output), _) if read.clone().any(written) => in_use("--output", output),
        (_, Some(report)) if read.clone().any(|path| path == report) || written(report) => in_use("--report", report),
        _ => Ok(()),
    }
}

fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric()))
}

fn request(options: &Options) -> Result<Request, CliError> {
    let mut headers = HeaderMap::new();
    for line in &options.headers {
        let (name, value) = header(line)?;
        headers.append(name, value);
    }
    if let Some(name) = &options.user_agent {
        let value = HeaderValue::from_bytes(name.as_bytes())
            .map_err(|_| CliError::usage("--user-agent has a character that no header may have"))?;
        headers.insert(USER_AGENT, value);
    }
    if options.data.is_some() {
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
    let implied = if options.data.is_some() { Method::POST } else { Method::GET };
    let method = options.request.clone().unwrap_or(implied);
    if options.data.as_deref().is_some_and(|data| data.starts_with('@')) {
        return Err(CliError::usage("--data does not read files yet: give the text itself"));
    }
    Ok(Request { method, headers, body: options.data.clone().map(Bytes::from) })
}

fn header(line: &str) -> Result<(HeaderName, HeaderValue), CliError> {
    let (name, value) =
        line.split_once(':').ok_or_else(|| CliError::usage("--header: a line has no colon: write 'Name: value'"))?; // it may be a secret
    let name = HeaderName::try_from(name.trim())
        .map_err(|_| CliError::usage(format!("--header: {:?} is no header name", name.trim())))?;
    let mut value = HeaderValue::from_bytes(value.trim().as_bytes())
        .map_err(|_| CliError::usage(format!("--header {name}: its value has a character that no header may have")))?;
    value.set_sensitive(true); // its Debug form, should anything print it, shows nothing
    Ok((name, value))
}
