//! Sorting and grouping.

use std::cmp::Ordering;
use std::rc::Rc;

use jaq_core::Exn;
use jaq_core::box_iter::box_once;

use super::super::meter;
use super::super::value::{Array, Error, Text, ValR, Value, compare, equal};
use super::{Closure, Input, Native, Outputs, filter_argument, plain};

pub(super) fn natives() -> Vec<Native> {
    vec![
        plain!("sort", sort),
        plain!("reverse", reverse),
        plain!("unique", |value| unique(by_itself(value)?)),
        plain!("min", |value| Ok(extreme(by_itself(value)?, Ordering::is_lt))),
        plain!("max", |value| Ok(extreme(by_itself(value)?, Ordering::is_ge))),
        ("sort_by", filter_argument(), |cv| keyed(cv, |pairs| Ok(Value::array(sorted(pairs).values)))),
        ("group_by", filter_argument(), |cv| keyed(cv, |pairs| Ok(group(sorted(pairs))))),
        ("unique_by", filter_argument(), |cv| keyed(cv, unique)),
        ("min_by", filter_argument(), |cv| keyed(cv, |pairs| Ok(extreme(pairs, Ordering::is_lt)))),
        ("max_by", filter_argument(), |cv| keyed(cv, |pairs| Ok(extreme(pairs, Ordering::is_ge)))),
    ]
}

/// The array that something is done with, which the message says otherwise.
fn array_to_be(done: &str, value: Value) -> Result<Rc<Array>, Error> {
    match value {
        Value::Array(array) => Ok(array),
        other => Err(Error::str(format_args!("{} cannot be {done}, as it is not an array", other.described()))),
    }
}

fn sort(value: Value) -> ValR {
    let mut array = array_to_be("sorted", value)?;
    Rc::make_mut(&mut array).sort();
    Ok(Value::Array(array))
}

fn reverse(value: Value) -> ValR {
    match value {
        Value::Null(_) => Ok(Value::array(Array::with_capacity(0))),
        value if value.as_str().is_some() => {
            let text = value.try_str()?;
            let mut reversed = Text::with_capacity(text.len());
            text.chars().rev().for_each(|c| reversed.push(c));
            Ok(reversed.into())
        }
        value => {
            let mut array = array_to_be("reversed", value)?;
            Rc::make_mut(&mut array).reverse();
            Ok(Value::Array(array))
        }
    }
}

/// Values, and what they are compared by.
struct Pairs {
    keys: Array,
    values: Array,
}

fn by_itself(value: Value) -> Result<Pairs, Error> {
    let values = Rc::unwrap_or_clone(array_to_be("sorted", value)?);
    Ok(Pairs { keys: values.clone(), values })
}

/// Evaluates the argument on each element, and calls `f`.
fn keyed<'a>(mut cv: Input<'a>, f: fn(Pairs) -> ValR) -> Outputs<'a> {
    let by = Closure::pop(&mut cv.0);
    let pairs = array_to_be("sorted", cv.1).map_err(Exn::from).and_then(|array| keys(array, &by));
    box_once(pairs.and_then(|pairs| f(pairs).map_err(Exn::from)))
}

fn keys<'a>(array: Rc<Array>, by: &Closure<'a>) -> Result<Pairs, Exn<'a, Value>> {
    let mut keys = Array::with_capacity(array.len());
    let mut single = true;
    for value in array.iter() {
        let mut outputs = by.run(value.clone());
        let first = outputs.next().transpose()?;
        let second = outputs.next().transpose()?;
        let key = match (first, second) {
            (Some(key), None) if single => key,
            (first, second) => {
                if single {
                    // Compares lists of outputs from now on.
                    single = false;
                    keys = keys.iter().map(|key| Value::from_iter([key.clone()])).collect();
                }
                let mut all: Array = first.into_iter().chain(second).collect();
                outputs.try_for_each(|output| output.map(|output| all.push(output)))?;
                Value::array(all)
            }
        };
        keys.push(key);
    }
    Ok(Pairs { keys, values: Rc::unwrap_or_clone(array) })
}

fn sorted(mut pairs: Pairs) -> Pairs {
    let len = pairs.keys.len();
    let _charge = meter::Charge::new(meter::block(len.saturating_mul(size_of::<(Value, Value)>() * 3 / 2)));
    let mut both: Vec<(Value, Value)> = pairs.keys.drain().zip(pairs.values.drain()).collect();
    both.sort_by(|(one, _), (other, _)| compare(one, other));
    for (key, value) in both {
        pairs.keys.push(key);
        pairs.values.push(value);
    }
    pairs
}

/// Calls `f` with each range of equal keys. As in jq, NaN equals nothing.
fn for_each_group(keys: &[Value], mut f: impl FnMut(std::ops::Range<usize>)) {
    let mut start = 0;
    for at in 1..=keys.len() {
        if keys.get(at).is_none_or(|key| !equal(key, &keys[start])) {
            f(start..at);
            start = at;
        }
    }
}

fn group(pairs: Pairs) -> Value {
    let mut groups = Array::with_capacity(0);
    for_each_group(&pairs.keys, |range| {
        groups.push(pairs.values[range].iter().cloned().collect());
    });
    Value::array(groups)
}

fn unique(pairs: Pairs) -> ValR {
    let pairs = sorted(pairs);
    let mut firsts = Array::with_capacity(0);
    for_each_group(&pairs.keys, |range| firsts.push(pairs.values[range.start].clone()));
    Ok(Value::array(firsts))
}

/// The value that replaces all others; null without values.
fn extreme(pairs: Pairs, replaces: fn(Ordering) -> bool) -> Value {
    let mut best = 0;
    for at in 1..pairs.keys.len() {
        if replaces(compare(&pairs.keys[at], &pairs.keys[best])) {
            best = at;
        }
    }
    pairs.values.get(best).cloned().unwrap_or_default()
}
