//! What haul says on standard error, besides progress and the summary.

use std::env;
use std::io::{self, Write};

use haul::guard::redact;
use haul::guard::terminal::printable_lines;

use super::args::Cli;
use super::config;
use super::exit::CliError;

/// A message that is safe to print: without secrets in URLs, whatever `--no-redact` says, and without control
/// characters.
pub(crate) fn shown(message: &str) -> String {
    printable_lines(&redact::message(message)).into_owned()
}

/// Says something on standard error, which may be gone.
pub(crate) fn say(message: &str) {
    let _ = writeln!(io::stderr(), "haul: {message}");
}

/// Prints the short help, of haul or of a command, to somebody who gave no input.
pub(crate) fn print_short_help(command: Option<&str>) -> CliError {
    let help = command.and_then(Cli::subcommand).unwrap_or_else(Cli::definition).render_help();
    let help = if console::colors_enabled_stderr() { help.ansi().to_string() } else { help.to_string() };
    let _ = io::stderr().write_all(help.as_bytes());
    CliError::silent_usage()
}

/// Names the variables that look like haul's, but set nothing.
pub(crate) fn warn_of_variables(quiet: bool) {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for note in config::unknown_variables(names).iter().filter(|_| !quiet) {
        say(&shown(note));
    }
}
