//! Compiles filters and evaluates them with jaq.

mod compile;
mod document;
#[cfg(test)]
mod tests;
mod text;
mod watch;

use std::fmt;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jaq_core::{Ctx, Vars};
use jaq_json::{Val, read};

use super::limits::{FilterError, FilterLimits};
use super::outputs::Outputs;

pub use compile::CompileError;
pub use document::{MAX_DEPTH, MAX_DIGITS};
use watch::{LimitExceeded, Watch, WatchedData, WatchedLut};

/// A compiled filter. Clones share it.
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
    program: jaq_core::Filter<WatchedData>,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.0.code).finish()
    }
}

impl Filter {
    /// Compiles a filter.
    ///
    /// # Errors
    /// The filter has a syntax error, or uses an undefined filter or variable.
    pub fn compile(code: &str) -> Result<Filter, CompileError> {
        let program = compile::compile(code)?;
        Ok(Filter(Arc::new(Compiled { code: code.to_owned(), program })))
    }

    /// The source text of the filter.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// Evaluates the filter on a document, and returns all outputs. May need a little over 1 MiB of stack.
    ///
    /// # Errors
    /// The document is not JSON, the filter raises an error, or a limit is exceeded.
    pub fn run(&self, json: &[u8], limits: FilterLimits) -> Result<Outputs, FilterError> {
        let mut lines = Vec::new();
        self.evaluate(json, limits, |value| push(&mut lines, &value, limits).map(|()| ControlFlow::Continue(())))?;
        lines.shrink_to_fit();
        Ok(Outputs::new(String::from_utf8(lines).expect("JSON is written in UTF-8")))
    }

    /// Whether the first output on a document is neither false nor null. No output is as good as false.
    ///
    /// # Errors
    /// The same as of [`Filter::run`], before the first output.
    pub fn accepts(&self, json: &[u8], limits: FilterLimits) -> Result<bool, FilterError> {
        let mut accepts = false;
        self.evaluate(json, limits, |value| {
            accepts = !matches!(value, Val::Null | Val::Bool(false));
            Ok(ControlFlow::Break(()))
        })?;
        Ok(accepts)
    }

    /// The first output on a document, as JSON; `None` without outputs.
    ///
    /// # Errors
    /// The same as of [`Filter::run`], before the first output.
    pub fn first(&self, json: &[u8], limits: FilterLimits) -> Result<Option<String>, FilterError> {
        let mut lines = Vec::new();
        self.evaluate(json, limits, |value| push(&mut lines, &value, limits).map(|()| ControlFlow::Break(())))?;
        let first = String::from_utf8(lines).expect("JSON is written in UTF-8");
        Ok(first.strip_suffix('\n').map(str::to_owned))
    }

    /// Calls `take` with each output until that breaks.
    fn evaluate(
        &self,
        json: &[u8],
        limits: FilterLimits,
        take: impl FnMut(Val) -> Result<ControlFlow<()>, FilterError>,
    ) -> Result<(), FilterError> {
        document::check(json)?;
        let watch = Watch::new(limits);
        // A filter that exceeds its limits is stopped by unwinding: the language could catch an error with `try`.
        let end = catch_unwind(AssertUnwindSafe(|| self.for_each(json, &watch, take)));
        end.unwrap_or_else(|payload| match payload.downcast::<LimitExceeded>() {
            Ok(exceeded) => Err(exceeded.explain(limits)),
            Err(_) => Err(FilterError::Failed("the filter panicked".to_owned())),
        })
    }

    fn for_each(
        &self,
        json: &[u8],
        watch: &Watch,
        mut take: impl FnMut(Val) -> Result<ControlFlow<()>, FilterError>,
    ) -> Result<(), FilterError> {
        let document = read::parse_single(json).map_err(|why| FilterError::NotJson(why.to_string()))?;
        let data = WatchedLut { lut: &self.0.program.lut, watch };
        let ctx = Ctx::<WatchedData>::new(data, Vars::new([]));
        for output in self.0.program.id.run((ctx, document)) {
            match output {
                Ok(value) => match take(value)? {
                    ControlFlow::Break(()) => break,
                    ControlFlow::Continue(()) => {}
                },
                Err(exception) => match exception.get_err() {
                    Ok(error) => return Err(FilterError::Failed(text::message(&error))),
                    Err(exception) => match exception.get_halt() {
                        Ok(0) => break,
                        _ => return Err(FilterError::Failed("the filter halted with an error".to_owned())),
                    },
                },
            }
        }
        Ok(())
    }
}

fn push(lines: &mut Vec<u8>, value: &Val, limits: FilterLimits) -> Result<(), FilterError> {
    text::write(value, lines, limits.bytes).map_err(|exceeded| exceeded.explain(limits))?;
    lines.push(b'\n');
    if lines.len() > limits.bytes { Err(LimitExceeded::Bytes.explain(limits)) } else { Ok(()) }
}
