//! `walk`.

use std::rc::Rc;

use jaq_core::ValX;
use jaq_core::box_iter::box_once;

use super::super::meter;
use super::super::value::Value;
use super::{Closure, Native, filter_argument};

pub(super) fn natives() -> Vec<Native> {
    vec![("walk", filter_argument(), |mut cv| {
        let change = Closure::pop(&mut cv.0);
        match walk_into(cv.1, &change) {
            Ok(value) => change.run(value),
            Err(error) => box_once(Err(error)),
        }
    })]
}

/// Walks through what is within a value. As in jq, an array keeps all outputs, an object the first for each key.
fn walk_into<'a>(mut value: Value, change: &Closure<'a>) -> ValX<'a, Value> {
    meter::descend();
    match &mut value {
        Value::Array(array) => {
            Rc::make_mut(array).try_replace(|item| Ok(change.run(walk_into(item, change)?)))?;
        }
        Value::Object(object) => {
            Rc::make_mut(object).try_change(|item| change.run(walk_into(item, change)?).next().transpose())?;
        }
        _ => {}
    }
    Ok(value)
}
