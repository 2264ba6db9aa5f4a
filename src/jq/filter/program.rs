//! What a filter is compiled to.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::language::Language;
use super::super::natives::environment;
use super::super::regexes::Pattern;
use super::super::value::Value;

/// The variable with the environment.
pub(super) const ENVIRONMENT: &str = "$ENV";

/// A compiled filter.
pub(super) struct Program {
    pub(super) code: String,
    pub(super) filter: jaq_core::Filter<Language>,
    /// Its literal regular expressions, by pattern and flags.
    pub(super) regexes: HashMap<(String, String), Arc<Pattern>>,
}

impl Program {
    /// The values of the global variables.
    pub(super) fn variables(&self) -> impl Iterator<Item = Value> {
        std::iter::once(if self.code.contains(ENVIRONMENT) { environment() } else { Value::NULL })
    }
}
