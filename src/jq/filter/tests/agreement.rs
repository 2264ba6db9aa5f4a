//! Answers that jq gives.

use super::{fails, run, yields};

#[test]
fn arithmetic_is_that_of_jq() {
    let answers = ["1.5", "2", "1e17", "1000000000000000", "0.30000000000000004", "2", "-2", "2"];
    yields("3 / 2, 4 / 2, 1e17 + 0, 1e15 + 0, 0.1 + 0.2, 5 % 3, -5 % 3, 5.9 % 3.2", "null", &answers);
    yields("9223372036854775806 + 1", "null", &["9223372036854775807"]);
    yields(
        "9223372036854775807 + 1, 18446744073709551616 - 1",
        "null",
        &["9223372036854776000", "18446744073709552000"],
    );
    yields("[.[] | (1 / .)?]", "[1,0,-1]", &["[1,-1]"]);
    fails("1 / 0", "null", "number (1) and number (0) cannot be divided because the divisor is zero");
    fails("5 % 0", "null", "number (5) and number (0) cannot be divided because the divisor is zero");
    yields("\"a\" * 3, \"a\" * 0, \"a\" * 0.5, 2 * \"ab\"", "null", &["\"aaa\"", "null", "\"a\"", "\"abab\""]);
    yields("{a: {b: 1, c: 2}} * {a: {b: 3}}", "null", &[r#"{"a":{"b":3,"c":2}}"#]);
    yields("[1,2,3,1] - [1], (\"a,b\" / \",\"), null + 1, 1 + null", "null", &["[2,3]", r#"["a","b"]"#, "1", "1"]);
    yields("{} + {b: 1, a: 2} + {b: 3}", "null", &[r#"{"b":3,"a":2}"#]);
    yields("map(. == 1), unique", "[1,1.0,1.00]", &["[true,true,true]", "[1]"]);
    yields(".[0] == .[1], .[0] < .[1]", "[18446744073709551615,18446744073709551616]", &["false", "true"]);
    yields("[nan] | sort, (.[0] == .[0]), (.[0] < .[0])", "null", &["[null]", "false", "true"]);
}

#[test]
fn errors_are_those_of_jq() {
    let cases = [
        ("{} - 1", "object ({}) and number (1) cannot be subtracted"),
        ("[] + 1", "array ([]) and number (1) cannot be added"),
        ("{} * []", "object ({}) and array ([]) cannot be multiplied"),
        ("\"a\" / 1", "string (\"a\") and number (1) cannot be divided"),
        ("{} % 1", "object ({}) and number (1) cannot be divided (remainder)"),
        ("-\"a\"", "string (\"a\") cannot be negated"),
        ("1 | .[]", "Cannot iterate over number (1)"),
        ("1 | .[] |= .", "Cannot iterate over number (1)"),
        ("null | map(.)", "Cannot iterate over null (null)"),
        ("1 | .a", "Cannot index number with \"a\""),
        ("1 | .a = 1", "Cannot index number with \"a\""),
        ("{} | .[0]", "Cannot index object with number"),
        ("5 | .[1:]", "Cannot index number with object"),
        ("[1] | has(\"a\")", "Cannot check whether array has a string key"),
        ("{} | floor", "object ({}) number required"),
        ("true | length", "boolean (true) has no length"),
        ("[] | tonumber", "array ([]) cannot be parsed as a number"),
        ("1 | test(\"a\")", "number (1) cannot be matched, as it is not a string"),
        ("1 | contains(\"a\")", "number (1) and string (\"a\") cannot have their containment checked"),
    ];
    for (filter, why) in cases {
        assert_eq!(run(filter, "null").unwrap_err().to_string(), why, "{filter}");
    }
    let long = format!("[{:?}]", "é".repeat(1 << 20));
    let why = run(". - 1", &long).unwrap_err().to_string();
    assert_eq!(why, format!("array ([\"{}…) and number (1) cannot be subtracted", "é".repeat(19)));
}

#[test]
fn rounding_keeps_floats() {
    let floats = "[1e300,-0.0,4.5,5.5,-2.5,0.5,1e17,12]";
    let answers = [
        "[1e300,-0,4,5,-3,0,1e17,12]",
        "[1e300,-0,5,6,-2,1,1e17,12]",
        "[1e300,-0,5,6,-3,1,1e17,12]",
        "[1e300,-0,4,5,-2,0,1e17,12]",
        "[1e300,-0,4,6,-2,0,1e17,12]",
        "[1e300,-0,4,6,-2,0,1e17,12]",
    ];
    yields("map(floor), map(ceil), map(round), map(trunc), map(nearbyint), map(rint)", floats, &answers);
    yields(
        "[infinite, nan, 9007199254740993] | map(floor)",
        "null",
        &["[1.7976931348623157e308,null,9007199254740993]"],
    );
    yields("4 | gamma == lgamma", "null", &["true"]);
}

#[test]
fn the_order_of_values_is_that_of_jq() {
    let all = r#"[{"a":1},[1],"b","a",2,1.5,true,false,null,{},{"a":0},{"b":0},[],[0,1]]"#;
    yields("sort", all, &[r#"[null,false,true,1.5,2,"a","b",[],[0,1],[1],{},{"a":0},{"a":1},{"b":0}]"#]);
    let rows = r#"[{"a":1,"b":2},{"a":1,"b":1},{"a":0,"b":3}]"#;
    yields("sort_by(.a, .b)", rows, &[r#"[{"a":0,"b":3},{"a":1,"b":1},{"a":1,"b":2}]"#]);
    yields("group_by(.a) | map(map(.b))", rows, &["[[3],[2,1]]"]);
    let words = r#"["aa","b","cc","d"]"#;
    yields("unique_by(length), min_by(length), max_by(length)", words, &[r#"["b","aa"]"#, "\"b\"", "\"cc\""]);
    yields("min, max, ([] | min)", "[3,1,2]", &["1", "3", "null"]);
    yields("{a:1,b:2} == {b:2,a:1}", "null", &["true"]);
    yields("bsearch(3), bsearch(0), bsearch(2)", "[1,3,5]", &["1", "-1", "-2"]);
}

#[test]
fn elements_are_accessed_as_in_jq() {
    let answers = ["2", "3", "null", "2", "[2,3]", "[1,2]", "[2,3]", "[]"];
    yields(".[1], .[-1], .[9], .[1.7], .[1:], .[:-1], .[-2:], .[1:1]", "[1,2,3]", &answers);
    yields(".[1:], .[:1], .[-1:]", "\"aéb\"", &["\"éb\"", "\"a\"", "\"b\""]);
    yields(".[[2]], indices(2), indices([2,3])", "[1,2,3,2]", &["[1,3]", "[1,3]", "[1]"]);
    yields("indices(\"aa\"), index(\"b\"), rindex(\"a\"), index(\"x\")", "\"éaaab\"", &["[1,2]", "4", "3", "null"]);
    yields("has(\"a\"), has(\"b\")", r#"{"a":null}"#, &["true", "false"]);
    yields("has(\"a\"), has(0)", "null", &["false", "false"]);
    let entries = r#"[{"key":"b","value":1},{"key":"a","value":2}]"#;
    yields("keys, to_entries", r#"{"b":1,"a":2}"#, &[r#"["a","b"]"#, entries]);
    let entries = r#"[{"name":"a","value":1},{"k":"b","v":2},{"key":"c","Value":false}]"#;
    yields("from_entries", entries, &[r#"{"a":1,"b":2,"c":false}"#]);
    yields("with_entries(.value += 1)", r#"{"a":1}"#, &[r#"{"a":2}"#]);
    fails(".a", "[1]", "Cannot index array with \"a\"");
    fails(".[0]", "{}", "Cannot index object with number");
}

#[test]
fn updates_are_those_of_jq() {
    yields("(.a.b = 1), (.[\"x\"] += 1)", "null", &[r#"{"a":{"b":1}}"#, r#"{"x":1}"#]);
    yields(".[3] = 1", "[0]", &["[0,null,null,1]"]);
    yields("(.[] | select(. >= 2)) |= empty", "[1,5,3,0,7]", &["[1,0]"]);
    yields("del(.[1, 2]), del(.[]), del(.[-1]), del(.[1:])", "[1,2,3]", &["[1]", "[]", "[1,2]", "[1]"]);
    let abc = r#"{"a":1,"b":2,"c":3}"#;
    yields("del(.a), del(.a, .b), del(.x.y)", abc, &[r#"{"b":2,"c":3}"#, r#"{"c":3}"#, abc]);
    yields("delpaths([[\"a\",\"b\"]])", r#"{"a":{"b":1},"x":{"y":2}}"#, &[r#"{"a":{},"x":{"y":2}}"#]);
    yields("(.[1:3] = [9]), (.[:1] |= map(. + 1))", "[1,2,3,4]", &["[1,9,4]", "[2,2,3,4]"]);
    yields("(.[] += 1), map_values(empty)", r#"{"a":1,"b":2}"#, &[r#"{"a":2,"b":3}"#, "{}"]);
    yields(". as $all | (.[] |= empty), (.[] |= $all), .", "[1]", &["[]", "[[1]]", "[1]"]);
    yields("(.[] |= error)? // ., (label $out | .[] |= break $out)", "[1,2]", &["[1,2]"]);
    let most = "[range(100) | {(tostring): .}] | add | .[] |= select(. % 30 == 7)";
    yields(
        &format!("{most} | ., .[\"37\"], has(\"36\")"),
        "null",
        &[r#"{"7":7,"37":37,"67":67,"97":97}"#, "37", "false"],
    );
    yields("reduce range(2000) as $i ([0]; [.] | .[] |= .[0])", "null", &["[0]"]);
    yields("pick(.a.b)", r#"{"a":{"b":1,"c":2},"d":3}"#, &[r#"{"a":{"b":1}}"#]);
    yields("pick(.[2], .[0], .[0])", "[1,2,3,4]", &["[1,null,3]"]);
    yields("walk(if type == \"array\" then sort else . end)", "[[4,1],[2]]", &["[[1,4],[2]]"]);
    let nested = r#"[[1],{"a":2}]"#;
    yields("[paths], [leaf_paths]", nested, &[r#"[[0],[0,0],[1],[1,"a"]]"#, r#"[[0,0],[1,"a"]]"#]);
    let paths = ["[]", r#"["a"]"#, r#"["a",0]"#, r#"["a",0,"b"]"#];
    yields("path(..), path(.a[0].b?)", r#"{"a":[{}]}"#, &paths);
    yields("setpath([\"a\",1]; 2), getpath([\"x\",\"y\"])", "{}", &[r#"{"a":[null,2]}"#, "null"]);
    let tree = r#"{"a":[1,{"b":2}]}"#;
    yields("[tostream]", tree, &[r#"[[["a",0],1],[["a",1,"b"],2],[["a",1,"b"]],[["a",1]],[["a"]]]"#]);
    yields("fromstream(tostream)", tree, &[tree]);
    yields("[1|truncate_stream([[0],1],[[1,0],2],[[1,0]],[[1]])]", "null", &["[[[0],2],[[0]]]"]);
}

#[test]
fn updates_go_through_filters_that_choose_or_stop() {
    let answers = ["[5,2,3]", "[11,2,3]", "[7,2,3]", "[2,3,3]", "[1,2,9]", "[1,9,9]", "[1,9,3]", "[1,2,3]"];
    let filters = "(first(.[]) |= 5), (first(.[]) += 10), (first(.[]) = 7), (limit(2; .[]) |= . + 1), \
                   (last(.[]) |= 9), (skip(1; .[]) |= 9), (nth(1; .[]) |= 9), (first(empty) |= 9)";
    yields(filters, "[1,2,3]", &answers);
    let answers = ["[3]", "[3]", "[2,3]", "[1,3]", "[1]"];
    let filters = "del(limit(2; .[])), (limit(2; .[]) |= empty), (first(.[]) |= empty), (nth(1; .[]) |= empty), \
                   (.[1:] | limit(2; .[])) |= empty";
    yields(filters, "[1,2,3]", &answers);
    let answers = [r#"{"a":3,"b":2}"#, r#"{"a":3,"b":2}"#, r#"{"a":0,"b":2}"#, r#"{"a":0,"b":0}"#, r#"{"b":2}"#];
    let filters = "((try .a catch .) |= 3), ((try (.a, error, .b)) = 3), ((label $f | .a, break $f, .b) |= 0), \
                   ((label $f | (label $g | .a, break $g), .b) |= 0), ((try .a) |= empty)";
    yields(filters, r#"{"a":1,"b":2}"#, &answers);
    yields("(try .a.b.c) |= 1, ((.a | tonumber)? |= 1)", "null", &[r#"{"a":{"b":{"c":1}}}"#, "null"]);
    yields(
        "def f: first(.[]); def up(p): p |= 7; (f |= 7), up(f), up(try .[1])",
        "[1,2]",
        &["[7,2]", "[7,2]", "[1,7]"],
    );
    yields("(.[] |= (first(.[]) |= 4)), ((.[] | first(.[1:])) |= [4])", "[[1,2]]", &["[[4,2]]", "[[1,4]]"]);
    yields(
        "def f: if . < 3 then try (. + 1 | f) else . end; f, ([[.]] | (try (first(.[])[0])) |= f)",
        "0",
        &["3", "[[3]]"],
    );
    yields("label $f | (try (.a, break $f)) |= 0", "{}", &[]);
    fails("(try .a catch .) |= 3", "[1]", "nvalid path expression");
    fails("(try .a) |= error(\"why\")", "{}", "why");
}

#[test]
fn strings_are_those_of_jq() {
    let answers = ["[97,233,128512]", "\"aé😀\"", "3", "7"];
    yields("explode, (explode | implode), length, utf8bytelength", "\"aé😀\"", &answers);
    let answers = ["\"ABCé \"", "\"bcé \"", "\"abcé \"", "\"abcé \"", "\"abcé\""];
    yields("ascii_upcase, ltrimstr(\"a\"), rtrimstr(\"x\"), ltrimstr(1), trim", "\"abcé \"", &answers);
    yields("split(\", \"), (split(\"\") | length)", "\"a, b\"", &[r#"["a","b"]"#, "4"]);
    yields("join(\"-\"), ([] | join(\"x\"))", r#"["a",1,null,true]"#, &["\"a-1--true\"", "\"\""]);
    fails("join(\",\")", "[[1]]", "cannot join [1]");
    let answers = [r#""[1,\"a\",1.50]""#, r#""[1,\"a\",1.50]""#, r#"[1,"a",1.50]"#];
    yields("tostring, tojson, (tojson | fromjson)", r#"[1,"a",1.50]"#, &answers);
    yields("@html, @uri", "\"<é&'\"", &["\"&lt;é&amp;&#39;\"", "\"%3C%C3%A9%26%27\""]);
    yields("@sh, @base64, @base32", "\"<é&'\"", &[r#""'<é&'\\'''""#, "\"PMOpJic=\"", "\"HTB2SJRH\""]);
    let this = ["\"This\"", "\"This\"", "\"This\""];
    yields(
        "[.[] | @base32d]",
        r#"["","ME======","ME","MF","KRUGS4Y=","HTB2SJRH"]"#,
        &[r#"["","a","a","a","This","<é&'"]"#],
    );
    fails("@base32d", "\"me\"", "\"me\" is not valid base32 data");
    yields("[(5119, 5120, 9759) | \"é\" * . | @base32 | @base32d | length] | add", "null", &["19998"]);
    yields("@base64d, (\"VGhpcw\" | @base64d), (\"KRUGS4Y=\" | @base32d)", "\"VGhpcw==\"", &this);
    let answers = ["\"'a' 1\"", r#""[\"a\",1]""#, r#""x[\"a\",1]""#];
    yields("@sh, @text, @json \"x\\(.)\"", r#"["a",1]"#, &answers);
    yields("\"\\u00e9\\(1 + 1)\"", "null", &["\"é2\""]);
    yields("inside(\"abc\"), contains(\"b\"), (\"x\" | in({x: 1}))", "\"b\"", &["true", "true", "true"]);
    yields("contains({a: [\"b\"]})", r#"{"a":["abc"],"c":1}"#, &["true"]);
    yields("\"nan\" | tonumber | isnan", "null", &["true"]);
    fails("\"1x\" | tonumber", "null", "cannot be parsed as a number");
    fails("fromjson", "\"[1\"", "cannot parse \"[1\" as JSON");
    yields("[.[] | length]", r#"[[1,2],"é",{"a":2},null,-5]"#, &["[2,1,1,0,5]"]);
    yields("flatten, flatten(1)", "[1,[2,[3]]]", &["[1,2,3]", "[1,2,[3]]"]);
    yields("reverse, ([1,2] | reverse)", "\"abc\"", &["\"cba\"", "[2,1]"]);
    yields("ltrimstr(\"x\"), abs, toarray", "-5", &["-5", "5", "[-5]"]);
    yields("$ENV | type", "null", &["\"object\""]);
    let answers = ["[[1,2],[null,3]]", "[[1,3],[1,4],[2,3],[2,4]]"];
    yields("transpose, ([[1,2],[3,4]] | [combinations])", "[[1],[2,3]]", &answers);
}

#[test]
fn regular_expressions_are_those_of_jq() {
    yields("match(\"foo\")", "\"xfoo\"", &[r#"{"offset":1,"length":3,"string":"foo","captures":[]}"#]);
    let captures =
        r#"[{"offset":-1,"length":0,"string":null,"name":"n"},{"offset":3,"length":1,"string":"b","name":"n"}]"#;
    yields("[match(\"é(?<n>b)?\"; \"g\")] | map(.offset), map(.captures[0])", "\"aéébx\"", &["[1,2]", captures]);
    yields("test(\"A\"; \"i\"), test([\"A\", \"i\"]), test(\"A\")", "\"abc\"", &["true", "true", "false"]);
    yields("capture(\"(?<a>[a-z]+)-(?<n>[0-9]+)\")", "\"xyz-14\"", &[r#"{"a":"xyz","n":"14"}"#]);
    yields("[scan(\"c\")], [scan(\"(b)(c)\")]", "\"abcbc\"", &[r#"["c","c"]"#, r#"[["b","c"],["b","c"]]"#]);
    yields("split(\", *\"; null), [splits(\", *\")]", "\"a, b,c\"", &[r#"["a","b","c"]"#, r#"["a","b","c"]"#]);
    let answers = ["\"axcb\"", "\"axcx\"", "\"ac\""];
    yields("sub(\"b\"; \"x\"), gsub(\"b\"; \"x\"), gsub(\"B\"; \"\"; \"i\")", "\"abcb\"", &answers);
    yields("[gsub(\"(?<x>[A-Z])\"; \"\\(.x | ascii_downcase)\", \"_\")]", "\"ABc\"", &[r#"["abc","__c"]"#]);
    let answers = ["\"-a-b-\"", "\">ab\"", "\"ab<\"", "\"-a-b-\""];
    yields("gsub(\"\"; \"-\"), gsub(\"^\"; \">\"), gsub(\"$\"; \"<\"), gsub(\"x*\"; \"-\")", "\"ab\"", &answers);
    yields("gsub(\"a\"; empty), sub(\"z\"; \"\")", "\"abc\"", &["\"abc\"", "\"abc\""]);
    yields("[match(\"a*\"; \"g\").offset], [match(\"a*\"; \"gn\").offset]", "\"aab\"", &["[0,2,3]", "[0]"]);
    let answers = ["false", "true", "false", "false"];
    yields("test(\"a.b\"), test(\"a.b\"; \"p\"), test(\"a . b\"; \"xs\"), test(\"^b\")", "\"a\\nb\"", &answers);
    fails("test(1)", "\"a\"", "cannot be matched");
    fails("test(\"a\")", "1", "cannot be matched, as it is not a string");
    fails(". as $x | \"a\" | test($x)", "\"(\"", "( is not a regular expression");
    let wrong = |code: &str| crate::jq::Filter::compile(code).unwrap_err().to_string();
    assert!(wrong(".a | test(\"(?=x)\")").contains("look-around"), "{}", wrong(".a | test(\"(?=x)\")"));
    assert!(wrong("gsub(\"(a)\\\\1\"; \"\")").contains("backreferences"));
    assert!(wrong("test(\"a\"; \"l\")").contains("longest"));
    assert!(wrong("test(\"a\"; \"y\")").contains("y is not a flag"));
    yields("def test(x): x; test(\"(?=x)\")", "null", &["\"(?=x)\""]);
}

#[test]
fn elements_are_deleted_as_they_were_numbered() {
    let answers = ["[2,3,4]", "[1,2,3]", "[2,3,4]", "[4]", "[1,2,4]", "[1,3,4]", "[3]", "[1,2,3,4]"];
    let filters = "del(.[0], .[0]), del(.[-1], .[3]), del(.[:1], .[0]), del(.[:2], .[1:3]), del(.[1:][1]), \
                   del(.[1:][:1]), del(.[0, 1, 3]), del(.[9], .[-9])";
    yields(filters, "[1,2,3,4]", &answers);
    yields("del(.a, .a.b, .c.d, .x)", r#"{"a":{"b":1},"c":{"d":1,"e":2}}"#, &[r#"{"c":{"e":2}}"#]);
    yields("del((.[] | select(. > 1)), (.[] | select(. < 3)))", "[1,2,3]", &["[]"]);
    yields("del(.[][0], .[][1], .[0])", "[[1,2,3],[4,5,6]]", &["[[6]]"]);
    yields("del(.), delpaths([[], [0]]), delpaths([])", "[1]", &["null", "null", "[1]"]);
    yields("[range(100) | {(tostring): .}] | add | del(.[]) | length", "null", &["0"]);
    yields(
        "[range(100) | {(tostring): .}] | add | del(.[] | select(. != 7)) | ., has(\"7\")",
        "null",
        &[r#"{"7":7}"#, "true"],
    );
    fails("delpaths([[\"a\"]])", "[1]", "cannot delete \"a\" of array");
    fails("delpaths([[\"a\", 0]])", "{\"a\":1}", "cannot delete 0 of number");
}

#[test]
fn nan_is_less_than_any_number() {
    yields(
        "[nan < nan, nan > nan, nan >= nan, 1 > nan, nan > 1, nan > null]",
        "null",
        &["[true,false,false,true,false,true]"],
    );
}

#[test]
fn nans_are_never_equal() {
    yields(
        "[nan, nan] | unique, group_by(.), (. - [nan]), index(nan)",
        "null",
        &["[null,null]", "[[null],[null]]", "[null,null]", "null"],
    );
    yields("[[nan]] - [[nan]], ([[nan], [nan]] | unique)", "null", &["[[null]]", "[[null],[null]]"]);
}

#[test]
fn walking_keeps_all_elements() {
    let doubled = "walk(if type == \"number\" then (., .) else . end)";
    yields(doubled, "[1,2]", &["[1,1,2,2]"]);
    yields(doubled, "{\"a\":[1,{\"b\":2}]}", &["{\"a\":[1,1,{\"b\":2}]}"]);
    yields(doubled, "1", &["1", "1"]);
    yields(
        "walk(if . == 2 then empty elif . == 3 then (3, 4, 5) else . end)",
        "[1,2,2,3,3,6,[3]]",
        &["[1,3,4,5,3,4,5,6,[3,4,5]]"],
    );
    yields("walk(if . == 3 then (3, error(\"x\")) else . end)?", "[1,3]", &[]);
    yields("walk(select(. != 1))", "{\"a\":1,\"b\":[1,2]}", &["{\"b\":[2]}"]);
    yields("walk(if type == \"array\" then sort else . end)", "[3,[2,1]]", &["[3,[1,2]]"]);
    let deep = "[".repeat(248) + &"]".repeat(248);
    yields("walk(.), walk(if type == \"array\" then . else empty end)", &deep, &[&deep, &deep]);
}
