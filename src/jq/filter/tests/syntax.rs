//! What jq accepts in a filter, and how it groups it.

use proptest::prelude::*;

use super::{run, yields};
use crate::jq::Filter;

#[test]
fn value_parameters_are_filters_too() {
    yields("def f($x): $x | x + x; f(1), f(2, 3)", "null", &["2", "4", "6"]);
    yields("def f($a; g; $b): [a, g, b, $a]; f(1; .; 3)", "0", &["[1,0,3,1]"]);
    yields("def f($x): def g: x; [g, (5 as $x | x), (def x: 7; x)]; f(1)", "null", &["[1,1,7]"]);
    yields("def f($f): f; f(4)", "null", &["4"]);
    yields("def f($n): if n == 0 then \"end\" else f(n - 1) end; f(5000)", "null", &["\"end\""]);
    yields("def f(a; $a): a; f(1; 2)", "null", &["2"]);
    assert!(Filter::compile("def f($x): x(1); f(1)").unwrap_err().message.contains("undefined filter x/1"));
}

#[test]
fn folds_keep_the_last_output_of_their_update() {
    yields("reduce (1,2) as $x (0; .+$x, .*$x), reduce (1,2) as $x (0; empty)", "null", &["0", "null"]);
    yields("reduce (1,2,3) as $x (0; select($x != 2) | . + $x)", "null", &["3"]);
    yields("def f: ., . + 1; reduce range(5) as $x (0; f)", "null", &["5"]);
    yields("def length: 1, 2; reduce 1 as $x (0; length), reduce 1 as $x (0; [1, 3][])", "null", &["2", "3"]);
    yields("reduce 1 as $x ([[1]]; path(..))", "null", &["[0,0]"]);
    yields("reduce 1 as $x ((1, 2); ., . * 10), reduce 1 as $x (5; error?)", "null", &["10", "20", "null"]);
    yields("[foreach (1,2,3) as $x (0; .+$x, .*$x; .)]", "null", &["[1,0,2,0,3,0]"]);
    yields("[foreach (1,2,3) as $x (0; if $x == 2 then empty else . + $x end)]", "null", &["[1,3]"]);
    yields(
        "[foreach ([1],[2]) as [$x] (0, 1; (., 5); [$x, .])]",
        "null",
        &["[[1,0],[1,5],[2,5],[2,5],[1,1],[1,5],[2,5],[2,5]]"],
    );
    yields("[path(reduce (\"a\", \"b\") as $k (.; .x, .[$k]))]", "null", &[r#"[["a","b"]]"#]);
    yields("try (reduce (1, 2) as $x (0; 1, error(\"why\"))) catch .", "null", &["\"why\""]);
}

#[test]
fn escaped_surrogates_are_characters() {
    let answers = ["\"😀\"", "\"\u{FFFD}\"", "\"a\u{FFFD}b\"", "\"\u{FFFD}\u{FFFD}\"", "\"😀\"", "\"\\\\ud83d\""];
    let filter = r#""\ud83d\ude00", "\ud83d", "a\ude00b", "\ude00\ud83d", "\("\uD83D\uDE00")", "\\ud83d""#;
    yields(filter, "null", &answers);
    yields(r#"{"\ud83d\ude00": 1} | ."\ud83d\ude00", .["\ud83d\ude00"]"#, "null", &["1", "1"]);
    yields(r#"test("^\ud83d\ude00$"), @json "\("\ud83d\ude00")""#, "\"😀\"", &["true", "\"\\\"😀\\\"\""]);
    let error = Filter::compile(r#""\ud83d\ude00", "\ud83d" | nothing"#).unwrap_err();
    assert_eq!((&error.code[error.at..], error.code.len()), ("nothing", 34));
}

#[test]
fn numbers_begin_or_end_with_a_dot() {
    yields(
        "[.[] | select(. > .5)], [.5, 1., 2.e1, -.5, (1.|.), .5e1]",
        "[0.4,0.6]",
        &["[0.6]", "[0.5,1,2e1,-0.5,1,0.5e1]"],
    );
    yields("\".5 1. \\(.5 + 1. | (.)) .5\" # .5 \" 1.\n", "null", &["\".5 1. 1.5 .5\""]);
    yields("[.1, .a1.b, .a[1:.5+1.]]", r#"{"a1":{"b":1},"a":[0,1]}"#, &["[0.1,1,[1]]"]);
    yields("if .5then 1 else 2 end # \\\n nothing \\\r\n nothing", "null", &["1"]);
    let error = Filter::compile(".5 + 1. + nothing").unwrap_err();
    assert_eq!(&error.code[error.at..], "nothing");
    for wrong in [".a.5", "[1].5", "1.2.3", "1..2", "1.a", "$ENV.5", ". .5", "\"a\".5"] {
        Filter::compile(wrong).unwrap_err();
    }
}

#[test]
fn products_group_from_the_left() {
    yields("[2*3%4, 2*(3%4), (2*3)%4, 7/2%2, 7%4*2, 10%4%3, 2 * 3 % 4 * 5 % 7]", "null", &["[2,6,2,1,6,2,3]"]);
    yields(
        "[8 / -2 * 3, 5 * -3 % 2, (8 / -2) * 3, 8 / (-2) * 3, 2 * - -3 % 4]",
        "null",
        &["[-1.3333333333333333,-5,-12,-12,6]"],
    );
    let answers = ["[2,6,4]", "\"2 6\"", "{\"a\":2}", "2", "[3]"];
    let filters = "[.[0]*.[1]%.[2], (.[0])*(.[1]%(.[2])), (.[0]|length)*(2)%5], \"\\(2*3%4) \\(2*(3%4))\", {a: (2*3%4)}, \
                   reduce 1 as $x (0; 2*3%4), [limit((1); 3)*(1)%(4)]";
    yields(filters, "[2,3,4]", &answers);
}

/// A product or sum as jq reads it, evaluated. A minus takes what binds tighter than `-`.
struct Evaluator<'e>(std::iter::Peekable<std::str::Chars<'e>>);

impl Evaluator<'_> {
    fn sum(&mut self) -> Option<f64> {
        let mut left = self.product()?;
        while let Some(operator) = self.0.next_if(|c| "+-".contains(*c)) {
            let right = self.product()?;
            left = if operator == '+' { left + right } else { left - right };
        }
        Some(left)
    }

    fn product(&mut self) -> Option<f64> {
        let mut left = match self.0.next()? {
            '-' => return self.product().map(|number| -number),
            '(' => {
                let inner = self.sum();
                self.0.next();
                inner?
            }
            digit => f64::from(digit.to_digit(10)?),
        };
        while let Some(operator) = self.0.next_if(|c| "*/%".contains(*c)) {
            let negative = self.0.peek() == Some(&'-');
            let right = if negative { self.product()? } else { self.factor()? };
            left = match operator {
                '*' => left * right,
                '/' if right != 0.0 => left / right,
                '%' if right.trunc() != 0.0 => left.trunc() % right.trunc(),
                _ => return None,
            };
        }
        Some(left)
    }

    fn factor(&mut self) -> Option<f64> {
        match self.0.next()? {
            '(' => {
                let inner = self.sum();
                self.0.next();
                inner
            }
            digit => digit.to_digit(10).map(f64::from),
        }
    }
}

fn arithmetic() -> impl Strategy<Value = String> {
    let leaf = (0..10_u32).prop_map(|digit| digit.to_string());
    leaf.prop_recursive(6, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("-{inner}")),
            (inner.clone(), "[-+*/%]", inner).prop_map(|(left, operator, right)| format!("{left}{operator}{right}")),
        ]
    })
}

proptest! {
    #[test]
    fn arithmetic_groups_as_in_jq(code in arithmetic()) {
        let expected = Evaluator(code.chars().peekable()).sum();
        let spaced = code.replace('-', " - ");
        let actual = run(&spaced, "null").ok().map(|outputs| outputs[0].parse::<f64>().unwrap());
        prop_assert_eq!(actual, expected, "{}", code);
    }
}
