//! The files that a probe writes at its end.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use haul::engine::Finish;
use haul::report::hdr;
use haul::report::load::{self, RunFile};
use haul::report::threshold::Judged;
use haul::storage::folder;

use crate::cli::args::{OutputFiles, Probe};
use crate::cli::exit::CliError;
use crate::cli::report_file::{ReportFile, is_stdout, written};

/// What is appended to the name of an output.
const RUN_SUFFIX: &str = ".run.json";

/// The files that are written at the end, besides those of [`OutputFiles`].
pub(super) fn others(typed: &Probe) -> Vec<(&'static str, PathBuf)> {
    let hdr = typed.output.hdr.iter().filter(|path| !is_stdout(path)).map(|path| ("--hdr", path.clone()));
    hdr.chain(run_path(typed).map(|path| ("--output", path))).collect()
}

/// The file beside an output that tells what records cannot. A pipe or a device gets none.
fn run_path(typed: &Probe) -> Option<PathBuf> {
    let is_file = |path: &&Path| !is_stdout(path) && path.metadata().map_or(true, |found| found.is_file());
    let output = typed.files.output.as_deref().filter(is_file)?;
    let mut name: OsString = output.into();
    name.push(RUN_SUFFIX);
    Some(name.into())
}

/// The files that are written at the end.
pub(super) struct Reports {
    report: Option<ReportFile>,
    hdr: Option<ReportFile>,
    run: Option<ReportFile>,
}

impl Reports {
    /// Checks all files, so that a wrong path fails early.
    pub(super) fn open(typed: &Probe) -> Result<Self, CliError> {
        let has_stdout = typed.writes_records() && typed.files.output.as_deref().is_none_or(is_stdout);
        if [&typed.files.report, &typed.output.hdr].iter().all(|path| path.as_deref().is_some_and(is_stdout)) {
            return Err(CliError::usage("--report and --hdr cannot both be written to standard output"));
        }
        let replaced = typed.files.replaced();
        let at = |path: &Path, option| ReportFile::at(path, option, replaced, has_stdout);
        Ok(Reports {
            report: ReportFile::open(&typed.files, replaced, has_stdout)?,
            hdr: typed.output.hdr.as_deref().map(|path| at(path, "--hdr")).transpose()?,
            run: run_path(typed).map(|path| Self::beside_output(&typed.files, &path)).transpose()?,
        })
    }

    /// The file beside the output, which needs the same folder: a wrong path is that of the output.
    fn beside_output(files: &OutputFiles, path: &Path) -> Result<ReportFile, CliError> {
        let output = files.output.as_deref().filter(|output| !folder(output).is_dir());
        ReportFile::at(output.unwrap_or(path), "--output", files.replaced(), false)
    }

    /// Writes the files.
    pub(super) fn write(self, Finish { report, run, .. }: &Finish, judged: &[Judged]) -> Result<(), CliError> {
        if let Some(file) = self.report {
            written("cannot write the report", file.write(report, run, judged))?;
        }
        if let Some(file) = self.hdr {
            written("cannot write --hdr", file.write_with(|out| hdr::write(out, report, run)))?;
        }
        if let (Some(file), Some(facts)) = (self.run, RunFile::of(run)) {
            let what = format!("cannot write the file {RUN_SUFFIX} beside the output");
            written(&what, file.write_with(|out| load::write(out, &facts)))?;
        }
        Ok(())
    }
}
