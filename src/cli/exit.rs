//! Exit codes, and the errors that lead to them.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use haul::engine::RunErrorKind;
use haul::guard::without_os_code;
use haul::model::request::RequestError;
use haul::source::{InputError, StrictError, WrongFormat};

use super::wrong_format::{self, Reader};
use super::{commands, near};

/// The run completed; failed requests are data.
pub(crate) const OK: ExitCode = ExitCode::SUCCESS;
/// An internal error, or a failed output or login.
pub(crate) const INTERNAL: u8 = 1;
/// A usage or configuration error.
pub(crate) const USAGE: u8 = 2;
/// An input cannot be read, or `--strict` found an invalid line.
pub(crate) const INPUT: u8 = 3;
/// A request failed, with `--fail`; or a threshold is crossed.
pub(crate) const FAILED: u8 = 4;
/// No threshold is crossed, but one is in doubt.
pub(crate) const IN_DOUBT: u8 = 5;

/// An error that ends the command.
#[derive(Debug)]
pub(crate) struct CliError {
    code: u8,
    message: Option<String>,
}

impl CliError {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        CliError { code: USAGE, message: Some(message.into()) }
    }

    /// A usage error whose message has been printed already.
    pub(crate) fn silent_usage() -> Self {
        CliError { code: USAGE, message: None }
    }

    pub(crate) fn output(error: io::Error) -> Self {
        CliError::system("cannot write the output", &error)
    }

    pub(crate) fn system(what: &str, error: &io::Error) -> Self {
        CliError { code: INTERNAL, message: Some(format!("{what}: {}", without_os_code(error))) }
    }

    /// An input that cannot be opened, with a hint at what may have been meant.
    pub(crate) fn open(error: &InputError, quiet: bool, reader: Reader) -> Self {
        let missing = error.reason.kind() == io::ErrorKind::NotFound;
        let hint = missing.then(|| hint(&error.name, quiet)).flatten();
        let hint = hint.map_or(String::new(), |hint| format!("\n({hint})"));
        // The content of a list is a usage error, not a read error.
        let code = if error.reason.kind() == io::ErrorKind::InvalidInput { USAGE } else { INPUT };
        CliError { code, message: Some(format!("{error}{}{hint}", advised(error, reader))) }
    }

    /// An input that cannot be read to its end.
    pub(crate) fn read(error: &io::Error, reader: Reader) -> Self {
        let named = error.get_ref().and_then(|error| error.downcast_ref());
        let advice = named.map_or_else(String::new, |error| advised(error, reader));
        CliError { code: INPUT, message: Some(format!("{error}{advice}")) }
    }

    /// An input that is read, but cannot be used.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        CliError { code: INPUT, message: Some(message.into()) }
    }

    /// A file of records that cannot be read.
    pub(crate) fn unreadable(error: InputError) -> Self {
        CliError { code: INPUT, message: Some(error.to_string()) }
    }

    pub(crate) fn strict(error: &StrictError, quiet: bool) -> Self {
        match error {
            StrictError::Open(error) => CliError::open(error, quiet, Reader::Lists),
            error => {
                let read = if let StrictError::Read(error) = error { error.get_ref() } else { None };
                let advice = read
                    .and_then(|error| error.downcast_ref())
                    .map_or_else(String::new, |error| advised(error, Reader::Lists));
                CliError { code: INPUT, message: Some(format!("{error}{advice}")) }
            }
        }
    }

    /// Adds a hint below the message.
    pub(crate) fn with_hint(self, hint: &str) -> Self {
        CliError { message: self.message.map(|message| format!("{message}\n({hint})")), ..self }
    }

    pub(crate) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        self.code.into()
    }
}

/// What helps once --dedup is full.
const DEDUP_HINT: &str =
    "raise --dedup-max, split the list, or remove duplicates beforehand (sort -u) and leave --dedup out";

impl From<RunErrorKind> for CliError {
    fn from(error: RunErrorKind) -> Self {
        if let RunErrorKind::Input(error) = &error {
            return CliError::read(error, Reader::Lists);
        }
        let code = if matches!(error, RunErrorKind::Dedup(_)) { INPUT } else { INTERNAL };
        let is_dedup = matches!(error, RunErrorKind::Dedup(_));
        let cause = match &error {
            RunErrorKind::Output(_) | RunErrorKind::Login(_) | RunErrorKind::System(_) => error.source(),
            _ => None, // the others are their cause
        };
        let message = cause.map_or(error.to_string(), |cause| format!("{error}: {cause}"));
        let error = CliError { code, message: Some(message) };
        if is_dedup { error.with_hint(DEDUP_HINT) } else { error }
    }
}

/// Names the option that set an invalid part of a request.
pub(crate) fn invalid(flag: &str) -> impl Fn(RequestError) -> CliError {
    move |why| CliError::usage(format!("{flag}: {why}"))
}

/// Whether the output was a pipe whose reader is gone.
pub(crate) fn is_closed_pipe(error: &RunErrorKind) -> bool {
    matches!(error, RunErrorKind::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
}

/// Whether the output was a terminal that is gone.
pub(crate) fn is_lost_terminal(error: &RunErrorKind) -> bool {
    let eio = Some(rustix::io::Errno::IO.raw_os_error());
    matches!(error, RunErrorKind::Output(error) if error.raw_os_error() == eio)
}

/// What to type instead, if a list is not in its format.
fn advised(error: &InputError, reader: Reader) -> String {
    let wrong = error.reason.get_ref().and_then(|reason| reason.downcast_ref::<WrongFormat>());
    wrong.map_or_else(String::new, |wrong| format!("; {}", wrong_format::advice(*wrong, &error.name, reader)))
}

/// What may have been meant by the name of a missing file.
fn hint(name: &str, quiet: bool) -> Option<String> {
    match name {
        "" => Some("the file name is empty; is a variable unset?".to_owned()),
        name if commands::ALL.contains(&name) => {
            Some(format!("to run the command, put it before the options: haul {name} ..."))
        }
        rate if quiet && rate.parse::<f64>().is_ok() => {
            Some(format!("-q means --quiet; to limit the request rate, use --rate {rate}/s"))
        }
        method if near::METHODS.contains(&method) => Some(format!("to set the method, use -X {method}")),
        name => {
            let meant = command_near(name).map(|command| format!("haul {command}"));
            meant.or_else(|| haul::model::with_scheme(name)).map(|meant| format!("did you mean {meant}?"))
        }
    }
}

/// The command that a name is probably a typo of. The shortest are near to too much.
fn command_near(name: &str) -> Option<&'static str> {
    commands::ALL.into_iter().filter(|command| command.len() > 3).find(|command| near::is_near(name, command))
}
