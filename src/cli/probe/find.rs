//! A search for the highest rate: its options, what is said of its steps, and its exit code.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use haul::engine::Control;
use haul::model::FindEnd;
use haul::plan::{FindRate, Rate};
use haul::report::FindFacts;
use haul::report::text::find_step;
use tokio::runtime::Builder;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::cli::args::{Probe, Thresholds};
use crate::cli::exit::{CliError, FAILED, IN_DOUBT, OK};
use crate::cli::messages::shown;
use crate::cli::printer::Printer;
use crate::cli::rates::Rates;
use crate::cli::watching::Watching;

/// How often steps are looked for.
const EVERY: Duration = Duration::from_secs(1);

/// How many times as long as the longest latency that is allowed a step must be: what is too slow must show in it.
const LATENCIES_PER_STEP: u32 = 5;

/// The search that `typed` asks for, if it does; or else the rate.
pub(super) fn search(typed: &Probe) -> Result<Option<FindRate>, CliError> {
    let load = &typed.load;
    match (load.find_rate, load.rate) {
        (true, Some(Rates { from, to, is_range: true })) => plan(typed, from, to).map(Some),
        (true, Some(Rates { to, .. })) => {
            let lowest = to.per_second() / 10.0;
            let [lowest, to] = [lowest, to.per_second()].map(per_second);
            Err(CliError::usage("--find-rate needs the highest rate that it may try, as a range")
                .with_hint(&format!("use --rate ..{to}, or --rate {lowest}..{to} to begin at {lowest}")))
        }
        (false, Some(Rates { is_range: true, .. })) => {
            Err(CliError::usage("--rate takes a range only with --find-rate")
                .with_hint("to change the rate over time, use --stages '10/s..500/s@2m'"))
        }
        (_, _) => Ok(None),
    }
}

/// A rate to type: `40/s`, `1.667/s`.
fn per_second(rate: f64) -> String {
    let text = format!("{rate:.3}");
    format!("{}/s", text.trim_end_matches('0').trim_end_matches('.'))
}

fn plan(typed: &Probe, from: Option<Rate>, to: Rate) -> Result<FindRate, CliError> {
    let fail_if = &typed.judged.thresholds.fail_if;
    for threshold in fail_if {
        threshold
            .suits_search()
            .map_err(|why| CliError::usage(format!("--find-rate cannot use --fail-if '{threshold}': {why}")))?;
    }
    let step_time = typed.load.step_time.unwrap_or(FindRate::STEP_TIME);
    let longest = fail_if.iter().filter_map(|threshold| threshold.longest_time()).max().unwrap_or_default();
    let least = longest.saturating_mul(LATENCIES_PER_STEP);
    if step_time < least {
        let message = format!("a step of {step_time:?} is too short for a threshold of {longest:?}");
        return Err(CliError::usage(message).with_hint(&format!("use --step-time {least:?} or more")));
    }
    // Requests that are as slow as is allowed must have ended before the backlog is looked at.
    let warm_up = typed.load.warm_up.unwrap_or_else(|| FindRate::warm_up_of(step_time).max(longest));
    if warm_up > step_time / 2 {
        return Err(CliError::usage("--warm-up is a part of each step, and may be half of --step-time at most"));
    }
    let resolution = typed.load.resolution.unwrap_or(FindRate::RESOLUTION);
    Ok(FindRate { from, to, resolution, step_time, warm_up, allow_doubt: typed.judged.allow_doubt })
}

/// The thresholds that are judged by all requests together. In a search they decide on its steps instead.
pub(super) fn judged_at_end(typed: &Probe) -> Thresholds {
    let fail_if = if typed.load.find_rate { Vec::new() } else { typed.judged.thresholds.fail_if.clone() };
    Thresholds { fail_if }
}

/// The exit code of a search.
pub(super) fn exit_code(find: &FindFacts) -> ExitCode {
    match find.end {
        FindEnd::Found | FindEnd::Ceiling => OK,
        FindEnd::LowestFails => FAILED.into(),
        FindEnd::Inconclusive | FindEnd::InDoubt | FindEnd::Stopped => IN_DOUBT.into(),
    }
}

/// What to say even to somebody who wants to know little, if anything.
pub(super) fn complaint(find: &FindFacts) -> Option<String> {
    let found = matches!(find.end, FindEnd::Found | FindEnd::Ceiling);
    (!found).then(|| format!("no highest rate found: {}", find.knee()))
}

/// What to do about a search that found nothing, if that is known.
pub(super) fn advice(find: &FindFacts) -> Option<String> {
    if find.end != FindEnd::Inconclusive {
        return None;
    }
    Some(match find.untold() {
        Some(threshold) => format!("no request tells anything of {threshold}: is that the name of a group?"),
        None => format!("longer steps tell more: --step-time {:?}", Duration::from_secs_f64(find.step_s * 4.0)),
    })
}

/// Says with `printer` what each step comes to.
pub(super) fn tell(control: &Control, printer: &Printer) -> io::Result<Watching> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let (control, printer) = (control.clone(), printer.clone());
    Ok(Watching::start(move |stopped| {
        runtime.block_on(async {
            tokio::select! {
                _ = stopped => {}
                () = tell_steps(&control, &printer) => {}
            }
        });
    }))
}

async fn tell_steps(control: &Control, printer: &Printer) {
    let mut told = 0;
    let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let interim = control.interim().await;
        let Some(find) = interim.run.load.as_ref().and_then(|load| load.find.as_ref()) else { continue };
        for step in find.steps.iter().skip(told) {
            printer.print(&format!("haul: {}\n", shown(&find_step(step))));
        }
        told = find.steps.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::progress::search;

    fn find(end: FindEnd) -> FindFacts {
        FindFacts { end, step_s: 30.0, ..search() }
    }

    #[test]
    fn only_a_rate_that_was_found_is_a_success() {
        use FindEnd::{Ceiling, Found, InDoubt, Inconclusive, LowestFails, Stopped};
        for (end, code) in [(Found, 0), (Ceiling, 0), (LowestFails, 4), (Inconclusive, 5), (InDoubt, 5), (Stopped, 5)] {
            assert_eq!(exit_code(&find(end)), ExitCode::from(code));
            assert_eq!(complaint(&find(end)).is_none(), code == 0);
        }
        assert_eq!(advice(&find(Inconclusive)).as_deref(), Some("longer steps tell more: --step-time 120s"));
    }
}
