//! Option values, typed or read from an `@FILE`.

use std::fs::File;
use std::io::{self, Read};

use haul::guard::without_os_code;
use haul::source::Input;
use haul::storage::text;

use super::exit::CliError;

/// The largest file that is kept in memory for the whole run, in bytes.
const MAX_GIVEN: u64 = 64 << 20;

/// Reads files that options name; standard input only once, and not if a list is read from it.
pub(crate) struct Given {
    stdin_taken_by: Option<&'static str>,
}

impl Given {
    /// For a run on `inputs`.
    pub(crate) fn beside(inputs: &[Input]) -> Self {
        Given { stdin_taken_by: inputs.contains(&Input::Stdin).then_some("the list") }
    }

    /// `value`, or the content of the file named after an `@`.
    pub(crate) fn bytes(&mut self, flag: &'static str, value: &str) -> Result<Vec<u8>, CliError> {
        match value.strip_prefix('@') {
            None => Ok(value.as_bytes().to_vec()),
            Some("-") => self.stdin(flag),
            Some(path) => read(path, File::open(path)).map_err(|why| CliError::usage(format!("{flag}: {why}"))),
        }
    }

    /// The same, of a file that is text except perhaps for some bytes: without its byte order mark, and not in UTF-16.
    pub(crate) fn text_bytes(&mut self, flag: &'static str, value: &str) -> Result<Vec<u8>, CliError> {
        let bytes = self.bytes(flag, value)?;
        Ok(if value.starts_with('@') { text::decode_bytes(bytes) } else { bytes })
    }

    /// The same as text.
    pub(crate) fn text(&mut self, flag: &'static str, value: &str) -> Result<String, CliError> {
        String::from_utf8(self.text_bytes(flag, value)?)
            .map_err(|_| CliError::usage(format!("{flag}: {value} is not UTF-8"))) // a typed value always is
    }

    fn stdin(&mut self, flag: &'static str) -> Result<Vec<u8>, CliError> {
        if let Some(by) = self.stdin_taken_by.replace(flag) {
            return Err(CliError::usage(format!("{flag}: standard input is already used for {by}: name a file")));
        }
        read("standard input", Ok(io::stdin())).map_err(|why| CliError::usage(format!("{flag}: {why}")))
    }
}

fn read(name: &str, file: io::Result<impl Read>) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = file.and_then(|file| file.take(MAX_GIVEN + 1).read_to_end(&mut bytes));
    match read {
        Err(why) => Err(format!("cannot read {name}: {}", without_os_code(why))),
        Ok(_) if bytes.len() as u64 > MAX_GIVEN => {
            Err(format!("{name} is larger than {} MiB: use --data-binary or --multipart", MAX_GIVEN >> 20))
        }
        Ok(_) => Ok(bytes),
    }
}

/// The two sides of `NAME=VALUE`.
pub(crate) fn pair<'a>(flag: &str, text: &'a str) -> Result<(&'a str, &'a str), CliError> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name, value)),
        _ => Err(CliError::usage(format!("{flag}: write NAME=VALUE"))), // the value may be a secret
    }
}
