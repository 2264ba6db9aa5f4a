//! Opening a ledger, for the first time or again.

use std::io;
use std::path::Path;

use roaring::RoaringTreemap;

use super::SUFFIXES;
use super::begun;
use super::checkpoint::{self, Checkpoint, CheckpointFile, beside};
use super::error::{Anyway, Mismatch, ResumeError};
use super::existing::Existing;
use super::intents::{self, IntentLog};
use super::judge::judge_checkpoint;
use super::ledger::{Ledger, LedgerProgress};
use super::note::Note;
use super::options::LedgerOptions;
use super::owned::{may_be_checkpoint, may_be_intents};
use super::recover::{LedgerState, Removable};
use super::syncer::Syncer;
use crate::model::{CompletedSet, difference};
use crate::schema::{BodyRules, Output, OutputFormat};
use crate::sink::ndjson::Ndjson;
use crate::sink::{DurableSink, FlushPolicy};
use crate::storage::compression::Coding;
use crate::storage::{NEW, Position};

/// A ledger, and what was recovered from earlier runs.
#[derive(Debug)]
pub struct Recovered {
    /// The ledger.
    pub ledger: Ledger,
    /// The inputs that have their record.
    pub completed: CompletedSet,
    /// The inputs that were started, have no record, and are not safe to repeat.
    pub interrupted: RoaringTreemap,
    /// Whether the inputs are those of the earlier run, so that positions in them are valid.
    pub inputs_unchanged: bool,
    /// The rules by which the run reads bodies: the plan must have them, too.
    pub body_rules: BodyRules,
    /// What the user should know.
    pub notes: Vec<Note>,
}

/// Opens a ledger over files of records, empty or with what earlier runs wrote, and locks them.
///
/// # Errors
/// The files are in use, do not match, or cannot be read or written. Nothing has changed then.
pub fn open(options: LedgerOptions) -> Result<Recovered, ResumeError> {
    check_format(&options)?;
    let mut notes = Vec::new();
    let file = read_checkpoint(&options)?;
    let known = if let CheckpointFile::Valid(found) = &file { Some(&**found) } else { None };
    let existing = Existing::open(&options, known)?;
    let path = options.layout.path.clone();
    let has_begun = options.checkpoint_only
        && matches!(file, CheckpointFile::Missing)
        && begun::is_marked(&path).map_err(ResumeError::failed("cannot read the checkpoint of", &path))?;
    // If records are left out, an empty output may be that of a finished run.
    let has_content = existing.has_content() || options.checkpoint_only && !existing.is_empty() && !has_begun;
    let mismatch = |found: &Checkpoint<'_>| existing.mismatch(found);
    let anyway = |found: Option<&Checkpoint<'_>>| existing.anyway(found, &options);
    let found = judge_checkpoint(file, &options, has_content, mismatch, anyway, &mut notes)?;
    let (durable, mut state) = match &found {
        Some(found) => (found.position, found.state()),
        None => (existing.first_position(), LedgerState::default()),
    };
    existing.check_gap(found.as_deref(), &options)?;
    existing.check_owned(found.as_deref(), &options)?;
    let end = if options.checkpoint_only {
        existing.check_cut(durable, options.anyway, &mut notes)?;
        durable
    } else {
        let from = found.as_ref().map_or_else(Position::default, |found| found.position);
        let removable = match &found {
            _ if options.anyway => Removable::Anything,
            Some(_) => Removable::NotDurable,
            None => Removable::Torn,
        };
        existing.recover(from, options.format.redact, removable, &mut state, &mut notes)?
    };
    let is_new = found.is_none() && (existing.is_empty() || has_begun && !existing.has_content());
    let needs_mark = is_new && options.checkpoint_only;
    if needs_mark {
        begun::mark(&path)?;
    }
    let tail = found.as_ref().filter(|found| found.position == end).and_then(|found| found.tail);
    let output = existing.into_appender(end).inspect_err(|_| {
        if needs_mark {
            begun::unmark(&path);
        }
    })?;
    let output = output.with_tail(tail);
    let coding = options.layout.coding;
    let flush_policy = if coding == Coding::Plain { FlushPolicy::IMMEDIATE } else { FlushPolicy::of(coding) };
    let body_rules = state.body_rules.unwrap_or(options.format.body_rules);
    let format = Output { body_rules, ..options.format.clone() };
    let sink = Box::new(Ndjson::coded(output, format, coding));
    let start = LedgerStart { sink, flush_policy, checkpoint: found, state, durable, is_new };
    let started = start.begin(options, notes);
    if started.is_err() && needs_mark {
        begun::mark(&path)?; // the output stays, and has no checkpoint
    }
    started
}

impl Ledger {
    /// Opens a ledger over `sink`, which is cut back to the last checkpoint. Of the options, `checkpoint_only` and `format`
    /// are for files of records and do not count, except for the rules for bodies.
    ///
    /// # Errors
    /// The output does not match, or the files beside it cannot be read or written. Nothing has changed then.
    pub fn open(
        mut sink: Box<dyn DurableSink>,
        flush_policy: FlushPolicy,
        options: LedgerOptions,
    ) -> Result<Recovered, ResumeError> {
        let options = LedgerOptions { checkpoint_only: true, ..options };
        let (end, path) = (sink.position(), options.layout.path.clone());
        let first = Position { part: end.part.min(1), length: 0 };
        let is_short = |found: &Checkpoint<'_>| {
            let missing = format!("{} ends before what was durable", path.display());
            (found.position > end).then_some(Mismatch::Output(missing))
        };
        let mut notes = Vec::new();
        let file = read_checkpoint(&options)?;
        let anyway =
            |found: Option<&Checkpoint<'_>>| Ok(if found.is_some() { Anyway::Continues } else { Anyway::StartsOver });
        let checkpoint = judge_checkpoint(file, &options, end > first, is_short, anyway, &mut notes)?;
        let (durable, state) =
            checkpoint.as_ref().map_or((first, LedgerState::default()), |found| (found.position, found.state()));
        let is_new = end == first && checkpoint.is_none();
        sink.truncate(durable).map_err(ResumeError::failed("cannot open", &path))?;
        LedgerStart { sink, flush_policy, checkpoint, state, durable, is_new }.begin(options, notes)
    }
}

/// What a ledger starts from: a sink that ends where `state` does.
struct LedgerStart {
    sink: Box<dyn DurableSink>,
    flush_policy: FlushPolicy,
    checkpoint: Option<Box<Checkpoint<'static>>>,
    state: LedgerState,
    /// How far the output was durable when the earlier run ended.
    durable: Position,
    is_new: bool,
}

impl LedgerStart {
    fn begin(self, options: LedgerOptions, notes: Vec<Note>) -> Result<Recovered, ResumeError> {
        let LedgerStart { sink, flush_policy, checkpoint, mut state, durable, is_new } = self;
        let path = options.layout.path;
        let inputs_unchanged =
            checkpoint.as_ref().is_some_and(|found| difference(&found.inputs, &options.inputs).is_none());
        if !inputs_unchanged {
            state.completed.forget_positions();
        }
        // Intents are dropped for records that were found, which have to be as durable.
        let sync = sink.sync_handle().and_then(|sync| sync());
        sync.map_err(ResumeError::failed("cannot sync", &path))?;
        if is_new {
            let of_another = beside(&path, intents::SUFFIX);
            intents::remove(&of_another)
                .map_err(ResumeError::failed("cannot remove the file of started requests beside", &path))?;
        }
        let (intents, interrupted) = open_intents(&path, &state.completed, options.retry_unsafe)?;
        let syncer = Syncer::spawn(beside(&path, checkpoint::SUFFIX), intents.clone())
            .map_err(ResumeError::failed("cannot start a thread for", &path))?;
        let position = sink.position();
        let completed = state.completed.clone();
        let body_rules = state.body_rules.unwrap_or(options.format.body_rules);
        let mut ledger = Ledger {
            sink,
            flush_policy,
            completed: state.completed,
            continuations: state.continuations,
            earlier: state.report,
            earlier_selection: state.selection,
            inputs: options.inputs,
            fingerprint: options.fingerprint.with_body_rules(body_rules),
            syncer,
            intents,
            progress: LedgerProgress::new(durable, position),
        };
        if checkpoint.is_none() {
            let first = ledger.write_first_checkpoint();
            first.map_err(ResumeError::failed("cannot write a checkpoint beside", &path))?;
        }
        Ok(Recovered { ledger, completed, interrupted, inputs_unchanged, body_rules, notes })
    }
}

fn check_format(options: &LedgerOptions) -> Result<(), ResumeError> {
    let (layout, format) = (&options.layout, &options.format);
    if layout.is_special() {
        return Err(ResumeError::SpecialFile(layout.path.clone()));
    }
    let first = layout.part_path(u32::from(layout.rotate.is_some()));
    if let Some(link) = [&layout.path, &first].into_iter().find(|path| path.is_symlink() && !path.exists()) {
        return Err(ResumeError::BrokenLink(link.clone()));
    }
    let raw_items = format.items.is_some() && format.format == OutputFormat::Raw;
    if format.format != OutputFormat::Ndjson && !raw_items || !format.fields.is_empty() {
        return Err(ResumeError::PartialRecords);
    }
    Ok(())
}

/// Reads the checkpoint. Refuses if one of the files beside the output is not ours to replace.
fn read_checkpoint(options: &LedgerOptions) -> Result<CheckpointFile, ResumeError> {
    type Check = fn(&Path) -> io::Result<bool>;
    for suffix in SUFFIXES {
        let (is_ours, kind): (Check, &str) = match suffix {
            checkpoint::SUFFIX | checkpoint::NEW_SUFFIX => (may_be_checkpoint, "a checkpoint"),
            _ => (may_be_intents, "a log of started requests"),
        };
        let path = beside(&options.layout.path, suffix);
        // A new file is never written through a link.
        let is_link = suffix.ends_with(NEW) && path.is_symlink();
        let ours = !is_link && is_ours(&path).map_err(ResumeError::failed("cannot read", &path))?;
        if !ours && !options.anyway {
            let why = format!("{} exists and is not {kind} of haul", path.display());
            return Err(ResumeError::Mismatch { why, anyway: Anyway::Replaces });
        }
    }
    let path = beside(&options.layout.path, checkpoint::SUFFIX);
    Checkpoint::read(&path).map_err(ResumeError::failed("cannot read", &path))
}

/// The log of intents, and those in it that have no record.
fn open_intents(
    path: &Path,
    completed: &CompletedSet,
    retry_unsafe: bool,
) -> Result<(Option<IntentLog>, RoaringTreemap), ResumeError> {
    let path = beside(path, intents::SUFFIX);
    let mut interrupted = RoaringTreemap::new();
    if !retry_unsafe {
        let logged = IntentLog::read(&path).map_err(ResumeError::failed("cannot read", &path))?;
        interrupted = logged.into_iter().filter(|&seq| !completed.contains(seq)).collect();
    }
    let log = IntentLog::create(path.clone(), &interrupted).map_err(ResumeError::failed("cannot write", &path))?;
    Ok((Some(log).filter(|_| !retry_unsafe), interrupted))
}
