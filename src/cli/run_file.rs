//! `--run`: what the records of a probe cannot tell.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use haul::guard::text::grouped;
use haul::report::load::{self, RunFile, RunReadError};
use haul::source::InputError;

use super::exit::CliError;

/// The facts in these files, added up; none without a file.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Option<RunFile>, CliError> {
    let mut runs: Vec<RunFile> = Vec::new();
    for path in paths {
        let run = File::open(path).map_err(RunReadError::from).and_then(load::read).map_err(|error| {
            let reason = if let RunReadError::Io(error) = error { error } else { io::Error::other(error) };
            CliError::unreadable(InputError { name: path.display().to_string(), reason })
        })?;
        if let Some(place) = runs.iter().position(|earlier| *earlier == run) {
            let (path, earlier) = (path.display(), paths[place].display());
            return Err(CliError::usage(format!(
                "--run {path} is the same run as --run {earlier}, and would count twice"
            )));
        }
        runs.push(run);
    }
    let mut runs = runs.into_iter();
    let mut sum = runs.next();
    if let Some(sum) = &mut sum {
        runs.for_each(|run| sum.merge(&run));
    }
    Ok(sum)
}

/// What to say if so many records cannot be those of `run`.
pub(crate) fn mismatch(run: &RunFile, records: u64, wrong_lines: u64) -> Option<String> {
    (!run.can_have(records, wrong_lines)).then(|| {
        let (records, started) = (grouped(records), grouped(run.load.started));
        format!("the records are not those of --run: it started {started}, and there are {records}")
    })
}
