//! Any filter on any document ends, within its limits and without a panic.

use std::time::Duration;

use proptest::prelude::*;

use super::json;
use crate::jq::{Filter, FilterLimits, meter};

const TIGHT: FilterLimits = FilterLimits {
    steps: 20_000,
    time: Duration::from_secs(600),
    spent: Duration::ZERO,
    memory: 1 << 20,
    bytes: 64 << 10,
};

/// Filters without an input of their own.
const LEAVES: [&str; 25] = [
    ".",
    ".a",
    ".[0]",
    ".[]?",
    ".[1:]",
    "..",
    "null",
    "true",
    "-1",
    "0.5",
    "1e9",
    "nan",
    "\"a\"",
    "\"aé\"",
    "[]",
    "{}",
    "\"[1]\"",
    "range(5)",
    "empty",
    "input",
    "now",
    "$ENV|length",
    "[range(20)]",
    "{a: [1]}",
    "infinite",
];

/// Filters of an input.
const NAMES: [&str; 81] = [
    "length",
    "keys",
    "add",
    "any",
    "all",
    "flatten",
    "floor",
    "sqrt",
    "tostring",
    "tonumber",
    "type",
    "sort",
    "group_by(.)",
    "unique",
    "min",
    "max",
    "reverse",
    "tojson",
    "fromjson",
    "ascii_downcase",
    "explode",
    "implode",
    "to_entries",
    "from_entries",
    "paths",
    "[paths]",
    "transpose",
    "first",
    "last",
    "recurse",
    "env|length",
    "@csv",
    "@tsv",
    "@html",
    "@uri",
    "@sh",
    "@base64",
    "@base64d",
    "@base32",
    "@base32d",
    "@json",
    "@text",
    "trim",
    "ltrimstr(\"a\")",
    "join(\",\")",
    "split(\"a\")",
    "split(\"a\";\"g\")",
    "gsub(\"\";\"x\")",
    "[match(\"a*\";\"g\")]",
    "test(\"a\")",
    "scan(\".\")",
    "sub(\"(?<x>.)\";\"\\(.x)\",1)",
    "tostream",
    "[tostream]|fromstream(.[])",
    "todate",
    "fromdate",
    "mktime",
    "gmtime",
    "strftime(\"%s\")",
    "abs",
    "toarray",
    "pick(.a)",
    "del(.[0])",
    "del(..)",
    "walk(.)",
    "map_values(.)",
    "indices(1)",
    "index(\"a\")",
    "contains(\"a\")",
    "inside([1])",
    "getpath([\"a\",0])",
    "splits(\"a\")",
    "combinations?",
    "ascii",
    "utf8bytelength",
    "error",
    "halt",
    "input_line_number",
    "significand",
    "limit(3; .[]?)",
    "until(true; .)",
];

/// What two filters are joined by.
const OPERATORS: [&str; 17] =
    ["+", "-", "*", "/", "%", "==", "<", "and", "or", "//", ",", "|", "=", "|=", "+=", "//=", "as $x | $x,"];

/// What a filter is put behind; [`close`] ends it.
const OPENERS: [&str; 19] = [
    "[",
    "(",
    "-(",
    "try (",
    "path(",
    "[limit(9; ",
    "first(",
    "reduce .[]? as $x (.; ",
    "[.[]? | ",
    "{a: (",
    "label $l | (",
    "def f: ",
    "isempty(",
    "[recurse(",
    "sort_by(",
    "map(",
    "any(",
    "paths(",
    "def f(g): if . == null then g else f(g | .) end; f(",
];

/// What ends a filter that begins with one of the [`OPENERS`].
fn close(open: &str) -> &'static str {
    match open {
        "[" | "[.[]? | " => "]",
        "[limit(9; " | "[recurse(" => ")]",
        "{a: (" => ")}",
        "def f: " => "; f",
        _ => ")",
    }
}

/// Filters of many kinds, some of them nonsense.
fn filter() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(&LEAVES[..]).prop_map(str::to_owned);
    leaf.prop_recursive(5, 24, 3, |inner| {
        let (name, operator) = (prop::sample::select(&NAMES[..]), prop::sample::select(&OPERATORS[..]));
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(left, operator, right)| format!("({left}) {operator} ({right})")),
            (inner.clone(), name).prop_map(|(input, name)| format!("({input}) | {name}")),
            (prop::sample::select(&OPENERS[..]), inner.clone())
                .prop_map(|(open, inner)| format!("{open}{inner}{}", close(open))),
            (inner.clone(), inner).prop_map(|(key, value)| format!(".[{key}]? |= ({value})")),
        ]
    })
}

fn ends(filter: &Filter, document: &str) {
    let code = filter.code();
    let result = filter.run(document.as_bytes(), TIGHT);
    let (live, peak) = meter::live_and_peak();
    assert_eq!(live, 0, "{code} on {document}");
    assert!(peak <= TIGHT.memory);
    match result {
        Err(error) => assert!(!error.to_string().contains("panicked"), "{code} on {document}: {error}"),
        Ok(outputs) => outputs.iter().for_each(|output| {
            assert!(serde_json::from_str::<serde_json::Value>(output).is_ok(), "{code} on {document}: {output}");
        }),
    }
}

/// Filters of few letters, of which some compile.
const SHORT: &str = "[.\\[\\]{}|,a-c0-2\"()$@ ]{0,12}";

#[test]
fn some_filters_of_few_letters_compile() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let codes = (0..1000).map(|_| SHORT.new_tree(&mut runner).unwrap().current());
    let compiled = codes.filter(|code| Filter::compile(code).is_ok()).count();
    assert!(compiled > 10, "{compiled}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn filters_end_within_their_limits(code in filter(), document in json()) {
        let filter = Filter::compile(&code).unwrap_or_else(|why| panic!("{code}: {why}"));
        ends(&filter, &document.to_string());
    }

    #[test]
    fn filters_and_documents_never_panic(code in SHORT, text in "[\\[\\]{}:,0-9\"a]{0,12}") {
        if let Ok(filter) = Filter::compile(&code) {
            ends(&filter, &text);
        }
    }
}
