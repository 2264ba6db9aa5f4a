//! What a filter can call.

use std::collections::BTreeSet;

use super::{AMPLE, fails, yields};
use crate::jq::{Filter, FilterLimits, meter, natives};

/// The names in scope and the numbers of their arguments.
fn callable() -> BTreeSet<(String, usize)> {
    let definitions = natives::definitions().map(|def| (def.name.to_owned(), def.args.len()));
    let functions = natives::functions().map(|(name, args, _)| (name.to_owned(), args.len()));
    definitions.chain(functions).collect()
}

/// Whoever adds to this list, such as a new version of jaq, has to check that the filter counts its memory and time.
#[test]
fn only_known_filters_can_be_called() {
    let mut lines: Vec<(char, String)> = Vec::new();
    for (name, arity) in callable() {
        let initial = name.chars().next().unwrap();
        match lines.last_mut() {
            Some((same, line)) if *same == initial => *line += &format!(" {name}/{arity}"),
            _ => lines.push((initial, format!("{name}/{arity}"))),
        }
    }
    let lines: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    @base32/0 @base32d/0 @base64/0 @base64d/0 @csv/0 @html/0 @htmld/0 @json/0 @sh/0 @text/0 @tsv/0 @uri/0 @urid/0
    IN/1 IN/2 INDEX/1 INDEX/2
    JOIN/2 JOIN/3 JOIN/4
    _by_paths/1 _last_or_null/1
    abs/0 acos/0 acosh/0 add/0 add/1 all/0 all/1 all/2 any/0 any/1 any/2 arrays/0 ascii/0 ascii_downcase/0 ascii_upcase/0 asin/0 asinh/0 atan/0 atan2/2 atanh/0
    booleans/0 bsearch/1
    capture/1 capture/2 cbrt/0 ceil/0 combinations/0 combinations/1 contains/1 copysign/2 cos/0 cosh/0
    date/0 dateadd/2 datesub/2 debug/0 debug/1 del/1 delpaths/1 drem/2
    empty/0 endswith/1 env/0 erf/0 erfc/0 error/0 error/1 error_empty/0 exp/0 exp10/0 exp2/0 explode/0 expm1/0
    fabs/0 false/0 fdim/2 finites/0 first/0 first/1 flatten/0 flatten/1 floor/0 fma/3 fmax/2 fmin/2 fmod/2 frexp/0 from_entries/0 fromdate/0 fromdateiso8601/0 fromjson/0 fromstream/1
    gamma/0 getpath/1 gmtime/0 group_by/1 gsub/2 gsub/3
    halt/0 halt/1 halt_error/0 halt_error/1 has/1 have_decnum/0 have_literal_numbers/0 hypot/2
    ilogb/0 implode/0 in/1 index/1 indices/1 infinite/0 input/0 input_filename/0 input_line_number/0 inputs/0 inside/1 isarray/0 isboolean/0 isempty/1 isfinite/0 isinfinite/0 isnan/0 isnormal/0 isnumber/0 isobject/0 isstring/0 iterables/0
    j0/0 j1/0 join/1
    key_values/0 keys/0 keys_unsorted/0
    last/0 last/1 ldexp/2 leaf_paths/0 length/0 lgamma/0 limit/2 localtime/0 log/0 log10/0 log1p/0 log2/0 logb/0 ltrim/0 ltrimstr/1
    map/1 map_values/1 match/1 match/2 max/0 max_by/1 min/0 min_by/1 mktime/0 modf/0
    nan/0 nearbyint/0 nextafter/2 nexttoward/2 normals/0 not/0 now/0 nth/1 nth/2 null/0 nulls/0 numbers/0
    objects/0
    path/1 path_value/1 paths/0 paths/1 pick/1 pow/2 pow10/0
    range/1 range/2 range/3 recurse/0 recurse/1 recurse/2 remainder/2 repeat/1 reverse/0 rindex/1 rint/0 round/0 rtrim/0 rtrimstr/1
    scalars/0 scalb/2 scalbln/2 scan/1 scan/2 select/1 setpath/2 significand/0 sin/0 sinh/0 skip/2 sort/0 sort_by/1 split/1 split/2 splits/1 splits/2 sqrt/0 startswith/1 stderr/0 strflocaltime/1 strftime/1 strings/0 strptime/1 sub/2 sub/3
    tan/0 tanh/0 test/1 test/2 tgamma/0 to_entries/0 toarray/0 toboolean/0 todate/0 todateiso8601/0 tojson/0 tonumber/0 tostream/0 tostring/0 transpose/0 trim/0 trimstr/1 true/0 trunc/0 truncate_stream/1 truncate_stream/2 type/0
    unique/0 unique_by/1 until/2 utf8bytelength/0
    values/0
    walk/1 while/2 with_entries/1
    y0/0 y1/0
    ");
}

#[test]
fn unmetered_filters_of_jaq_cannot_be_called() {
    let calls = [
        "matches(\".\"; \"g\")",
        "split_matches(\".\"; \"g\")",
        "split_(\".\"; \"g\")",
        "scan_(\".\"; \"g\")",
        "encode_base64",
        "decode_base64",
        "escape_html",
        "unescape_html",
        "encode_uri",
        "decode_uri",
        "escape_sh",
        "min_by_or_empty(.)",
        "max_by_or_empty(.)",
        "jn(2147483647; 1e10)",
        "yn(2147483647; 1e10)",
        "stderr_empty",
        "debug_empty",
    ];
    for call in calls {
        let error = Filter::compile(call).unwrap_err();
        assert!(error.message.starts_with("undefined filter"), "{call}: {error}");
    }
}

const TIGHT: FilterLimits = FilterLimits { steps: 5_000, memory: 1 << 20, bytes: 64 << 10, ..AMPLE };

/// Values of all types, the awkward ones among them.
const VALUES: [&str; 24] = [
    "null",
    "true",
    "0",
    "-1",
    "2.5",
    "-0.0",
    "nan",
    "infinite",
    "-infinite",
    "1e18",
    "9223372036854775807",
    "(-9223372036854775807 - 1)",
    "18446744073709551616",
    "\"\"",
    "\"aé\\u0000\"",
    "\"%Y-%m-%dT%H:%M:%SZ\"",
    "\"2015-03-05T23:51:47Z\"",
    "\"%99999s%:z%9999999999999999999Y%\"",
    "[]",
    "[2024,13,32,25,61,61.5,-1,1e300]",
    "[[\"a\",0],[],[1e18,null]]",
    "[1,nan,\"a\",{},null]",
    "{}",
    "{\"a\":[1],\"start\":-1,\"end\":1e300}",
];

#[test]
fn no_value_makes_a_filter_panic() {
    let mut random = fastrand::Rng::with_seed(1);
    for (name, arity) in callable() {
        let arguments = ["", "($x)", "($x; $y)", "($x; $y; $z)", "($x; $y; $z; $x)"][arity];
        let values = VALUES.join(",");
        let filter = format!("[{values}] as $values | [$values[.[]]] as [$in, $x, $y, $z] | $in | {name}{arguments}");
        let filter = Filter::compile(&filter).unwrap();
        for at in 0..if arity == 0 { VALUES.len() } else { 120 } {
            let mut any = || random.usize(..VALUES.len());
            let indices = [at % VALUES.len(), any(), any(), any()];
            let result = filter.run(format!("{indices:?}").as_bytes(), TIGHT);
            let described = || format!("{name}{arguments} on {:?}", indices.map(|at| VALUES[at]));
            assert_eq!(meter::live_and_peak().0, 0, "{}", described());
            if let Err(error) = result {
                assert!(!error.to_string().contains("panicked"), "{}", described());
            }
        }
    }
}

#[test]
fn ranges_and_positions_are_those_of_jq() {
    yields("[range(0; 10; 0)], [range(3; 0; -2)], [range(0.5; 2)]", "null", &["[]", "[3,1]", "[0.5,1.5]"]);
    for filter in ["range(1; \"a\")", "range(null; 2)", "range([])", "range(0; {}; 0)"] {
        fails(filter, "null", "Range bounds must be numeric");
    }
    yields("[nth(0, 1; .a[])], [nth(2; .a[])], nth(1)?", r#"{"a":[1,2]}"#, &["[1,2]", "[]"]);
    yields("(nth(0, 1; .[]) |= 9), [path(nth(1; .[]))]", "[1,2,3]", &["[9,9,3]", "[[1]]"]);
    fails("nth(-1; 1, 2)", "null", "nth doesn't support negative indices");
}

#[test]
fn what_is_no_array_cannot_be_sorted() {
    for filter in ["sort", "sort_by(.a)", "group_by(.a)", "unique", "unique_by(.)", "min", "max_by(.)"] {
        fails(filter, "{}", "object ({}) cannot be sorted, as it is not an array");
    }
    fails("reverse", "{}", "object ({}) cannot be reversed, as it is not an array");
}
