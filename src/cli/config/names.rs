//! The options that a variable or a key may set, as defined in clap.

use std::ffi::OsString;
use std::iter;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

use super::setting::{OptionSetting, Place, flag, long};
use crate::cli::args::{Cli, long_names};
use crate::cli::commands::{PROBE, REPORT};
use crate::cli::exit::CliError;
use crate::cli::{hints, near};

/// Options that work only on the command line: a file cannot name another one, and overwriting files must be asked for
/// each time.
const CLI_ONLY: [&str; 3] = ["config", "force", "resume-anyway"];

/// Options whose values are numbers, times, sizes, hosts or names. The value of any other may be a secret or contain one.
/// Messages do not show it if it comes from a variable, which is where secrets belong.
const SHOWN: [&str; 60] = [
    "allow-host",
    "allow-page-host",
    "arrivals",
    "at-column",
    "body",
    "burst",
    "concurrency",
    "connect-timeout",
    "connect-to",
    "dedup-max",
    "deny-host",
    "duration",
    "fail-if",
    "fields",
    "format",
    "group-column",
    "host-concurrency",
    "host-rate",
    "host-rule",
    "input-format",
    "interface",
    "limit-by",
    "max-filesize",
    "max-idle",
    "max-in-flight",
    "max-memory",
    "max-pages",
    "max-redirs",
    "max-wait",
    "metrics",
    "noproxy",
    "order-window",
    "progress-every",
    "progress-format",
    "rate",
    "read-timeout",
    "requests",
    "resolution",
    "resolve",
    "retry",
    "retry-delay",
    "retry-max-delay",
    "retry-max-time",
    "retry-on",
    "rotate",
    "seed",
    "shuffle",
    "speed",
    "stages",
    "step-time",
    "think-time",
    "threads",
    "timeout",
    "tls-max",
    "tls-min",
    "url-column",
    "warm-up",
    "weight-column",
    "window",
    "yes-load",
];

/// Prefix of all variables.
pub(super) const PREFIX: &str = "HAUL_";

/// What a list run and a probe have in common by name, but not in meaning: at the top of a file, they are meant for lists.
const FOR_LISTS: [&str; 2] = ["concurrency", "rate"];

/// Options that say when the requests of a probe start.
const PACE: [&str; 4] = ["concurrency", "rate", "replay", "stages"];

/// The options of `haul report` that variables set. Its other ones mean something else in a run, by the same name.
const FOR_REPORT: [&str; 2] = ["allow-doubt", "fail-if"];

/// All options of a list run, or of a probe; and those of the other one, which a file may have as well.
pub(super) struct Names {
    command: Command,
    other: Command,
    is_probe: bool,
}

impl Names {
    /// The names for a probe, or for a list run.
    pub(super) fn of_run(is_probe: bool) -> Self {
        let (lists, probe) = (built(), Cli::subcommand(PROBE).unwrap_or_default());
        let (command, other) = if is_probe { (probe, lists) } else { (lists, probe) };
        Names { command, other, is_probe }
    }

    /// The names for `haul report`.
    pub(super) fn of_report() -> Self {
        Names { command: Cli::subcommand(REPORT).unwrap_or_default(), other: built(), is_probe: false }
    }

    /// Whether a variable sets this option of the command.
    pub(super) fn takes_variable(&self, option: &Arg) -> bool {
        self.command.get_name() != REPORT || FOR_REPORT.contains(&long(option))
    }

    pub(super) fn is_probe(&self) -> bool {
        self.is_probe
    }

    /// The names of the other one.
    pub(super) fn of_other(&self) -> Self {
        Names { command: self.other.clone(), other: self.command.clone(), is_probe: !self.is_probe }
    }

    /// Whether a key at the top of a file means this option for this command.
    pub(super) fn takes_from_top(&self, option: &Arg) -> bool {
        !(self.is_probe && FOR_LISTS.contains(&long(option)))
    }

    /// Whether this option says when the requests of a probe start.
    pub(super) fn sets_pace(option: &Arg) -> bool {
        PACE.contains(&long(option))
    }

    /// The options of both.
    pub(super) fn of_any_run(&self) -> impl Iterator<Item = &Arg> {
        self.all().chain(options(&self.other))
    }

    /// Every option with a long name, except those that end the command, such as --help.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arg> {
        options(&self.command)
    }

    /// The option that is called `name`, or has it as an alias.
    pub(super) fn find(&self, name: &str) -> Option<&Arg> {
        self.all().find(|option| long_names(option).contains(&name))
    }

    /// What to write in place of an unknown name, after the message on it. `shown` tells how the name of an option is
    /// written there.
    pub(super) fn advice(&self, unknown: &str, shown: impl Fn(&str) -> String) -> String {
        if let Some(hint) = hints::find(&format!("--{unknown}"), self.is_probe) {
            return format!(" ({hint})");
        }
        let near = self.nearest(unknown);
        let near = near.as_deref().and_then(|near| self.find(near)).map(long);
        near.map_or(String::new(), |near| format!("; did you mean {}?", shown(near)))
    }

    /// The name that `unknown` is probably a typo of.
    fn nearest(&self, unknown: &str) -> Option<String> {
        let error = self.parse(&[format!("--{unknown}").into()]).err()?;
        match error.get(ContextKind::SuggestedArg) {
            Some(ContextValue::String(flag)) if near::is_near(&format!("--{unknown}"), flag) => {
                Some(flag.trim_start_matches('-').to_owned())
            }
            _ => None,
        }
    }

    /// Whether clap refuses the two together. Only one of them need declare the conflict.
    pub(super) fn exclude_each_other(&self, one: &Arg, other: &Arg) -> bool {
        let excludes = |one, other| self.command.get_arg_conflicts_with(one).contains(&other);
        excludes(one, other) || excludes(other, one)
    }

    /// Refuses a value that clap refuses, with clap's message. Conflicts between options are not checked here.
    pub(super) fn check(&self, setting: &OptionSetting<'_>) -> Result<(), CliError> {
        match self.parse(&setting.args) {
            Err(error) if is_about_a_value(&error) => {
                let OptionSetting { option, place, .. } = setting;
                Err(CliError::usage(match place {
                    Place::Variable(_) if is_shown(option) => format!("{place}: {}", reason(&error)),
                    Place::Variable(_) => {
                        format!("{place}: invalid value for '{option}', not shown since it may hold a secret")
                    }
                    Place::File { .. } => format!("{place}: {}: {}", long(option), reason(&error)),
                }))
            }
            _ => Ok(()),
        }
    }

    fn parse(&self, args: &[OsString]) -> Result<(), clap::Error> {
        let line = iter::once(self.command.get_name().into()).chain(args.iter().cloned());
        self.command.clone().try_get_matches_from(line).map(drop)
    }
}

fn built() -> Command {
    let mut haul = Cli::definition();
    haul.build();
    haul
}

fn options(command: &Command) -> impl Iterator<Item = &Arg> {
    let acts = |arg: &&Arg| matches!(arg.get_action(), ArgAction::Set | ArgAction::Append | ArgAction::SetTrue);
    command.get_arguments().filter(|arg| arg.get_long().is_some()).filter(acts)
}

/// The variable for the option with this name: HAUL_HOST_RATE for host-rate.
pub(super) fn variable(name: &str) -> String {
    let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    PREFIX.chars().chain(name.chars().map(upper)).collect()
}

pub(super) fn is_switch(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::SetTrue)
}

/// Whether the option is repeatable.
pub(super) fn is_list(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::Append)
}

fn is_shown(option: &Arg) -> bool {
    SHOWN.contains(&long(option))
}

pub(super) fn is_cli_only(option: &Arg) -> bool {
    CLI_ONLY.contains(&long(option))
}

/// The error for such an option in a file or a variable.
pub(super) fn cli_only(option: &Arg) -> String {
    format!("{} works only on the command line", flag(option))
}

fn is_about_a_value(error: &clap::Error) -> bool {
    use ErrorKind::{InvalidValue, TooFewValues, TooManyValues, ValueValidation, WrongNumberOfValues};
    matches!(error.kind(), InvalidValue | TooFewValues | TooManyValues | ValueValidation | WrongNumberOfValues)
}

/// Clap's message without the usage below it.
fn reason(error: &clap::Error) -> String {
    let said = error.to_string();
    let said = said.split("\n\n").next().unwrap_or_default();
    said.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{CLI_ONLY, Names, SHOWN, is_shown, is_switch, long, variable};
    use crate::cli::args::long_names;
    use crate::cli::config::setting::{OptionSetting, Place, as_typed};

    #[test]
    fn every_option_can_be_configured() {
        for names in [false, true].map(Names::of_run) {
            let options = names.command.get_arguments().filter(|arg| !arg.is_positional());
            for option in options.filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version")) {
                let known = option.get_long().and_then(|long| names.find(long));
                assert!(known.is_some(), "{option}: an option needs a long name and an action that settings support");
                let values = option.get_num_args().unwrap_or_default();
                assert_eq!((values.min_values(), values.max_values()), if is_switch(option) { (0, 0) } else { (1, 1) });
            }
        }
    }

    #[test]
    fn variables_are_distinct() {
        for names in [false, true].map(Names::of_run) {
            let mut variables: Vec<_> = names.all().flat_map(long_names).map(variable).collect();
            assert!(["HAUL_HTTP1_1", "HAUL_HOST_RATE"].iter().all(|name| variables.iter().any(|var| var == name)));
            variables.sort();
            assert!(variables.is_sorted_by(|a, b| a != b));
        }
    }

    #[test]
    fn options_for_the_command_line_only_exist() {
        let names = Names::of_run(false);
        assert!(CLI_ONLY.iter().all(|name| names.find(name).is_some()));
    }

    #[test]
    fn options_that_are_shown_exist() {
        let [lists, probe] = [false, true].map(Names::of_run);
        let is_of = |names: &Names, name: &str| names.find(name).is_some_and(|option| long(option) == name);
        assert!(SHOWN.iter().all(|name| is_of(&lists, name) || is_of(&probe, name)));
    }

    /// Reasons may quote any part of a value.
    #[test]
    fn no_part_of_a_secret_is_in_a_message() {
        let names = Names::of_run(false);
        let mut refused = 0;
        for option in names.all().filter(|option| !is_switch(option) && !is_shown(option)) {
            let parts = [
                "s3cret",
                "body~s3cret(",
                "status==s3cret",
                ".a\n| .b == \"s3cret",
                "next=s3cret(",
                "[s3cret",
                "@s3cret",
            ];
            for value in parts {
                let args = vec![as_typed(long(option), value)];
                let setting = OptionSetting { option, args, place: Place::Variable(variable(long(option))) };
                if let Err(error) = names.check(&setting) {
                    refused += 1;
                    assert!(!format!("{error:?}").contains("3cret"), "{error:?}");
                }
            }
        }
        assert!(refused > 40, "{refused}");
    }

    #[test]
    fn aliases_are_names() {
        let names = Names::of_run(false);
        for (alias, name) in [("retries", "retry"), ("max-time", "timeout"), ("silent", "quiet"), ("retry", "retry")] {
            assert_eq!(names.find(alias).map(long), Some(name));
        }
    }

    #[test]
    fn the_nearest_name_is_found() {
        let names = Names::of_run(false);
        assert_eq!(names.nearest("host_rate").as_deref(), Some("host-rate"));
        assert_eq!(names.nearest("http1").as_deref(), Some("http1.1"));
        for unknown in ["xyzzy", "", "rate=1", "foo", "l"] {
            assert_eq!(names.nearest(unknown), None, "{unknown}");
        }
        assert!(names.advice("max-retries", str::to_owned).contains("--retry"));
    }
}
