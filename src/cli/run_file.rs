//! `--run`: what the records of a probe cannot tell.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use haul::report::LoadFacts;
use haul::report::load::{self, RunReadError};
use haul::source::InputError;

use super::exit::CliError;

/// The facts in these files, added up; none without a file.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Option<LoadFacts>, CliError> {
    let mut sum: Option<LoadFacts> = None;
    for path in paths {
        let run = File::open(path).map_err(RunReadError::from).and_then(load::read).map_err(|error| {
            let reason = if let RunReadError::Io(error) = error { error } else { io::Error::other(error) };
            CliError::unreadable(InputError { name: path.display().to_string(), reason })
        })?;
        match &mut sum {
            Some(sum) => sum.merge(&run.load),
            None => sum = Some(run.load),
        }
    }
    Ok(sum)
}
