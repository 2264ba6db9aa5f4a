//! A run, from the caller's side: awaited, streamed or waited for.

use std::fmt;

use tokio::sync::mpsc;

use super::output::Output;
use super::records::Records;
use super::running::Running;
use crate::engine::{Control, Finish, RunError, RunErrorKind};
use crate::plan::Plan;
use crate::source::{self, EntryReader, Input, ListOptions, Source};

/// How many records the run may be ahead of whoever reads the stream.
const AHEAD: usize = 32;

/// A configured run: made by [`Haul::builder`], and started by [`run`](Haul::run), [`stream`](Haul::stream) or
/// [`run_blocking`](Haul::run_blocking).
///
/// A run has threads of its own, so that it neither needs nor slows the caller's runtime. Every input gets exactly one
/// [`Record`](crate::Record), also when its request fails.
pub struct Haul {
    pub(super) plan: Plan,
    pub(super) inputs: Inputs,
    pub(super) lines: ListOptions,
    pub(super) output: Output,
    pub(super) control: Control,
}

/// Where requests come from.
pub(super) enum Inputs {
    Lists(Vec<Input>),
    Source(Box<dyn Source>),
}

impl Haul {
    /// Runs to the end. Records go to the sink or file that the builder was given; without one they are only counted.
    ///
    /// Works in any async runtime. Dropping the future stops the run, and does not block.
    ///
    /// ```
    /// use haul::Haul;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let origin = haul_origin::Origin::spawn()?;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("records.ndjson");
    /// let haul = Haul::builder().urls([origin.url("/json"), origin.url("/status/404")]).output(&path).build()?;
    /// let finish = haul.run().await?;
    /// assert_eq!((finish.report.totals().ok, finish.report.totals().failed), (1, 1));
    /// assert_eq!(std::fs::read_to_string(&path)?.lines().count(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// An input, the output or the login failed. A request that fails is a record, not an error.
    pub async fn run(self) -> Result<Finish, RunError> {
        self.start()?.await
    }

    /// Runs, and yields each record as soon as its request ends.
    ///
    /// The run starts at once and keeps only a few records ahead of the reader: one that reads slowly slows the run.
    /// Dropping the stream stops the run, and does not block. Records go to the builder's sink or file as well, if it
    /// was given one.
    ///
    /// ```
    /// use haul::Haul;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let origin = haul_origin::Origin::spawn()?;
    /// let mut records = Haul::builder().urls([origin.url("/json")]).build()?.stream();
    /// while let Some(record) = records.next().await {
    ///     println!("{} {:?}", record.url(), record.status());
    /// }
    /// let finish = records.finish().await?;
    /// assert_eq!(finish.report.totals().ok, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(mut self) -> Records {
        let (sender, records) = mpsc::channel(AHEAD);
        self.output.copy_to(sender);
        Records::new(records, self.start())
    }

    /// Runs to the end on the calling thread, which it blocks: for programs without an async runtime.
    ///
    /// ```
    /// use haul::Haul;
    ///
    /// # let origin = haul_origin::Origin::spawn()?;
    /// let haul = Haul::builder()
    ///     .urls([origin.url("/json")])
    ///     .on_record(|record| println!("{} {:?}", record.url(), record.status()))
    ///     .build()?;
    /// assert_eq!(haul.run_blocking()?.report.totals().ok, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The same as of [`Haul::run`].
    pub fn run_blocking(self) -> Result<Finish, RunError> {
        let _answers = self.control.answers_at_end();
        let source = match self.inputs {
            Inputs::Lists(lists) => {
                source::open(lists, &self.lines).map_err(|why| RunError::before_start(RunErrorKind::Open(why)))?
            }
            Inputs::Source(source) => EntryReader::from_source(source, &self.lines),
        };
        self.output.run(&self.plan, source, &self.lines, &self.control)
    }

    fn start(self) -> Result<Running, RunError> {
        Running::start(self.control.clone(), move || self.run_blocking())
    }
}

impl fmt::Debug for Haul {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Haul").field("plan", &self.plan).field("output", &self.output).finish_non_exhaustive()
    }
}
