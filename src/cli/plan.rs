//! From what was typed to what it means.

use haul::plan::{BodyMode, Fetch, Limits, Output, Plan, Redirect, Retry};
use haul::source::Input;

use super::args::{Body, Options};
use super::exit::CliError;
use super::given::Given;
use super::{credentials, request};

/// The plan that `options` amount to.
///
/// `given` reads the files that they name.
pub(crate) fn plan(options: &Options, given: &mut Given) -> Result<Plan, CliError> {
    if options.max_filesize >= options.max_memory {
        return Err(CliError::usage("--max-filesize must be less than --max-memory, which holds every body"));
    }
    Ok(Plan {
        request: request::template(options, given)?,
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
            insecure: options.insecure,
            netrc: credentials::netrc(&options.credentials)?,
            threads: options.threads,
        },
        retry: Retry { retries: options.retry, ..Retry::default() },
        redirect: Redirect { follow: !options.no_location, max: options.max_redirs },
        output: Output {
            body: match options.body {
                Body::Auto => BodyMode::Auto,
                Body::None => BodyMode::None,
                Body::Text => BodyMode::Text,
                Body::Base64 => BodyMode::Base64,
            },
            all_headers: options.include,
            verbose: options.verbose_records,
        },
    })
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

/// No file may be written that is also read, or written twice.
pub(crate) fn check_files(inputs: &[Input], options: &Options) -> Result<(), CliError> {
    let read = inputs.iter().filter_map(|input| if let Input::File(path) = input { Some(path) } else { None });
    let mut used: Vec<_> = read.collect();
    for (option, path) in [("--output", &options.output), ("--report", &options.report)] {
        let Some(path) = path else { continue };
        if used.contains(&path) {
            return Err(CliError::usage(format!("{option} {} would overwrite a file that is in use", path.display())));
        }
        used.push(path);
    }
    Ok(())
}

fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric()))
}
