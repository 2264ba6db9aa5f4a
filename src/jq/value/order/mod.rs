//! The order of values: null, false, true, numbers, strings, arrays, objects.
//!
//! It is total: sorting relies on that.

mod numbers;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::rc::Rc;

use super::super::meter;
use super::{Object, Value};

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null(_) => 0,
        Value::Bool(false) => 1,
        Value::Bool(true) => 2,
        Value::Int(_) | Value::Float(_) | Value::ShortNumber(_) | Value::Number(_) => 3,
        Value::Short(_) | Value::Text(_) => 4,
        Value::Array(_) => 5,
        Value::Object(_) => 6,
    }
}

/// Compares values for sorting: NaN comes before other numbers, and equals itself.
pub(in crate::jq) fn compare(one: &Value, other: &Value) -> Ordering {
    meter::work(1);
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::Array(one), Value::Array(other)) if Rc::ptr_eq(one, other) => Ordering::Equal,
        (Value::Array(one), Value::Array(other)) => {
            meter::descend();
            let pairs = one.iter().zip(other.iter());
            let unequal = pairs.map(|(one, other)| compare(one, other)).find(|order| order.is_ne());
            unequal.unwrap_or_else(|| one.len().cmp(&other.len()))
        }
        (Value::Object(one), Value::Object(other)) if Rc::ptr_eq(one, other) => Ordering::Equal,
        (Value::Object(one), Value::Object(other)) => compare_objects(one, other),
        _ => match (one.as_text(), other.as_text()) {
            (Some(one), Some(other)) => {
                meter::work(one.len().min(other.len()) / 64);
                one.cmp(other)
            }
            _ => rank(one).cmp(&rank(other)).then_with(|| numbers::compare(one, other)),
        },
    }
}

/// First by their keys, then by the values of the first key, and so on.
fn compare_objects(one: &Object, other: &Object) -> Ordering {
    meter::descend();
    let ((one, _charge_one), (other, _charge_other)) = (one.sorted(), other.sorted());
    let keys = one.iter().map(|(key, _)| key.as_bytes()).cmp(other.iter().map(|(key, _)| key.as_bytes()));
    keys.then_with(|| {
        let pairs = one.iter().zip(&other);
        let unequal = pairs.map(|((_, one), (_, other))| compare(one, other)).find(|order| order.is_ne());
        unequal.unwrap_or(Ordering::Equal)
    })
}

/// Whether values are equal; NaN is not.
pub(in crate::jq) fn equal(one: &Value, other: &Value) -> bool {
    meter::work(1);
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => one == other,
        (Value::Short(one), Value::Short(other)) => one == other,
        (Value::Array(one), Value::Array(other)) => {
            meter::descend();
            Rc::ptr_eq(one, other)
                || one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            meter::descend();
            let same = |(key, one)| other.get(key).is_some_and(|other| equal(one, other));
            Rc::ptr_eq(one, other) || one.len() == other.len() && one.iter().map(|(key, value)| (key, value)).all(same)
        }
        _ => !one.is_nan() && rank(one) == rank(other) && compare(one, other).is_eq(),
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        equal(self, other)
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Value) -> Option<Ordering> {
        Some(self.cmp(other))
    }

    // As in jq, NaN is less than any number, itself included.
    fn lt(&self, other: &Value) -> bool {
        self.is_nan() && other.is_number() || compare(self, other).is_lt()
    }

    fn gt(&self, other: &Value) -> bool {
        !(self.is_nan() && other.is_number()) && compare(self, other).is_gt()
    }

    fn le(&self, other: &Value) -> bool {
        self < other || compare(self, other).is_eq()
    }

    fn ge(&self, other: &Value) -> bool {
        !(self.is_nan() && other.is_number()) && compare(self, other).is_ge()
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Value) -> Ordering {
        compare(self, other)
    }
}
