//! Compiles filters and evaluates them with jaq.

mod arithmetic;
mod compile;
mod program;
mod rewrite;
mod single;
mod source;
mod terms;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jaq_core::{Ctx, Vars};

use super::language::{Context, Language};
use super::limits::{FilterError, FilterLimits};
use super::meter::{self, LimitExceeded, MAX_OUTPUT_DEPTH};
use super::outputs::Outputs;
use super::regexes::Regexes;
use super::value::{self, Error, ParseError, Syntax, Text, Value};

pub use compile::CompileError;
use program::Program;

/// The longest error message, in bytes. The original may quote a whole document.
const MAX_MESSAGE: usize = 200;

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
pub struct Filter(Arc<Program>);

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
        compile::compile(code).map(|program| Filter(Arc::new(program)))
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
        let take = |lines: &mut Text, value| push(lines, &value, limits).map(|()| ControlFlow::Continue(()));
        self.evaluate_with(json, limits, take).map(Outputs::new)
    }

    /// Whether the first output on a document is neither false nor null; false without outputs.
    ///
    /// # Errors
    /// The same as of [`Filter::run`], before the first output.
    pub fn accepts(&self, json: &[u8], limits: FilterLimits) -> Result<bool, FilterError> {
        let mut accepts = false;
        self.evaluate_with(json, limits, |_, value| {
            accepts = value.is_truthy();
            Ok(ControlFlow::Break(()))
        })?;
        Ok(accepts)
    }

    /// The first output on a document, as JSON; `None` without outputs.
    ///
    /// # Errors
    /// The same as of [`Filter::run`], before the first output.
    pub fn first(&self, json: &[u8], limits: FilterLimits) -> Result<Option<String>, FilterError> {
        let take = |lines: &mut Text, value| push(lines, &value, limits).map(|()| ControlFlow::Break(()));
        let first = self.evaluate_with(json, limits, take)?;
        Ok(first.strip_suffix('\n').map(str::to_owned))
    }

    /// Calls `take` with each output until that breaks, and returns what it wrote.
    fn evaluate_with(
        &self,
        json: &[u8],
        limits: FilterLimits,
        mut take: impl FnMut(&mut Text, Value) -> Result<ControlFlow<()>, FilterError>,
    ) -> Result<String, FilterError> {
        let _running = meter::start(limits);
        // A filter that exceeds its limits is stopped by unwinding: the language could catch an error with `try`.
        let end = catch_unwind(AssertUnwindSafe(|| {
            let mut lines = Text::with_capacity(0);
            self.for_each(json, |value| take(&mut lines, value))?;
            let mut lines = lines.into_string();
            lines.shrink_to_fit();
            Ok(lines)
        }));
        end.unwrap_or_else(|payload| match payload.downcast::<LimitExceeded>() {
            Ok(exceeded) => Err(exceeded.explain(limits)),
            Err(_) => Err(FilterError::Failed("the filter panicked".to_owned())),
        })
    }

    fn for_each(
        &self,
        json: &[u8],
        mut take: impl FnMut(Value) -> Result<ControlFlow<()>, FilterError>,
    ) -> Result<(), FilterError> {
        let document = parse(json)?;
        let regexes = Regexes::new(&self.0.regexes);
        let context = Context::new(&self.0.filter.lut, &regexes);
        let ctx = Ctx::<Language>::new(context, Vars::new(self.0.variables()));
        for output in self.0.filter.id.run((ctx, document)) {
            match output {
                Ok(value) => match take(value)? {
                    ControlFlow::Break(()) => break,
                    ControlFlow::Continue(()) => {}
                },
                Err(exception) => match exception.get_err() {
                    Ok(error) => return Err(FilterError::Failed(message(error))),
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

fn parse(json: &[u8]) -> Result<Value, FilterError> {
    value::parse(json, Syntax::Json).map_err(|error| match error {
        ParseError::Unfit(why) => FilterError::Unfit(why),
        ParseError::Invalid => FilterError::NotJson(match serde_json::from_slice::<serde::de::IgnoredAny>(json) {
            Err(why) => why.to_string(),
            Ok(_) => "invalid string".to_owned(), // where serde_json looks less closely at what it ignores
        }),
    })
}

fn push(lines: &mut Text, value: &Value, limits: FilterLimits) -> Result<(), FilterError> {
    value::write(value, lines, limits.bytes, MAX_OUTPUT_DEPTH).map_err(|exceeded| exceeded.explain(limits))?;
    lines.push_str("\n");
    if lines.len() > limits.bytes { Err(LimitExceeded::Bytes.explain(limits)) } else { Ok(()) }
}

/// The message of an error on one line, truncated if it is long.
fn message(error: Error) -> String {
    let value = error.into_val();
    let (start, whole) = match value.as_str() {
        Some(text) => (text[..text.floor_char_boundary(MAX_MESSAGE)].to_owned(), text.len() <= MAX_MESSAGE),
        None => (value::excerpt(&value, MAX_MESSAGE), true),
    };
    let mut text = start.replace(|c: char| c.is_control(), " ");
    if !whole {
        text.push('…');
    }
    text
}
