//! What filters may take.

use std::time::Duration;

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
        "reduce range(1e6) as $i (0; ., empty)",
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

#[test]
fn regular_expressions_take_time_by_the_length_of_the_text_alone() {
    let text = |letters: &[&str], times: usize| format!("\"{}\"", letters.concat().repeat(times));
    let mixed: Vec<&str> = (0..4096_u32).map(|i| if (i * i / 7 + i / 3) % 2 == 0 { "a" } else { "b" }).collect();
    let long = text(&mixed, 500);
    let limits = FilterLimits { steps: 1 << 24, ..AMPLE };
    let why = run_within(limits, "test(\"(?:a?b?){1600}[^ab]\")", &long).unwrap_err();
    assert_eq!(why, FilterError::Unbounded("a regular expression is too large for the text it searches".to_owned()));
    for code in
        ["[match(\".*\"; \"g\").length] == [2048000, 0]", "test(\"(a|b)+c\") | not", "[scan(\"[ab]+\")] | length == 1"]
    {
        assert_eq!(run_within(limits, code, &long).unwrap().iter().collect::<Vec<_>>(), ["true"], "{code}");
    }
}

#[test]
fn regular_expressions_have_up_to_a_hundred_groups() {
    let many = "a regular expression has more than 100 groups";
    fails(r#"("a" * 3000) | test("(?:" + "(a)|" * 2000 + "b)*$")"#, "null", many);
    yields(r#""a" | [match("(a)|" * 100 + "b")] | length"#, "null", &["1"]);
    fails(r#""a" | [match("(a)|" * 101 + "b")] | length"#, "null", many);
}

#[test]
fn groups_count_towards_the_cost_of_a_search() {
    let pattern = format!("\"(?:{}[^b]{{200}}|a)*$\"", "(a)|".repeat(99));
    let text = format!("\"{}\"", "a".repeat(20_000));
    let limits = FilterLimits { steps: 1 << 24, ..AMPLE };
    let why = run_within(limits, &format!("[match({pattern})]"), &text).unwrap_err();
    assert_eq!(why, FilterError::Unbounded("a regular expression is too large for the text it searches".to_owned()));
    // Those look for the whole match alone.
    for code in ["test", "splits", "[.] | .[] | split(P; null) | length", "sub(P; \"\")", "gsub(P; \"\")"] {
        let code = if code.contains('P') { code.replace('P', &pattern) } else { format!("{code}({pattern})") };
        run_within(limits, &code, &text).unwrap();
    }
}

#[test]
fn regular_expressions_take_memory_while_they_are_used() {
    let code = |times: usize| {
        let matches = r#""aa" | match("[a-z]{9000}|\($n)|a"; "g")"#;
        format!("def f($n): if $n == 0 then 1 else {matches} | f($n - 1) end; first(f({times}))")
    };
    let limits = FilterLimits { memory: 48 << 20, ..AMPLE };
    let why = run_within(limits, &code(200), "null").unwrap_err();
    assert_eq!(why, FilterError::OutOfMemory(48 << 20));
    let why = run_within(limits, r#""a" | test("\\w" * 30000)"#, "null").unwrap_err();
    assert_eq!(why, FilterError::OutOfMemory(48 << 20));
    run_within(limits, &code(3), "null").unwrap();
    let (_, peak) = meter::live_and_peak();
    assert!(peak > 3 << 20, "{peak}");
    // Those out of use are given back, and those written in the filter are not charged.
    run_within(limits, "[range(50) | tostring as $n | \"a\" | test(\"[a-z]{900}|\" + $n)] | length", "null").unwrap();
    run_within(limits, "[range(50) | \"a\" | test(\"[a-z]{9000}|a\")] | length", "null").unwrap();
    let (_, peak) = meter::live_and_peak();
    assert!(peak < 100_000, "{peak}");
}

#[test]
fn long_regular_expressions_are_refused() {
    fails(r#""a" | test("a" * 70000)"#, "null", "a regular expression has more than 64 KiB");
    fails(r#""a" | test("a"; "g" * 70000)"#, "null", "a regular expression has more than 64 KiB");
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
        "[..] | length",
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
        if code.contains("[..] | length") && !code.contains("hydra | [..]") {
            continue;
        }
        let limits = FilterLimits { memory: 8 << 20, steps: 40_000, ..AMPLE };
        match run_within(limits, &code, "null") {
            Err(FilterError::Unbounded(_) | FilterError::OutOfMemory(_)) => {}
            Ok(_) if code.contains("walk") => {}
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
    for use_of in [
        "tojson | length",
        ". == (tojson | 1)",
        "[., .] | sort | length",
        "[.] | unique | length",
        "walk(.) | 1",
        "[..] | length",
        "flatten",
        "del(..) | 1",
        "[paths] | length",
        "getpath([range(511) | 0])",
        "[tostream] | length",
        "[leaf_paths] | length",
        "(.. |= .) | 1",
        "setpath([range(511) | 0]; 2) | 1",
        "contains(.) | 1",
        ". * 1?",
        "try error catch 1",
        "map_values(.) | 1",
        "[.[]] | 1",
        "pick(first(..)) | 1",
        "[limit(600; recurse)] | length",
        "[splits(\"a\")?]",
        "tojson | try fromjson catch 1",
    ] {
        let end = on_small_stack(format!("reduce range(511) as $i (1; [.]) | {use_of}"));
        assert!(end.is_ok() || !end.as_ref().unwrap_err().to_string().contains("panicked"), "{use_of}: {end:?}");
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
        let code = format!("{}1{}", open.repeat(3000), close.repeat(3000));
        if let Ok(filter) = Filter::compile(&code) {
            let _ = filter.run(b"1", AMPLE);
        }
    }
    let why = Filter::compile(&" ".repeat(70_000)).unwrap_err().to_string();
    assert!(why.contains("the filter has more than 32 KiB"), "{why}");
}
