//! The file beside an output: how much of it is durable, and what it holds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use roaring::RoaringTreemap;
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use crate::done::Done;
use crate::job::Place;
use crate::pages::Chain;
use crate::report::Report;
use crate::sink::file::{Position, Tail, sync_directory};
use crate::source::Print;

/// The version of the file's form.
pub(super) const VERSION: u32 = 1;

const MAGIC: &str = "haul-checkpoint";

/// What is known to be durable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Checkpoint<'a> {
    /// The program that wrote it.
    pub program: String,
    /// What was read.
    pub inputs: Cow<'a, [Print]>,
    /// What was asked of each input.
    pub asked: Cow<'a, Asked>,
    /// How far the output is durable.
    pub position: Position,
    /// What stands before that, if it is known.
    pub tail: Option<Tail>,
    /// The inputs that have a record up to there.
    #[serde(flatten)]
    pub done: Ordinals,
    /// The inputs that have records of their first pages up to there.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub chains: Cow<'a, BTreeMap<u64, Chain>>,
    /// The fold over those records.
    pub report: Cow<'a, Report>,
}

fn is_empty(chains: &BTreeMap<u64, Chain>) -> bool {
    chains.is_empty()
}

/// [`Done`], as it is written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Ordinals {
    /// All below this have their record.
    watermark: u64,
    /// An ordinal at or below the watermark, and where its line stands.
    anchor: Option<(u64, Place)>,
    /// Those above the watermark: a roaring bitmap in its portable form, in base64.
    above: String,
}

impl Ordinals {
    pub(super) fn of(done: &Done) -> Self {
        let mut above = Vec::with_capacity(done.above().serialized_size());
        done.above().serialize_into(&mut above).expect("a vector takes it");
        Ordinals { watermark: done.watermark(), anchor: done.anchor(), above: BASE64_STANDARD.encode(above) }
    }

    pub(super) fn restore(&self) -> Option<Done> {
        let above = BASE64_STANDARD.decode(&self.above).ok()?;
        let above = RoaringTreemap::deserialize_from(&*above).ok()?;
        let anchor = self.anchor.filter(|(seq, _)| *seq <= self.watermark);
        Some(Done::restore(self.watermark, above, anchor))
    }
}

/// What stands in the place of a checkpoint.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing.
    Missing,
    /// What cannot be used, and why.
    Damaged(String),
    /// One of a version that only a later program knows.
    Later(u32),
    /// A checkpoint.
    Whole(Box<Checkpoint<'static>>),
}

impl Checkpoint<'_> {
    /// A line with version, checksum and length, then JSON.
    pub(super) fn encode(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("our own values are JSON");
        let mut file = format!("{MAGIC} {VERSION} {:08x} {}\n", crc32fast::hash(&json), json.len()).into_bytes();
        file.extend_from_slice(&json);
        file.push(b'\n');
        file
    }

    /// # Errors
    /// The file is there and cannot be read.
    pub(super) fn read(path: &Path) -> io::Result<Found> {
        match fs::read(path) {
            Ok(file) => Ok(decode(&file).unwrap_or_else(|why| Found::Damaged(why.to_owned()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Missing),
            Err(error) => Err(error),
        }
    }
}

fn decode(file: &[u8]) -> Result<Found, &'static str> {
    let end = memchr::memchr(b'\n', file).ok_or("its first line is missing")?;
    let header = std::str::from_utf8(&file[..end]).map_err(|_| "its first line is not text")?;
    let mut words = header.split(' ');
    let mut next = || words.next().ok_or("its first line is incomplete");
    if next()? != MAGIC {
        return Err("it is not a checkpoint");
    }
    let version: u32 = next()?.parse().map_err(|_| "its version is not a number")?;
    if version > VERSION {
        return Ok(Found::Later(version));
    }
    let crc = u32::from_str_radix(next()?, 16).map_err(|_| "its checksum is not a number")?;
    let len: usize = next()?.parse().map_err(|_| "its length is not a number")?;
    let json = file.get(end + 1..).and_then(|rest| rest.get(..len)).ok_or("it is truncated")?;
    if crc32fast::hash(json) != crc {
        return Err("its checksum is wrong");
    }
    let checkpoint: Checkpoint<'static> = serde_json::from_slice(json).map_err(|_| "it lacks a field")?;
    checkpoint.done.restore().ok_or("its set of inputs cannot be read")?;
    Ok(Found::Whole(Box::new(checkpoint)))
}

/// Puts `contents` in the place of `path`, all at once, and does not return before that is durable.
///
/// # Errors
/// Some step failed; `path` is then as it was, or as it should be.
pub(super) fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let new = beside(path, "-new");
    let mut file = create_private(&new)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    sync_directory(path.parent().unwrap_or(path))
}

/// Of all who use this machine, only the owner may read what a checkpoint says of requests.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let mut how = OpenOptions::new();
    how.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
    how.open(path)
}

/// `path` with something added to its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
