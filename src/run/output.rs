//! Where the records of a run go.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use crate::durable::{self, LedgerOptions, Recovered};
use crate::engine::{Adjustment, Control, Destination, Finish, RunError, RunErrorKind, fingerprint, run};
use crate::model::Record;
use crate::plan::{BodyMode, Plan};
use crate::sink::bodies::BodyStore;
use crate::sink::ndjson::{self, Ndjson};
use crate::sink::{Each, FlushPolicy, Sink};
use crate::source::{EntryReader, ListOptions, Resume};
use crate::storage::Layout;

/// Where the records of a run go, and who gets a copy of each.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) kind: OutputKind,
    reader: Option<mpsc::Sender<Record>>,
}

#[derive(Default)]
pub(super) enum OutputKind {
    /// Nowhere: they are counted.
    #[default]
    None,
    Sink(Box<dyn Sink>),
    /// A new file.
    Create(PathBuf),
    /// A file that an earlier run may have begun.
    Resume(PathBuf),
}

impl OutputKind {
    /// The builder's method for it.
    pub(super) fn setting(&self) -> &'static str {
        match self {
            OutputKind::None => "no output",
            OutputKind::Sink(_) => "sink",
            OutputKind::Create(_) => "output",
            OutputKind::Resume(_) => "resume",
        }
    }
}

impl Output {
    /// Sends a copy of each record to a reader. One that has no room for it holds up the run.
    pub(super) fn copy_to(&mut self, reader: mpsc::Sender<Record>) {
        self.reader = Some(reader);
    }

    pub(super) fn run(
        self,
        plan: &Plan,
        source: EntryReader,
        lines: &ListOptions,
        control: &Control,
    ) -> Result<Finish, RunError> {
        let failed = |why| RunError::before_start(RunErrorKind::Output(why));
        if let BodyMode::Dir(path) = &plan.output.body {
            BodyStore::create(path).map_err(failed)?;
        }
        let destination = match self.kind {
            OutputKind::None => Each(|_: &Record| Ok(())).into(),
            OutputKind::Sink(sink) => Destination::sink(sink, FlushPolicy::default()),
            OutputKind::Create(path) => create(&path, plan).map_err(failed)?,
            OutputKind::Resume(path) => return resume(path, self.reader, plan, source, lines, control),
        };
        run(plan, source, copied(destination, self.reader), control)
    }
}

/// The destination, and a copy of each record for the reader.
fn copied(destination: Destination, reader: Option<mpsc::Sender<Record>>) -> Destination {
    let Some(reader) = reader else { return destination };
    let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "the stream of records was dropped");
    destination.observed_by(move |record| reader.blocking_send(record.clone()).map_err(gone))
}

fn create(path: &Path, plan: &Plan) -> io::Result<Destination> {
    let layout = Layout::new(path, None);
    let (format, coding) = (plan.output.clone(), layout.coding);
    let header = ndjson::header(&format);
    let out = durable::create(layout, false, &header)?;
    let lines = Ndjson::coded(out.with_header(header), format, coding);
    Ok(Destination::sink(Box::new(lines), FlushPolicy::of(coding)))
}

fn resume(
    path: PathBuf,
    reader: Option<mpsc::Sender<Record>>,
    plan: &Plan,
    mut source: EntryReader,
    lines: &ListOptions,
    control: &Control,
) -> Result<Finish, RunError> {
    let unreadable = |why| RunError::before_start(RunErrorKind::Input(why));
    let options = LedgerOptions {
        layout: Layout::new(path, None),
        format: plan.output.clone(),
        inputs: source.fingerprints().map_err(unreadable)?,
        fingerprint: fingerprint(plan, lines),
        anyway: false,
        retry_unsafe: plan.retry.unsafe_too,
        checkpoint_only: plan.hides_completed(),
    };
    let opened = durable::open(options).map_err(|why| RunError::before_start(RunErrorKind::Resume(why)))?;
    let Recovered { ledger, completed, interrupted, inputs_unchanged, body_rules, notes } = opened;
    let replay = plan.dedup.is_some();
    let resume = Resume { completed, interrupted, seek: inputs_unchanged, replay };
    let source = source.resume(resume).map_err(unreadable)?;
    let adjustments = notes.into_iter().map(|note| Adjustment::Output(note.text));
    let mut plan = plan.clone();
    plan.output.body_rules = body_rules;
    match run(&plan, source, copied(ledger.into(), reader), control) {
        Ok(mut finish) => {
            finish.adjustments.extend(adjustments);
            Ok(finish)
        }
        Err(error) => {
            let (kind, mut finish) = error.into_parts();
            finish.adjustments.extend(adjustments);
            Err(RunError::new(kind, finish))
        }
    }
}

impl fmt::Debug for OutputKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OutputKind::None => f.write_str("None"),
            OutputKind::Sink(_) => f.write_str("Sink"),
            OutputKind::Create(path) => f.debug_tuple("Create").field(path).finish(),
            OutputKind::Resume(path) => f.debug_tuple("Resume").field(path).finish(),
        }
    }
}
