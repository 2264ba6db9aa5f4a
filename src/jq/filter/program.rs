//! What a filter is compiled to.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::language::Language;
use super::super::regexes::Pattern;
use super::super::value::{Key, Object, Value};

/// The variable with the environment.
pub(super) const ENVIRONMENT: &str = "$ENV";

/// A compiled filter.
pub(super) struct Program {
    pub(super) code: String,
    pub(super) filter: jaq_core::Filter<Language>,
    /// The regular expressions written in it, by themselves and their flags.
    pub(super) regexes: HashMap<(String, String), Arc<Pattern>>,
}

impl Program {
    /// The values of the global variables.
    pub(super) fn variables(&self) -> impl Iterator<Item = Value> {
        std::iter::once(if self.code.contains(ENVIRONMENT) { environment() } else { Value::NULL })
    }
}

fn environment() -> Value {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let variables = std::env::vars_os().map(|(name, value)| (Key::new(&text(name)), Value::string(&text(value))));
    Value::object(variables.collect::<Object>())
}
