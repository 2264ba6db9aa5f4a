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
pub(in crate::jq) fn compare(lhs: &Value, rhs: &Value) -> Ordering {
    meter::work(1);
    match (lhs, rhs) {
        (Value::Int(lhs), Value::Int(rhs)) => lhs.cmp(rhs),
        (Value::Array(lhs), Value::Array(rhs)) if Rc::ptr_eq(lhs, rhs) => Ordering::Equal,
        (Value::Array(lhs), Value::Array(rhs)) => {
            meter::descend();
            let pairs = lhs.iter().zip(rhs.iter());
            let unequal = pairs.map(|(lhs, rhs)| compare(lhs, rhs)).find(|order| order.is_ne());
            unequal.unwrap_or_else(|| lhs.len().cmp(&rhs.len()))
        }
        (Value::Object(lhs), Value::Object(rhs)) if Rc::ptr_eq(lhs, rhs) => Ordering::Equal,
        (Value::Object(lhs), Value::Object(rhs)) => compare_objects(lhs, rhs),
        _ => match (lhs.as_text(), rhs.as_text()) {
            (Some(lhs), Some(rhs)) => {
                meter::work(lhs.len().min(rhs.len()) / 64);
                lhs.cmp(rhs)
            }
            _ => rank(lhs).cmp(&rank(rhs)).then_with(|| numbers::compare(lhs, rhs)),
        },
    }
}

/// First by their keys, then by the values of the first key, and so on.
fn compare_objects(lhs: &Object, rhs: &Object) -> Ordering {
    meter::descend();
    let ((lhs, _lhs_charge), (rhs, _rhs_charge)) = (lhs.sorted(), rhs.sorted());
    let keys = lhs.iter().map(|(key, _)| key.as_bytes()).cmp(rhs.iter().map(|(key, _)| key.as_bytes()));
    keys.then_with(|| {
        let pairs = lhs.iter().zip(&rhs);
        let unequal = pairs.map(|((_, lhs), (_, rhs))| compare(lhs, rhs)).find(|order| order.is_ne());
        unequal.unwrap_or(Ordering::Equal)
    })
}

/// Whether values are equal; NaN is not.
pub(in crate::jq) fn equal(lhs: &Value, rhs: &Value) -> bool {
    meter::work(1);
    match (lhs, rhs) {
        (Value::Int(lhs), Value::Int(rhs)) => lhs == rhs,
        (Value::Short(lhs), Value::Short(rhs)) => lhs == rhs,
        (Value::Array(lhs), Value::Array(rhs)) => {
            meter::descend();
            Rc::ptr_eq(lhs, rhs)
                || lhs.len() == rhs.len() && lhs.iter().zip(rhs.iter()).all(|(lhs, rhs)| equal(lhs, rhs))
        }
        (Value::Object(lhs), Value::Object(rhs)) => {
            meter::descend();
            let same = |(key, lhs)| rhs.get(key).is_some_and(|rhs| equal(lhs, rhs));
            Rc::ptr_eq(lhs, rhs) || lhs.len() == rhs.len() && lhs.iter().map(|(key, value)| (key, value)).all(same)
        }
        _ => !lhs.is_nan() && rank(lhs) == rank(rhs) && compare(lhs, rhs).is_eq(),
    }
}

impl PartialEq for Value {
    fn eq(&self, rhs: &Value) -> bool {
        equal(self, rhs)
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, rhs: &Value) -> Option<Ordering> {
        Some(self.cmp(rhs))
    }

    // As in jq, NaN is less than any number, itself included.
    fn lt(&self, rhs: &Value) -> bool {
        self.is_nan() && rhs.is_number() || compare(self, rhs).is_lt()
    }

    fn gt(&self, rhs: &Value) -> bool {
        !(self.is_nan() && rhs.is_number()) && compare(self, rhs).is_gt()
    }

    fn le(&self, rhs: &Value) -> bool {
        self < rhs || compare(self, rhs).is_eq()
    }

    fn ge(&self, rhs: &Value) -> bool {
        !(self.is_nan() && rhs.is_number()) && compare(self, rhs).is_ge()
    }
}

impl Ord for Value {
    fn cmp(&self, rhs: &Value) -> Ordering {
        compare(self, rhs)
    }
}
