//! Opens the outputs for records and the report.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use haul::durable::{self, CreateError};
use haul::engine::Destination;
use haul::guard::terminal::TerminalWriter;
use haul::plan::{BodyMode, Output};
use haul::sink::FlushPolicy;
use haul::sink::bodies::BodyStore;
use haul::sink::ndjson::{self, Ndjson};
use haul::storage::{Layout, Rotate};

use super::args::OutputFiles;
use super::exit::CliError;
use super::printer::Printer;
use super::records::TerminalRecords;
use super::report_file::is_stdout;

/// The output that `files` name, in files of one size or age with `rotate`, for records in `format`. Records on a terminal are printed with `printer`: short ones if
/// they are `for_a_person`.
pub(crate) fn open(
    files: &OutputFiles,
    rotate: Option<Rotate>,
    for_a_person: bool,
    format: Output,
    printer: &Printer,
) -> Result<Destination, CliError> {
    if let Some(path) = files.output.as_deref().filter(|path| !is_stdout(path)) {
        if let Some(out) = as_terminal(path) {
            return Ok(Ndjson::new(TerminalWriter::new(out), format).into());
        }
        return create(Layout::new(path, rotate), files.force, format);
    }
    if rotate.is_some() {
        return Err(CliError::usage("--rotate needs an output file: use -o FILE"));
    }
    // std's handle buffers by line; the writer already hands over whole blocks of lines.
    let out = File::from(io::stdout().as_fd().try_clone_to_owned().map_err(CliError::output)?);
    Ok(match out.is_terminal() {
        true if for_a_person => TerminalRecords::new(out, printer.clone(), &format).into(),
        true => Ndjson::new(Above { out: TerminalWriter::new(out), printer: printer.clone() }, format).into(),
        false => Ndjson::new(out, format).into(),
    })
}

/// Whether the records are printed on a terminal.
pub(crate) fn goes_to_terminal(files: &OutputFiles) -> bool {
    match files.output.as_deref().filter(|path| !is_stdout(path)) {
        Some(path) => as_terminal(path).is_some(),
        None => io::stdout().is_terminal(),
    }
}

/// The terminal at `path`, if it is one. Nothing else is opened, since opening some files has side effects.
fn as_terminal(path: &Path) -> Option<File> {
    path.metadata().ok().filter(|found| found.file_type().is_char_device())?;
    OpenOptions::new().write(true).open(path).ok().filter(File::is_terminal)
}

/// A sink for the files of `layout`.
fn create(layout: Layout, force: bool, format: Output) -> Result<Destination, CliError> {
    let shown = layout.path.display().to_string();
    if layout.rotate.is_some() && layout.is_special() {
        return Err(CliError::usage(format!("--rotate needs a regular file, but {shown} is not one")));
    }
    let (coding, header) = (layout.coding, ndjson::header(&format));
    let out = durable::create(layout, force, &header).map_err(|why| {
        let message = why.to_string();
        CliError::usage(match why {
            CreateError::Failed(error) => return CliError::system(&format!("cannot create {shown}"), &error),
            CreateError::Exists(_) => format!("{message}: use --force to replace it"),
            CreateError::Foreign(_) | CreateError::Detached(_) => {
                format!("{message}: move it away, or choose another name")
            }
            _ => message,
        })
    })?;
    let lines = Ndjson::coded(out.with_header(header), format, coding);
    Ok(Destination::sink(Box::new(lines), FlushPolicy::of(coding)))
}

/// Creates the directory for bodies before the run, so that a wrong path fails early.
pub(crate) fn open_store(format: &Output) -> Result<(), CliError> {
    let BodyMode::Dir(path) = &format.body else { return Ok(()) };
    BodyStore::create(path).map_err(|error| CliError::system(&format!("cannot create {}", path.display()), &error))
}

/// Prints lines on a terminal above the progress bar.
struct Above {
    out: TerminalWriter<File>,
    printer: Printer,
}

impl Write for Above {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.printer.above(|| self.out.write_all(lines)).map(|()| lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
