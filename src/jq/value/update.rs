//! Changes of elements of values.

use std::ops::Range;
use std::rc::Rc;

use jaq_core::path::Opt;
use jaq_core::{Exn, ValX};

use super::super::meter;
use super::errors::{cannot_index, cannot_iterate};
use super::index::{bounds, position, text_bounds};
use super::{Array, Error, Key, Object, Text, Value};

/// A change of an element: its first output replaces the element, and without outputs, the element is removed.
fn change<'a, I: Iterator<Item = ValX<'a, Value>>>(
    value: Value,
    f: impl Fn(Value) -> I,
) -> Result<Option<Value>, Exn<'a, Value>> {
    f(value).next().transpose()
}

/// `.[] |= f`
pub(super) fn all<'a, I: Iterator<Item = ValX<'a, Value>>>(
    value: Value,
    opt: Opt,
    f: impl Fn(Value) -> I,
) -> ValX<'a, Value> {
    meter::descend();
    match value {
        Value::Array(mut array) => {
            Rc::make_mut(&mut array).try_change(|item| change(item, &f))?;
            Ok(Value::Array(array))
        }
        Value::Object(mut object) => {
            Rc::make_mut(&mut object).try_change(|item| change(item, &f))?;
            Ok(Value::Object(object))
        }
        other => opt.fail(other, |other| Exn::from(cannot_iterate(&other))),
    }
}

/// `.[key] |= f`
pub(super) fn one<'a, I: Iterator<Item = ValX<'a, Value>>>(
    value: Value,
    key: &Value,
    opt: Opt,
    f: impl Fn(Value) -> I,
) -> ValX<'a, Value> {
    meter::descend();
    if let Value::Object(range) = key
        && !matches!(value, Value::Object(_))
    {
        return slice(value, range.get_str("start")..range.get_str("end"), opt, f);
    }
    match (value, key.to_key(), key.as_float()) {
        (Value::Object(object), Some(key), _) => entry(object, key, f),
        (Value::Null(_), Some(key), _) => entry(Rc::new(Object::with_capacity(1)), key, f),
        (Value::Array(array), _, Some(at)) => item(array, at, opt, f),
        (Value::Null(_), _, Some(at)) => item(Rc::new(Array::with_capacity(0)), at, opt, f),
        (value, ..) => opt.fail(value, |value| Exn::from(cannot_index(&value, key))),
    }
}

fn entry<'a, I: Iterator<Item = ValX<'a, Value>>>(
    mut object: Rc<Object>,
    key: Key,
    f: impl Fn(Value) -> I,
) -> ValX<'a, Value> {
    let owned = Rc::make_mut(&mut object);
    match owned.take(&key) {
        Some((at, old)) => match change(old, f)? {
            Some(new) => owned.put(at, new),
            None => owned.remove_at(at),
        },
        None => {
            if let Some(new) = change(Value::NULL, f)? {
                owned.insert(key, new);
            }
        }
    }
    Ok(Value::Object(object))
}

fn item<'a, I: Iterator<Item = ValX<'a, Value>>>(
    mut array: Rc<Array>,
    at: f64,
    opt: Opt,
    f: impl Fn(Value) -> I,
) -> ValX<'a, Value> {
    let len = array.len();
    let Some(at) = position(at, len) else {
        return opt.fail(Value::Array(array), |_| Exn::from(Error::str("out of bounds negative array index")));
    };
    if at < len {
        let owned = Rc::make_mut(&mut array);
        let old = owned.take(at);
        match change(old, f)? {
            Some(new) => owned.set(at, new),
            None => owned.remove(at),
        }
    } else if let Some(new) = change(Value::NULL, f)? {
        let owned = Rc::make_mut(&mut array);
        owned.reserve((at - len).saturating_add(1));
        (len..at).for_each(|_| owned.push(Value::NULL));
        owned.push(new);
    }
    Ok(Value::Array(array))
}

/// `.[start:end] |= f`
pub(super) fn slice<'a, I: Iterator<Item = ValX<'a, Value>>>(
    value: Value,
    range: Range<Option<&Value>>,
    opt: Opt,
    f: impl Fn(Value) -> I,
) -> ValX<'a, Value> {
    let value = if value.is_null() { Value::array(Array::with_capacity(0)) } else { value };
    if let Some(text) = value.as_str() {
        let at = text_bounds(&range, text)?;
        let new = change(Value::string(&text[at.clone()]), f)?.unwrap_or_else(|| Value::string(""));
        let new = new.try_str()?;
        let mut changed = Text::with_capacity(text.len() - at.len() + new.len());
        [&text[..at.start], new, &text[at.end..]].iter().for_each(|part| changed.push_str(part));
        return Ok(changed.into());
    }
    let Value::Array(mut array) = value else {
        return opt.fail(value, |value| Exn::from(Error::typ(value, "array")));
    };
    let at = bounds(&range, array.len())?;
    let mut part = Array::with_capacity(at.len());
    part.extend(&array[at.clone()]);
    let new = change(Value::array(part), f)?;
    let owned = Rc::make_mut(&mut array);
    let mut tail = owned.split_off(at.end);
    owned.remove_range(at);
    if let Some(new) = new {
        owned.extend(&new.into_array()?);
    }
    owned.reserve(tail.len());
    tail.drain().for_each(|value| owned.push(value));
    Ok(Value::Array(array))
}
