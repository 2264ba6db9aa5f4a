//! Types, elements and JSON as text.

use super::super::meter;
use super::super::value::{
    Array, Error, ParseError, Syntax, ValR, Value, compare, equal, integer, number_of_text, parse, positions,
    text_positions, to_json,
};
use super::{Native, plain, with_value};

pub(super) fn natives() -> Vec<Native> {
    vec![
        plain!("type", |value: Value| Ok(Value::string(value.kind()))),
        plain!("isboolean", |value: Value| Ok((value.kind() == "boolean").into())),
        plain!("isnumber", |value: Value| Ok(value.is_number().into())),
        plain!("isstring", |value: Value| Ok(value.as_str().is_some().into())),
        plain!("isarray", |value: Value| Ok((value.kind() == "array").into())),
        plain!("isobject", |value: Value| Ok((value.kind() == "object").into())),
        plain!("length", length),
        plain!("tojson", |value: Value| Ok(to_json(&value).into())),
        plain!("fromjson", from_json),
        plain!("tonumber", to_number),
        plain!("flatten", |value: Value| flatten(value, usize::MAX)),
        with_value!("flatten", |value: Value, depth: Value| match depth.as_float() {
            Some(depth) if depth < 0.0 => Err(Error::str("flatten depth must not be negative")),
            Some(depth) => flatten(value, depth as usize),
            None => Err(Error::typ(depth, "number")),
        }),
        with_value!("has", |value: Value, key: Value| value.has(&key)),
        with_value!("contains", |value: Value, part: Value| {
            if value.kind() == part.kind() {
                return Ok(contains(&value, &part).into());
            }
            Err(Error::str(format_args!(
                "{} and {} cannot have their containment checked",
                value.described(),
                part.described()
            )))
        }),
        with_value!("indices", |value: Value, part: Value| positions(&value, &part)),
        with_value!("index", |value: Value, part: Value| position(&value, &part, |all| all.next())),
        with_value!("rindex", |value: Value, part: Value| position(&value, &part, |all| all.last())),
        with_value!("bsearch", |value: Value, target: Value| {
            let array = value.into_array()?;
            let found = array.binary_search_by(|item| compare(item, &target));
            Ok(Value::Int(found.map_or_else(|at| -1 - at as i64, |at| at as i64)))
        }),
    ]
}

fn length(value: Value) -> ValR {
    Ok(match &value {
        Value::Null(_) => Value::Int(0),
        Value::Bool(_) => return Err(Error::str(format_args!("{} has no length", value.described()))),
        Value::Array(array) => array.len().into(),
        Value::Object(object) => object.len().into(),
        _ => match (value.as_str(), value.as_float()) {
            (Some(text), _) => {
                meter::work(text.len() / 64);
                text.chars().count().into()
            }
            (_, Some(float)) if float < 0.0 => return -value,
            (_, Some(float)) if value.as_int().is_none() => integer(float),
            _ => value.clone(),
        },
    })
}

fn from_json(value: Value) -> ValR {
    let text = value.try_str()?;
    parse(text.as_bytes(), Syntax::JsonOrNan).map_err(|error| match error {
        ParseError::Unfit(why) => Error::str(format_args!("cannot parse as JSON: the text {why}")),
        ParseError::Invalid => Error::str(format_args!("cannot parse {value} as JSON")),
    })
}

fn to_number(value: Value) -> ValR {
    if value.is_number() {
        return Ok(value);
    }
    let parsed = value.as_str().and_then(number_of_text);
    parsed.ok_or_else(|| Error::str(format_args!("{} cannot be parsed as a number", value.described())))
}

fn flatten(value: Value, depth: usize) -> ValR {
    let mut flat = Array::with_capacity(0);
    match value {
        Value::Object(object) => object.iter().for_each(|(_, item)| flatten_into(&mut flat, item, depth)),
        other => other.into_array()?.iter().for_each(|item| flatten_into(&mut flat, item, depth)),
    }
    Ok(Value::array(flat))
}

fn flatten_into(flat: &mut Array, value: &Value, depth: usize) {
    meter::work(1);
    match value {
        Value::Array(items) if depth > 0 => {
            meter::descend();
            items.iter().for_each(|item| flatten_into(flat, item, depth - 1));
        }
        other => flat.push(other.clone()),
    }
}

/// Whether a value contains another: a text a part of it, an array or object something that contains each part.
fn contains(value: &Value, part: &Value) -> bool {
    meter::work(1);
    match (value, part) {
        (Value::Array(items), Value::Array(parts)) => {
            meter::descend();
            parts.iter().all(|part| items.iter().any(|item| contains(item, part)))
        }
        (Value::Object(object), Value::Object(parts)) => {
            meter::descend();
            parts.iter().all(|(key, part)| object.get(key).is_some_and(|value| contains(value, part)))
        }
        _ => match (value.as_str(), part.as_str()) {
            (Some(text), Some(part)) => {
                meter::work(text.len() / 64);
                memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some()
            }
            _ => equal(value, part),
        },
    }
}

/// The first or last position of a part; null without one.
fn position(value: &Value, part: &Value, pick: fn(&mut dyn Iterator<Item = i64>) -> Option<i64>) -> ValR {
    if let (Some(text), Some(part)) = (value.as_str(), part.as_str()) {
        return Ok(pick(&mut text_positions(text, part)).map_or(Value::NULL, Value::Int));
    }
    match positions(value, part)? {
        Value::Array(all) => Ok(pick(&mut all.iter().filter_map(Value::as_int)).map_or(Value::NULL, Value::Int)),
        other => Ok(other),
    }
}
