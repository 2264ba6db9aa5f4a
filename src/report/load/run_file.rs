//! The file beside the records of a probe, which keeps what they cannot tell.

use std::io::{self, Read, Write};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::coverage::Coverage;
use super::facts::LoadFacts;
use crate::report::RunFacts;

/// The version of the file's form.
const RUN_SCHEMA: u32 = 1;

/// What the file says it is.
const FORMAT: &str = "haul-run";

/// More bytes than a file has.
const MAX_FILE: u64 = 64 << 20;

/// What the file tells of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFile {
    /// The version of the program that wrote it.
    pub version: String,
    /// When the run began, in UTC.
    pub started_at: String,
    /// How long it took, in microseconds.
    pub wall_us: u64,
    /// The run stopped before its end.
    pub interrupted: bool,
    /// How it kept its pace.
    pub load: LoadFacts,
    /// How many records a filter kept out of the output, those of the warm-up among them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Why a file cannot be read back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunReadError {
    /// Reading failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is another file: a probe did not write it.
    #[error("not a file that a probe writes beside its records: {0}")]
    Foreign(String),
    /// It has a form that this version does not know.
    #[error("`schema` is {0}, but this version of haul reads only {RUN_SCHEMA}")]
    UnknownSchema(u64),
    /// A value is missing or wrong.
    #[error("damaged: {}{reason}", within(key))]
    Damaged {
        /// Where it is, as in `load.series.seconds[3]`; `.` for the file itself.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    schema: u32,
    #[serde(flatten)]
    run: &'a RunFile,
}

#[derive(Deserialize)]
struct Marks {
    format: Option<String>,
    schema: Option<u64>,
}

impl RunFile {
    /// What to keep of a run; none if it is not a probe.
    pub fn of(run: &RunFacts) -> Option<Self> {
        Some(RunFile {
            version: run.version.clone().into_owned(),
            started_at: run.started_at.clone(),
            wall_us: (run.wall_s * 1e6).round() as u64,
            interrupted: run.interrupted,
            load: run.load.clone()?,
            left_out: run.selection.as_ref().map_or(0, |selection| selection.left_out),
        })
    }

    /// Adds another run. The version and the begin stay those of the first one.
    pub fn merge(&mut self, other: &RunFile) {
        self.wall_us = self.wall_us.max(other.wall_us);
        self.interrupted |= other.interrupted;
        self.load.merge(&other.load);
        self.left_out = self.left_out.saturating_add(other.left_out);
    }

    /// What `records` records, without those of the warm-up, are to the run if up to `lost` more could not be read. An
    /// interrupted run may have given up what was in flight.
    pub fn coverage(&self, records: u64, lost: u64) -> Coverage {
        let LoadFacts { started, runs, peak_in_flight, .. } = self.load;
        let given_up = if self.interrupted { peak_in_flight.saturating_mul(runs) } else { 0 };
        let unwritten = self.left_out.saturating_add(lost);
        match started.checked_sub(records) {
            Some(absent) if absent == 0 || unwritten == 0 && absent <= given_up => Coverage::Complete,
            Some(absent) if absent <= unwritten.saturating_add(given_up) => Coverage::Partial,
            _ => Coverage::Foreign,
        }
    }
}

/// Writes the file, as one line.
///
/// # Errors
/// Writing fails.
pub fn write(mut out: impl Write, run: &RunFile) -> io::Result<()> {
    serde_json::to_writer(&mut out, &Written { format: FORMAT, schema: RUN_SCHEMA, run })?;
    out.write_all(b"\n")
}

/// Reads what [`write`] wrote.
///
/// # Errors
/// Reading fails, or the file is another one or damaged.
pub fn read(input: impl Read) -> Result<RunFile, RunReadError> {
    let mut text = Vec::new();
    if input.take(MAX_FILE + 1).read_to_end(&mut text)? as u64 > MAX_FILE {
        return Err(RunReadError::Foreign(format!("larger than {} MiB", MAX_FILE >> 20)));
    }
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(&text) {
        return Err(RunReadError::Foreign(format!("not JSON: {error}")));
    }
    let foreign = |_| RunReadError::Foreign("`format` is missing".to_owned());
    let Marks { format, schema } = serde_json::from_slice(&text).map_err(foreign)?;
    match format.as_deref() {
        Some(FORMAT) => {}
        Some(other) => return Err(RunReadError::Foreign(format!("`format` is {other:?}"))),
        None => return Err(RunReadError::Foreign("`format` is missing".to_owned())),
    }
    match schema {
        Some(schema) if schema == u64::from(RUN_SCHEMA) => {}
        Some(schema) => return Err(RunReadError::UnknownSchema(schema)),
        None => return Err(damaged("schema", "missing")),
    }
    let run: RunFile = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(&text))
        .map_err(|error| damaged(&error.path().to_string(), &error.inner().to_string()))?;
    run.load.check().map_err(|(key, reason)| damaged(&format!("load.{key}"), reason))?;
    Ok(run)
}

fn within(key: &str) -> String {
    if key == "." { String::new() } else { format!("`{key}`: ") }
}

fn damaged(key: &str, reason: &str) -> RunReadError {
    RunReadError::Damaged { key: key.to_owned(), reason: reason.to_owned() }
}
