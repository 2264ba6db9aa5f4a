//! Updates through filters whose paths jaq knows, but through which it cannot update, such as `first(f)` and `try f`.

use std::cell::Cell;
use std::iter::once;

use jaq_core::native::Fun;
use jaq_core::path::Opt;
use jaq_core::{Native, ValT, ValX};

use super::super::language::Language;
use super::super::value::{Array, Value, delete_paths};
use super::paths::trace;
use super::{Closure, Input, Outputs, filter_argument};

/// The name of a filter that does what its argument does, and updates the elements at the paths of that.
pub(in crate::jq) const BY_PATHS: &str = "_by_paths";

pub(super) fn by_paths() -> Fun<Language> {
    let native = Native::new(|mut cv| Closure::pop(&mut cv.0).run(cv.1))
        .with_paths(|mut cv| {
            let Closure { term, context } = Closure::pop(&mut cv.0);
            term.paths((context, cv.1))
        })
        .with_update(|cv, f| match update(cv, f) {
            Ok(updated) => Box::new(updated.into_iter().map(Ok)),
            Err(error) => Box::new(once(Err(error))),
        });
    (BY_PATHS, filter_argument(), native)
}

/// Updates the elements at the paths that the value has before. Those without an output are removed at last, as in jq;
/// `None` if the value itself is.
fn update<'a>(cv: Input<'a>, f: impl Fn(Value) -> Outputs<'a>) -> ValX<'a, Option<Value>, Value> {
    let mut value = cv.1.clone();
    let paths = trace(cv, |path, _| path).collect::<ValX<'_, Array, _>>()?;
    let mut removed = Array::with_capacity(0);
    for path in paths.iter() {
        let Value::Array(keys) = path else { continue };
        let has_output = Cell::new(true);
        value = update_at(value, keys, &|old| {
            let new = f(old).next().transpose()?;
            has_output.set(new.is_some());
            Ok(new.unwrap_or_default())
        })?;
        if !has_output.get() {
            if keys.is_empty() {
                return Ok(None);
            }
            removed.push(path.clone());
        }
    }
    Ok(Some(delete_paths(value, &Value::array(removed))?))
}

fn update_at<'a>(value: Value, keys: &[Value], f: &dyn Fn(Value) -> ValX<'a, Value>) -> ValX<'a, Value> {
    match keys.split_first() {
        None => f(value),
        Some((key, rest)) => value.map_index(key, Opt::Essential, |element| once(update_at(element, rest, f))),
    }
}
