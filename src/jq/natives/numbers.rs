//! Numbers.

use super::super::value::{Error, ValR, Value, integer};
use super::{Native, plain};

pub(super) fn natives() -> Vec<Native> {
    vec![
        plain!("nan", |_| Ok(Value::Float(f64::NAN))),
        plain!("infinite", |_| Ok(Value::Float(f64::INFINITY))),
        plain!("isnan", |value| float(&value).map(|float| float.is_nan().into())),
        plain!("isinfinite", |value| float(&value).map(|float| float.is_infinite().into())),
        plain!("abs", abs),
        plain!("floor", |value| rounded(value, f64::floor)),
        plain!("ceil", |value| rounded(value, f64::ceil)),
        plain!("round", |value| rounded(value, f64::round)),
        plain!("trunc", |value| rounded(value, f64::trunc)),
        plain!("rint", |value| rounded(value, f64::round_ties_even)),
        plain!("nearbyint", |value| rounded(value, f64::round_ties_even)),
    ]
}

fn float(value: &Value) -> Result<f64, Error> {
    value.as_float().ok_or_else(|| Error::str(format_args!("{} number required", value.described())))
}

fn rounded(value: Value, round: fn(f64) -> f64) -> ValR {
    match value {
        Value::Int(_) => Ok(value),
        _ => float(&value).map(|float| integer(round(float))),
    }
}

fn abs(value: Value) -> ValR {
    match value.as_float() {
        Some(float) if float < 0.0 => -value,
        Some(_) => Ok(value),
        None => Err(Error::str(format_args!("{} has no absolute value", value.described()))),
    }
}
