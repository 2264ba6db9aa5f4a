//! Where records and the report are written to.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::Path;

use haul::plan::{BodyMode, Output};
use haul::report::{self, Report, RunFacts};
use haul::sink::Sink;
use haul::sink::ndjson::Ndjson;
use haul::sink::store::Store;
use indicatif::ProgressBar;

use super::args::Options;
use super::exit::CliError;

/// The output that `options` name. Records that go to the terminal go past `bar`.
pub(crate) fn open(options: &Options, bar: &ProgressBar) -> Result<Box<dyn Write + Send>, CliError> {
    let Some(path) = options.output.as_deref().filter(|path| *path != Path::new("-")) else {
        // std's handle breaks lines off and writes them twice; the writer hands over whole blocks of them.
        let out = File::from(io::stdout().as_fd().try_clone_to_owned().map_err(CliError::output)?);
        let both_show = out.is_terminal() && !bar.is_hidden();
        return Ok(if both_show { Box::new(Above { out, bar: bar.clone() }) } else { Box::new(out) });
    };
    let has_nothing_to_lose = path.metadata().is_ok_and(|found| !found.is_file()); // a device, a named pipe
    let mut how = OpenOptions::new();
    how.write(true);
    let how = if options.force || has_nothing_to_lose { how.create(true).truncate(true) } else { how.create_new(true) };
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

/// Makes the directory that bodies go to, so that a wrong path costs no run.
pub(crate) fn open_store(format: &Output) -> Result<(), CliError> {
    let BodyMode::Dir(path) = &format.body else { return Ok(()) };
    Store::create(path).map_err(|error| CliError::system(&format!("cannot create {}", path.display()), &error))
}

/// Opens the report's file ahead of the run, so that a wrong path costs no run. An earlier report stays until there
/// is another.
pub(crate) fn open_report(path: &Path) -> Result<File, CliError> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
    file.map_err(|error| CliError::system(&format!("cannot create {}", path.display()), &error))
}

/// Writes the report.
pub(crate) fn write_report(file: File, report: &Report, run: &RunFacts) -> io::Result<()> {
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    let mut file = BufWriter::new(file);
    report::json::write(&mut file, report, run)?;
    file.flush()
}

/// Lines above the progress bar: on a terminal that shows both, the bar steps aside.
struct Above {
    out: File,
    bar: ProgressBar,
}

impl Write for Above {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.bar.suspend(|| self.out.write_all(lines)).map(|()| lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
