mod agreement;
mod bounds;
mod dates;
mod natives;
mod nesting;
mod order;
mod random;
mod regexes;
mod syntax;
mod unwinding;

use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;

use crate::jq::{Filter, FilterError, FilterLimits, Outputs, bare, meter};

/// Enough for any filter that ends. The time limit never applies.
const AMPLE: FilterLimits = FilterLimits {
    steps: 300_000,
    time: Duration::from_secs(600),
    spent: Duration::ZERO,
    memory: 64 << 20,
    bytes: 1 << 20,
};

fn run(code: &str, json: &str) -> Result<Vec<String>, FilterError> {
    let outputs = run_within(AMPLE, code, json)?;
    Ok(outputs.iter().map(str::to_owned).collect())
}

/// Runs a filter, and checks that it gives back all memory, whatever happened.
fn run_within(limits: FilterLimits, code: &str, json: &str) -> Result<Outputs, FilterError> {
    let result = Filter::compile(code).unwrap().run(json.as_bytes(), limits);
    let (live, peak) = meter::live_and_peak();
    assert_eq!(live, 0, "{code}");
    assert!(peak <= limits.memory, "{code}");
    result
}

#[track_caller]
fn yields(code: &str, json: &str, outputs: &[&str]) {
    assert_eq!(run(code, json).unwrap(), outputs, "{code} on {json}");
}

#[track_caller]
fn fails(code: &str, json: &str, why: &str) {
    let error = run(code, json).unwrap_err().to_string();
    assert!(error.contains(why), "{code}: {error}");
}

#[test]
fn filters_behave_as_in_jq() {
    yields(".a[].b", r#"{"a": [{"b": 1}, {"b": "x"}]}"#, &["1", "\"x\""]);
    yields("empty", "1", &[]);
    yields(r#"[.[] | select(.n > 1) | {n, s: "\(.n)!"}]"#, r#"[{"n":1},{"n":2}]"#, &[r#"[{"n":2,"s":"2!"}]"#]);
    yields("to_entries[] | .key", r#"{"z":1,"a":2}"#, &["\"z\"", "\"a\""]);
    yields("group_by(.k) | map(length)", r#"[{"k":1},{"k":2},{"k":1}]"#, &["[2,1]"]);
    yields(r#"test("^h"), (.[1:] | ascii_upcase), gsub("l"; "L")"#, "\"hello\"", &["true", "\"ELLO\"", "\"heLLo\""]);
    yields("[range(3)], [range(5; 0; -2)], [limit(2; repeat(1))]", "null", &["[0,1,2]", "[5,3,1]", "[1,1]"]);
    yields(".a? // \"none\"", "[]", &["\"none\""]);
    yields("fromjson | .[0]", r#""[1.50]""#, &["1.50"]);
    yields("def fac: if . < 2 then 1 else . * (. - 1 | fac) end; fac", "20", &["2432902008176640000"]);
    yields("1, halt, 2", "null", &["1"]);
}

#[test]
fn filters_missing_from_jaq_are_defined() {
    yields("toarray, ([1] | toarray)", "1", &["[1]", "[1]"]);
    yields(r#"trimstr("a"), IN("aba", "b"), IN(.; "b")"#, "\"aba\"", &["\"b\"", "true", "false"]);
    yields("[leaf_paths], INDEX(.[]; .a)", r#"{"x":{"a":1}}"#, &[r#"[["x","a"]]"#, r#"{"1":{"a":1}}"#]);
    yields("65 | ascii", "null", &["\"A\""]);
    yields("@csv", r#"["a\"b",1.50,null,true]"#, &[r#""\"a\"\"b\",1.50,,true""#]);
    yields("@tsv", r#"["a\tb\\","\n\r",null]"#, &[r#""a\\tb\\\\\t\\n\\r\t""#]);
    fails("@csv", "[[1]]", "array ([1]) is not valid in a csv row");
}

#[test]
fn numbers_keep_their_digits_until_calculated_with() {
    let digits = "[1e308,0.10,12345678901234567890123,1E+2,-1.0,-0]";
    yields(".", digits, &[digits]);
    yields(".", "[1e400,-1e400]", &["[1.7976931348623157e308,-1.7976931348623157e308]"]);
    yields(".[1], .[1] + 0", digits, &["0.10", "0.1"]);
    yields("nan, infinite, -infinite", "null", &["null", "1.7976931348623157e308", "-1.7976931348623157e308"]);
    yields("\"+1.5\", \"007.5\" | tonumber", "null", &["1.5", "7.5"]);
    yields("{(1): 2}", "null", &[r#"{"1":2}"#]);
}

#[test]
fn an_error_discards_the_outputs() {
    fails("1, .a", "[1]", r#"Cannot index array with "a""#);
    fails("error(\"my own\")", "1", "my own");
    fails("1, halt_error", "1", "halted");
    let error = run("error", &format!("[{}1]", "1,".repeat(9999))).unwrap_err().to_string();
    assert!(error.len() < 300 && error.ends_with('…'), "{error}");
    for (json, why) in [("", "EOF"), ("{", "EOF"), ("1 2", "trailing"), ("NaN", "expected"), ("# x\n1", "expected")] {
        fails(".", json, "the body is not JSON: ");
        fails(".", json, why);
    }
}

#[test]
fn endless_filters_are_stopped() {
    let steps = "did not finish within 300000 steps";
    for code in [
        "[repeat(1)]",
        "def f: f; f",
        "[range(1e12)] | length",
        "last(range(1e12))",
        "[range(0; infinite; 1)]",
        "until(false; .)",
        "first(range(1e12) | select(. < 0))",
        "reduce repeat(1) as $x (0; . + $x)",
        "[limit(1e12; repeat(1))]",
        "[.[] | try range(1e12)]",
        "isempty(repeat(empty))",
        "try repeat(1) catch 2 | empty",
    ] {
        fails(code, "[1]", steps);
    }
    fails("repeat(\"x\" * 1000)", "1", "the outputs are larger than 1048576 bytes");
    fails("def f: 1 + f; f", "1", "recurses too deeply");
    fails("def f: [f]; f", "1", "recurses too deeply");
    fails("def f: try error(1) catch f; f", "1", "recurses too deeply");
    fails("reduce range(125) as $i (1; {a: .})", "1", "an output nests more than 248 levels (an object counts as two)");
    assert!(run("reduce range(124) as $i (1; {a: .})", "1").is_ok());
    fails("reduce range(300) as $i (.; [.])", "1", "an output nests more than 248 levels (an object counts as two)");
    fails("reduce range(60) as $i (.; [., .])", "1", "the outputs are larger");
    fails("reduce range(300) as $i (\"1\"; \"[\" + . + \"]\") | fromjson", "1", "nests more than 256 levels");
}

#[test]
fn time_is_limited() {
    let limits = FilterLimits { time: Duration::ZERO, ..AMPLE };
    let end = Filter::compile("[range(1000)]").unwrap().run(b"1", limits);
    assert_eq!(end, Err(FilterError::Unbounded("the filter did not finish within 0ns".to_owned())));
    let limits = FilterLimits { spent: Duration::from_secs(599), time: Duration::from_secs(599), ..AMPLE };
    let end = Filter::compile("[range(1000)]").unwrap().run(b"1", limits);
    assert_eq!(end, Err(FilterError::Unbounded("the filter did not finish within 599s".to_owned())));
}

#[test]
fn malicious_documents_are_refused() {
    fails(".", &"[".repeat(1 << 20), "the body nests more than 256 levels");
    fails(".", &"9".repeat(1 << 20), "the body has a number of more than 1000 digits");
    let deep = "[".repeat(256) + &"]".repeat(256);
    fails(".", &deep, "an output nests more than 248 levels (an object counts as two)");
    let deep = "[".repeat(248) + &"]".repeat(248);
    yields(".", &deep, &[&deep]);
    yields(". == ., (tojson | fromjson), (.. |= .)", &deep, &["true", &deep, &deep]);
}

#[test]
fn errors_in_expressions_are_located() {
    let wrong = |code: &str| Filter::compile(code).unwrap_err().to_string();
    assert_eq!(wrong(".a | | .b"), "expected term, found |\n    .a | | .b\n         ^");
    assert_eq!(wrong(".a | nope(1)"), "undefined filter nope/1\n    .a | nope(1)\n         ^");
    assert_eq!(wrong("$x"), "undefined variable $x\n    $x\n    ^");
    assert_eq!(wrong(".a | §"), "unexpected §\n    .a | §\n         ^");
    assert_eq!(wrong("\"é\" | [1"), "expected closing bracket\n    \"é\" | [1\n            ^");
    assert_eq!(wrong(""), "expected term, but the filter ends\n    \n    ^");
    assert_eq!(wrong(".a |\n\t.b )\n| .c"), "unexpected )\n    \t.b )\n    \t   ^");
    assert_eq!(wrong("include \"x\"; 1"), "module loading not supported\n    include \"x\"; 1\n             ^");
    assert_eq!(wrong(".a | \"x"), "expected closing quote\n    .a | \"x\n           ^");
}

#[test]
fn a_bare_string_is_its_text() {
    assert_eq!(bare("\"a\\n\\u00e9\""), "a\né");
    assert_eq!(bare("[\"a\"]"), "[\"a\"]");
    assert_eq!(bare("1.50"), "1.50");
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn identity_returns_any_document(document in json()) {
        let outputs = run(".", &document.to_string()).unwrap();
        prop_assert_eq!(outputs, [document.to_string()]);
    }
}

#[test]
fn the_first_output_ends_the_evaluation() {
    let first = |code: &str| {
        let filter = Filter::compile(code).unwrap();
        filter.first(b"[1,2]", FilterLimits::for_document(5, 1 << 20)).map_err(|why| why.to_string())
    };
    assert_eq!(first(".[]"), Ok(Some("1".to_owned())));
    assert_eq!(first("., error"), Ok(Some("[1,2]".to_owned())));
    assert_eq!(first("\"a\\n\", repeat(0)"), Ok(Some("\"a\\n\"".to_owned())));
    assert_eq!(first("empty"), Ok(None));
    assert!(first("error").is_err());
}
