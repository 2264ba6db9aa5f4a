//! What people type from habit with other programs, and what to type here instead.

mod lists;
mod one_dash;
mod pairs;
mod probe;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::args::{Cli, long_names};
use super::commands;
use super::exit::CliError;
use super::near::{METHODS, is_near};

pub(crate) use one_dash::check as check_dashes;

/// Options that haul lacks, and what to say of each.
type Hints = &'static [(&'static [&'static str], &'static str)];

/// What to say of clap's `error` on the options of a command, or of haul without one; none if clap says it well.
pub(crate) fn refused(error: &clap::Error, command: Option<&str>) -> Option<CliError> {
    unknown(error, command).or_else(|| pairs::refused(error)).or_else(|| method(error))
}

/// What to say of an option that a list run or a probe lacks, where the most similar one would mislead.
pub(crate) fn find(option: &str, is_probe: bool) -> Option<&'static str> {
    let option = without_value(option);
    let of_probe = if is_probe { in_table(probe::HINTS, option) } else { None };
    of_probe.or_else(|| in_table(lists::HINTS, option))
}

fn in_table(hints: Hints, option: &str) -> Option<&'static str> {
    hints.iter().find(|(names, _)| names.contains(&option)).map(|(_, hint)| *hint)
}

fn without_value(option: &str) -> &str {
    option.split('=').next().unwrap_or(option)
}

/// What to say of an option that does not exist, unless clap says what was meant.
fn unknown(error: &clap::Error, command: Option<&str>) -> Option<CliError> {
    let (ErrorKind::UnknownArgument, Some(ContextValue::String(option))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    else {
        return None;
    };
    let own = match command {
        Some(commands::PROBE) => find(option, true).map(str::to_owned),
        None | Some(commands::DEMO) => find(option, false).map(str::to_owned).or_else(|| only_of_probe(option)),
        Some(_) => None, // it has few options of its own
    };
    let hint = match (own, error.get(ContextKind::SuggestedArg)) {
        (Some(hint), _) => hint,
        (None, _) if is_filter(option) => "give a filter that begins with a minus after =, as in --jq=-.a".to_owned(),
        (None, _) if is_number(option) => {
            return None; // a negative number, which clap explains
        }
        (None, Some(ContextValue::String(meant))) if is_near(option, meant) => return None,
        (None, _) => match command {
            Some(command) => format!("haul {command} --help lists all options"),
            None => "haul --help lists all options".to_owned(),
        },
    };
    Some(CliError::usage(format!("unknown option {option}")).with_hint(&hint))
}

/// What to say of an option that only `haul probe` has.
fn only_of_probe(option: &str) -> Option<String> {
    let option = without_value(option);
    let name = option.strip_prefix("--")?;
    let probe = Cli::subcommand(commands::PROBE)?;
    let takes = probe.get_arguments().flat_map(long_names).any(|own| own == name);
    takes.then(|| format!("only haul probe takes it: haul probe {option} ..."))
}

/// What to say of a method behind -m, which sets it in hey, oha and others.
fn method(error: &clap::Error) -> Option<CliError> {
    let (ErrorKind::ValueValidation, Some(ContextValue::String(option)), Some(ContextValue::String(value))) =
        (error.kind(), error.get(ContextKind::InvalidArg), error.get(ContextKind::InvalidValue))
    else {
        return None;
    };
    let is_method = METHODS.contains(&value.to_ascii_uppercase().as_str());
    (option.starts_with("--timeout") && is_method).then(|| {
        let hint = format!("to set the method, use -X {value}; -m means --timeout");
        CliError::usage(format!("invalid value '{value}' for '{option}': expected a duration such as 500ms or 2s"))
            .with_hint(&hint)
    })
}

/// Refuses a time as the data of a probe, which `-d` sets in wrk, k6 and vegeta.
pub(crate) fn check_data(data: &[String]) -> Result<(), CliError> {
    let Some(text) = data.iter().find(|text| is_time(text)) else { return Ok(()) };
    let message = format!("-d {text} would send {text:?} as data, as in curl");
    let hint = format!("for a duration, use -z {text}; to send the text, use --data-binary {text}");
    Err(CliError::usage(message).with_hint(&hint))
}

/// Whether a text is a time, such as `30s`.
fn is_time(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && ["s", "m", "h", "ms", "sec", "min"].contains(&unit)
}

fn is_number(option: &str) -> bool {
    option.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether what seems to be an option is rather a negated path, variable, array or term in parentheses.
fn is_filter(option: &str) -> bool {
    option.strip_prefix('-').is_some_and(|rest| rest.starts_with(['.', '$', '(', '[']))
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command};

    use super::*;

    fn options(command: &Command) -> Vec<String> {
        let shorts = |arg: &Arg| {
            let shorts = arg.get_short().into_iter().chain(arg.get_all_short_aliases().unwrap_or_default());
            shorts.map(|short| format!("-{short}")).collect::<Vec<_>>()
        };
        let longs = command.get_arguments().flat_map(long_names).map(|long| format!("--{long}"));
        longs.chain(command.get_arguments().flat_map(shorts)).collect()
    }

    #[test]
    fn hints_are_for_options_that_a_command_lacks() {
        let probe = Cli::subcommand(commands::PROBE).unwrap();
        for (hints, command) in [(lists::HINTS, Cli::definition()), (probe::HINTS, probe)] {
            let own = options(&command);
            let hinted = hints.iter().flat_map(|(names, _)| *names);
            let clash: Vec<_> = hinted.filter(|name| own.iter().any(|own| own == *name)).collect();
            assert!(clash.is_empty() && own.len() > 50, "{clash:?}");
        }
    }

    /// The guide promises that its options lead somewhere.
    #[test]
    fn options_of_the_guide_are_known_or_have_a_hint() {
        const GUIDE: &str = include_str!("../../../docs/from-load-tools.md");
        let own = options(&Cli::subcommand(commands::PROBE).unwrap());
        let rows = GUIDE.lines().filter(|line| line.starts_with("| "));
        let cells = rows.flat_map(|row| row.split(" | ").skip(2)); // the first are for haul
        let words = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter_map(|code| code.split(' ').next());
        let (mut checked, mut lost) = (0, Vec::new());
        for option in words.filter(|word| word.starts_with('-')) {
            let name = without_value(option);
            let short = name.get(..2).filter(|_| !name.starts_with("--")); // -d30s
            let known = [Some(name), short].into_iter().flatten();
            let is_known = |name: &str| own.iter().any(|own| own == name) || find(name, true).is_some();
            if one_dash::check(&[option.into()]).is_ok() && !known.clone().any(is_known) {
                lost.push(option);
            }
            checked += 1;
        }
        assert!(lost.is_empty() && checked > 50, "{lost:?} of {checked}");
    }

    #[test]
    fn no_option_has_two_hints() {
        for hints in [lists::HINTS, probe::HINTS, one_dash::HINTS] {
            let mut names: Vec<_> = hints.iter().flat_map(|(names, _)| *names).collect();
            names.sort();
            assert!(names.is_sorted_by(|a, b| a != b), "{names:?}");
        }
        let mut one_dash = one_dash::HINTS.iter().flat_map(|(names, _)| *names);
        assert!(one_dash.all(|name| name.len() > 1)); // others are short options
    }

    #[test]
    fn options_of_a_probe_lead_there() {
        for option in ["--warm-up", "--hdr=x", "--shuffle", "--yes-load", "--allow-doubt"] {
            assert!(only_of_probe(option).unwrap().starts_with("only haul probe takes it"), "{option}");
        }
        assert_eq!(["--xyzzy", "-n", "hdr"].map(only_of_probe), [None, None, None]);
    }

    #[test]
    fn a_value_does_not_matter() {
        for is_probe in [false, true] {
            assert_eq!(find("--tries=3", is_probe), find("--tries", is_probe));
            assert!(find("--tries", is_probe).is_some() && find("--xyzzy", is_probe).is_none());
        }
        assert_ne!(find("--tries", false), find("--tries", true));
    }

    #[test]
    fn only_times_are_taken_for_times() {
        assert!(["30s", "10m", "500ms", "1h", "5min"].iter().all(|text| is_time(text)));
        assert!(["30", "a=1s", "s", "", "1ss", "@file", "1.5", "30 s"].iter().all(|text| !is_time(text)));
    }
}
