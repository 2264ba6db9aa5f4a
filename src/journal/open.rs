//! Beginning a journal, or going on with one.

use std::io;
use std::path::Path;
use std::time::Instant;

use roaring::RoaringTreemap;

use super::asked::Asked;
use super::checkpoint::{Checkpoint, Found, VERSION, beside};
use super::recover::{Flaws, State, scan};
use super::starts::{Starts, remove};
use super::syncer::Syncer;
use super::{Journal, MAX_UNSYNCED};
use crate::done::Done;
use crate::plan::{self, Format};
use crate::sink::file::{Appender, Layout, Position};
use crate::sink::ndjson::Ndjson;
use crate::source::{Print, difference};

/// More than this is not cut off without being asked: a crash damages what is not durable yet, and that is less.
const MAX_CUT: u64 = 4 * MAX_UNSYNCED;

/// What a journal is for.
#[derive(Debug)]
pub struct Setup {
    /// The output.
    pub layout: Layout,
    /// What a record says.
    pub format: plan::Output,
    /// What is read.
    pub inputs: Vec<Print>,
    /// What is asked of each input.
    pub asked: Asked,
    /// Whether an input may have several records, or lines that are none: then the checkpoint alone tells what is done.
    pub by_pages: bool,
    /// Go on even with what does not fit.
    pub anyway: bool,
    /// Send again what an earlier run began and did not see the end of, even where that is not safe.
    pub retry_unsafe: bool,
}

/// A journal, and what is in it.
#[derive(Debug)]
pub struct Opened {
    /// The sink.
    pub journal: Journal,
    /// The inputs that have their record.
    pub done: Done,
    /// Those that were begun, have none, and are not safe to repeat.
    pub begun: RoaringTreemap,
    /// The inputs are those of the earlier run, so that its places in them hold.
    pub inputs_hold: bool,
    /// What the user should know, a sentence each.
    pub notes: Vec<String>,
}

/// Why a journal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It does not fit what is asked now; with [`Setup::anyway`] it would be gone on with, if that is said.
    #[error("{0}")]
    Refused(String),
    /// The system said no.
    #[error("{what}: {reason}")]
    Failed {
        /// What was tried.
        what: String,
        /// What it said.
        reason: io::Error,
    },
}

/// Opens the journal of `setup`, empty or with what earlier runs left, and locks it.
///
/// # Errors
/// It is in use, it does not fit, or something cannot be read or written. Nothing has been changed then.
pub fn open(setup: Setup) -> Result<Opened, OpenError> {
    let mut notes = Vec::new();
    let path = setup.layout.path.clone();
    if setup.layout.is_special() {
        return Err(OpenError::Refused(format!("cannot resume: {} is not a regular file", path.display())));
    }
    let raw_items = setup.format.items.is_some() && setup.format.format == Format::Raw;
    if setup.format.format != Format::Ndjson && !raw_items || !setup.format.fields.is_empty() {
        let why = "cannot resume: the output must contain whole records: leave out";
        return Err(OpenError::Refused(format!("{why} --format, --raw and --fields")));
    }
    let existing = Appender::open_last(setup.layout.clone()).map_err(|reason| unopened(&path, reason))?;
    let parts = parts(&setup.layout)?;
    let checkpoint = checkpoint(&setup, &parts, &mut notes)?;
    let inputs_hold = checkpoint.as_ref().is_some_and(|found| difference(&found.inputs, &setup.inputs).is_none());
    let (start, mut state) = match &checkpoint {
        Some(found) => (found.position, restore(found)),
        None => (Position { part: parts.first().copied().unwrap_or_default(), length: 0 }, State::default()),
    };
    if !inputs_hold {
        state.done.forget_places();
    }
    missing_part(&setup, &parts, checkpoint.as_ref().map_or(1, |found| found.position.part))?;
    let end = if setup.by_pages {
        if existing.is_some() {
            cut_back(&setup, &parts, start, &mut notes)?;
        }
        start
    } else {
        recover(&setup, &parts, start, &mut state, &mut notes)?
    };
    let output = match existing {
        // The last part was empty, and is gone: maybe with all before it, to where they are kept.
        _ if end.part > 1 && !parts.contains(&end.part) => Appender::begin_part(setup.layout, end.part),
        Some(mut output) => output.go_back(end).map(|()| output),
        None => Appender::create(setup.layout, false),
    };
    let output = output.map_err(|reason| unopened(&path, reason))?.led();
    // Records that were found make starts forgotten: they have to be as durable.
    output.file().sync_data().map_err(|reason| failed("cannot sync", &path, reason))?;
    if parts.is_empty() && checkpoint.is_none() {
        remove(&beside(&path, ".haul-starts"))
            .map_err(|reason| failed("cannot remove the file of started requests beside", &path, reason))?;
    }
    let (starts, begun) = starts(&path, &state.done, setup.retry_unsafe)?;
    let syncer = Syncer::spawn(beside(&path, ".haul"), starts.clone())
        .map_err(|reason| failed("cannot start a thread for", &path, reason))?;
    let (position, coding) = (output.position(), output.layout().coding);
    let mut journal = Journal {
        lines: Ndjson::coded(output, setup.format, coding),
        done: state.done.clone(),
        chains: state.chains,
        earlier: state.report,
        inputs: setup.inputs,
        asked: setup.asked,
        syncer,
        starts,
        ended: Vec::new(),
        tail: checkpoint.as_ref().filter(|found| found.position == position).and_then(|found| found.tail),
        durable: start.min(position),
        ordered: position,
        changed: true,
        next: Instant::now(),
        look: Instant::now(),
        opened: Instant::now(),
    };
    if checkpoint.is_none() {
        // Whatever is written has a checkpoint before it: a run is never killed too early to be gone on with.
        journal.begin().map_err(|reason| failed("cannot write a checkpoint beside", &path, reason))?;
    }
    Ok(Opened { journal, done: state.done, begun, inputs_hold, notes })
}

/// The parts of the output that exist; a plain file is part 0.
fn parts(layout: &Layout) -> Result<Vec<u32>, OpenError> {
    let name = layout.path.display();
    let listed = layout.parts().map_err(|reason| failed("cannot look for", &layout.path, reason))?;
    match (layout.path.try_exists(), &layout.rotate) {
        (Err(reason), _) => Err(failed("cannot look for", &layout.path, reason)),
        (Ok(true), None) => Ok(vec![0]),
        (Ok(false), None) if listed.is_empty() => Ok(Vec::new()),
        (Ok(false), None) => {
            Err(OpenError::Refused(format!("{name} was written in parts: use --rotate to continue them")))
        }
        (Ok(true), Some(_)) => Err(OpenError::Refused(format!("{name} was written without --rotate: leave it out"))),
        (Ok(false), Some(_)) => Ok(listed),
    }
}

fn unopened(path: &Path, reason: io::Error) -> OpenError {
    match reason.kind() {
        io::ErrorKind::ResourceBusy => OpenError::Refused(reason.to_string()),
        _ => failed("cannot open", path, reason),
    }
}

/// The checkpoint, if there is one that can be gone on from.
fn checkpoint(
    setup: &Setup,
    parts: &[u32],
    notes: &mut Vec<String>,
) -> Result<Option<Box<Checkpoint<'static>>>, OpenError> {
    let path = beside(&setup.layout.path, ".haul");
    let name = path.display();
    let found = Checkpoint::read(&path).map_err(|reason| failed("cannot read", &path, reason))?;
    let written = || parts.iter().any(|&part| length(&setup.layout.part_path(part)) > 0);
    let instead = if setup.by_pages { "starting the output from scratch" } else { "reading the whole output" };
    let refusal = match found {
        Found::Missing if setup.by_pages && written() => {
            format!("{name} is missing, and only it knows which pages or items are complete")
        }
        Found::Damaged(why) if setup.by_pages => {
            format!("{name} is damaged ({why}), and only it knows which pages or items are complete")
        }
        Found::Missing if written() => {
            notes.push(format!("{name} is missing: reading the whole output"));
            return Ok(None);
        }
        Found::Missing => return Ok(None),
        Found::Damaged(why) => {
            notes.push(format!("{name} is damaged ({why}): reading the whole output"));
            return Ok(None);
        }
        Found::Later(version) => {
            format!(
                "{name} has version {version}, but this haul supports only versions up to {VERSION}: use a newer haul"
            )
        }
        Found::Whole(checkpoint) => match misfit(setup, parts, &checkpoint) {
            None => return Ok(Some(checkpoint)),
            Some(Misfit::Asks(what)) if setup.anyway => {
                notes.push(format!("continuing, although {what}"));
                return Ok(Some(checkpoint));
            }
            Some(Misfit::Asks(what) | Misfit::Lacks(what)) => what,
        },
    };
    if !setup.anyway {
        let anyway =
            if setup.by_pages { "starts the output from scratch; its content is lost" } else { "continues regardless" };
        return Err(OpenError::Refused(format!("cannot resume: {refusal}\n(--resume-anyway {anyway})")));
    }
    notes.push(format!("continuing, although {refusal}: {instead}"));
    Ok(None)
}

/// Why a checkpoint does not fit.
enum Misfit {
    /// Something else was asked.
    Asks(String),
    /// The output is not what it says.
    Lacks(String),
}

fn misfit(setup: &Setup, parts: &[u32], checkpoint: &Checkpoint<'_>) -> Option<Misfit> {
    let Position { part, length: claimed } = checkpoint.position;
    let output = setup.layout.part_path(part);
    let found = length(&output);
    let output = output.display();
    if claimed > 0 && !parts.contains(&part) {
        return Some(Misfit::Lacks(format!("{output} is missing")));
    }
    if found < claimed {
        return Some(Misfit::Lacks(format!("{output} has {found} bytes, but {claimed} were durable")));
    }
    let path = setup.layout.part_path(part);
    if checkpoint.tail.is_some_and(|tail| !tail.is_before(claimed, &path).unwrap_or(false)) {
        return Some(Misfit::Lacks(format!("{output} does not match the checkpoint")));
    }
    let inputs = difference(&checkpoint.inputs, &setup.inputs);
    inputs.or_else(|| checkpoint.asked.difference(&setup.asked)).map(Misfit::Asks)
}

fn restore(checkpoint: &Checkpoint<'_>) -> State {
    let done = checkpoint.done.restore().unwrap_or_default(); // it was tried when it was read
    State { done, chains: checkpoint.chains.clone().into_owned(), report: checkpoint.report.clone().into_owned() }
}

/// Whether what stands behind the `durable` length may be cut off: it is fetched again.
fn cut_back(setup: &Setup, parts: &[u32], durable: Position, notes: &mut Vec<String>) -> Result<(), OpenError> {
    let since = parts.iter().filter(|&&part| part >= durable.part);
    let written: u64 = since.map(|&part| length(&setup.layout.part_path(part))).sum();
    let rest = written.saturating_sub(durable.length);
    let name = setup.layout.part_path(durable.part);
    let (name, at) = (name.display(), durable.length);
    if rest > MAX_CUT && !setup.anyway {
        let what = format!("{name} has {rest} bytes after byte {at}, the end of its durable records");
        return Err(OpenError::Refused(format!("cannot resume: {what}\n(--resume-anyway removes them)")));
    }
    if rest > 0 {
        notes.push(format!("{name}: removed {rest} bytes after byte {at}; their pages are fetched again"));
    }
    Ok(())
}

/// All parts are needed from that on which the checkpoint is in, or from the first.
fn missing_part(setup: &Setup, parts: &[u32], first: u32) -> Result<(), OpenError> {
    let missing = (first..).zip(parts.iter().filter(|&&part| part >= first)).find(|(wanted, part)| wanted != *part);
    match missing {
        Some((part, _)) if !setup.anyway && setup.layout.rotate.is_some() => {
            let name = setup.layout.part_path(part);
            let message = format!("cannot resume: {} is missing, but later parts exist", name.display());
            Err(OpenError::Refused(message + "\n(--resume-anyway continues regardless)"))
        }
        _ => Ok(()),
    }
}

/// Takes in what stands in the output behind `start`. The end of what can be used.
fn recover(
    setup: &Setup,
    parts: &[u32],
    start: Position,
    state: &mut State,
    notes: &mut Vec<String>,
) -> Result<Position, OpenError> {
    let mut end = start;
    for &part in parts.iter().filter(|&&part| part >= start.part) {
        let path = setup.layout.part_path(part);
        let from = if part == start.part { start.length } else { 0 };
        let is_last = parts.last() == Some(&part);
        let flaws = if is_last { Flaws::End } else { Flaws::Skip };
        let found = scan(&path, setup.layout.coding, from, flaws, setup.format.redact, state)
            .map_err(|reason| failed("cannot read", &path, reason))?;
        end = Position { part, length: found.valid };
        let Some(flaw) = found.flaw else { continue };
        let name = path.display();
        let verdict = if is_last {
            format!("{name}: removed {} bytes after byte {}: {flaw}", found.rest, found.valid)
        } else {
            format!("{name}: after byte {}, {flaw}; unreadable records are fetched again", found.valid)
        };
        if (!is_last || found.rest > MAX_CUT) && !setup.anyway {
            let what =
                format!("{name} is damaged after byte {}, {} bytes before its end: {flaw}", found.valid, found.rest);
            return Err(OpenError::Refused(format!("cannot resume: {what}\n(--resume-anyway continues regardless)")));
        }
        notes.push(verdict);
    }
    Ok(end)
}

fn starts(path: &Path, done: &Done, retry_unsafe: bool) -> Result<(Option<Starts>, RoaringTreemap), OpenError> {
    let path = beside(path, ".haul-starts");
    let mut begun = RoaringTreemap::new();
    if !retry_unsafe {
        begun = Starts::read(&path).map_err(|reason| failed("cannot read", &path, reason))?;
        begun = begun.into_iter().filter(|&seq| !done.contains(seq)).collect();
    }
    let starts = Starts::create(path.clone(), &begun).map_err(|reason| failed("cannot write", &path, reason))?;
    Ok((Some(starts).filter(|_| !retry_unsafe), begun))
}

fn length(path: &Path) -> u64 {
    path.metadata().map_or(0, |found| found.len())
}

fn failed(what: &str, path: &Path, reason: io::Error) -> OpenError {
    OpenError::Failed { what: format!("{what} {}", path.display()), reason }
}
