//! `--report`: where the report of a run goes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use haul::guard::terminal::TerminalWriter;
use haul::report::threshold::Judged;
use haul::report::{self, Report, RunFacts};
use haul::storage::folder;

use super::args::OutputFiles;
use super::exit::CliError;

/// More bytes than a report has. What is longer is something else.
pub(crate) const MAX_REPORT: u64 = 64 << 20;

/// Passes on a failure to write, as `what` failed. The reader of a pipe may have seen enough.
pub(crate) fn written(what: &str, written: io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::system(what, &error)),
        _ => Ok(()),
    }
}

/// Which existing files are replaced.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Replaced {
    Nothing,
    Reports,
    Everything,
}

impl OutputFiles {
    /// Which existing files are replaced, unless a run is resumed.
    pub(crate) fn replaced(&self) -> Replaced {
        if self.force { Replaced::Everything } else { Replaced::Nothing }
    }
}

/// Where the report goes, checked before the run, so that a wrong path fails early.
pub(crate) enum ReportFile {
    /// Standard output, a device, a pipe, or a descriptor: it is open.
    Open(File),
    /// A file, which is created or replaced once the report is there.
    Path { path: PathBuf, replace: bool },
}

impl ReportFile {
    /// The file that the options name, if they do.
    ///
    /// # Errors
    /// It cannot be created, or needs standard output, which `has_records`.
    pub(crate) fn open(files: &OutputFiles, replaced: Replaced, has_records: bool) -> Result<Option<Self>, CliError> {
        files.report.as_deref().map(|path| ReportFile::at(path, "--report", replaced, has_records)).transpose()
    }

    /// The file at `path`, which `option` names.
    ///
    /// # Errors
    /// It cannot be created, or needs standard output, which `has_records`.
    pub(crate) fn at(path: &Path, option: &str, replaced: Replaced, has_records: bool) -> Result<Self, CliError> {
        let failed = |error: io::Error| CliError::system(&format!("cannot create {}", path.display()), &error);
        if is_stdout(path) {
            if has_records {
                let message = format!("{option} {} needs standard output, which has the records", path.display());
                return Err(CliError::usage(format!("{message}: write those to a file with -o FILE")));
            }
            let out = io::stdout().as_fd().try_clone_to_owned().map_err(failed)?;
            return Ok(ReportFile::Open(out.into()));
        }
        match path.metadata() {
            Ok(found) if !found.is_file() || is_descriptor(path) => {
                OpenOptions::new().append(true).open(path).map(ReportFile::Open).map_err(failed)
            }
            Ok(_) => Self::replacing(path, replaced),
            // A dangling link has a name that must not be replaced either.
            Err(error) if error.kind() == ErrorKind::NotFound && path.symlink_metadata().is_err() => {
                tempfile::tempfile_in(folder(path)).map_err(failed)?; // can a file be created there?
                Ok(ReportFile::Path { path: path.to_owned(), replace: false })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Err(CliError::usage(format!(
                "{} is a link to a file that does not exist: remove the link, or name that file",
                path.display()
            ))),
            Err(error) => Err(failed(error)),
        }
    }

    /// In place of an existing file.
    fn replacing(path: &Path, replaced: Replaced) -> Result<Self, CliError> {
        let shown = path.display();
        let failed = |error: io::Error| CliError::system(&format!("cannot read {shown}"), &error);
        match replaced {
            Replaced::Nothing => {
                return Err(CliError::usage(format!("{shown} already exists: use --force to replace it")));
            }
            Replaced::Reports if !is_report(path).map_err(failed)? => {
                return Err(CliError::usage(format!(
                    "{shown} already exists and is not a report of haul: choose another name for --report"
                )));
            }
            Replaced::Reports | Replaced::Everything => {}
        }
        let path = fs::canonicalize(path).map_err(failed)?; // replace the target of a link
        let created = tempfile::tempfile_in(folder(&path));
        created.map_err(|error| CliError::system(&format!("cannot create {shown}"), &error))?;
        Ok(ReportFile::Path { path, replace: true })
    }

    /// Writes the report, with the thresholds.
    pub(crate) fn write(self, report: &Report, run: &RunFacts, judged: &[Judged]) -> io::Result<()> {
        self.write_with(|out| report::json::write_judged(out, report, run, judged))
    }

    /// Has its content written.
    pub(crate) fn write_with(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match self {
            ReportFile::Open(file) if file.is_terminal() => {
                let mut file = BufWriter::new(file);
                write(&mut TerminalWriter::new(&mut file))?;
                file.flush()
            }
            ReportFile::Open(file) => {
                let mut file = BufWriter::new(file);
                write(&mut file)?;
                file.flush()
            }
            ReportFile::Path { path, replace } => {
                let mut text = Vec::new();
                write(&mut text)?;
                haul::storage::write_whole(&path, &text, replace)
            }
        }
    }
}

/// Whether a file is an earlier report. An empty one counts: it holds nothing that could be lost.
fn is_report(path: &Path) -> io::Result<bool> {
    Ok(path.metadata()?.len() == 0 || report::json::read(File::open(path)?.take(MAX_REPORT)).is_ok())
}

/// Whether a path stands for standard output.
pub(crate) fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
}

/// Whether a path stands for an open descriptor, which may be of a file: whoever opened it owns that.
fn is_descriptor(path: &Path) -> bool {
    path == Path::new("/dev/stderr") || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd")
}
