//! Picking values out of JSON, by a filter in the language of jq.
//!
//! The language and its standard library are [jaq](https://github.com/01mf02/jaq)'s. What is here compiles a filter
//! once, runs it on many documents, and sees to it that neither a document nor a filter holds up a run: documents are
//! looked over before they are parsed, and each run has [`FilterLimits`].

mod compile;
mod guard;
mod text;
mod watch;

use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use jaq_core::{Ctx, Vars};
use jaq_json::{Val, read};

pub use compile::CompileError;
pub use guard::{MAX_DEPTH, MAX_DIGITS};
use watch::{Kind, Stop, Watch, Watched};

/// A compiled filter. A clone is the same filter.
///
/// ```
/// use haul::jq::{FilterLimits, Filter, bare};
///
/// let filter = Filter::compile(".items[].id")?;
/// let json = br#"{"items": [{"id": 1.50}, {"id": "b"}]}"#;
/// let ids = filter.run(json, FilterLimits::for_document(json.len(), 1 << 20))?;
/// assert_eq!(ids.iter().collect::<Vec<_>>(), ["1.50", "\"b\""]);
/// assert_eq!(ids.iter().map(bare).collect::<Vec<_>>(), ["1.50", "b"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Filter(Arc<Compiled>);

struct Compiled {
    code: String,
    program: jaq_core::Filter<Kind>,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.0.code).finish()
    }
}

/// How far one run of a filter may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterLimits {
    /// Terms evaluated.
    pub steps: u64,
    /// Time, should steps be slow; it is looked at between steps.
    pub time: Duration,
    /// Bytes of all outputs, each of which counts as one more than it has.
    pub bytes: usize,
}

impl FilterLimits {
    /// What a filter may do on any document.
    const STEPS: u64 = 1 << 20;

    /// What it may do besides, for each byte of its document: a few steps for each of the smallest elements.
    const STEPS_PER_BYTE: u64 = 8;

    /// Whatever else runs on the thread waits for as long.
    const TIME: Duration = Duration::from_secs(2);

    /// The bounds for a document of `len` bytes, whose outputs may have `bytes`.
    pub fn for_document(len: usize, bytes: usize) -> Self {
        FilterLimits { steps: Self::STEPS + Self::STEPS_PER_BYTE * len as u64, time: Self::TIME, bytes }
    }
}

/// Why a run of a filter has no outputs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The document is not JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// The document is JSON that is not fit to be parsed.
    #[error("the body {0}")]
    Unfit(&'static str),
    /// The filter raised an error.
    #[error("{0}")]
    Failed(String),
    /// The filter went beyond its bounds.
    #[error("{0}")]
    Unbounded(String),
}

impl Filter {
    /// Compiles a filter.
    ///
    /// # Errors
    /// It is none, or names what is not there.
    pub fn compile(code: &str) -> Result<Filter, CompileError> {
        let program = compile::compile(code)?;
        Ok(Filter(Arc::new(Compiled { code: code.to_owned(), program })))
    }

    /// What the filter was compiled from.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// Runs the filter on a document: all its outputs, or none. It may need one MiB of stack, and a little more.
    ///
    /// # Errors
    /// The document is not JSON, the filter raised an error, or something exceeds its bound.
    pub fn run(&self, json: &[u8], bounds: FilterLimits) -> Result<Outputs, FilterError> {
        guard::check_document(json)?;
        let watch = Watch::new(bounds);
        // A filter that exceeds its bounds is left by unwinding: within the language nothing but `try` would hear.
        let end = catch_unwind(AssertUnwindSafe(|| self.collect(json, bounds, &watch)));
        end.unwrap_or_else(|payload| match payload.downcast::<Stop>() {
            Ok(stop) => Err(stop.explain(bounds)),
            Err(_) => Err(FilterError::Failed("the filter panicked".to_owned())),
        })
    }

    fn collect(&self, json: &[u8], bounds: FilterLimits, watch: &Watch) -> Result<Outputs, FilterError> {
        let document = read::parse_single(json).map_err(|why| FilterError::NotJson(why.to_string()))?;
        let data = Watched { lut: &self.0.program.lut, watch };
        let ctx = Ctx::<Kind>::new(data, Vars::new([]));
        let mut lines = Vec::new();
        for output in self.0.program.id.run((ctx, document)) {
            match output {
                Ok(value) => push(&mut lines, &value, bounds)?,
                Err(exception) => match exception.get_err() {
                    Ok(error) => return Err(FilterError::Failed(text::brief(&error))),
                    Err(exception) => match exception.get_halt() {
                        Ok(0) => break,
                        _ => return Err(FilterError::Failed("the filter halted with an error".to_owned())),
                    },
                },
            }
        }
        lines.shrink_to_fit();
        Ok(Outputs(String::from_utf8(lines).expect("JSON is written in UTF-8")))
    }
}

fn push(lines: &mut Vec<u8>, value: &Val, bounds: FilterLimits) -> Result<(), FilterError> {
    text::write(value, lines, bounds.bytes).map_err(|stop| stop.explain(bounds))?;
    lines.push(b'\n');
    if lines.len() > bounds.bytes { Err(Stop::Bytes.explain(bounds)) } else { Ok(()) }
}

/// The outputs of a filter, in order, as JSON without insignificant whitespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outputs(String);

impl Outputs {
    /// Each output's JSON.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.lines() // within JSON a newline could only be insignificant
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes held.
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

/// An output as text: of a string its characters, of anything else its JSON.
pub fn bare(output: &str) -> Cow<'_, str> {
    if output.starts_with('"') {
        return serde_json::from_str(output).map_or(Cow::Borrowed(output), Cow::Owned);
    }
    Cow::Borrowed(output)
}

#[cfg(test)]
mod tests;
