//! `haul completions` and `haul man`: shell completions and the manual page.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Command;
use clap_complete::{Generator, Shell};
use clap_mangen::Man;

use super::args::Cli;
use super::exit::{CliError, OK};

/// The source that a manual page names.
const VERSION: &str = concat!("haul ", env!("CARGO_PKG_VERSION"));

/// Prints the completion script for `shell`.
pub(crate) fn completions(shell: Shell) -> Result<ExitCode, CliError> {
    let mut script = Vec::new();
    shell.try_generate(&built(), &mut script).map_err(CliError::output)?;
    print(&script)
}

/// Prints the manual page of haul, or of one of its commands.
pub(crate) fn man(command: Option<&str>) -> Result<ExitCode, CliError> {
    let haul = built();
    let command = match command {
        None => &haul,
        Some(name) => haul.find_subcommand(name).ok_or_else(|| unknown(name, &haul))?,
    };
    let mut page = Vec::new();
    let command = command.clone().mut_args(|arg| arg.hide_short_help(false)); // or it would lack their help
    Man::new(command).source(VERSION).render(&mut page).map_err(CliError::output)?;
    print(&page)
}

fn built() -> Command {
    let mut command = Cli::definition();
    command.set_bin_name("haul");
    command.build();
    command
}

fn unknown(name: &str, haul: &Command) -> CliError {
    let names: Vec<_> = haul.get_subcommands().map(Command::get_name).filter(|name| *name != "help").collect();
    CliError::usage(format!("unknown command {name:?}: expected one of {}", names.join(", ")))
}

fn print(text: &[u8]) -> Result<ExitCode, CliError> {
    match io::stdout().lock().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::output(error)),
        _ => Ok(OK),
    }
}
