//! Options from elsewhere: `HAUL_*` variables, and the file that `--config` names.
//!
//! Both use long option names. Their settings become arguments ahead of the typed ones, so that one parser checks
//! everything, and nothing here depends on a particular option.

mod file;
mod names;
mod notes;
mod setting;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches};

use super::args::{Cli, long_names};
use super::commands;
use super::exit::CliError;
use names::Names;
pub(crate) use notes::unknown_variables;
use setting::{OptionSetting, Place, as_typed, flag, long};

/// The variable that names a file as `--config` does.
const CONFIG: &str = "HAUL_CONFIG";

/// A complete command line, and the origin of the arguments that were not typed.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) args: Vec<OsString>,
    added: Vec<(String, Place)>,
    /// What to say of settings that do not apply.
    pub(crate) notes: Vec<String>,
}

/// Adds settings to the typed arguments. The command line overrides variables, and variables override the file.
pub(crate) fn complete(typed: Vec<OsString>, var: impl Fn(&str) -> Option<OsString>) -> Result<Line, CliError> {
    let unchanged = |typed: Vec<OsString>| Ok(Line { args: typed, added: Vec::new(), notes: Vec::new() });
    // Errors do not matter yet: an option may require another that only the file sets.
    let Ok(matches) = Cli::definition().ignore_errors(true).try_get_matches_from(&typed) else {
        return unchanged(typed); // help, or the version
    };
    let (matches, before, names) = match matches.subcommand() {
        None => (&matches, 1, Names::of_run(false)),
        Some((commands::REPORT, sub)) => (sub, 2, Names::of_report()),
        Some((name, sub)) if takes_options(name) => (sub, 2, Names::of_run(name == commands::PROBE)),
        Some(_) => return unchanged(typed), // a command with its own options
    };
    let named = var(CONFIG).filter(|path| !path.is_empty()).map(PathBuf::from);
    let named = named.filter(|_| names.find("config").is_some() && !matches.contains_id("config"));
    let typed_config = matches.try_get_one::<PathBuf>("config").ok().flatten();
    let mut layers = vec![environment(&names, var)?];
    let path = typed_config.or(named.as_ref());
    let read = path.map(|path| file::read(path, &names)).transpose()?.unwrap_or_default();
    layers.extend(read.layers);
    layers.iter().flatten().try_for_each(|setting| names.check(setting))?;
    let settings = settle(&names, matches, layers);
    let mut said = names.all().filter(|option| is_typed(matches, option)).chain(settings.iter().map(|set| set.option));
    let notes = notes::on_pace(&read.for_lists).filter(|_| !said.any(Names::sets_pace)).into_iter().collect();

    let mut args = typed;
    let before = before.min(args.len());
    let config = named.map(|path| as_typed("config", path));
    args.splice(before..before, config.into_iter().chain(settings.iter().flat_map(|setting| setting.args.clone())));
    let added =
        settings.into_iter().filter(OptionSetting::is_given).map(|setting| (flag(setting.option), setting.place));
    Ok(Line { args, added: added.collect(), notes })
}

/// Whether a command takes the options of a run.
fn takes_options(name: &str) -> bool {
    let command = Cli::definition();
    let found = command.find_subcommand(name);
    found.is_some_and(|command| command.get_arguments().any(|option| option.get_id() == "config"))
}

impl Line {
    /// Whether the command is `haul probe`.
    pub(crate) fn is_probe(&self) -> bool {
        self.command() == Some(commands::PROBE)
    }

    /// The name of the command, which stands before all options; none for a list run.
    pub(crate) fn command(&self) -> Option<&str> {
        let first = self.args.get(1)?.to_str()?;
        commands::ALL.contains(&first).then_some(first)
    }

    /// Where the options that a message mentions come from, if they were not typed.
    pub(crate) fn origin(&self, message: &str) -> Option<String> {
        let about = self.added.iter().filter(|(flag, _)| mentions(message, flag));
        let origins: Vec<_> = about.map(|(flag, place)| format!("{flag} comes from {place}")).collect();
        (!origins.is_empty()).then(|| origins.join(", "))
    }

    /// Adds a hint on where the options in `error` come from.
    pub(crate) fn explain(&self, error: CliError) -> CliError {
        match error.message().and_then(|message| self.origin(message)) {
            Some(origin) => error.with_hint(&origin),
            None => error,
        }
    }
}

impl OptionSetting<'_> {
    fn is_given(&self) -> bool {
        !self.args.is_empty()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Variable(name) => write!(f, "the variable {name}"),
            Place::File { name, line } => write!(f, "{name} line {line}"),
        }
    }
}

/// The settings in variables. An empty variable counts as unset, so that a single command can override it.
fn environment(names: &Names, var: impl Fn(&str) -> Option<OsString>) -> Result<Vec<OptionSetting<'_>>, CliError> {
    let taken = names.all().filter(|option| names.takes_variable(option));
    let called =
        taken.flat_map(|option| long_names(option).into_iter().map(move |name| (option, names::variable(name))));
    let set = called.filter(|(_, name)| name != CONFIG).filter_map(|(option, name)| {
        let value = var(&name).filter(|value| !value.is_empty())?;
        Some((option, name, value))
    });
    let settings = set.map(|(option, name, value)| {
        let refused = |why: &str| CliError::usage(format!("the variable {name}: {why}"));
        if names::is_cli_only(option) {
            return Err(refused(&names::cli_only(option)));
        }
        let value = value.into_string().map_err(|_| refused("it is not UTF-8"))?;
        let args = match value.as_str() {
            "true" | "1" if names::is_switch(option) => vec![flag(option).into()],
            "false" | "0" if names::is_switch(option) => Vec::new(),
            _ if names::is_switch(option) => return Err(refused("expected true or false")),
            lines if names::is_list(option) => {
                lines.lines().filter(|line| !line.is_empty()).map(|line| as_typed(long(option), line)).collect()
            }
            value => vec![as_typed(long(option), value)],
        };
        Ok(OptionSetting { option, args, place: Place::Variable(name) })
    });
    distinct(settings.collect::<Result<_, CliError>>()?)
}

/// Refuses two settings for one option, which has more than one name.
fn distinct(settings: Vec<OptionSetting<'_>>) -> Result<Vec<OptionSetting<'_>>, CliError> {
    for (n, setting) in settings.iter().enumerate() {
        if let Some(earlier) = settings[..n].iter().find(|earlier| earlier.option == setting.option) {
            let (place, flag) = (&setting.place, flag(setting.option));
            return Err(CliError::usage(format!("{place} sets {flag}, as {} does: remove one", earlier.place)));
        }
    }
    Ok(settings)
}

/// Merges `layers`, the first of which has priority. A setting is dropped if the same option, or one that conflicts
/// with it, was typed or is in an earlier layer.
fn settle<'a>(names: &'a Names, typed: &ArgMatches, layers: Vec<Vec<OptionSetting<'a>>>) -> Vec<OptionSetting<'a>> {
    let mut said: Vec<_> = names.all().filter(|option| is_typed(typed, option)).map(|option| (option, true)).collect();
    let mut left = Vec::new();
    for layer in layers {
        let stands = |setting: &OptionSetting<'_>| {
            !said.iter().any(|&(option, given)| {
                option == setting.option || (given && names.exclude_each_other(option, setting.option))
            })
        };
        let layer: Vec<_> = layer.into_iter().filter(stands).collect();
        said.extend(layer.iter().map(|setting| (setting.option, setting.is_given())));
        left.extend(layer);
    }
    left
}

fn is_typed(typed: &ArgMatches, option: &Arg) -> bool {
    typed.value_source(option.get_id().as_str()) == Some(ValueSource::CommandLine)
}

fn mentions(message: &str, flag: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
    message.match_indices(flag).any(|(at, _)| ends(&message[at + flag.len()..]))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{Line, complete, mentions, unknown_variables};

    fn line(typed: &[&str], vars: &[(&str, &str)]) -> Line {
        let var = |name: &str| vars.iter().find(|(var, _)| *var == name).map(|(_, value)| OsString::from(value));
        complete(typed.iter().map(OsString::from).collect(), var).unwrap()
    }

    #[test]
    fn variables_become_arguments_ahead_of_typed_ones() {
        let vars = [("HAUL_RATE", "5/s"), ("HAUL_HEADER", "A: 1\nB: -2\n"), ("HAUL_QUIET", "1"), ("HAUL_FAIL", "0")];
        let added = ["--header=A: 1", "--header=B: -2", "--rate=5/s", "--quiet"];
        assert_eq!(line(&["haul", "-"], &vars).args, [&["haul"], &added[..], &["-"]].concat());
        assert_eq!(line(&["haul", "demo", "-i"], &vars).args, [&["haul", "demo"], &added[..], &["-i"]].concat());
    }

    #[test]
    fn typed_options_override_settings_that_conflict() {
        let vars = [("HAUL_HTTP2", "true"), ("HAUL_RESOLVE", "a:1:::1"), ("HAUL_RATE", "5/s")];
        assert_eq!(line(&["haul", "--http1.1"], &vars).args, ["haul", "--resolve=a:1:::1", "--rate=5/s", "--http1.1"]);
        assert_eq!(
            line(&["haul", "--unix-socket=s"], &vars).args,
            ["haul", "--http2", "--rate=5/s", "--unix-socket=s"]
        );
        assert_eq!(line(&["haul", "--rate=1"], &vars[2..]).args, ["haul", "--rate=1"]);
    }

    #[test]
    fn other_commands_and_unknown_variables_are_left_alone() {
        for typed in [&["haul", "origin"][..], &["haul", "report", "x"], &["haul", "--help"], &["haul", "demo", "-h"]] {
            assert_eq!(line(typed, &[("HAUL_RATE", "5/s"), ("HAUL_PORT", "1")]).args, typed);
        }
        assert_eq!(line(&["haul"], &[("HAUL_VERSION", "1.0"), ("HAUL_HELP", "1"), ("HAUL_RATE", "")]).args, ["haul"]);
    }

    #[test]
    fn a_probe_takes_its_own_options_and_those_that_it_shares() {
        let vars =
            [("HAUL_RATE", "5/s"), ("HAUL_RETRY", "1"), ("HAUL_YES_LOAD", "a.test\nb.test"), ("HAUL_TIMEOUT", "1s")];
        let added = ["--rate=5/s", "--yes-load=a.test", "--yes-load=b.test", "--timeout=1s"];
        assert_eq!(line(&["haul", "probe", "-"], &vars).args, [&["haul", "probe"], &added[..], &["-"]].concat());
        let added = ["--rate=5/s", "--timeout=1s", "--retry=1"];
        assert_eq!(line(&["haul", "-"], &vars).args, [&["haul"], &added[..], &["-"]].concat());
        assert_eq!(line(&["haul", "probe", "-c", "1"], &vars[..1]).args, ["haul", "probe", "-c", "1"]);
        assert!(unknown_variables(["HAUL_YES_LOAD".to_owned(), "HAUL_RETRY".to_owned()].into_iter()).is_empty());
    }

    #[test]
    fn a_probe_says_which_pace_it_does_not_take() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml").display().to_string();
        let notes = |text: &str, typed: &str| {
            std::fs::write(&path, text).unwrap();
            let typed: Vec<_> = typed.split(' ').collect();
            line(&typed, &[("HAUL_CONFIG", path.as_str())]).notes
        };
        let rate = format!("{path} line 1: rate applies to list runs only; for a probe, put it into [probe]");
        let both = format!(
            "{path} line 2: rate and concurrency apply to list runs only; for a probe, put one of them into [probe]"
        );
        assert_eq!(notes("rate = '5/s'", "haul probe -n 1 -"), [rate.as_str()]);
        assert_eq!(notes("rate = '5/s'\n[probe]\nwarm-up = 1", "haul probe -"), [rate.as_str()]);
        assert_eq!(notes("rate = '5/s'\nconcurrency = 9", "haul probe --think-time 1s -"), [both]);
        for (text, typed) in [
            ("rate = '5/s'", "haul -"),
            ("timeout = 5", "haul probe -"),
            ("rate = '5/s'", "haul probe --rate 9/s -"),
            ("rate = '5/s'", "haul probe -c 9 -"),
            ("rate = '5/s'", "haul probe --replay -"),
            ("rate = '5/s'\nstages = '1/s@1s'", "haul probe -"),
            ("rate = '5/s'\n[probe]\nrate = '9/s'", "haul probe -"),
        ] {
            assert_eq!(notes(text, typed), [""; 0], "{text} {typed}");
        }
    }

    #[test]
    fn a_report_takes_thresholds_from_variables() {
        let vars = [("HAUL_FAIL_IF", "failed>0\np99>1s"), ("HAUL_ALLOW_DOUBT", "1"), ("HAUL_STRICT", "1")];
        let others = [("HAUL_JSON", "{}"), ("HAUL_CONFIG", "missing.toml"), ("HAUL_RATE", "5/s")];
        let added = ["--allow-doubt", "--fail-if=failed>0", "--fail-if=p99>1s"];
        let mut args = line(&["haul", "report", "x"], &[&vars[..], &others].concat()).args;
        args[2..5].sort();
        assert_eq!(args, [&["haul", "report"], &added[..], &["x"]].concat());
        let typed = ["haul", "report", "--fail-if=failed>1", "x"];
        assert_eq!(line(&typed, &vars[..1]).args, typed);
    }

    #[test]
    fn only_whole_flags_are_mentioned() {
        assert!(mentions("--rate: no", "--rate") && mentions("say --rate", "--rate"));
        assert!(!mentions("--rate-limit", "--rate") && !mentions("--host-rate", "--rate"));
    }
}
