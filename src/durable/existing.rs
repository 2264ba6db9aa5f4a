//! The files that earlier runs wrote.

use std::io;
use std::path::Path;

use super::behind::RecordsBehind;
use super::checkpoint::{self, Checkpoint, CheckpointFile, beside};
use super::error::{Anyway, Mismatch, ResumeError};
use super::ledger::MAX_UNSYNCED;
use super::note::Note;
use super::options::LedgerOptions;
use super::owned::FirstLine;
use super::parts::{find_parts, is_proven, owned};
use super::recover::{Damage, LedgerState, OnDamage, Removable, ScanResult, scan};
use crate::guard::redact::Redact;
use crate::schema::OutputFormat;
use crate::storage::compression::Coding;
use crate::storage::{Appender, Layout, Position};

/// More than this is not cut off unasked: a crash damages only what is not durable yet, which is less.
const MAX_CUT: u64 = 4 * MAX_UNSYNCED;

/// An output as it was found, and locked.
pub(super) struct Existing {
    layout: Layout,
    /// The last file, if there is one.
    last: Option<Appender>,
    /// The parts that exist, by their numbers; an output without parts is part 0.
    parts: Vec<u32>,
    /// Those that are proven. Only they are cut or removed; the others are only read.
    owned: Vec<u32>,
}

impl Existing {
    pub(super) fn open(options: &LedgerOptions, checkpoint: Option<&Checkpoint<'_>>) -> Result<Existing, ResumeError> {
        let layout = &options.layout;
        let parts = find_parts(layout, checkpoint.map(|found| found.position.part))?;
        let owned = owned(&parts, checkpoint, options);
        let last = Appender::open_last(layout.clone(), &owned).map_err(|error| cannot_open(&layout.path, error))?;
        Ok(Existing { layout: layout.clone(), last, parts, owned })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(super) fn has_content(&self) -> bool {
        self.parts.iter().any(|&part| self.length(part) > 0)
    }

    pub(super) fn first_position(&self) -> Position {
        Position { part: self.owned.first().copied().unwrap_or_default(), length: 0 }
    }

    /// Why this is not the output that a checkpoint is of.
    pub(super) fn mismatch(&self, checkpoint: &Checkpoint<'_>) -> Option<Mismatch> {
        let Position { part, length: durable } = checkpoint.position;
        let path = self.layout.part_path(part);
        let (name, found) = (path.display(), self.length(part));
        if durable > 0 && !self.parts.contains(&part) {
            return Some(Mismatch::Output(format!("{name} is missing")));
        }
        if found < durable {
            return Some(Mismatch::Output(format!("{name} has {found} bytes, but {durable} were durable")));
        }
        if checkpoint.tail.is_some_and(|tail| !tail.is_before(durable, &path).unwrap_or(false)) {
            return Some(Mismatch::Output(format!("{name} does not match the checkpoint")));
        }
        None
    }

    /// Refuses a file that may be somebody else's: no checkpoint vouches for what would be cut off, and it does not begin
    /// with a record.
    pub(super) fn check_owned(
        &self,
        found: Option<&Checkpoint<'_>>,
        options: &LedgerOptions,
    ) -> Result<(), ResumeError> {
        let Some(&last) = self.parts.last() else { return Ok(()) };
        let of_this = found.filter(|found| found.position.part == last);
        let path = self.layout.part_path(last);
        match self.owned.contains(&last) {
            false if self.owned.is_empty() || of_this.is_some() => return Err(ResumeError::Foreign(path)),
            false if !options.anyway => {
                let why = format!("nothing shows that haul wrote {}", path.display());
                return Err(ResumeError::Mismatch { why, anyway: Anyway::Continues });
            }
            false => return Ok(()), // it is left alone
            true => {}
        }
        if options.anyway || of_this.is_some_and(|found| found.position.length > 0 && found.tail.is_some()) {
            return Ok(());
        }
        let first = FirstLine::of(&path, self.layout.coding).map_err(ResumeError::failed("cannot read", &path))?;
        let what = match first {
            FirstLine::Nothing | FirstLine::Record => return Ok(()),
            FirstLine::Item if options.format.items.is_some() => return Ok(()),
            FirstLine::Torn if of_this.is_some() => return Ok(()),
            _ if of_this.is_some() && options.format.format == OutputFormat::Raw => return Ok(()),
            FirstLine::Item => "an item, not a record",
            FirstLine::Torn => "no complete record",
            FirstLine::Foreign(_) => "not a record",
        };
        let why = format!("nothing shows that haul wrote {}: its first line is {what}", path.display());
        Err(ResumeError::Mismatch { why, anyway: Anyway::StartsOver })
    }

    /// What continuing regardless does: from the checkpoint `found`, or from the first record if it does not count. Only
    /// in the first case is there little to read, so that it can be counted.
    pub(super) fn anyway(
        &self,
        found: Option<&Checkpoint<'_>>,
        options: &LedgerOptions,
    ) -> Result<Anyway, ResumeError> {
        let (durable, mut state) = match found {
            Some(found) => (found.position, found.state()),
            None if options.checkpoint_only => return Ok(Anyway::StartsOver),
            None if self.has_content() => return Ok(Anyway::ReadsWhole),
            None => return Ok(Anyway::Continues),
        };
        let end = match options.checkpoint_only {
            true => durable,
            false => self.recover(durable, options.format.redact, Removable::Anything, &mut state, &mut Vec::new())?,
        };
        Ok(match self.written_from(end.part).saturating_sub(end.length) {
            0 => Anyway::Continues,
            _ if end == self.first_position() => Anyway::StartsOver,
            rest => Anyway::RemovesAfter { valid: end.length, rest },
        })
    }

    /// Refuses an output that lacks a part between the one of the checkpoint and its last.
    pub(super) fn check_gap(&self, found: Option<&Checkpoint<'_>>, options: &LedgerOptions) -> Result<(), ResumeError> {
        let first = found.map_or(1, |found| found.position.part);
        let parts = self.parts.iter().filter(|&&part| part >= first);
        let missing = (first..).zip(parts).find(|(expected, part)| expected != *part);
        match missing {
            Some((part, _)) if !options.anyway && self.layout.rotate.is_some() => {
                let name = self.layout.part_path(part);
                let why = format!("{} is missing, but later parts exist", name.display());
                Err(ResumeError::Mismatch { why, anyway: self.anyway(found, options)? })
            }
            _ => Ok(()),
        }
    }

    /// Refuses to cut off more than a crash can damage. What is cut off is fetched again.
    pub(super) fn check_cut(&self, durable: Position, anyway: bool, notes: &mut Vec<Note>) -> Result<(), ResumeError> {
        if self.last.is_none() {
            return Ok(());
        }
        let rest = self.written_from(durable.part).saturating_sub(durable.length);
        let path = self.layout.part_path(durable.part);
        let (name, at) = (path.display(), durable.length);
        if rest > MAX_CUT && !anyway {
            let why = format!("{name} has {rest} bytes after byte {at}, the end of its durable records");
            return Err(ResumeError::Mismatch { why, anyway: Anyway::Removes });
        }
        if rest > 0 {
            let text = format!("{name}: removed {rest} bytes after byte {at}, to be fetched again");
            notes.push(Note::removal(text));
        }
        Ok(())
    }

    /// Adds the records behind `durable` to `state`. Returns where the last of them ends.
    pub(super) fn recover(
        &self,
        durable: Position,
        redact: Redact,
        removable: Removable,
        state: &mut LedgerState,
        notes: &mut Vec<Note>,
    ) -> Result<Position, ResumeError> {
        let mut end = durable;
        for part in self.parts_from(durable.part) {
            let path = self.layout.part_path(part);
            let from = if part == durable.part { durable.length } else { 0 };
            let (is_owned, is_last) = (self.owned.contains(&part), self.owned.last() == Some(&part));
            let on_damage = if is_last { OnDamage::Stop } else { OnDamage::Skip };
            let found = scan(&path, self.layout.coding, from, on_damage, redact, state)
                .map_err(ResumeError::failed("cannot read", &path))?;
            let (name, valid, rest) = (path.display(), found.valid, found.rest);
            if is_owned {
                end = Position { part, length: valid };
            }
            let Some(damage) = &found.damage else { continue };
            if is_last && removable == Removable::Torn && !matches!(damage, Damage::Cancelled(_)) {
                self.check_torn(&path, &found)?;
            }
            if (!is_last || rest > MAX_CUT) && removable != Removable::Anything {
                let why = format!("{name} is damaged after byte {valid}, {rest} bytes before its end: {damage}");
                let anyway = if is_last { Anyway::Removes } else { Anyway::Continues };
                return Err(ResumeError::Mismatch { why, anyway });
            }
            notes.push(if is_last {
                Note::removal(format!("{name}: removed {rest} bytes after byte {valid}: {damage}"))
            } else {
                Note::new(format!("{name}: after byte {valid}, {damage}; unreadable records are fetched again"))
            });
        }
        Ok(end)
    }

    /// Refuses to remove complete records that follow a damaged one: no crash leaves them so.
    fn check_torn(&self, path: &Path, found: &ScanResult) -> Result<(), ResumeError> {
        let ScanResult { valid, rest, blocks, damage: Some(damage) } = found else { return Ok(()) };
        let coding = self.layout.coding;
        let behind = RecordsBehind::find(path, coding, *valid).map_err(ResumeError::failed("cannot read", path))?;
        let follows = match behind {
            RecordsBehind::None => return Ok(()),
            RecordsBehind::Lines(1) => "1 complete record follows it".to_owned(),
            RecordsBehind::Lines(records) => format!("{records} complete records follow it"),
            RecordsBehind::Blocks => "complete records follow it".to_owned(),
        };
        let place = match coding {
            Coding::Plain => format!("in line {}", blocks + 1),
            _ => format!("after byte {valid}"),
        };
        let why = format!("{} is damaged {place} ({damage}), and {follows}", path.display());
        Err(ResumeError::Mismatch { why, anyway: Anyway::RemovesAfter { valid: *valid, rest: *rest } })
    }

    /// Cuts the output back to `end`, to be continued there.
    pub(super) fn into_appender(self, end: Position) -> Result<Appender, ResumeError> {
        let path = self.layout.path.clone();
        let output = match self.last {
            // The last part was empty and is gone, perhaps moved away with all the others.
            _ if end.part > 1 && !self.owned.contains(&end.part) => Appender::begin_part(self.layout, end.part),
            Some(mut output) => output.go_back(end).map(|()| output),
            None => Appender::create(self.layout),
        };
        output.map(Appender::with_manual_rotation).map_err(|error| cannot_open(&path, error))
    }

    fn parts_from(&self, first: u32) -> impl Iterator<Item = u32> {
        self.parts.iter().copied().filter(move |&part| part >= first)
    }

    /// The bytes of our parts from `first` on.
    fn written_from(&self, first: u32) -> u64 {
        self.owned.iter().filter(|&&part| part >= first).map(|&part| self.length(part)).sum()
    }

    fn length(&self, part: u32) -> u64 {
        self.layout.part_path(part).metadata().map_or(0, |found| found.len())
    }
}

/// Whether the output at `layout` is one of whole records, to judge by its checkpoint or its first line.
pub fn holds_records(layout: &Layout) -> bool {
    let checkpoint = Checkpoint::read(&beside(&layout.path, checkpoint::SUFFIX));
    let first = layout.part_path(u32::from(layout.rotate.is_some()));
    matches!(checkpoint, Ok(CheckpointFile::Valid(_))) || is_proven(&first, layout)
}

fn cannot_open(path: &Path, error: io::Error) -> ResumeError {
    match error.kind() {
        io::ErrorKind::ResourceBusy => ResumeError::Busy(error),
        _ => ResumeError::failed("cannot open", path)(error),
    }
}
