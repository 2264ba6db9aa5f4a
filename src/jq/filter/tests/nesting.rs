//! Values that nest deeply, and such that only did so before.

use super::{fails, yields};

#[test]
fn a_value_may_lose_what_nests_deeply() {
    let last = ["{\"i\":599}"];
    let history = |cut: &str| format!("reduce range(600) as $i (null; {{i: $i, prev: .}} | {cut}) | del(.prev)");
    for cut in [
        "del(.prev.prev)",
        "del(.prev)",
        "del(.prev?, .prev.prev?)",
        ".prev = null",
        ".prev |= empty",
        ".prev.prev = 1",
        "(.prev.prev | select(.)) |= empty",
        "delpaths([[\"prev\", \"prev\"]])",
        "map_values(if type == \"object\" then del(.prev) else . end)",
        "with_entries(select(.key != \"prev\"))",
        "setpath([\"prev\", \"prev\"]; null)",
    ] {
        yields(&history(cut), "null", &last);
    }
}

#[test]
fn an_array_may_lose_what_nests_deeply() {
    let wrapped = |update: &str| format!("reduce range(600) as $i ([0]; [.] | {update})");
    for update in [
        ".[0] |= .[0]",
        ".[] |= .[0]",
        ".[0] = 0",
        ".[0][0] = 0",
        ".[1:] = [0] | del(.[0])",
        ".[:1] = [0]",
        "(.[] | select(true)) |= 0",
        ". + [0] | del(.[0])",
        "([0] + .)[:1]",
        ". - [.[0]] + [0]",
        "first((.[0] = 0), .)",
        ".[0] as $x | [0]",
        "first(.[0] |= .[0])",
    ] {
        let code = format!("{} | length", wrapped(update));
        yields(&code, "null", &["1"]);
    }
    yields("[range(600)] as $all | reduce $all[] as $i ([0]; [., $i] | .[0] |= .[0]? // 0) | length", "null", &["2"]);
}

#[test]
fn values_that_nest_too_deeply_are_refused() {
    let why = "a value nests more than 512 levels";
    fails("reduce range(512) as $i (0; [.]) | [.] | length", "null", why);
    yields("reduce range(512) as $i (0; [.]) | length", "null", &["1"]);
    fails("reduce range(600) as $i (null; {i: $i, prev: .} | del(.i))", "null", why);
    fails("reduce range(600) as $i ([0, 0]; [., .] | del(.[0])) | length", "null", why);
    // A value that shares its parts is measured once for each part, not once for each way to it.
    fails("reduce range(600) as $i ([0, 0]; [., ., 0] | del(.[2])) | length", "null", why);
    yields(
        "reduce range(600) as $i (0; [., .] | del(.[1]) | [.[0]?, 1] | if $i % 250 == 0 then [0, 1] else . end) | length",
        "null",
        &["2"],
    );
}

#[test]
fn the_way_into_null_begins_in_its_container() {
    yields("reduce range(2000) as $i ({}; .prev = .prev.prev) | del(.prev.x)", "null", &["{\"prev\":null}"]);
    for path in [".[0].a", ".[].a", "first(.[0]).a", ".[0] | .a | .b"] {
        let code = format!("reduce range(2000) as $i (null; .a) | [.] | [path({path})] | length");
        yields(&code, "null", &["1"]);
    }
    fails("[null] | path(.[0] | last(limit(2000; recurse(.a))))", "null", "a path is too long");
}
