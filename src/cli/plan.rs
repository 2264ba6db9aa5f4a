//! Builds the [`Plan`] from the options.

use std::env;
use std::ffi::OsString;
use std::num::NonZeroU64;

use haul::guard::redact::Redact;
use haul::plan::{
    BodyMode, ClientKind, ConnectionOptions, Fetch, LimitBy, Limits, Output, OutputFormat, Paginate, Plan, Redirect,
    Retry, RetryOn, RobotsOptions,
};
use haul::source::Input;
use haul::storage::Layout;
use http::header::USER_AGENT;

use super::args::{self, AttemptLimits, Common, Options, Pace, Pages, RecordForm, Retries};
use super::exit::CliError;
use super::given::Given;
use super::{access, connection, credentials, login, records, request, session, settings};

/// The plan that `options` describe; `given` reads the files that they name.
pub(crate) fn plan(options: &Options, given: &mut Given) -> Result<Plan, CliError> {
    let format = format(options)?;
    if options.pages.items.is_some() {
        check_items(options, format)?;
    }
    let request = request::template(&options.common, given)?;
    let transport = connection::transport(&options.common.connection)?;
    let plan = Plan {
        access: access::access(&options.common, &transport)?,
        cookies: session::cookies(&options.common.session, options.progress.quiet)?,
        digest: credentials::digest(&options.common.credentials)?,
        login: login::login(&options.common, request.0.headers.get(USER_AGENT))?,
        robots: options.robots.robots.then(|| RobotsOptions::new(&request, options.robots.robots_agent.clone())),
        request,
        limits: limits(&options.pace, options.limits.max_memory)?,
        fetch: Fetch { threads: options.pace.threads, ..fetch(&options.common, &options.limits, transport)? },
        retry: retry(&options.retries)?,
        expect: options.expect.plan(),
        redirect: Redirect {
            follow: !options.retries.no_location,
            max: options.retries.max_redirs,
            allow_downgrade: options.retries.allow_downgrade,
        },
        paginate: paginate(&options.pages),
        dedup: options.dedup.max(),
        ordered: options.order.window(options.limits.max_memory)?,
        output: Output {
            body: body(options),
            extract: options.picks.jq.clone(),
            items: options.pages.items.clone(),
            format: if options.picks.raw { OutputFormat::Raw } else { format.into() },
            ..record_form(&options.form, options.limits.max_memory)
        },
        setting_names: settings::NAMES,
    };
    check_memory(&plan)?;
    Ok(plan)
}

/// The format of records. Lines of `--raw` may be rows that a filter made, whatever the output is named after.
fn format(options: &Options) -> Result<args::Format, CliError> {
    let Options { files, output, form, picks, .. } = options;
    if picks.raw {
        return files.check_name().map(|()| args::Format::Ndjson);
    }
    let layout = files.output.as_deref().map(|path| Layout::new(path, output.rotate));
    form.format(files, layout.as_ref().filter(|_| output.resume))
}

/// How bodies are recorded. A person sees none, so that they are not kept, unless for the filter of records.
fn body(options: &Options) -> BodyMode {
    match &options.form.body {
        Some(body) => body.clone(),
        None if records::are_for_a_person(options) && options.form.record_filter.is_none() => BodyMode::None,
        None => BodyMode::Auto,
    }
}

/// What the options say of any run's records: the body and the format depend on more than these.
pub(crate) fn record_form(form: &RecordForm, max_memory: usize) -> Output {
    Output {
        all_headers: form.include,
        verbose: form.verbose_records,
        record_filter: form.record_filter.clone(),
        filter_memory: Some(max_memory / 4),
        redact: if form.no_redact { Redact::Nothing } else { Redact::Secrets },
        fields: form.fields.clone().map_or_else(Vec::new, |fields| fields.0),
        ..Output::default()
    }
}

/// How attempts are made, whatever they are made for.
pub(crate) fn fetch(common: &Common, limits: &AttemptLimits, transport: ConnectionOptions) -> Result<Fetch, CliError> {
    Ok(Fetch {
        timeout: limits.timeout,
        connect_timeout: limits.connect_timeout,
        read_timeout: limits.read_timeout,
        max_filesize: limits.max_filesize,
        insecure: common.connection.insecure,
        netrc: credentials::netrc(&common.credentials)?,
        threads: None,
        transport,
        client: client()?,
    })
}

/// Refuses bodies that would be larger than the memory for them.
pub(crate) fn check_memory(plan: &Plan) -> Result<(), CliError> {
    if plan.bodies_exceed_memory() {
        return Err(CliError::usage("--max-filesize must be less than --max-memory, which holds all bodies"));
    }
    Ok(())
}

/// The client, which only tests choose.
fn client() -> Result<ClientKind, CliError> {
    match env::var_os("HAUL_CLIENT") {
        None => Ok(ClientKind::Wire),
        Some(name) if name == "reqwest" => Ok(ClientKind::Relay),
        Some(_) => Err(CliError::usage("HAUL_CLIENT can only be \"reqwest\"")),
    }
}

fn retry(typed: &Retries) -> Result<Retry, CliError> {
    if typed.retry_delay > typed.retry_max_delay {
        return Err(CliError::usage("--retry-delay must not exceed --retry-max-delay"));
    }
    Ok(Retry {
        retries: typed.retry,
        on: RetryOn::any_of(typed.retry_on.iter().cloned()),
        base: typed.retry_delay,
        cap: typed.retry_max_delay,
        max_wait: typed.max_wait,
        max_time: typed.retry_max_time,
        unsafe_too: typed.retry_unsafe,
    })
}

/// Refuses options that choose or format the fields of a record, which `--items` does not print.
fn check_items(options: &Options, format: args::Format) -> Result<(), CliError> {
    let why = match () {
        () if format != args::Format::Ndjson && options.form.is_format_typed() => "--format: items are not table rows",
        () if format != args::Format::Ndjson => {
            "an output that is named like a table: use --format ndjson, --raw, or another name"
        }
        () if options.form.fields.is_some() => "--fields: the filter decides what an item contains",
        () if options.form.verbose_records => "--verbose-records: items are not records",
        () => return Ok(()),
    };
    Err(CliError::usage(format!("--items cannot be used with {why}")))
}

fn paginate(typed: &Pages) -> Option<Paginate> {
    let max = typed.max_pages.try_into().unwrap_or(NonZeroU64::MAX);
    Some(Paginate { by: typed.paginate.clone()?, max, hosts: typed.allow_page_host.clone() })
}

/// The inputs: consecutive URLs form one, each file is one, and the default is standard input.
pub(crate) fn inputs(typed: &[OsString]) -> Vec<Input> {
    let mut inputs = Vec::new();
    for text in typed {
        match (text.to_str(), inputs.last_mut()) {
            (Some("-"), _) => inputs.push(Input::Stdin),
            (Some(url), Some(Input::Urls(urls))) if is_url(url) => urls.push(url.to_owned()),
            (Some(url), _) if is_url(url) => inputs.push(Input::Urls(vec![url.to_owned()])),
            _ => inputs.push(Input::File(text.into())), // a name may be any bytes
        }
    }
    if inputs.is_empty() {
        inputs.push(Input::Stdin);
    }
    inputs
}

fn limits(pace: &Pace, max_memory: usize) -> Result<Limits, CliError> {
    if let args::LimitBy::Domain = pace.limit_by
        && let Some(rule) = pace.host_rules.iter().find(|rule| !rule.hosts.covers_domains())
    {
        return Err(CliError::usage(format!(
            "--host-rule '{}: ...' cannot match: with --limit-by domain, a rule needs a registrable domain such as \
             example.com, without scheme, port or subdomain",
            rule.hosts
        )));
    }
    let default = Limits::default();
    Ok(Limits {
        concurrency: pace.concurrency.unwrap_or(default.concurrency),
        host_concurrency: pace.host_concurrency.unwrap_or(default.host_concurrency),
        rate: pace.rate,
        host_rate: pace.host_rate,
        burst: pace.burst,
        host_rules: pace.host_rules.clone(),
        limit_by: match pace.limit_by {
            args::LimitBy::Origin => LimitBy::Origin,
            args::LimitBy::Domain => LimitBy::Domain,
        },
        adaptive: pace.adaptive,
        window: pace.window,
        max_memory,
    })
}

fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric()))
}
