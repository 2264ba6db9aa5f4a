//! Where records and the report are written to.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;
use std::path::Path;

use haul::plan::Output;
use haul::report::{self, Report, RunFacts};
use haul::sink::Sink;
use haul::sink::ndjson::Ndjson;
use indicatif::ProgressBar;

use super::args::Options;
use super::exit::CliError;

/// The output that `options` name. Records that go to the terminal go past `bar`.
pub(crate) fn open(options: &Options, bar: &ProgressBar) -> Result<Box<dyn Write + Send>, CliError> {
    let Some(path) = &options.output else {
        // std's handle breaks lines off and writes them twice; the writer hands over whole blocks of them.
        let stdout = io::stdout().as_fd().try_clone_to_owned().map_err(CliError::output)?;
        let stdout = File::from(stdout);
        return Ok(if bar.is_hidden() { Box::new(stdout) } else { Box::new(Above { out: stdout, bar: bar.clone() }) });
    };
    let mut how = OpenOptions::new();
    how.write(true);
    let how = if options.force { how.create(true).truncate(true) } else { how.create_new(true) };
    match how.open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(CliError::usage(format!("{} exists: give --force to replace it", path.display())))
        }
        Err(error) => Err(CliError::system(&format!("cannot create {}", path.display()), &error)),
    }
}

/// Records as lines to `out`.
pub(crate) fn sink(out: Box<dyn Write + Send>, format: Output) -> impl Sink {
    Ndjson::new(out, format)
}

/// Creates the report's file ahead of the run, so that a wrong path costs no run.
pub(crate) fn create_report(path: &Path) -> Result<File, CliError> {
    File::create(path).map_err(|error| CliError::system(&format!("cannot create {}", path.display()), &error))
}

/// Writes the report.
pub(crate) fn write_report(file: File, report: &Report, run: &RunFacts) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    report::json::write(&mut file, report, run)?;
    file.write_all(b"\n")?;
    file.flush()
}

/// Lines above the progress bar: on a terminal that shows both, the bar steps aside.
struct Above {
    out: File,
    bar: ProgressBar,
}

impl Write for Above {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.bar.suspend(|| self.out.write(lines))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
