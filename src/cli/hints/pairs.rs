//! Why two options of a probe cannot be used together.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::exit::CliError;

/// Says why two options cannot be used together; none if clap's message is about something else.
pub(super) fn refused(error: &clap::Error) -> Option<CliError> {
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
    (&["--until"], &["--stages", "--replay"], "the load changes, so there are several figures to find out"),
    (&["--find-rate"], &["--stages", "--replay"], "it chooses the rates itself, within --rate"),
    (&["--find-rate"], &["--concurrency", "--think-time"], "it tries rates, and a loop has none"),
    (&["--find-rate"], &["--requests"], "it ends when the rate is found; to bound it, use --duration"),
    (&["--find-rate"], &["--until"], "it ends when the rate is found; to bound it, use --duration"),
    (&["--find-rate"], &["--abort-after"], "a rate that fails ends its step early, and the search goes on"),
    (&["--max-in-flight"], &["--concurrency"], "each loop has one request in flight, so -c N bounds them"),
];

#[cfg(test)]
mod tests {
    use super::why;
    use crate::cli::args::Cli;
    use crate::cli::commands;

    #[test]
    fn every_conflict_about_load_has_a_reason() {
        let probe = Cli::subcommand(commands::PROBE).unwrap();
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
}
