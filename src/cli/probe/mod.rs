//! `haul probe`: load, and what becomes of it.

mod find;
mod in_flight;
mod load_guard;
mod plan;
mod reports;
mod until;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;

use haul::engine::{self, Adjustment, Control, Destination, LoadTargets};
use haul::model::Record;
use haul::plan::{Arrivals, Load, LoadModel, Output, Plan};
use haul::schedule::Pacer;
use haul::sink::Each;
use haul::source::{Cycle, Input, ListOptions, Order, Replay, TargetError};

use super::abort::Abort;
use super::args::{Probe, TerminalUse};
use super::ended::{Ended, Summary};
use super::exit::CliError;
use super::given::Given;
use super::metrics::Metrics;
use super::printer::Printer;
use super::progress::{self, Asked, ProbeProgress, Progress};
use super::watching::Watching;
use super::wrong_format::Reader;
use super::{commands, conflicts, connection, hints, lists, messages, output, screen, signals, thresholds};
use load_guard::LoadGuard;
use reports::Reports;

/// Makes the load that `typed` describes, and reports on it. `notes` are on settings that do not apply.
pub(crate) fn run(typed: &Probe, notes: &[String]) -> Result<ExitCode, CliError> {
    if typed.inputs.is_empty() && io::stdin().is_terminal() {
        return Err(messages::print_short_help(Some(commands::PROBE)));
    }
    messages::warn_of_variables(typed.progress.quiet);
    notes.iter().filter(|_| !typed.progress.quiet).for_each(|note| messages::say(&messages::shown(note)));
    hints::check_data(&typed.common.body_sent.data)?;
    probe(super::plan::inputs(&typed.inputs), typed)
}

fn probe(inputs: Vec<Input>, typed: &Probe) -> Result<ExitCode, CliError> {
    let asked = Asked::listen().map_err(|error| CliError::system("cannot listen for signals", &error))?;
    let mut given = Given::beside(&inputs);
    thresholds::refuse_relative(&typed.judged.thresholds)?;
    let load = plan::load(typed, fastrand::u32(..).into())?;
    let mut plan = plan::plan(typed, &load, &mut given)?;
    conflicts::check(&inputs, &typed.common, &typed.files, None, &reports::others(typed))?;
    let targets = targets(inputs, typed, &plan, &load, &mut given)?;
    confirm_hosts(typed, &load, &targets, &mut plan)?;
    let shows_records = typed.writes_records() && output::goes_to_terminal(&typed.files);
    let has_screen = typed.progress.wants_screen(true, shows_records.then_some(TerminalUse::Records))?;
    connection::warn(&typed.common.connection);
    let metrics = Metrics::listen(typed.progress.metrics, typed.progress.quiet)?;
    let reports = Reports::open(typed)?;
    let notes: Vec<_> = plan::note_on_seed(typed, &load, &targets).into_iter().collect();
    output::open_store(&plan.output)?;
    let progress = Progress::new(typed.progress.quiet);
    let destination = destination(typed, plan.output.clone(), progress.printer())?;
    let control = Control::default();
    let signals = signals::watch(&control, progress.printer());
    let lines = ProbeProgress::of(&load, &targets);
    let watching = progress::watch_probe(asked, &control, progress.printer(), &typed.progress, Some(lines));
    let aborting = abort(typed, &load, &targets).map(|abort| abort.watch(&control, progress.printer())).transpose();
    let aborting = aborting.map_err(|error| CliError::system("cannot watch the thresholds", &error))?;
    metrics.into_iter().for_each(|metrics| metrics.serve_probe(&control));
    let telling = typed.tells_steps().then(|| find::tell(&control, progress.printer())).transpose();
    let telling = telling.map_err(|error| CliError::system("cannot watch the steps", &error))?;
    let drawn = || ProbeProgress::of(&load, &targets);
    let showing = screen::show_probe(progress, &control, &signals, drawn, has_screen);
    let fail_if = &typed.judged.thresholds.fail_if;
    let ended = engine::find_rate(&plan, &load, fail_if, targets, destination, &control);
    watching.stop();
    telling.into_iter().for_each(Watching::stop);
    aborting.into_iter().for_each(Watching::stop);
    showing.stop();
    let ended = Ended::new(ended, &typed.common.session, &find::judged_at_end(typed), signals)?;
    reports.write(&ended.finish, ended.judgement.judged())?;
    conclude(typed, &load, ended, notes)
}

/// Says what there is to say, and returns the exit code.
fn conclude(typed: &Probe, load: &Load, ended: Ended, mut notes: Vec<String>) -> Result<ExitCode, CliError> {
    let found = ended.finish.run.load.as_ref().and_then(|load| load.find.clone());
    let by_thresholds = || ended.judgement.exit_code(typed.judged.allow_doubt);
    let code = found.as_ref().map_or_else(by_thresholds, find::exit_code);
    notes.extend(found.as_ref().and_then(find::advice));
    let adjusted = &|adjustment: &Adjustment| in_flight::adjusted(adjustment, &load.model, &typed.load);
    let summary = Summary { quiet: typed.progress.quiet, gap: "", notes: &notes, adjusted };
    let code = ended.conclude(&summary, CliError::from, code)?;
    found.as_ref().and_then(find::complaint).into_iter().for_each(|why| messages::say(&messages::shown(&why)));
    Ok(code)
}

/// Reads the lists. All their lines must be right.
fn targets(
    inputs: Vec<Input>,
    typed: &Probe,
    plan: &Plan,
    load: &Load,
    given: &mut Given,
) -> Result<LoadTargets, CliError> {
    let lines = lists::options(&typed.common, &inputs, plan, given, true)?;
    let columns = [("--weight-column", &typed.targets.weight_column), ("--at-column", &typed.targets.at_column)];
    for (flag, _) in columns.into_iter().filter(|(_, column)| column.is_some()) {
        lists::check_columns(flag, &inputs, lines.format)?;
    }
    let lines = ListOptions {
        weight_column: typed.targets.weight_column.as_deref().map(Arc::from),
        at_column: typed.targets.at_column.as_deref().map(Arc::from),
        ..lines
    };
    let quiet = typed.progress.quiet;
    let refused = |error| match error {
        TargetError::Open(error) => CliError::open(&error, quiet, Reader::Probe),
        TargetError::BaseUrl(_) => CliError::usage("--base-url cannot contain placeholders")
            .with_hint("put them into the lines of the list, or into --url"),
        TargetError::Read(error) => CliError::read(&error, Reader::Probe),
        error => CliError::input(error.to_string()),
    };
    if typed.load.replay {
        let speed = typed.load.speed.unwrap_or(1.0);
        let guard = LoadGuard::new(&typed.load.yes_load, &plan.fetch.transport);
        let replay = Replay::open(inputs, &lines, speed, load.seed, &|url| guard.allows(url));
        return replay.map(LoadTargets::Replay).map_err(refused);
    }
    let order = typed.targets.shuffle.map_or(Order::Listed, |seed| Order::Shuffled { seed });
    Cycle::open(inputs, &lines, order, load.seed).map(LoadTargets::Cycle).map_err(refused)
}

/// Refuses load on hosts that nobody has confirmed: those of the targets now, those of redirects when they lead there.
fn confirm_hosts(typed: &Probe, load: &Load, targets: &LoadTargets, plan: &mut Plan) -> Result<(), CliError> {
    let login = plan.login.as_ref().map(|login| login.url.clone());
    let guard = LoadGuard::for_load(load, targets, &typed.load.yes_load, &plan.fetch.transport);
    match (&guard, targets) {
        (Some(guard), LoadTargets::Cycle(cycle)) => guard.check(cycle.urls())?,
        (Some(guard), LoadTargets::Replay(list)) => guard.check(list.refused().iter())?,
        (None, _) => {}
    }
    plan.access.load = guard.map(|guard| guard.hosts(login));
    Ok(())
}

/// The thresholds that end the probe early, if an option says so.
fn abort(typed: &Probe, load: &Load, targets: &LoadTargets) -> Option<Abort> {
    let most = load.requests.map(u64::from);
    let expected = match (targets, &load.model) {
        (LoadTargets::Replay(list), _) => most.into_iter().chain([list.count()]).min(),
        (_, LoadModel::Open { arrivals: Arrivals::Poisson, .. }) => most, // there may be more than on average
        _ => Pacer::new(load).expected_starts(),
    };
    let thresholds = typed.judged.thresholds.fail_if.clone();
    Some(Abort { thresholds, after: typed.judged.abort_after?, expected })
}

/// Where records go, if anywhere.
fn destination(typed: &Probe, format: Output, printer: &Printer) -> Result<Destination, CliError> {
    match typed.writes_records() {
        true => output::open(&typed.files, None, false, format, printer),
        false => Ok(Each(|_: &Record| Ok(())).into()),
    }
}
