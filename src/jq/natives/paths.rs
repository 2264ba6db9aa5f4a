//! Paths and ranges.

use jaq_core::box_iter::BoxIter;
use jaq_core::{Exn, ValT as _, ValX};

use super::super::meter;
use super::super::value::{Array, Error, Key, Object, ValR, Value, cannot_index, delete_paths};
use super::{Closure, Input, Native, Outputs, filter_argument, plain, with_value};

pub(super) fn natives() -> Vec<Native> {
    vec![
        ("path", filter_argument(), |cv| trace(cv, |path, _| path)),
        ("path_value", filter_argument(), |cv| trace(cv, |path, value| Value::from_iter([path, value]))),
        with_value!("delpaths", |value, paths: Value| delete_paths(value, &paths)),
        ("range", jaq_core::native::v(3), range),
        plain!("to_entries", to_entries),
        plain!("from_entries", from_entries),
    ]
}

/// The paths to the outputs of the argument.
pub(super) fn trace(mut cv: Input<'_>, output: fn(Value, Value) -> Value) -> Outputs<'_> {
    let Closure { term, context } = Closure::pop(&mut cv.0);
    let root = if cv.1.is_null() { Value::NULL } else { cv.1 };
    let mut paths = traced(move || term.paths((context, (root, Default::default()))));
    Box::new(std::iter::from_fn(move || {
        let next = traced(|| paths.next())?;
        Some(next.map(|(value, path)| {
            let mut keys: Array = path.iter().cloned().collect();
            keys.reverse();
            output(Value::array(keys), value)
        }))
    }))
}

/// Calls `f` while the meter watches the length of paths.
fn traced<T>(f: impl FnOnce() -> T) -> T {
    let before = meter::trace_paths(true);
    let result = f();
    meter::trace_paths(before);
    result
}

/// `range($from; $to; $by)`. Every output counts as a step.
fn range(mut cv: Input<'_>) -> BoxIter<'_, ValX<'_, Value>> {
    let (by, to, from) = (cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var());
    let direction = by.cmp(&Value::Int(0));
    let numeric = from.is_number() && to.is_number();
    let mut next = Some(if numeric { Ok(from) } else { Err(Error::str("Range bounds must be numeric")) });
    Box::new(std::iter::from_fn(move || {
        meter::step();
        let value: Value = match next.take()? {
            Ok(value) => value,
            Err(error) => return Some(Err(Exn::from(error))),
        };
        let inside = match direction {
            std::cmp::Ordering::Greater => value < to,
            std::cmp::Ordering::Less => value > to,
            std::cmp::Ordering::Equal => false,
        };
        inside.then(|| {
            next = Some(value.clone() + by.clone());
            Ok(value)
        })
    }))
}

fn to_entries(value: Value) -> ValR {
    let entry = |(key, value): (Value, Value)| {
        let mut entry = Object::with_capacity(2);
        entry.insert(Key::new("key"), key);
        entry.insert(Key::new("value"), value);
        Value::object(entry)
    };
    let entries = value.key_values().map(|pair| pair.map(entry));
    entries.collect::<Result<Array, _>>().map(Value::array)
}

/// The object of such entries; jq knows their fields under several names.
fn from_entries(value: Value) -> ValR {
    const KEYS: [&str; 6] = ["key", "k", "name", "Name", "Key", "K"];
    const VALUES: [&str; 4] = ["value", "v", "Value", "V"];
    let mut object = Object::with_capacity(0);
    for entry in value.values() {
        let entry = entry?;
        let Value::Object(fields) = &entry else {
            return Err(cannot_index(&entry, &Value::string("key")));
        };
        let usable = |value: &&Value| !value.is_null();
        let key = KEYS.iter().find_map(|name| fields.get_str(name).filter(usable)).cloned().unwrap_or_default();
        let value = VALUES.iter().find_map(|name| fields.get_str(name)).cloned().unwrap_or_default();
        let key: Key = key.into_key();
        object.insert(key, value);
    }
    Ok(Value::object(object))
}
