//! The order of numbers: that of their exact values, and NaN before all others.

use std::cmp::Ordering;

use super::super::Value;

/// 2^63: the smallest float beyond 64-bit integers.
const BEYOND_INTS: f64 = 9_223_372_036_854_775_808.0;

/// The value of a number. What came with a point or an exponent stands for the nearest float, as in calculations.
#[derive(Clone, Copy)]
enum Number<'a> {
    Int(i64),
    Float(f64),
    /// An integer beyond 64 bits.
    Whole(Whole<'a>),
}

/// An integer, by its digits without leading zeros.
#[derive(Clone, Copy)]
struct Whole<'a> {
    negative: bool,
    digits: &'a str,
}

/// Compares numbers; other values of the same rank are equal.
pub(super) fn compare(lhs: &Value, rhs: &Value) -> Ordering {
    let (Some(lhs), Some(rhs)) = (Number::of(lhs), Number::of(rhs)) else { return Ordering::Equal };
    match (lhs, rhs) {
        (Number::Int(lhs), Number::Int(rhs)) => lhs.cmp(&rhs),
        (Number::Float(lhs), Number::Float(rhs)) => {
            lhs.partial_cmp(&rhs).unwrap_or_else(|| rhs.is_nan().cmp(&lhs.is_nan()))
        }
        (Number::Whole(lhs), Number::Whole(rhs)) => lhs.compare(rhs),
        (Number::Int(lhs), Number::Float(rhs)) => compare_int(lhs, rhs),
        (Number::Float(lhs), Number::Int(rhs)) => compare_int(rhs, lhs).reverse(),
        (Number::Whole(lhs), Number::Float(rhs)) => lhs.compare_float(rhs),
        (Number::Float(lhs), Number::Whole(rhs)) => rhs.compare_float(lhs).reverse(),
        (Number::Whole(lhs), Number::Int(_)) => lhs.sign(),
        (Number::Int(_), Number::Whole(rhs)) => rhs.sign().reverse(),
    }
}

impl Number<'_> {
    fn of(value: &Value) -> Option<Number<'_>> {
        if let Value::Int(int) = value {
            return Some(Number::Int(*int));
        }
        let Some(digits) = value.as_digits() else { return value.as_float().map(Number::Float) };
        if let Ok(int) = digits.parse() {
            return Some(Number::Int(int));
        }
        Some(Whole::of(digits).map_or_else(|| Number::Float(digits.parse().unwrap_or(f64::NAN)), Number::Whole))
    }
}

fn compare_int(lhs: i64, rhs: f64) -> Ordering {
    match (lhs as f64).partial_cmp(&rhs) {
        None => Ordering::Greater, // than NaN
        // Rounding to a float keeps the order, but may make equal what differs.
        Some(Ordering::Equal) if rhs == BEYOND_INTS => Ordering::Less,
        Some(Ordering::Equal) => lhs.cmp(&(rhs as i64)),
        Some(order) => order,
    }
}

impl<'a> Whole<'a> {
    fn of(number: &'a str) -> Option<Self> {
        let unsigned = number.strip_prefix('-');
        let whole = Whole { negative: unsigned.is_some(), digits: unsigned.unwrap_or(number) };
        whole.digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(whole)
    }

    /// The order relative to 64-bit integers.
    fn sign(self) -> Ordering {
        if self.negative { Ordering::Less } else { Ordering::Greater }
    }

    fn compare(self, other: Whole<'_>) -> Ordering {
        let lengths = || self.digits.len().cmp(&other.digits.len());
        let order = lengths().then_with(|| self.digits.cmp(other.digits));
        match (self.negative, other.negative) {
            (false, false) => order,
            (true, true) => order.reverse(),
            _ => self.sign(),
        }
    }

    fn compare_float(self, float: f64) -> Ordering {
        let rounded: f64 = self.digits.parse().unwrap_or(f64::INFINITY);
        match (if self.negative { -rounded } else { rounded }).partial_cmp(&float) {
            None => Ordering::Greater, // than NaN
            Some(Ordering::Equal) if float.is_infinite() => self.sign().reverse(),
            Some(Ordering::Equal) => {
                let digits = format!("{:.0}", float.abs()); // exact
                self.compare(Whole { negative: self.negative, digits: &digits })
            }
            Some(order) => order,
        }
    }
}
