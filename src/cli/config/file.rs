//! The configuration file: TOML whose keys are the long names of options.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use clap::Arg;
use haul::guard::terminal::printable;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::names::{self, Names};
use super::{Place, Setting, as_typed, flag, long};
use crate::cli::exit::CliError;

/// The largest file that is read. Every option at its longest fits many times.
const MAX_FILE: u64 = 1 << 20;

/// What the file at `path` says, in its own order.
pub(super) fn read<'a>(path: &Path, names: &'a Names) -> Result<Vec<Setting<'a>>, CliError> {
    let name = path.display().to_string();
    let unreadable = |why: &str| CliError::usage(format!("cannot read the configuration {name}: {why}"));
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text));
    match read {
        Ok(read) if read as u64 > MAX_FILE => Err(unreadable("it is larger than 1 MiB")),
        Ok(_) => parse(&text, &name, names),
        Err(why) => Err(unreadable(&why.to_string())),
    }
}

fn parse<'a>(text: &str, name: &str, names: &'a Names) -> Result<Vec<Setting<'a>>, CliError> {
    let line = |at: usize| 1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count();
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        CliError::usage(format!("{name} line {}: {}", line(at), error.message())) // its Display shows the line itself
    })?;
    let mut keys: Vec<_> = table.get_ref().iter().collect();
    keys.sort_by_key(|(key, _)| key.span().start);
    let setting = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
        let line = line(key.span().start);
        let refused = |why: String| CliError::usage(format!("{name} line {line}: {why}"));
        let option = option(key.get_ref(), names).map_err(refused)?;
        let args = args(option, value.get_ref()).map_err(|why| refused(format!("{}: {why}", long(option))))?;
        Ok(Setting { option, args, place: Place::File { name: name.to_owned(), line } })
    };
    keys.into_iter().map(setting).collect()
}

fn option<'a>(key: &str, names: &'a Names) -> Result<&'a Arg, String> {
    match names.find(key) {
        Some(option) if names::is_typed_alone(option) => Err(format!("{key}: {}", names::typed_alone(option))),
        Some(option) => Ok(option),
        None => {
            let meant = names.nearest(key).map_or(String::new(), |near| format!(": is {} meant?", quoted(&near)));
            Err(format!("unknown key {}{meant}", printable(key)))
        }
    }
}

/// A key as TOML has it: a dot would be a table's.
fn quoted(key: &str) -> String {
    if key.contains('.') { format!("\"{key}\"") } else { key.to_owned() }
}

fn args(option: &Arg, value: &DeValue<'_>) -> Result<Vec<OsString>, String> {
    let wrong = |value: &DeValue<'_>| {
        let right = match () {
            () if names::is_switch(option) => "true or false",
            () if names::is_list(option) => "a string, a number or an array of them",
            () => "a string or a number",
        };
        format!("its value is of the type {}: write {right}", value.type_str())
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

/// A value as it would be typed.
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
    use clap::CommandFactory;
    use proptest::prelude::*;

    use super::{MAX_FILE, parse};
    use crate::cli::args::Cli;
    use crate::cli::config::names::Names;

    fn args(text: &str) -> Result<Vec<String>, String> {
        let names = Names::of(Cli::command());
        let settings = parse(text, "x.toml", &names).map_err(|error| error.message().unwrap().to_owned())?;
        Ok(settings.into_iter().flat_map(|setting| setting.args).map(|arg| arg.into_string().unwrap()).collect())
    }

    #[test]
    fn values_read_as_typed() {
        let text = "retry = 5\nconcurrency = 1_000\nburst = 0x10\ntimeout = 0.5\nrate = '5/s'\nproxy = ''\n\
                    header = ['A: 1', 'B: 2']\nresolve = 'a:1:::1'\nquiet = true\nfail = false\n\"http1.1\" = true\n";
        let typed = "--retry=5 --concurrency=1000 --burst=16 --timeout=0.5 --rate=5/s --proxy= --header=A: 1 \
                     --header=B: 2 --resolve=a:1:::1 --quiet --http1.1";
        assert_eq!(args(text).unwrap().join(" "), typed);
        assert_eq!(args("# nothing\n"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, message) in [
            ("\nhost_rate = 1", "x.toml line 2: unknown key host_rate: is host-rate meant?"),
            ("http1.1 = true", "x.toml line 1: unknown key http1: is \"http1.1\" meant?"),
            ("xyzzy = 1", "x.toml line 1: unknown key xyzzy"),
            ("\"\\u001b[1m\" = 1", "x.toml line 1: unknown key \\u{1b}[1m"),
            ("force = true", "x.toml line 1: force: --force counts on the command line alone"),
            ("config = 'y'", "x.toml line 1: config: --config counts on the command line alone"),
            ("inputs = ['y']", "x.toml line 1: unknown key inputs"),
            ("quiet = 1", "x.toml line 1: quiet: its value is of the type integer: write true or false"),
            ("rate = true", "x.toml line 1: rate: its value is of the type boolean: write a string or a number"),
            ("rate = ['1']", "x.toml line 1: rate: its value is of the type array: write a string or a number"),
            (
                "header = [['A: 1']]",
                "x.toml line 1: header: its value is of the type array: write a string, a number or",
            ),
            ("quiet = true\n\nquiet = true", "x.toml line 3: duplicate key"),
            ("\n[header", "x.toml line 2: "),
        ] {
            let said = args(text).unwrap_err();
            assert!(said.starts_with(message), "{said}");
        }
    }

    #[test]
    fn a_line_that_is_no_toml_is_not_shown() {
        let said = args("proxy = \"http://user:s3cret@proxy").unwrap_err();
        assert!(said.starts_with("x.toml line 1: ") && !said.contains("s3cret"), "{said}");
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,60}|[a-z]{1,6} = ['\"\\[{]?[ -~]{0,20}") {
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
