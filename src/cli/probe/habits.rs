//! What people type from habit with other load generators, and why options do not go together.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::args::Probe;
use crate::cli::exit::CliError;

/// Refuses what would silently mean something else than in wrk, k6, hey, ab and vegeta.
pub(super) fn check(typed: &Probe) -> Result<(), CliError> {
    for text in &typed.common.body_sent.data {
        if is_time(text) {
            let message = format!("-d {text} would send {text:?} as data, as in curl");
            let hint = format!("for a duration, use -z {text}; to send the text, use --data-binary {text}");
            return Err(CliError::usage(message).with_hint(&hint));
        }
    }
    Ok(())
}

/// Whether a text is a time, such as `30s`.
fn is_time(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && ["s", "m", "h", "ms", "sec", "min"].contains(&unit)
}

/// Says why two options cannot be used together; none if clap's message is about something else.
pub(crate) fn refused(error: &clap::Error) -> Option<CliError> {
    let (ErrorKind::ArgumentConflict, Some(ContextValue::String(one))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    else {
        return None;
    };
    let others = match error.get(ContextKind::PriorArg) {
        Some(ContextValue::String(other)) => std::slice::from_ref(other),
        Some(ContextValue::Strings(others)) => others,
        _ => return None,
    };
    let one = flag(one);
    others.iter().map(|other| flag(other)).find_map(|other| {
        let why = why(one, other).or_else(|| why(other, one))?;
        Some(CliError::usage(format!("{one} cannot be used with {other}: {why}")))
    })
}

/// The name of an option in clap's messages, which have its value as well.
fn flag(shown: &str) -> &str {
    shown.split([' ', '=']).next().unwrap_or(shown)
}

fn why(one: &str, other: &str) -> Option<&'static str> {
    let found = |(ones, others, _): &&(&[&str], &[&str], &str)| ones.contains(&one) && others.contains(&other);
    REASONS.iter().find(found).map(|(_, _, why)| *why)
}

const REASONS: &[(&[&str], &[&str], &str)] = &[
    (
        &["--rate", "--stages"],
        &["--concurrency"],
        "requests start when they are due, and not when a loop is free; to bound those in flight, use --max-in-flight",
    ),
    (
        &["--replay"],
        &["--concurrency"],
        "the list says when requests start; to bound those in flight, use --max-in-flight",
    ),
    (&["--rate", "--stages"], &["--think-time"], "requests start when they are due, whenever answers come"),
    (&["--replay"], &["--think-time"], "the list says when requests start"),
    (&["--rate"], &["--stages"], "both set the rate; a stage such as 200/s@1m keeps it"),
    (&["--replay"], &["--rate", "--stages"], "the list says when requests start; --speed changes its pace"),
    (&["--replay"], &["--arrivals"], "the list says when requests start"),
    (&["--replay"], &["--shuffle"], "a replay keeps the order of the list"),
    (&["--replay"], &["--weight-column"], "a replay sends each line once"),
    (&["--max-in-flight"], &["--concurrency"], "each loop has one request in flight, so -c N bounds them"),
];

/// What to say of an option that a probe lacks, where the same hint as for a list would mislead.
pub(crate) const HINTS: &[(&[&str], &str)] = &[
    // Load
    (&["-R"], "use --rate N/s, such as --rate 200/s"),
    (
        &["--qps", "--rps", "--rate-limit", "--max-rate", "--max-rps", "--throttle", "--limit", "--limit-rate"],
        "use --rate N/s, such as --rate 200/s",
    ),
    (&["-t"], "for threads, use --threads N; for a duration, use -z TIME; for a timeout, use -m TIME"),
    (
        &["--vus", "--users", "--workers", "--max-workers", "--max-connections", "--max-conns", "-j", "--jobs"],
        "use -c N for N loops, or --rate N/s for a rate that does not depend on answers",
    ),
    (&["-Z", "--parallel", "--parallel-max", "--parallelism"], "use -c N for N loops"),
    (&["--iterations", "--number", "--repetitions"], "use -n/--requests N"),
    (&["--wait", "--delay"], "use --think-time TIME"),
    (&["--time-cond", "--timelimit", "--time", "--run-time"], "use -z/--duration TIME"),
    (
        &["--latency", "--summary-trend-stats", "--histogram"],
        "the summary and the report always have percentiles: leave it out",
    ),
    (&["--latency-correction"], "with --rate, latency always counts from when a request was due: leave it out"),
    (&["--stage"], "use --stages, with commas: '10/s..500/s@2m, 500/s@10m'"),
    (&["--burst", "--burst-delay", "--burst-rate", "--ramp-up", "--spawn-rate"], "use --stages or --arrivals poisson"),
    (
        &["--graceful-stop", "--wait-ongoing-requests-after-deadline"],
        "haul waits for answers, for --timeout at most: leave it out",
    ),
    (
        &["--host-burst", "--adaptive", "--window"],
        "a probe sends when requests are due, and does not adapt: leave it out",
    ),
    // Requests
    (
        &["--targets", "-l", "--list"],
        "give the list as an argument: haul probe targets.txt; its format by --input-format",
    ),
    (
        &["--input-file", "--stdin", "--urls-from-file", "--urls", "--input", "--file"],
        "give the list as an argument: haul probe targets.txt, or - for standard input",
    ),
    (&["-a"], "for credentials, use -u USER:PASSWORD"),
    (&["-C"], "to send cookies, use -b COOKIES"),
    (&["-D", "-p"], "to send a file, use --data-binary @FILE"),
    (&["-T"], "for the type of a body, use -H 'Content-Type: TYPE'; for a timeout, use -m TIME"),
    (&["--rand-regex-url"], "use placeholders, as in 'http://localhost/{{random 1 100}}'"),
    (
        &["--redirect", "--redirects", "--follow", "--follow-redirects", "--allow-redirects"],
        "a probe does not follow redirects by default; to follow them, use -L/--location",
    ),
    (
        &[
            "--no-location",
            "--no-redirect",
            "--no-redirects",
            "--disable-redirects",
            "--no-follow",
            "--no-follow-redirects",
        ],
        "a probe does not follow redirects by default: leave it out",
    ),
    (
        &[
            "--retry",
            "--retries",
            "--retry-on",
            "--retry-delay",
            "--retry-max-time",
            "--retry-max-delay",
            "--retry-unsafe",
            "--tries",
            "--max-tries",
            "--max-retries",
            "--retry-max",
            "--max-wait",
            "--retry-all-errors",
            "--retry-connrefused",
            "--waitretry",
            "--retry-wait",
        ],
        "a probe does not retry: a retry would hide a failure and add load",
    ),
    (
        &["--robots", "--robots-agent", "--robots-txt"],
        "a probe does not read robots.txt: confirm hosts with --yes-load",
    ),
    (
        &["--paginate", "--max-pages", "--allow-page-host", "--items"],
        "a probe does not follow pages: use haul for that",
    ),
    (&["--strict"], "a probe always checks its lists first: leave it out"),
    (&["--dedup", "--dedup-max"], "a probe sends its targets over and over again: leave it out"),
    // Output
    (&["--jq", "--raw", "-r"], "a probe does not extract from bodies; for conditions on them, use --expect-jq FILTER"),
    (&["--ordered", "--order-window"], "records of a probe come as requests end; seq has their order"),
    (
        &["--resume", "--resume-anyway", "--rotate", "--continue", "--continue-at", "--append"],
        "a probe cannot be continued: start it again",
    ),
    (&["--fail", "-f", "--check-status", "--fail-with-body", "--fail-early"], "use --fail-if 'failed>0'"),
    (&["--threshold", "--thresholds"], "use --fail-if, such as --fail-if 'p99>300ms'"),
    (&["--output-format", "--out", "--summary-export"], "for a report in JSON, use --report FILE"),
    (&["--every"], "use --progress-every TIME"),
];

#[cfg(test)]
mod tests {
    use clap::ArgAction;

    use super::*;
    use crate::cli::args::Cli;

    fn probe() -> clap::Command {
        let mut haul = Cli::definition();
        haul.build();
        haul.find_subcommand("probe").unwrap().clone()
    }

    #[test]
    fn every_conflict_about_load_has_a_reason() {
        let probe = probe();
        let of_load = |arg: &&clap::Arg| matches!(arg.get_help_heading(), Some("Load"));
        for arg in probe.get_arguments().filter(of_load) {
            let itself = arg.get_id();
            for other in probe.get_arg_conflicts_with(arg).into_iter().filter(|other| other.get_id() != itself) {
                let names = [arg, other].map(|arg| format!("--{}", arg.get_long().unwrap()));
                let [one, other] = &names;
                assert!(why(one, other).or_else(|| why(other, one)).is_some(), "{names:?}");
            }
        }
    }

    #[test]
    fn hints_are_for_options_that_a_probe_lacks() {
        let probe = probe();
        let names = |arg: &clap::Arg| {
            let longs = arg.get_long_and_visible_aliases().unwrap_or_default();
            let hidden = arg.get_all_aliases().unwrap_or_default();
            let longs = longs.into_iter().chain(hidden).map(|long| format!("--{long}"));
            longs.chain(arg.get_short().map(|short| format!("-{short}"))).collect::<Vec<_>>()
        };
        let acts = |arg: &&clap::Arg| !matches!(arg.get_action(), ArgAction::Help);
        let own: Vec<_> = probe.get_arguments().filter(acts).flat_map(names).collect();
        let hinted: Vec<_> = HINTS.iter().flat_map(|(names, _)| *names).collect();
        let clash: Vec<_> = hinted.iter().filter(|name| own.iter().any(|own| own == **name)).collect();
        assert!(clash.is_empty(), "{clash:?}");
        let twice = hinted.iter().find(|name| hinted.iter().filter(|other| other == name).count() > 1);
        assert_eq!(twice, None);
    }

    #[test]
    fn only_times_are_taken_for_times() {
        assert!(["30s", "10m", "500ms", "1h", "5min"].iter().all(|text| is_time(text)));
        assert!(["30", "a=1s", "s", "", "1ss", "@file", "1.5", "30 s"].iter().all(|text| !is_time(text)));
    }
}
