//! What filters may take.

use std::time::Duration;

use super::super::compile::MAX_CODE;
use super::{AMPLE, fails, run_within, yields};
use crate::jq::{Filter, FilterError, FilterLimits, meter};

const MEMORY: &str = "the filter needs more than 1 MiB of memory";

/// The error of a filter that has much time, but 1 MiB of memory.
#[track_caller]
fn stopped(code: &str, json: &str) -> String {
    let limits = FilterLimits { memory: 1 << 20, steps: 1 << 22, ..AMPLE };
    match run_within(limits, code, json) {
        Err(error @ FilterError::OutOfMemory(_)) => error.to_string(),
        other => panic!("{code}: {:?}", other.map(|outputs| outputs.size())),
    }
}

#[test]
fn memory_is_limited() {
    let text = format!("\"{}\"", "a ".repeat(1 << 17));
    for code in [
        "\"x\" * 1e12",
        "\"x\" * 1e300",
        "[range(1e9)]",
        "[limit(1e9; repeat(1))]",
        "reduce range(1e9) as $i (\"x\"; . + .)",
        "reduce range(1e9) as $i ([1]; . + .)",
        "reduce range(1e9) as $i ({}; .[$i | tostring] = $i)",
        ".[1e9] = 1",
        "[1] | .[1e18] |= 1",
        "[range(1e5) | tostring * 100]",
        "[range(1e5) | [.]] | map(. + .) | map(. + .) | map(. + .)",
        "[recurse(. + 1; . < 1e9)]",
        "[foreach range(1e9) as $i (0; . + $i)]",
        "reduce range(1e9) as $i ([1]; ., . + .)",
        "[range(3e5)] | combinations(3)?",
        "\"x\" * 4e6 | explode",
        "\"x\" * 3e6 | . / \"\"",
        "\"<\" * 3e6 | @html",
        "\"é\" * 2e6 | @uri",
        "\"a\" * 6e6 | @base64",
        "\"a\" * 6e6 | @base32",
        "[range(2e5)] | tojson | [., ., .] | tojson | [., .] | tojson",
        "[range(1e5)] | group_by(.)",
        "[range(2e5)] | sort_by([., .])",
        "[range(3e5)] | transpose?, [.[] | [.]]",
        "\"x\" * 4e6 | error",
    ] {
        let why = stopped(code, "null");
        assert_eq!(why, MEMORY, "{code}");
    }
    for code in [
        "explode",
        "[match(\".\"; \"g\")]",
        "[scan(\".\")]",
        "split(\"\")",
        "split(\" \"; null)",
        "[splits(\"a\")]",
        "indices(\"a\")",
    ] {
        assert_eq!(stopped(code, &text), MEMORY, "{code}");
    }
}

#[test]
fn replacing_takes_memory_for_the_text_alone() {
    let text = "lorem ipsum dolor ".repeat(6000);
    let json = format!("{{\"d\":\"{text}\"}}");
    let limits = FilterLimits { memory: 1 << 20, steps: 1 << 22, ..AMPLE };
    for code in [
        ".d|gsub(\"o\";\"0\")|length",
        ".d|gsub(\"\\\\s+\";\" \")|length",
        ".d|gsub(\"(?<x>m)\";\"\\(.x|ascii_upcase)\")|length",
    ] {
        let outputs = run_within(limits, code, &json).unwrap();
        assert_eq!(outputs.iter().collect::<Vec<_>>(), [text.len().to_string()], "{code}");
    }
    let outputs = run_within(limits, "[.d|match(\"ipsum\";\"g\").offset]|length", &json).unwrap();
    assert_eq!(outputs.iter().collect::<Vec<_>>(), ["6000"]);
    let (_, peak) = meter::live_and_peak();
    assert!(peak < 600_000, "{peak}");
}

#[test]
fn ordinary_work_on_a_large_document_fits() {
    let record = r#"{"id":1,"name":"a name of some length","tags":["a","b"],"price":1.50}"#;
    let json = format!("{{\"items\":[{}]}}", vec![record; 20_000].join(","));
    let limits = FilterLimits::for_document(json.len(), 64 << 20);
    for code in [
        ".items[]|{id,name}",
        ".items|map(.price)|add",
        "[.items[]|select(.id > 0)]|length",
        ".items|group_by(.id)|length",
    ] {
        // Without what is allowed on any document: that would suffice here.
        let memory = limits.memory - (48 << 20) + json.len() * 5;
        run_within(FilterLimits { memory, time: Duration::from_secs(600), ..limits }, code, &json).unwrap();
    }
}

#[test]
fn updates_of_all_elements_take_no_second_copy() {
    let record = r#"{"id":1,"name":"a name of some length","tags":["a","b"]}"#;
    let json = format!("[{}]", vec![record; 5_000].join(","));
    let peak = |code: &str| {
        run_within(FilterLimits { steps: 1 << 24, ..AMPLE }, code, &json).unwrap();
        meter::live_and_peak().1
    };
    let parsed = peak("length");
    for code in [
        "walk(.) | length",
        "map_values(.) | length",
        "(.[].id |= . + 1) | length",
        "(.[] |= with_entries(.value |= tostring)) | length",
        "(.[].tags[] |= empty) | length",
    ] {
        assert!(peak(code) < parsed + parsed / 10, "{code}: {} of {parsed}", peak(code));
    }
    // The array is copied, and its elements are shared.
    assert!(peak(". as $all | map_values(1) | [$all, .] | length") < parsed + parsed / 4);
}

#[test]
fn limits_are_counted_before_anything_is_written() {
    let limits = FilterLimits { memory: 1 << 20, steps: 1 << 24, ..AMPLE };
    let why = run_within(limits, "[range(10000)] | [range(20) as $i | .] | ., .", "null").unwrap_err().to_string();
    assert_eq!(why, "the filter needs more than 1 MiB of memory");
}

/// A value that is small in memory and enormous when written.
const HYDRA: &str = "def hydra: reduce range(60) as $i (1; [., .]);";

#[test]
fn shared_values_are_not_taken_apart_for_ever() {
    for code in [
        "[hydra == hydra]",
        "hydra < hydra",
        "[hydra, hydra] | sort | length",
        "[hydra, hydra] | unique | length",
        "[hydra, hydra] | group_by(.) | length",
        "hydra | [[hydra]] | index([[hydra]])",
        "hydra as $x | hydra | contains($x)",
        "hydra | [..] | length",
        "hydra | [paths] | length",
        "hydra | flatten | length",
        "hydra | walk(.) | 1",
        "hydra | tojson | length",
        "hydra | tostring | length",
        "hydra | \"\\(.)\" | length",
        "hydra | @json | length",
        "hydra | [tostream] | length",
        "hydra | [leaf_paths] | length",
        "hydra | del(..) | 1",
        "hydra | [recurse] | length",
        "hydra | map_values(map_values(.)) == hydra",
        "[hydra] - [hydra] | length",
    ] {
        let code = format!("{HYDRA} {code}");
        let limits = FilterLimits { memory: 8 << 20, steps: 40_000, ..AMPLE };
        match run_within(limits, &code, "null") {
            Err(FilterError::Unbounded(_) | FilterError::OutOfMemory(_)) => {}
            other => panic!("{code}: {other:?}"),
        }
    }
    fails(&format!("{HYDRA} hydra | error"), "null", "[[[[");
    fails(&format!("{HYDRA} hydra | .a"), "null", "Cannot index array with");
    yields(&format!("{HYDRA} hydra | . as $x | . == $x"), "null", &["true"]);
}

#[test]
fn depth_is_limited() {
    let on_small_stack = |code: String| {
        let thread = std::thread::Builder::new().stack_size(2 << 20);
        let run = move || {
            run_within(AMPLE, &code, "null").map(|outputs| outputs.iter().map(str::to_owned).collect::<Vec<_>>())
        };
        thread.spawn(run).unwrap().join().expect("no abort")
    };
    for levels in [600, 10_000, 1_000_000] {
        for wrap in ["[.]", "{a: .}", "{a: [., 1]}", "[.] | .[1] = 2"] {
            let end = on_small_stack(format!("reduce range({levels}) as $i (1; {wrap})"));
            let why = end.unwrap_err().to_string();
            assert!(why == "a value nests more than 512 levels" || why.contains("steps"), "{wrap}: {why}");
        }
    }
    for (use_of, output) in [
        ("tojson | length", "1023"),
        (". == (tojson | 1)", "false"),
        ("[., .] | sort | length", "2"),
        ("[.] | unique | length", "1"),
        ("walk(.) | 1", "1"),
        ("[..] | length", "512"),
        ("flatten", "[1]"),
        ("del(..) | 1", "1"),
        ("[paths] | length", "511"),
        ("getpath([range(511) | 0])", "1"),
        ("[tostream] | length", "512"),
        ("[leaf_paths] | length", "1"),
        ("(.. |= .) | 1", "1"),
        ("setpath([range(80) | 0]; 2) | 1", "1"),
        ("contains(.) | 1", "1"),
        ("[(. * 1)?]", "[]"),
        ("try error catch 1", "1"),
        ("map_values(.) | 1", "1"),
        ("[.[]] | 1", "1"),
        ("pick(first(..)) | 1", "1"),
        ("[limit(600; recurse)] | length", "512"),
        ("[splits(\"a\")?]", "[]"),
        ("tojson | try fromjson catch 1", "1"),
    ] {
        let end = on_small_stack(format!("reduce range(511) as $i (1; [.]) | {use_of}"));
        assert_eq!(end, Ok(vec![output.to_owned()]), "{use_of}");
    }
    fails("reduce range(600) as $i (null; {a: .})", "null", "a value nests more than 512 levels");
}

#[test]
fn chains_that_recursion_builds_are_limited() {
    let deep = "the filter recurses too deeply";
    fails("def f(g; $n): if $n > 1e6 then 1 else f(g | .; $n + 1) end; f(.; 0)", "null", deep);
    fails("def f(g): def h(k): f(k | .); h(g); f(.)", "null", deep);
    fails("def f(g): g, f(g); last(f(.))", "null", deep);
    let path = "a path is too long";
    for code in [
        "path(def f: .a | f; f)",
        "path(def f: .[0:] | f; f)",
        "[paths(.)], path(def f: .[0]? | f; f)",
        "path(last(recurse(.a)))",
        "try path(last(recurse(.a))) catch 1",
        "path(def f: .[[1]] | f; f)",
        "path(def f: .[{start: 0}] | f; f)",
    ] {
        let input =
            if code.contains("[0:]") || code.contains("[[1]]") || code.contains("start") { "[1]" } else { "null" };
        fails(code, input, path);
    }
    // Such loops are fine where no path is asked for.
    yields("[limit(3000; repeat(.a))] | length", "null", &["3000"]);
    yields("def f: if length < 2 then . else .[1:] | f end; [range(300)] | f", "null", &["[299]"]);
    yields("path(.a.b[3].c[1:])", "null", &[r#"["a","b",3,"c",{"start":1,"end":null}]"#]);
}

#[test]
fn filters_may_be_long_and_nested() {
    let deep = "the filter recurses too deeply";
    for (open, close) in [
        ("[", "]"),
        ("(", ")"),
        ("-", ""),
        ("try ", ""),
        (". | ", ""),
        (". , ", ""),
        ("{a: ", "}"),
        ("if ", " then 1 else 2 end"),
        ("\"\\(", ")\""),
        (". as $x | ", ""),
    ] {
        let levels = 3000.min((MAX_CODE - 1) / (open.len() + close.len()));
        let code = format!("{}1{}", open.repeat(levels), close.repeat(levels));
        let filter = Filter::compile(&code).unwrap_or_else(|why| panic!("{open}: {why}"));
        let end = filter.run(b"1", AMPLE).map(|outputs| outputs.is_empty()).map_err(|why| why.to_string());
        assert!([Ok(false), Err(deep.to_owned())].contains(&end), "{open}: {end:?}");
    }
    let why = Filter::compile(&" ".repeat(70_000)).unwrap_err().to_string();
    assert!(why.contains("the filter has more than 32 KiB"), "{why}");
}
