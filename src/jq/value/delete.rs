//! Deletes the elements at paths, each of which is that of the value as it was.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::rc::Rc;

use super::super::meter::{self, Charge};
use super::index::{bounds, position};
use super::{Array, Error, Key, Object, ValR, Value};

/// What grouping a path takes, in bytes.
const GROUPED: usize = 96;

/// Deletes the elements at all of the paths at once.
pub(in crate::jq) fn delete_paths(value: Value, paths: &Value) -> ValR {
    let Value::Array(paths) = paths else { return Err(Error::str("paths must be specified as an array")) };
    let _charge = Charge::new(paths.len() * GROUPED);
    delete(value, paths.iter().map(steps).collect::<Result<_, _>>()?)
}

fn steps(path: &Value) -> Result<&[Value], Error> {
    match path {
        Value::Array(path) => Ok(&path[..]),
        _ => Err(Error::str("a path must be specified as an array")),
    }
}

fn delete(value: Value, paths: Vec<&[Value]>) -> ValR {
    meter::descend();
    meter::work(paths.len());
    let Some(first) = paths.first() else { return Ok(value) };
    if paths.iter().any(|path| path.is_empty()) {
        return Ok(Value::NULL);
    }
    match value {
        Value::Null(_) => Ok(value),
        Value::Object(object) => delete_entries(object, paths),
        Value::Array(array) => delete_items(array, paths),
        value => Err(refused(&first[0], &value)),
    }
}

fn refused(key: &Value, value: &Value) -> Error {
    Error::str(format_args!("cannot delete {key} of {}", value.kind()))
}

fn delete_entries(mut object: Rc<Object>, paths: Vec<&[Value]>) -> ValR {
    let _charge = Charge::new(paths.len() * GROUPED);
    let mut groups: HashMap<Key, Vec<&[Value]>> = HashMap::new();
    for (key, rest) in paths.into_iter().filter_map(|path| path.split_first()) {
        let Some(key) = key.to_key() else { return Err(refused(key, &Value::Object(object))) };
        groups.entry(key).or_default().push(rest);
    }
    groups.retain(|key, _| object.get(key).is_some());
    if groups.is_empty() {
        return Ok(Value::Object(object));
    }
    let owned = Rc::make_mut(&mut object);
    let is_deleted = |rests: &Vec<&[Value]>| rests.iter().any(|rest| rest.is_empty());
    owned.retain(|key| !groups.get(key).is_some_and(is_deleted));
    for (key, rests) in groups {
        if let Some((at, old)) = owned.take(&key) {
            owned.put(at, delete(old, rests)?);
        }
    }
    Ok(Value::Object(object))
}

fn delete_items(mut array: Rc<Array>, paths: Vec<&[Value]>) -> ValR {
    let _charge = Charge::new(paths.len() * GROUPED);
    let mut groups: BTreeMap<usize, Vec<&[Value]>> = BTreeMap::new();
    let mut deleted = Vec::new();
    for path in paths {
        match Part::of(path, &array)? {
            Part::Item(at, []) => deleted.push(at..at + 1),
            Part::Item(at, rest) => groups.entry(at).or_default().push(rest),
            Part::Slice(range) => deleted.push(range),
            Part::Missing => {}
        }
    }
    let owned = Rc::make_mut(&mut array);
    for (at, rests) in groups {
        let old = owned.take(at);
        owned.set(at, delete(old, rests)?);
    }
    deleted.sort_by_key(|range| range.start);
    let (mut deleted, mut at, mut end) = (deleted.into_iter().peekable(), 0, 0);
    owned.retain(|_| {
        while let Some(range) = deleted.next_if(|range| range.start <= at) {
            end = end.max(range.end);
        }
        at += 1;
        at > end
    });
    Ok(Value::Array(array))
}

/// The part of an array that a path goes to.
enum Part<'p> {
    /// An item, and the path from there on.
    Item(usize, &'p [Value]),
    Slice(Range<usize>),
    Missing,
}

impl<'p> Part<'p> {
    fn of(mut path: &'p [Value], array: &Rc<Array>) -> Result<Part<'p>, Error> {
        let mut within = 0..array.len();
        while let Some((key, rest)) = path.split_first() {
            if let Value::Object(slice) = key {
                let part = bounds(&(slice.get_str("start")..slice.get_str("end")), within.len())?;
                within = within.start + part.start..within.start + part.end;
            } else if let Some(at) = key.as_float() {
                let at = position(at, within.len()).filter(|at| *at < within.len());
                return Ok(at.map_or(Part::Missing, |at| Part::Item(within.start + at, rest)));
            } else {
                return Err(refused(key, &Value::Array(Rc::clone(array))));
            }
            path = rest;
        }
        Ok(Part::Slice(within))
    }
}
