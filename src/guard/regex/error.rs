//! Why regular expressions are refused, and searches ended.

/// Why a regular expression cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// It is not a regular expression; this shows where.
    #[error("{0}")]
    Syntax(String),
    /// It is too large when compiled.
    #[error("the regular expression is too large")]
    TooLarge,
}

/// Why a search ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GaveUp {
    /// It could take too long, and the automaton needs too many states.
    #[error("a regular expression is too large for the text it searches")]
    TooLarge,
    /// It could take too long, and no automaton knows the word boundaries of text beyond ASCII.
    #[error("a regular expression with a word boundary is too large for a long text that is not ASCII")]
    WordBoundary,
    /// The deadline has passed, or would have.
    #[error("a regular expression takes too long for the text it searches")]
    OutOfTime,
}
