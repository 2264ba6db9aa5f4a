//! The file beside an output that says how much of it is durable, and what it holds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use roaring::RoaringTreemap;
use serde::{Deserialize, Serialize};

use super::fingerprint::RunFingerprint;
use super::recover::LedgerState;
use crate::model::{CompletedSet, Continuation, InputFingerprint, LinePosition, Selection};
use crate::report::Report;
use crate::storage::{Position, TailChecksum};

/// What the name of the file adds to that of the output.
pub(super) const SUFFIX: &str = ".haul";

/// What the name of its next version adds, while it is written.
pub(super) const NEW_SUFFIX: &str = ".haul-new";

/// The version of the file's format.
pub(super) const VERSION: u32 = 1;

/// The first word of the file.
pub(super) const MAGIC: &str = "haul-checkpoint";

/// What is known to be durable. The names of its fields are in files of earlier versions: they must not change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Checkpoint<'a> {
    /// The program that wrote it.
    pub program: String,
    pub inputs: Cow<'a, [InputFingerprint]>,
    #[serde(rename = "asked")]
    pub fingerprint: Cow<'a, RunFingerprint>,
    /// How far the output is durable.
    pub position: Position,
    /// What comes right before that, if it is known.
    pub tail: Option<TailChecksum>,
    /// The inputs that have their last record before `position`.
    #[serde(flatten)]
    pub completed: Ordinals,
    /// The inputs that have records of their first pages only before `position`.
    #[serde(rename = "chains", default, skip_serializing_if = "is_empty")]
    pub continuations: Cow<'a, BTreeMap<u64, Continuation>>,
    /// What the filter of records has left out before `position`.
    #[serde(default, skip_serializing_if = "has_none")]
    pub selection: Cow<'a, Selection>,
    /// The report of the records before `position`.
    pub report: Cow<'a, Report>,
}

fn is_empty(continuations: &BTreeMap<u64, Continuation>) -> bool {
    continuations.is_empty()
}

fn has_none(selection: &Selection) -> bool {
    selection.is_empty()
}

/// A [`CompletedSet`] as it is written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Ordinals {
    /// Every ordinal below this is in the set.
    watermark: u64,
    /// An ordinal at or below the watermark, and the position of its line.
    anchor: Option<(u64, LinePosition)>,
    /// The ordinals above the watermark: a roaring bitmap in its portable format, in base64.
    above: String,
}

impl Ordinals {
    pub(super) fn of(completed: &CompletedSet) -> Self {
        let mut above = Vec::with_capacity(completed.above().serialized_size());
        completed.above().serialize_into(&mut above).expect("a vector takes any bytes");
        Ordinals { watermark: completed.watermark(), anchor: completed.anchor(), above: BASE64_STANDARD.encode(above) }
    }

    pub(super) fn restore(&self) -> Option<CompletedSet> {
        let above = BASE64_STANDARD.decode(&self.above).ok()?;
        let above = RoaringTreemap::deserialize_from(&*above).ok()?;
        let anchor = self.anchor.filter(|(seq, _)| *seq <= self.watermark);
        Some(CompletedSet::restore(self.watermark, above, anchor))
    }
}

/// What was read from the path of a checkpoint.
#[derive(Debug)]
pub(super) enum CheckpointFile {
    Missing,
    /// It cannot be used, and why.
    Damaged(String),
    /// A later program wrote it, in this version of the format.
    Newer(u32),
    Valid(Box<Checkpoint<'static>>),
}

impl Checkpoint<'_> {
    /// A line with version, checksum and length, then JSON.
    pub(super) fn encode(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("a checkpoint is valid JSON");
        let mut file = format!("{MAGIC} {VERSION} {:08x} {}\n", crc32fast::hash(&json), json.len()).into_bytes();
        file.extend_from_slice(&json);
        file.push(b'\n');
        file
    }

    /// # Errors
    /// The file exists and cannot be read.
    pub(super) fn read(path: &Path) -> io::Result<CheckpointFile> {
        match fs::read(path) {
            Ok(file) => Ok(decode(&file).unwrap_or_else(|why| CheckpointFile::Damaged(why.to_owned()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(CheckpointFile::Missing),
            Err(error) => Err(error),
        }
    }

    /// What the run had come to.
    pub(super) fn state(&self) -> LedgerState {
        LedgerState {
            completed: self.completed.restore().unwrap_or_default(), // `decode` has checked it
            continuations: self.continuations.clone().into_owned(),
            report: self.report.clone().into_owned(),
            selection: self.selection.clone().into_owned(),
            body_rules: self.fingerprint.body_rules().ok(),
        }
    }
}

fn decode(file: &[u8]) -> Result<CheckpointFile, &'static str> {
    let end = memchr::memchr(b'\n', file).ok_or("its first line is missing")?;
    let header = std::str::from_utf8(&file[..end]).map_err(|_| "its first line is not text")?;
    let mut words = header.split(' ');
    let mut next = || words.next().ok_or("its first line is incomplete");
    if next()? != MAGIC {
        return Err("it is not a checkpoint");
    }
    let version: u32 = next()?.parse().map_err(|_| "its version is not a number")?;
    if version > VERSION {
        return Ok(CheckpointFile::Newer(version));
    }
    let crc = u32::from_str_radix(next()?, 16).map_err(|_| "its checksum is not a number")?;
    let len: usize = next()?.parse().map_err(|_| "its length is not a number")?;
    let json = file.get(end + 1..).and_then(|rest| rest.get(..len)).ok_or("it is truncated")?;
    if crc32fast::hash(json) != crc {
        return Err("its checksum is wrong");
    }
    let checkpoint: Checkpoint<'static> = serde_json::from_slice(json).map_err(|_| "it lacks a field")?;
    checkpoint.completed.restore().ok_or("its set of inputs cannot be read")?;
    Ok(CheckpointFile::Valid(Box::new(checkpoint)))
}

/// The path of a file beside `path`, whose name ends in `suffix` as well.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
