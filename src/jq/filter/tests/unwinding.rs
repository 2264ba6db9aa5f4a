//! Whatever stops an evaluation, and wherever, all memory is given back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::AMPLE;
use crate::jq::{Filter, FilterError, FilterLimits, meter};

/// Filters that between them use every kind of value and native filter.
const FILTERS: [&str; 26] = [
    ".",
    "reduce range(40) as $i ({}; .[\"key \\($i)\"] = $i) | .[\"a key of some length\"] = 1",
    ".o * {o: {p: [1]}} | del(.o) | . + {q: 1}",
    ".o as $o | $o | .a = 1 | [., $o]",
    "with_entries(.value |= tostring)",
    "[.. | numbers] | sort | unique | group_by(. > 1) | transpose",
    "[paths] | map(length) | add",
    "del(.a[1:], .o.k3, .o.k9) | map_values(length?)",
    ".a[1:2] = [7, 8] | .a[5] |= 3",
    "path(..)",
    "[tostream] | fromstream(.[])",
    "tojson | fromjson | tojson",
    "[.t | match(\"(?<x>[a-z]+) (\\\\w)\"; \"g\")]",
    ".t | gsub(\"(?<x>o+)\"; \"<\\(.x)>\"), sub(\"\\\\s\"; \"1\", \"2\")",
    "[.t | splits(\" \")], (.t | split(\" +\"; null)), [.t | scan(\"o.\")]",
    "\"a lor\" as $n | .t | test($n), test($n + \"z\")",
    ".t | explode | implode | ascii_downcase | @base64 | @base64d | @html | @uri | @base32 | @base32d",
    ".t / \" \" | join(\"-\") * 3 | indices(\"o\") | reverse",
    "try error(.a) catch .",
    "[limit(3; repeat(1))], first(.a[]), last(.a[]), [.a | combinations(2)]?",
    "def f(g): if . > 3 then . else (. + 1 | f(g | g)) end; 0 | f(.)",
    "walk(if type == \"number\" then . + 1 else . end) == .",
    "label $out | foreach .a[] as $x (0; . + $x; if . > 3 then ., break $out else . end)",
    "pick(.o.k1), (.o | to_entries | from_entries | keys), (.o | contains({k1: 1})), @json",
    ".[] |= empty | getpath([\"x\", \"y\"]), ([.] | inside([1]))?",
    "[.a[] as $x | $x] | min_by(.), max, flatten, (.[0] |= error)?",
];

fn document() -> String {
    let object: Vec<String> = (0..20).map(|n| format!("\"k{n}\":{n}")).collect();
    let text = "a lorem ipsum dolor that is long enough";
    format!(
        r#"{{"a":[1,2.50,[3]],"o":{{{}}},"t":"{text}","\u00e9":"\ud83d\ude00","a key of some length":null}}"#,
        object.join(",")
    )
}

/// Evaluates a filter, which has to give back all memory.
fn run(filter: &Filter, json: &str, limits: FilterLimits) -> Result<usize, FilterError> {
    let result = catch_unwind(AssertUnwindSafe(|| filter.run(json.as_bytes(), limits)));
    assert_eq!(meter::live_and_peak().0, 0, "{}", filter.code());
    result.expect("no panic").map(|outputs| outputs.size())
}

#[test]
fn a_filter_that_is_stopped_anywhere_gives_back_all_memory() {
    let json = document();
    for code in FILTERS {
        let filter = Filter::compile(code).unwrap();
        let whole = run(&filter, &json, AMPLE);
        for places in 0.. {
            meter::stop_after(Some(places));
            let end = run(&filter, &json, AMPLE);
            meter::stop_after(None);
            if end == whole {
                assert!(places > 100, "{code}: {places}");
                break;
            }
            assert!(matches!(end, Err(FilterError::Unbounded(_))), "{code}: {end:?}");
        }
    }
}

#[test]
fn a_filter_without_memory_or_steps_gives_back_all_memory() {
    let object: Vec<String> = (0..6000).map(|n| format!("\"key {n}\":{n}")).collect();
    let json = format!("{{{}}}", object.join(","));
    for code in [".", "with_entries(.)", ". as $o | .a = 1 | [., $o] | length", "to_entries | sort_by(.key) | length"] {
        let filter = Filter::compile(code).unwrap();
        for part in 1..20 {
            let _ = run(&filter, &json, FilterLimits { steps: 1000 * part, memory: usize::MAX, ..AMPLE });
            let _ = run(&filter, &json, FilterLimits { memory: 50_000 * part as usize, ..AMPLE });
        }
    }
}
