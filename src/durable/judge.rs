//! Whether a checkpoint can be resumed from.

use std::fmt::Display;

use super::checkpoint::{self, Checkpoint, CheckpointFile, VERSION, beside};
use super::error::{Anyway, Mismatch, ResumeError};
use super::fingerprint::key;
use super::note::Note;
use super::options::LedgerOptions;
use crate::model::difference;
use crate::schema::BodyRules;

/// The checkpoint, if it can be resumed from.
pub(super) fn judge_checkpoint(
    file: CheckpointFile,
    options: &LedgerOptions,
    has_content: bool,
    mismatch: impl FnOnce(&Checkpoint<'_>) -> Option<Mismatch>,
    anyway: impl FnOnce(Option<&Checkpoint<'_>>) -> Result<Anyway, ResumeError>,
    notes: &mut Vec<Note>,
) -> Result<Option<Box<Checkpoint<'static>>>, ResumeError> {
    let path = beside(&options.layout.path, checkpoint::SUFFIX);
    let name = path.display();
    let checkpoint_only = options.checkpoint_only;
    let refusal = match file {
        CheckpointFile::Missing if checkpoint_only && has_content => {
            format!("{name} is missing, and only it knows which inputs are complete")
        }
        CheckpointFile::Damaged(why) if checkpoint_only => {
            format!("{name} is damaged ({why}), and only it knows which inputs are complete")
        }
        CheckpointFile::Missing if has_content => {
            notes.push(Note::new(format!("{name} is missing: reading the whole output")));
            return Ok(None);
        }
        CheckpointFile::Missing => return Ok(None),
        CheckpointFile::Damaged(why) => {
            notes.push(Note::new(format!("{name} is damaged ({why}): reading the whole output")));
            return Ok(None);
        }
        CheckpointFile::Newer(version) => {
            format!(
                "{name} has version {version}, but this haul supports only versions up to {VERSION}: use a newer haul"
            )
        }
        CheckpointFile::Valid(checkpoint) => match newer_rules(&name, &checkpoint)
            .or_else(|| mismatch(&checkpoint))
            .or_else(|| other_run(options, &checkpoint))
        {
            None => return Ok(Some(checkpoint)),
            Some(Mismatch::Run(what)) if options.anyway => {
                notes.push(Note::new(format!("continuing, although {what}")));
                return Ok(Some(checkpoint));
            }
            Some(Mismatch::Run(why)) => {
                return Err(ResumeError::Mismatch { why, anyway: anyway(Some(&checkpoint))? });
            }
            Some(Mismatch::Selection(what) | Mismatch::Output(what)) => what,
        },
    };
    if !options.anyway {
        return Err(ResumeError::Mismatch { why: refusal, anyway: anyway(None)? });
    }
    let instead = if checkpoint_only { "starting the output from scratch" } else { "reading the whole output" };
    notes.push(Note::new(format!("continuing, although {refusal}: {instead}")));
    Ok(None)
}

/// Whether bodies were read by rules that are not known here.
fn newer_rules(name: impl Display, checkpoint: &Checkpoint<'_>) -> Option<Mismatch> {
    let version = checkpoint.fingerprint.body_rules().err()?;
    let newest = BodyRules::default().version();
    Some(Mismatch::Output(format!(
        "{name} has version {version} of the rules for bodies, but this haul supports only versions up to {newest}: use a \
         newer haul"
    )))
}

fn other_run(options: &LedgerOptions, checkpoint: &Checkpoint<'_>) -> Option<Mismatch> {
    let (before, now) = (&checkpoint.fingerprint, &options.fingerprint);
    let selection = before.difference_in(key::WHERE, now).map(Mismatch::Selection);
    selection.or_else(|| {
        let inputs = difference(&checkpoint.inputs, &options.inputs);
        inputs.or_else(|| before.difference(now)).map(Mismatch::Run)
    })
}
