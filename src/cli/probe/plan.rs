//! Builds the plan and the load of a probe from its options.

use std::num::NonZeroUsize;
use std::time::Duration;

use haul::engine::LoadTargets;
use haul::fetch;
use haul::plan::{Arrivals, BodyMode, Fetch, LimitBy, Limits, Load, LoadModel, Output, Pace, Plan, Redirect, Retry};
use http::header::USER_AGENT;

use super::{find, in_flight, until};
use crate::cli::args::{self, Probe};
use crate::cli::exit::CliError;
use crate::cli::given::Given;
use crate::cli::{access, connection, credentials, login, plan, request, session, settings};

/// How long a probe takes if no option sets an end.
const DEFAULT_DURATION: Duration = Duration::from_secs(10);

/// How many loops there are by default, as in other tools.
const DEFAULT_WORKERS: NonZeroUsize = NonZeroUsize::new(50).expect("it is not zero");

/// The load that `typed` describes. What is random is made from `seed`, unless an option says otherwise.
pub(crate) fn load(typed: &Probe, seed: u64) -> Result<Load, CliError> {
    let args::Load { rate, stages, replay, think_time, duration, requests, .. } = &typed.load;
    let search = find::search(typed)?;
    let is_search = search.is_some();
    let model = match (rate, stages) {
        _ if *replay => LoadModel::Replay,
        (Some(rate), _) => {
            let pace = search.map_or(Pace::Constant(rate.to), Pace::Find);
            LoadModel::Open { pace, arrivals: arrivals(&typed.load) }
        }
        (None, Some(stages)) => LoadModel::Open { pace: Pace::Stages(stages.clone()), arrivals: arrivals(&typed.load) },
        (None, None) => {
            refuse_in_closed_model(&typed.load)?;
            LoadModel::Closed {
                workers: typed.load.concurrency.unwrap_or(DEFAULT_WORKERS),
                think_time: think_time.unwrap_or_default(),
            }
        }
    };
    let ends = *replay || stages.is_some() || requests.is_some() || is_search;
    let load = Load {
        model,
        requests: requests.and_then(|requests| requests.try_into().ok()),
        duration: duration.or((!ends).then_some(DEFAULT_DURATION)),
        warm_up: typed.load.warm_up.filter(|_| !is_search).unwrap_or_default(), // each step has its own
        until: typed.load.until.clone(),
        seed: typed.targets.seed.or(typed.targets.shuffle).unwrap_or(seed),
    };
    until::check(&typed.load, &load)?;
    Ok(load)
}

/// What to add to the summary of a probe whose seed nobody chose.
pub(crate) fn note_on_seed(typed: &Probe, load: &Load, targets: &LoadTargets) -> Option<String> {
    let has_random_values = match targets {
        LoadTargets::Cycle(cycle) => cycle.has_random_values(),
        LoadTargets::Replay(list) => list.has_random_values(),
    };
    let what = match (matches!(load.model, LoadModel::Open { arrivals: Arrivals::Poisson, .. }), has_random_values) {
        (true, true) => "starts and values",
        (true, false) => "starts",
        (false, true) => "values",
        (false, false) => return None,
    };
    let is_chosen = typed.targets.seed.or(typed.targets.shuffle).is_some();
    (!is_chosen).then(|| format!("{what} were random: --seed {} repeats them", load.seed))
}

fn arrivals(typed: &args::Load) -> Arrivals {
    match typed.arrivals {
        Some(args::Arrivals::Poisson) => Arrivals::Poisson,
        Some(args::Arrivals::Constant) | None => Arrivals::Constant,
    }
}

/// Refuses options that do nothing without a pace.
fn refuse_in_closed_model(typed: &args::Load) -> Result<(), CliError> {
    let why = match () {
        () if typed.arrivals.is_some() => {
            "--arrivals needs --rate or --stages: loops start a request after each answer"
        }
        () if typed.max_in_flight.is_some() => {
            "--max-in-flight needs --rate, --stages or --replay: each loop has one request in flight, so use -c N"
        }
        () => return Ok(()),
    };
    Err(CliError::usage(why))
}

/// The plan for `load`; `given` reads the files that options name.
pub(crate) fn plan(typed: &Probe, load: &Load, given: &mut Given) -> Result<Plan, CliError> {
    let Probe { common, limits, redirects, .. } = typed;
    let output = records(typed)?;
    let request = request::template(common, given)?;
    let transport = connection::transport(&common.connection)?;
    let plan = Plan {
        access: access::access(common, &transport)?,
        cookies: session::cookies(&common.session, typed.progress.quiet)?,
        digest: credentials::digest(&common.credentials)?,
        login: login::login(common, request.0.headers.get(USER_AGENT))?,
        robots: None,
        request,
        limits: bounds(typed, load),
        fetch: Fetch { threads: typed.load.threads, ..plan::fetch(common, limits, transport)? },
        retry: Retry { retries: 0, ..Retry::default() },
        expect: typed.expect.plan(),
        redirect: Redirect {
            follow: redirects.location,
            max: redirects.max_redirs,
            allow_downgrade: redirects.allow_downgrade,
        },
        paginate: None,
        dedup: None,
        ordered: None,
        output,
        setting_names: settings::NAMES,
    };
    plan::check_memory(&plan)?;
    Ok(plan)
}

/// A host has only the limits that were asked for.
fn bounds(typed: &Probe, load: &Load) -> Limits {
    let max_memory = typed.limits.max_memory;
    let concurrency = match &load.model {
        LoadModel::Closed { workers, .. } => *workers,
        _ => {
            let default = || in_flight::default(fetch::for_connections(), max_memory);
            typed.load.max_in_flight.unwrap_or_else(default)
        }
    };
    Limits {
        concurrency,
        host_concurrency: typed.load.host_concurrency.unwrap_or(concurrency),
        rate: None,
        host_rate: typed.load.host_rate,
        host_rules: typed.load.host_rules.clone(),
        limit_by: LimitBy::Origin,
        adaptive: false,
        max_memory,
        ..Limits::default()
    }
}

fn records(Probe { files, form, limits, .. }: &Probe) -> Result<Output, CliError> {
    Ok(Output {
        body: form.body.clone().unwrap_or(BodyMode::None),
        format: form.format(files, None)?.into(),
        ..plan::record_form(form, limits.max_memory)
    })
}
