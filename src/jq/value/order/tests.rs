use std::cmp::Ordering;

use proptest::prelude::*;

use super::super::{Syntax, Value, parse};
use super::{compare, equal};

fn digits(text: &str) -> Value {
    parse(text.as_bytes(), Syntax::Json).unwrap_or_else(|_| panic!("{text} is JSON"))
}

/// Numbers of every kind, many of them close to others.
fn number() -> impl Strategy<Value = Value> {
    let bases = vec![0, 1 << 53, -(1 << 53), 1 << 60, i64::MAX, i64::MIN];
    let near = (prop::sample::select(bases), -3_i64..=3).prop_map(|(base, offset)| base.saturating_add(offset));
    let floats = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -0.0, 0.1, 0.1 + 0.2, 5e-324];
    let texts = vec!["-0", "-0.0", "0e5", "0.10", "0.10000000000000000555", "1e400", "-1e400", "1e30"];
    prop_oneof![
        near.clone().prop_map(Value::Int),
        near.clone().prop_map(|int| Value::Float(int as f64)),
        near.clone().prop_map(|int| digits(&format!("{int}.0"))),
        near.prop_map(|int| digits(&(i128::from(int) * 2).to_string())),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        prop::sample::select(floats).prop_map(Value::Float),
        prop::sample::select(texts).prop_map(digits),
        "-?[1-9][0-9]{17,22}".prop_map(|text| digits(&text)),
        "-?1[0-9]00{300,320}".prop_map(|text| digits(&text)),
        "-?[0-9]\\.[0-9]{1,20}(e[0-9]{1,2})?".prop_map(|text| digits(&text)),
    ]
}

fn is_nan(value: &Value) -> bool {
    value.as_float().is_some_and(f64::is_nan)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_order_of_numbers_is_total(a in number(), b in number(), c in number()) {
        prop_assert_eq!(compare(&a, &a), Ordering::Equal);
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
            let expected = if compare(&a, &b).is_eq() { compare(&b, &c) } else { Ordering::Less };
            prop_assert_eq!(compare(&a, &c), expected);
        }
        let one_nan = is_nan(&a) || is_nan(&b);
        prop_assert_eq!(equal(&a, &b), compare(&a, &b).is_eq() && !one_nan);
        prop_assert!(one_nan || a.as_float() >= b.as_float() || compare(&a, &b).is_lt());
    }
}

#[test]
fn exact_values_decide() {
    let int = 1 << 53;
    let ascending = [
        Value::Float(f64::NAN),
        Value::Float(f64::NEG_INFINITY),
        digits("-18446744073709551617"),
        Value::Float(-18_446_744_073_709_551_616.0),
        digits("-18446744073709551615"),
        Value::Int(i64::MIN),
        Value::Int(i64::MIN + 1),
        Value::Int(0),
        Value::Float(5e-324),
        Value::Float(int as f64),
        Value::Int(int + 1),
        Value::Float((int + 2) as f64),
        Value::Int(i64::MAX),
        Value::Float(9_223_372_036_854_775_808.0),
        digits("9223372036854775809"),
        digits(&format!("1{}", "0".repeat(400))),
        Value::Float(f64::INFINITY),
    ];
    for (at, lhs) in ascending.iter().enumerate() {
        for (other, rhs) in ascending.iter().enumerate() {
            assert_eq!(compare(lhs, rhs), at.cmp(&other), "{lhs} and {rhs}");
        }
    }
    let equal_to = |lhs: &str, rhs: Value| assert!(equal(&digits(lhs), &rhs), "{lhs} and {rhs}");
    equal_to("-0", Value::Int(0));
    equal_to("9007199254740992.0", Value::Int(int));
    equal_to("0.10", Value::Float(0.1));
    equal_to("0.10000000000000000555", Value::Float(0.1));
    equal_to("9223372036854775808", Value::Float(9_223_372_036_854_775_808.0));
    equal_to("1e400", Value::Float(f64::INFINITY));
}
