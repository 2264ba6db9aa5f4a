//! The value that a variable or a file sets for one option, and the names of options.

use std::ffi::OsString;

use clap::Arg;

/// The value that a variable or a key of a file sets for one option.
#[derive(Debug)]
pub(super) struct OptionSetting<'a> {
    pub(super) option: &'a Arg,
    /// Empty for a switch that is off.
    pub(super) args: Vec<OsString>,
    pub(super) place: Place,
}

/// Where a setting comes from.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Variable(String),
    File { name: String, line: usize },
}

/// The option and its value in one argument, so that the value may start with a dash.
pub(super) fn as_typed(long: &str, value: impl Into<OsString>) -> OsString {
    let mut arg = OsString::from(format!("--{long}="));
    arg.push(value.into());
    arg
}

pub(super) fn flag(option: &Arg) -> String {
    format!("--{}", long(option))
}

pub(super) fn long(option: &Arg) -> &str {
    option.get_long().unwrap_or_default() // Names contains only options with a long name
}
