//! The options that a variable or a key may name, as clap has them.

use std::error::Error as _;
use std::ffi::OsString;
use std::iter;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use haul::guard::redact::MASK;

use super::{Place, Setting, flag, long};
use crate::cli::exit::CliError;

/// Long names that count when typed, and only then: a file names no further one, and what lifts a guard over files is
/// said each time.
const TYPED_ALONE: [&str; 3] = ["config", "force", "resume-anyway"];

/// Variables begin with this.
const PREFIX: &str = "HAUL_";

/// The least length of a value that is looked for in a message, to be masked. What is shorter is no secret, but may be
/// part of any word.
const MIN_SECRET: usize = 4;

/// All options.
pub(super) struct Names(Command);

impl Names {
    pub(super) fn of(mut command: Command) -> Self {
        command.build();
        Names(command)
    }

    /// Every option with a long name, but those that end the command by themselves, such as --help.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arg> {
        let acts = |arg: &&Arg| matches!(arg.get_action(), ArgAction::Set | ArgAction::Append | ArgAction::SetTrue);
        self.0.get_arguments().filter(|arg| arg.get_long().is_some()).filter(acts)
    }

    pub(super) fn find(&self, name: &str) -> Option<&Arg> {
        self.all().find(|option| long(option) == name)
    }

    /// The name that `unknown` may have been meant to be.
    pub(super) fn nearest(&self, unknown: &str) -> Option<String> {
        let error = self.parse(&[format!("--{unknown}").into()]).err()?;
        match error.get(ContextKind::SuggestedArg) {
            Some(ContextValue::String(flag)) => Some(flag.trim_start_matches('-').to_owned()),
            _ => None,
        }
    }

    /// Whether clap lets one be given with the other. Only one of them need say so.
    pub(super) fn exclude_each_other(&self, one: &Arg, other: &Arg) -> bool {
        let excludes = |one, other| self.0.get_arg_conflicts_with(one).contains(&other);
        excludes(one, other) || excludes(other, one)
    }

    /// Refuses a value that clap refuses, in clap's words. What it says of options together is not asked here.
    pub(super) fn check(&self, setting: &Setting<'_>) -> Result<(), CliError> {
        match self.parse(&setting.args) {
            Err(error) if is_about_a_value(&error) => {
                let Setting { option, place, .. } = setting;
                Err(CliError::usage(match place {
                    Place::Variable(_) => format!("{place}: {}", masked(error, setting)),
                    Place::File { .. } => format!("{place}: {}: {}", long(option), reason(&error)),
                }))
            }
            _ => Ok(()),
        }
    }

    fn parse(&self, args: &[OsString]) -> Result<(), clap::Error> {
        let line = iter::once(self.0.get_name().into()).chain(args.iter().cloned());
        self.0.clone().try_get_matches_from(line).map(drop)
    }
}

/// The variable for an option: HAUL_HOST_RATE for --host-rate.
pub(super) fn variable(option: &Arg) -> String {
    let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    PREFIX.chars().chain(long(option).chars().map(upper)).collect()
}

pub(super) fn is_switch(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::SetTrue)
}

/// Whether it is repeatable.
pub(super) fn is_list(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::Append)
}

pub(super) fn is_typed_alone(option: &Arg) -> bool {
    TYPED_ALONE.contains(&long(option))
}

/// Why such an option is refused elsewhere.
pub(super) fn typed_alone(option: &Arg) -> String {
    format!("{} counts on the command line alone", flag(option))
}

fn is_about_a_value(error: &clap::Error) -> bool {
    use ErrorKind::{InvalidValue, TooFewValues, TooManyValues, ValueValidation, WrongNumberOfValues};
    matches!(error.kind(), InvalidValue | TooFewValues | TooManyValues | ValueValidation | WrongNumberOfValues)
}

/// What clap says, without its advice on the usage.
fn reason(error: &clap::Error) -> String {
    let said = error.to_string();
    let said = said.split("\n\n").next().unwrap_or_default();
    said.trim_start_matches("error: ").to_owned()
}

/// What clap says of a value that may be a secret.
fn masked(mut error: clap::Error, setting: &Setting<'_>) -> String {
    error.insert(ContextKind::InvalidValue, ContextValue::String(MASK.to_owned()));
    let (said, why) = (reason(&error), error.source().map_or(String::new(), ToString::to_string));
    let values = setting.args.iter().filter_map(|arg| Some(arg.to_str()?.split_once('=')?.1));
    let shown =
        values.filter(|value| value.len() >= MIN_SECRET).fold(why.clone(), |why, value| why.replace(value, MASK));
    said.strip_suffix(&why).map_or(said.clone(), |head| format!("{head}{shown}"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Names, TYPED_ALONE, is_switch, variable};
    use crate::cli::args::Cli;

    #[test]
    fn every_option_can_be_configured() {
        let names = Names::of(Cli::command());
        let options = names.0.get_arguments().filter(|arg| !arg.is_positional());
        for option in options.filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version")) {
            let known = option.get_long().and_then(|long| names.find(long));
            assert!(known.is_some(), "{option}: an option needs a long name and an action that settings know");
            let values = option.get_num_args().unwrap_or_default();
            assert_eq!((values.min_values(), values.max_values()), if is_switch(option) { (0, 0) } else { (1, 1) });
        }
    }

    #[test]
    fn names_stay_apart_as_variables() {
        let names = Names::of(Cli::command());
        let mut variables: Vec<_> = names.all().map(variable).collect();
        assert!(["HAUL_HTTP1_1", "HAUL_HOST_RATE"].iter().all(|name| variables.iter().any(|var| var == name)));
        variables.sort();
        assert!(variables.is_sorted_by(|a, b| a != b));
    }

    #[test]
    fn what_counts_alone_exists() {
        let names = Names::of(Cli::command());
        assert!(TYPED_ALONE.iter().all(|name| names.find(name).is_some()));
    }

    #[test]
    fn the_nearest_name_is_found() {
        let names = Names::of(Cli::command());
        assert_eq!(names.nearest("host_rate").as_deref(), Some("host-rate"));
        assert_eq!(names.nearest("http1").as_deref(), Some("http1.1"));
        assert_eq!([names.nearest("xyzzy"), names.nearest(""), names.nearest("rate=1")], [None, None, None]);
    }
}
