//! The configuration file: TOML whose keys are long option names.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use clap::Arg;
use haul::guard::terminal::printable;
use haul::guard::without_os_code;
use haul::storage::text;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::names::{self, Names};
use super::setting::{OptionSetting, Place, as_typed, flag, long};
use crate::cli::commands::PROBE;
use crate::cli::exit::CliError;

/// The largest file that is read, far more than all options need.
const MAX_FILE: u64 = 1 << 20;

/// What a file sets for a command.
#[derive(Debug, Default)]
pub(super) struct FileSettings<'a> {
    /// In the order of their priority: those of the table for a probe first, if that is what is run.
    pub(super) layers: Vec<Vec<OptionSetting<'a>>>,
    /// What a probe has by the same name, but not from there.
    pub(super) for_lists: Vec<OptionSetting<'a>>,
}

/// The settings of the file at `path`.
pub(super) fn read<'a>(path: &Path, names: &'a Names) -> Result<FileSettings<'a>, CliError> {
    let name = path.display().to_string();
    let unreadable = |why: &str| CliError::usage(format!("cannot read the configuration file {name}: {why}"));
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes));
    match read {
        Ok(read) if read as u64 > MAX_FILE => Err(unreadable("it is larger than 1 MiB")),
        Ok(_) => match text::decode(bytes) {
            Ok(text) => parse(&text, &name, names),
            Err(why) => Err(unreadable(&format!("it is {why}"))),
        },
        Err(why) => Err(unreadable(&without_os_code(&why))),
    }
}

fn parse<'a>(text: &str, name: &str, names: &'a Names) -> Result<FileSettings<'a>, CliError> {
    let file = ConfigFile { text, name };
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        CliError::usage(format!("{name} line {}: {}", file.line(at), error.message())) // Display would show the line
    })?;
    let other = names.of_other();
    let (mut of_probe, mut of_both) = (Vec::new(), Vec::new());
    for (key, value) in in_order(table.get_ref()) {
        match value.get_ref() {
            // The table with the options of a probe, which take precedence over those above it.
            DeValue::Table(table) if key.get_ref() == PROBE => {
                for (key, value) in in_order(table) {
                    match names.is_probe() {
                        true => of_probe.push(file.setting(key, value, names)?),
                        false => other.check(&file.setting(key, value, &other)?)?,
                    }
                }
            }
            _ if names.find(key.get_ref()).is_none() && other.find(key.get_ref()).is_some() => {
                other.check(&file.setting(key, value, &other)?)?;
            }
            _ => of_both.push(file.setting(key, value, names)?),
        }
    }
    let of_both = super::distinct(of_both)?;
    of_both.iter().try_for_each(|setting| names.check(setting))?;
    let (of_both, for_lists) = of_both.into_iter().partition(|setting| names.takes_from_top(setting.option));
    Ok(FileSettings { layers: vec![super::distinct(of_probe)?, of_both], for_lists })
}

fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>)> {
    let mut keys: Vec<_> = table.iter().collect();
    keys.sort_by_key(|(key, _)| key.span().start);
    keys
}

/// A file, for its messages.
struct ConfigFile<'t> {
    text: &'t str,
    name: &'t str,
}

impl ConfigFile<'_> {
    fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|&byte| byte == b'\n').count()
    }

    fn setting<'a>(
        &self,
        key: &Spanned<DeString<'_>>,
        value: &Spanned<DeValue<'_>>,
        names: &'a Names,
    ) -> Result<OptionSetting<'a>, CliError> {
        let line = self.line(key.span().start);
        let refused = |why: String| CliError::usage(format!("{} line {line}: {why}", self.name));
        let option = option(key.get_ref(), names).map_err(refused)?;
        let args = args(option, value.get_ref()).map_err(|why| refused(format!("{}: {why}", long(option))))?;
        Ok(OptionSetting { option, args, place: Place::File { name: self.name.to_owned(), line } })
    }
}

fn option<'a>(key: &str, names: &'a Names) -> Result<&'a Arg, String> {
    match names.find(key) {
        Some(option) if names::is_cli_only(option) => Err(format!("{key}: {}", names::cli_only(option))),
        Some(option) => Ok(option),
        None if names.of_other().find(key).is_some() => Err(format!("{key} is not an option of haul probe")),
        None => Err(format!("unknown key {}{}", printable(key), names.advice(key, quoted))),
    }
}

/// A key as TOML writes it: a bare dot would start a table.
fn quoted(key: &str) -> String {
    if key.contains('.') { format!("\"{key}\"") } else { key.to_owned() }
}

fn args(option: &Arg, value: &DeValue<'_>) -> Result<Vec<OsString>, String> {
    let wrong = |value: &DeValue<'_>| {
        let right = match () {
            () if names::is_switch(option) => "true or false",
            () if names::is_list(option) => "a string, a number, or an array of these",
            () => "a string or a number",
        };
        format!("expected {right}, but the value has type {}", value.type_str())
    };
    let one = |value: &DeValue<'_>| Ok(as_typed(long(option), text(value).ok_or_else(|| wrong(value))?));
    match value {
        DeValue::Boolean(given) if names::is_switch(option) => {
            Ok(given.then(|| flag(option).into()).into_iter().collect())
        }
        _ if names::is_switch(option) => Err(wrong(value)),
        DeValue::Array(values) if names::is_list(option) => values.iter().map(|value| one(value.get_ref())).collect(),
        value => Ok(vec![one(value)?]),
    }
}

/// A value as it would be written on the command line.
fn text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_FILE, parse};
    use crate::cli::config::names::Names;

    fn args(text: &str) -> Result<Vec<String>, String> {
        args_for(false, text)
    }

    fn args_for(is_probe: bool, text: &str) -> Result<Vec<String>, String> {
        let names = Names::of_run(is_probe);
        let settings = parse(text, "x.toml", &names).map_err(|error| error.message().unwrap().to_owned())?;
        let args = settings.layers.into_iter().flatten().flat_map(|setting| setting.args);
        Ok(args.map(|arg| arg.into_string().unwrap()).collect())
    }

    #[test]
    fn a_file_serves_lists_and_probes() {
        let text = "rate = '5/s'\nconcurrency = 256\nretry = 5\ntimeout = 1\nyes-load = ['a.test', 'b.test']\n\
                    [probe]\ntimeout = 2\nrate = '200/s'\n";
        assert_eq!(args(text).unwrap().join(" "), "--rate=5/s --concurrency=256 --retry=5 --timeout=1");
        let of_probe = "--timeout=2 --rate=200/s --timeout=1 --yes-load=a.test --yes-load=b.test";
        assert_eq!(args_for(true, text).unwrap().join(" "), of_probe);
        for (text, message) in [
            ("\nyes-load = '*'", "x.toml line 2: yes-load: "),
            ("\nyes-lod = 'a'", "x.toml line 2: unknown key yes-lod"),
            ("[probe]\nretry = 1", "x.toml line 2: retry is not an option of haul probe"),
            ("[probe]\nrate = 'x'", "x.toml line 2: rate: "),
            ("retry = 'x'", "x.toml line 1: retry: "),
            ("rate = 'x'", "x.toml line 1: rate: "),
            ("[lists]\nrate = '1/s'", "x.toml line 1: unknown key lists"),
        ] {
            for is_probe in [false, true] {
                let names = Names::of_run(is_probe);
                let checked = |setting: &_| names.check(setting);
                let read =
                    parse(text, "x.toml", &names).and_then(|all| all.layers.iter().flatten().try_for_each(checked));
                let said = read.unwrap_err().message().unwrap().to_owned();
                assert!(said.starts_with(message), "{said}");
            }
        }
    }

    #[test]
    fn values_become_arguments() {
        let text = "retry = 5\nconcurrency = 1_000\nburst = 0x10\ntimeout = 0.5\nrate = '5/s'\nproxy = ''\n\
                    header = ['A: 1', 'B: 2']\nresolve = 'a:1:::1'\nquiet = true\nfail = false\n\"http1.1\" = true\n";
        let typed = "--retry=5 --concurrency=1000 --burst=16 --timeout=0.5 --rate=5/s --proxy= --header=A: 1 \
                     --header=B: 2 --resolve=a:1:::1 --quiet --http1.1";
        assert_eq!(args(text).unwrap().join(" "), typed);
        assert_eq!(args("# nothing\n"), Ok(Vec::new()));
        assert_eq!(args("retries = 1\nmax-time = 2").unwrap(), ["--retry=1", "--timeout=2"]);
    }

    #[test]
    fn errors_name_the_line() {
        for (text, message) in [
            ("\nhost_rate = 1", "x.toml line 2: unknown key host_rate; did you mean host-rate?"),
            ("http1.1 = true", "x.toml line 1: unknown key http1; did you mean \"http1.1\"?"),
            ("xyzzy = 1", "x.toml line 1: unknown key xyzzy"),
            ("tries = 1", "x.toml line 1: unknown key tries (--retry N counts only repeats"),
            ("retry = 1\nretries = 2", "x.toml line 2 sets --retry, as x.toml line 1 does: remove one"),
            ("\"\\u001b[1m\" = 1", "x.toml line 1: unknown key \\u{1b}[1m"),
            ("force = true", "x.toml line 1: force: --force works only on the command line"),
            ("config = 'y'", "x.toml line 1: config: --config works only on the command line"),
            ("inputs = ['y']", "x.toml line 1: unknown key inputs"),
            ("quiet = 1", "x.toml line 1: quiet: expected true or false, but the value has type integer"),
            ("rate = true", "x.toml line 1: rate: expected a string or a number, but the value has type boolean"),
            ("rate = ['1']", "x.toml line 1: rate: expected a string or a number, but the value has type array"),
            ("header = [['A: 1']]", "x.toml line 1: header: expected a string, a number, or an array of these, but"),
            ("quiet = true\n\nquiet = true", "x.toml line 3: duplicate key"),
            ("\n[header", "x.toml line 2: "),
        ] {
            let said = args(text).unwrap_err();
            assert!(said.starts_with(message), "{said}");
        }
    }

    #[test]
    fn a_line_that_is_not_toml_is_not_shown() {
        let said = args("proxy = \"http://user:s3cret@proxy").unwrap_err();
        assert!(said.starts_with("x.toml line 1: ") && !said.contains("s3cret"), "{said}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}|[a-z]{1,6} = ['\"\\[{]?[ -~]{0,20}") {
            prop_assert!(text.len() as u64 <= MAX_FILE);
            if let Err(said) = args(&text) {
                prop_assert!(said.starts_with("x.toml line "), "{}", said);
            }
        }

        #[test]
        fn any_string_arrives(value in any::<String>()) {
            let quoted = serde_json::to_string(&value).unwrap().replace('\u{7f}', "\\u007f");
            prop_assert_eq!(args(&format!("data = {quoted}")), Ok(vec![format!("--data={value}")]));
        }
    }
}
