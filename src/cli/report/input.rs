//! The files of a report: records, or saved reports.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use haul::guard::redact;
use haul::guard::terminal::printable;
use haul::guard::text::shorten;
use haul::report::json::{self, ReportReadError, SavedDocument};
use haul::report::load::{Coverage, RunFile};
use haul::report::saved::{self, Saved};
use haul::report::{Batches, RunFacts, Timeline};
use haul::schema::saved::SavedError;
use haul::source::InputError;
use haul::storage::compression::Coding;
use haul::storage::text;

use crate::cli::exit::CliError;
use crate::cli::report_file::MAX_REPORT;

/// How many invalid lines are reported one by one.
const MAX_NAMED: u64 = 10;

/// The longest message on an invalid line, in characters.
const MAX_SAID: usize = 120;

/// How much of a file is looked at to tell what it is.
const BEGINNING: usize = 1024;

/// What files come to.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) saved: Saved,
    /// The probes that reports tell of, each with the file that does.
    pub(super) runs: Vec<(String, RunFile)>,
    /// The run of the only file, if that is its report.
    pub(super) run: Option<RunFacts>,
    pub(super) wrong_lines: WrongLines,
}

impl Loaded {
    /// Reads files one after the other.
    pub(super) fn read(files: Vec<InputFile>, with_batches: bool) -> Result<Self, CliError> {
        let mut loaded = Loaded::default();
        loaded.saved.batches = with_batches.then(Batches::default);
        let is_only = files.len() == 1;
        for file in files {
            if file.is_report {
                loaded.add_report(file, is_only)?;
            } else {
                let InputFile { name, bytes, .. } = file;
                let wrong_lines = &mut loaded.wrong_lines;
                saved::fold(bytes, &mut loaded.saved, |line, why| wrong_lines.name(&name, line, &why))
                    .map_err(|reason| CliError::unreadable(InputError { name, reason }))?;
            }
        }
        loaded.wrong_lines.name_the_rest();
        Ok(loaded)
    }

    fn add_report(&mut self, InputFile { name, bytes, .. }: InputFile, is_only: bool) -> Result<(), CliError> {
        let document = json::read_whole(bytes.take(MAX_REPORT)).map_err(|error| {
            let reason = if let ReportReadError::Io(error) = error { error } else { io::Error::other(error) };
            CliError::unreadable(InputError { name: name.clone(), reason })
        })?;
        self.runs.extend(probe(&document).map(|run| (name, run)));
        let SavedDocument { report, run, wrong_lines, .. } = document;
        self.wrong_lines.0 += wrong_lines;
        self.saved.report.merge(&report);
        self.saved.timeline.merge(&Timeline::of_probe(&report));
        if is_only {
            self.saved.batches = self.saved.batches.is_some().then(|| Batches::of_probe(&report));
            self.run = run;
        }
        Ok(())
    }
}

/// How the probe of a report kept its pace.
fn probe(document: &SavedDocument) -> Option<RunFile> {
    if let Some(run) = &document.run {
        return RunFile::of(run);
    }
    let load = document.load.clone()?;
    let absent = load.started.saturating_sub(document.report.totals().records);
    let left_out = if document.coverage == Coverage::Partial { absent } else { 0 };
    Some(RunFile { left_out, ..RunFile::of(&RunFacts { load: Some(load), ..RunFacts::default() })? })
}

/// An open file.
pub(super) struct InputFile {
    pub(super) name: String,
    pub(super) is_report: bool,
    bytes: Box<dyn BufRead + Send>,
}

impl InputFile {
    pub(super) fn open(path: &Path) -> Result<Self, CliError> {
        let stdin = path == Path::new("-");
        let name = if stdin { "stdin".to_owned() } else { path.display().to_string() };
        let bytes = if stdin {
            Ok(Box::new(io::stdin()) as Box<dyn Read + Send>)
        } else {
            File::open(path).and_then(|file| Coding::of(path).reader(file))
        };
        match bytes.map(text::reader) {
            Ok(bytes) => InputFile::look_into(name, Box::new(bytes)),
            Err(reason) => Err(CliError::unreadable(InputError { name, reason })),
        }
    }

    /// Tells by its beginning what a file is. What cannot be read yet is told when it is.
    fn look_into(name: String, mut bytes: Box<dyn Read + Send>) -> Result<Self, CliError> {
        let mut beginning = Vec::new();
        let looked = bytes.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning);
        let failed = looked.err().filter(|error| error.kind() != io::ErrorKind::UnexpectedEof);
        if let Some(reason) = failed {
            return Err(CliError::unreadable(InputError { name, reason }));
        }
        let is = Beginning::of(&beginning);
        if is == Beginning::RunFile {
            return Err(CliError::usage(format!(
                "{name} is what a probe writes beside its records: give it with --run, and the records as FILE"
            )));
        }
        let bytes = Box::new(BufReader::new(io::Cursor::new(beginning).chain(bytes)));
        Ok(InputFile { name, is_report: is == Beginning::Report, bytes })
    }
}

/// What a file begins as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beginning {
    Report,
    RunFile,
    Other,
}

impl Beginning {
    /// A report begins with its version, or as tools indent JSON: a record has all of it in one line.
    fn of(bytes: &[u8]) -> Self {
        let text = bytes.trim_ascii_start();
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let dense: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        match () {
            () if dense.starts_with(br#"{"format":"haul-run""#) => Beginning::RunFile,
            () if dense.starts_with(br#"{"schema":"#) || line.trim_ascii() == b"{" => Beginning::Report,
            () => Beginning::Other,
        }
    }
}

/// How many lines were not records.
#[derive(Default)]
pub(super) struct WrongLines(pub(super) u64);

impl WrongLines {
    fn name(&mut self, file: &str, line: u64, why: &SavedError) {
        self.0 += 1;
        if self.0 <= MAX_NAMED {
            let why = shorten(&redact::message(&why.to_string()), MAX_SAID);
            let _ = writeln!(io::stderr(), "haul: {} line {line}: {why}", printable(file));
        }
    }

    fn name_the_rest(&self) {
        if let more @ 1.. = self.0.saturating_sub(MAX_NAMED) {
            let lines = if more == 1 { "line" } else { "lines" };
            let _ = writeln!(io::stderr(), "haul: {more} more invalid {lines}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_beginning() {
        for (text, is) in [
            ("{\n  \"schema\": 1,\n  \"run\": null", Beginning::Report),
            (r#"{"schema":1,"run":{}}"#, Beginning::Report),
            ("\n{\r\n  \"doubt\": null", Beginning::Report),
            (r#"{"format":"haul-run","schema":1}"#, Beginning::RunFile),
            (r#"{"seq":0,"schema":1}"#, Beginning::Other),
            ("", Beginning::Other),
            ("seq,url\n", Beginning::Other),
        ] {
            assert_eq!(Beginning::of(text.as_bytes()), is, "{text}");
        }
    }
}
