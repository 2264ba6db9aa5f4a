//! The variables of the environment.

use super::super::meter;
use super::super::value::{Key, Object, Value};
use super::{Native, plain};

pub(super) fn natives() -> Vec<Native> {
    vec![plain!("env", |_| Ok(environment()))]
}

/// The variables by their names. What is not UTF-8 is replaced by U+FFFD.
pub(in crate::jq) fn environment() -> Value {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let variables = std::env::vars_os().map(|(name, value)| {
        meter::work(1 + value.len() / 64);
        (Key::new(&text(name)), Value::string(&text(value)))
    });
    Value::object(variables.collect::<Object>())
}
