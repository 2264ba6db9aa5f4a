//! What `--until` needs.

use haul::guard::text::grouped;
use haul::plan::Load;
use haul::report::load::Precisions;
use haul::schedule::Pacer;

use crate::cli::args;
use crate::cli::exit::CliError;

/// Refuses a precision that the probe cannot reach before its end, or that may keep it from ending.
pub(super) fn check(typed: &args::Load, load: &Load) -> Result<(), CliError> {
    if load.until.is_empty() {
        return Ok(());
    }
    if typed.requests.is_none() && typed.duration.is_none() {
        let why = "--until needs an end in case it is never reached: add -n or -z";
        return Err(CliError::usage(why));
    }
    let Some(most) = Pacer::new(load).expected_starts() else { return Ok(()) };
    let target = load.until.iter().max_by_key(|target| Precisions::least_starts(target));
    match target.map(|target| (target, Precisions::least_starts(target))) {
        Some((target, least)) if least > most => Err(CliError::usage(format!(
            "--until '{target}' takes at least {} requests, and this probe ends after {}: raise -n, -z or --rate",
            grouped(least),
            grouped(most),
        ))),
        _ => Ok(()),
    }
}
