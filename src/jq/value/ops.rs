//! Arithmetic.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};
use std::rc::Rc;

use super::super::meter;
use super::errors::cannot_be;
use super::number::integer;
use super::{Array, Error, Key, Object, Text, ValR, Value, compare, equal, to_json};

/// Calculates with integers, and with floats where those do not suffice; `None` if these are not numbers.
fn calculate(
    lhs: &Value,
    rhs: &Value,
    ints: fn(i64, i64) -> Option<i64>,
    floats: fn(f64, f64) -> f64,
) -> Option<Value> {
    if let (Value::Int(lhs), Value::Int(rhs)) = (lhs, rhs)
        && let Some(int) = ints(*lhs, *rhs)
    {
        return Some(Value::Int(int));
    }
    Some(integer(floats(lhs.as_float()?, rhs.as_float()?)))
}

impl Value {
    /// The text to append to: its own, unless others share it.
    fn into_text(self, more: usize) -> Text {
        match self {
            Value::Text(text) => Rc::try_unwrap(text).unwrap_or_else(|shared| copy_of(&shared, more)),
            value => copy_of(value.as_str().unwrap_or_default(), more),
        }
    }
}

fn copy_of(text: &str, more: usize) -> Text {
    let mut copy = Text::with_capacity(text.len().saturating_add(more));
    copy.push_str(text);
    copy
}

impl Add for Value {
    type Output = ValR;

    fn add(self, rhs: Value) -> ValR {
        if let Some(sum) = calculate(&self, &rhs, i64::checked_add, |lhs, rhs| lhs + rhs) {
            return Ok(sum);
        }
        match (self, rhs) {
            (Value::Null(_), value) | (value, Value::Null(_)) => Ok(value),
            (Value::Array(mut lhs), Value::Array(rhs)) => {
                if lhs.is_empty() {
                    return Ok(Value::Array(rhs));
                }
                if !rhs.is_empty() {
                    make_array(&mut lhs, rhs.len()).extend(&rhs);
                }
                Ok(Value::Array(lhs))
            }
            (Value::Object(mut lhs), Value::Object(rhs)) => {
                if lhs.is_empty() {
                    return Ok(Value::Object(rhs));
                }
                if !rhs.is_empty() {
                    Rc::make_mut(&mut lhs).merge(&rhs);
                }
                Ok(Value::Object(lhs))
            }
            (lhs, rhs) => match (lhs.as_str(), rhs.as_str()) {
                (Some(_), Some("")) => Ok(lhs),
                (Some(_), Some(more)) => {
                    let mut text = lhs.into_text(more.len());
                    text.push_str(more);
                    Ok(text.into())
                }
                _ => Err(cannot_be(&lhs, &rhs, "added")),
            },
        }
    }
}

/// The array to append to: itself, unless others share it.
fn make_array(array: &mut Rc<Array>, more: usize) -> &mut Array {
    if Rc::get_mut(array).is_none() {
        let mut copy = Array::with_capacity(array.len().saturating_add(more));
        copy.extend(array);
        *array = Rc::new(copy);
    }
    Rc::make_mut(array)
}

impl Sub for Value {
    type Output = ValR;

    fn sub(self, rhs: Value) -> ValR {
        if let Some(difference) = calculate(&self, &rhs, i64::checked_sub, |lhs, rhs| lhs - rhs) {
            return Ok(difference);
        }
        match (self, rhs) {
            (Value::Array(mut lhs), Value::Array(rhs)) => {
                let mut unwanted = (*rhs).clone();
                unwanted.sort();
                let found = |value: &Value| unwanted.binary_search_by(|item| compare(item, value));
                let unwanted = |value: &Value| found(value).is_ok_and(|at| equal(&unwanted[at], value)); // not NaN
                Rc::make_mut(&mut lhs).retain(|value| !unwanted(value));
                Ok(Value::Array(lhs))
            }
            (lhs, rhs) => Err(cannot_be(&lhs, &rhs, "subtracted")),
        }
    }
}

impl Mul for Value {
    type Output = ValR;

    fn mul(self, rhs: Value) -> ValR {
        if let Some(product) = calculate(&self, &rhs, i64::checked_mul, |lhs, rhs| lhs * rhs) {
            return Ok(product);
        }
        match (self, rhs) {
            (Value::Object(mut lhs), Value::Object(rhs)) => {
                merge_deeply(Rc::make_mut(&mut lhs), &rhs);
                Ok(Value::Object(lhs))
            }
            (lhs, rhs) => match (lhs.as_str(), rhs.as_float(), lhs.as_float(), rhs.as_str()) {
                (Some(text), Some(times), ..) | (.., Some(times), Some(text)) => Ok(repeat(text, times)),
                _ => Err(cannot_be(&lhs, &rhs, "multiplied")),
            },
        }
    }
}

/// The text that many times; null if that is not once.
fn repeat(text: &str, times: f64) -> Value {
    if times.is_nan() || times <= 0.0 {
        return Value::NULL;
    }
    let times = (times as usize).max(1); // saturates
    let mut repeated = Text::with_capacity(text.len().saturating_mul(times));
    if !text.is_empty() {
        (0..times).for_each(|_| {
            meter::work(1);
            repeated.push_str(text);
        });
    }
    repeated.into()
}

fn merge_deeply(lhs: &mut Object, rhs: &Object) {
    meter::descend();
    meter::work(rhs.len());
    for (key, value) in rhs.iter() {
        let merged = match (lhs.take(key), value) {
            (Some((at, Value::Object(mut old))), Value::Object(new)) => {
                merge_deeply(Rc::make_mut(&mut old), new);
                lhs.put(at, Value::Object(old));
                continue;
            }
            (_, value) => value.clone(),
        };
        lhs.insert(key.clone(), merged);
    }
}

impl Div for Value {
    type Output = ValR;

    fn div(self, rhs: Value) -> ValR {
        match (self.as_float(), rhs.as_float()) {
            (Some(_), Some(0.0)) => return Err(divided_by_zero(&self, &rhs)),
            (Some(lhs), Some(by)) => {
                if let (Value::Int(lhs), Value::Int(by)) = (&self, &rhs)
                    && lhs.checked_rem(*by) == Some(0)
                {
                    return Ok(Value::Int(lhs / by));
                }
                return Ok(integer(lhs / by));
            }
            _ => {}
        }
        match (self.as_str(), rhs.as_str()) {
            (Some(text), Some(separator)) => Ok(split(text, separator)),
            _ => Err(cannot_be(&self, &rhs, "divided")),
        }
    }
}

fn divided_by_zero(lhs: &Value, rhs: &Value) -> Error {
    cannot_be(lhs, rhs, "divided because the divisor is zero")
}

/// The parts of a text between separators; its characters if the separator is empty.
fn split(text: &str, separator: &str) -> Value {
    let mut parts = Array::with_capacity(0);
    if separator.is_empty() {
        let mut buffer = [0; 4];
        text.chars().for_each(|c| parts.push(Value::string(c.encode_utf8(&mut buffer))));
    } else if !text.is_empty() {
        meter::work(text.len() / 64);
        for part in text.split(separator) {
            meter::work(1);
            parts.push(Value::string(part));
        }
    }
    Value::array(parts)
}

impl Rem for Value {
    type Output = ValR;

    fn rem(self, rhs: Value) -> ValR {
        let (Some(lhs), Some(by)) = (self.as_float(), rhs.as_float()) else {
            return Err(cannot_be(&self, &rhs, "divided (remainder)"));
        };
        if lhs.is_nan() || by.is_nan() {
            return Ok(Value::Float(f64::NAN));
        }
        let whole = |value: &Value, float: f64| if let Value::Int(int) = value { *int } else { float as i64 };
        let (lhs, by) = (whole(&self, lhs), whole(&rhs, by));
        if by == 0 {
            return Err(divided_by_zero(&self, &rhs));
        }
        Ok(Value::Int(lhs.wrapping_rem(by)))
    }
}

impl Neg for Value {
    type Output = ValR;

    fn neg(self) -> ValR {
        match self {
            Value::Int(int) if int != 0 && int != i64::MIN => Ok(Value::Int(-int)),
            _ => match self.as_float() {
                Some(float) => Ok(integer(-float)),
                None => Err(Error::str(format_args!("{} cannot be negated", self.described()))),
            },
        }
    }
}

impl Value {
    /// The key of an entry that a filter makes: other values than strings are keys by their JSON.
    pub(in crate::jq) fn into_key(self) -> Key {
        self.to_key().unwrap_or_else(|| Key::new(&to_json(&self)))
    }
}
