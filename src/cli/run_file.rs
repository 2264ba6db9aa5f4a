//! `--run`: what the records of a probe cannot tell.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use haul::guard::text::grouped;
use haul::report::load::{self, Coverage, RunFile, RunReadError};
use haul::source::InputError;

use super::exit::CliError;

/// The facts in these files, each with what it was given as.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<(String, RunFile)>, CliError> {
    let read = paths.iter().map(|path| {
        let run = File::open(path).map_err(RunReadError::from).and_then(load::read).map_err(|error| {
            let reason = if let RunReadError::Io(error) = error { error } else { io::Error::other(error) };
            CliError::unreadable(InputError { name: path.display().to_string(), reason })
        })?;
        Ok((format!("--run {}", path.display()), run))
    });
    read.collect()
}

/// The facts of several files added up; none without a file.
pub(crate) fn sum(runs: Vec<(String, RunFile)>) -> Result<Option<RunFile>, CliError> {
    for (place, (name, run)) in runs.iter().enumerate() {
        if let Some((earlier, _)) = runs[..place].iter().find(|(_, earlier)| earlier == run) {
            return Err(CliError::usage(format!("{name} is the same run as {earlier}, and would count twice")));
        }
    }
    let mut runs = runs.into_iter().map(|(_, run)| run);
    let mut sum = runs.next();
    if let Some(sum) = &mut sum {
        runs.for_each(|run| sum.merge(&run));
    }
    Ok(sum)
}

/// What to say unless the records are all those of a run that started so many requests.
pub(crate) fn note(coverage: Coverage, records: u64, started: u64) -> Option<String> {
    let (records, started) = (grouped(records), grouped(started));
    match coverage {
        Coverage::Complete => None,
        Coverage::Partial => Some(format!("these are {records} of the {started} records of --run")),
        Coverage::Foreign => {
            Some(format!("the records are not those of --run: it started {started}, and there are {records}"))
        }
    }
}
