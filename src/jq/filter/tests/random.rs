//! Any filter on any document ends, within its limits and without a panic.

use std::time::Duration;

use proptest::prelude::*;

use super::json;
use crate::jq::{Filter, FilterLimits, meter};

const TIGHT: FilterLimits =
    FilterLimits { steps: 20_000, time: Duration::from_secs(600), memory: 1 << 20, bytes: 64 << 10 };

/// Filters of many kinds, some of them nonsense.
fn filter() -> impl Strategy<Value = String> {
    let leaves = [
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
    let leaf = prop::sample::select(leaves.to_vec()).prop_map(str::to_owned);
    let names = [
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
        "isvalid(1)?",
    ];
    leaf.prop_recursive(5, 24, 3, move |inner| {
        let name = prop::sample::select(names.to_vec());
        let operator = prop::sample::select(vec![
            "+",
            "-",
            "*",
            "/",
            "%",
            "==",
            "<",
            "and",
            "or",
            "//",
            ",",
            "|",
            "=",
            "|=",
            "+=",
            "//=",
            "as $x | $x,",
        ]);
        let one = [
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
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(left, operator, right)| format!("({left}) {operator} ({right})")),
            (inner.clone(), name).prop_map(|(input, name)| format!("({input}) | {name}")),
            (prop::sample::select(one.to_vec()), inner.clone()).prop_map(|(open, inner)| {
                let close = match open {
                    "[" | "[.[]? | " => "]",
                    "[limit(9; " | "[recurse(" => ")]",
                    "{a: (" => ")}",
                    "def f: " => "; f",
                    _ => ")",
                };
                format!("{open}{inner}{close}")
            }),
            (inner.clone(), inner).prop_map(|(key, value)| format!(".[{key}]? |= ({value})")),
        ]
    })
}

fn ends(code: &str, document: &str) {
    let Ok(filter) = Filter::compile(code) else { return };
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn filters_end_within_their_limits(code in filter(), document in json()) {
        ends(&code, &document.to_string());
    }

    #[test]
    fn filters_and_documents_never_panic(code in "[.\\[\\]{}|,a-c0-2\"()$@ ]{0,12}", text in "[\\[\\]{}:,0-9\"a]{0,12}") {
        ends(&code, &text);
    }
}
