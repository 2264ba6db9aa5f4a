//! The order of numbers.

use super::yields;

#[test]
fn numbers_compare_by_value() {
    yields(
        "(.[0] == .[1]), (.[0] > .[1]), (.[1] < .[0]), (sort | map(tojson)), (unique | length)",
        "[9007199254740993,9007199254740992.0,9007199254740992]",
        &["false", "true", "true", "[\"9007199254740992.0\",\"9007199254740992\",\"9007199254740993\"]", "2"],
    );
    yields(". == . + 0, . < infinite, . == 18446744073709551616", "18446744073709551616", &["true", "true", "true"]);
    yields(". == . + 0, . < . + 0", "18446744073709551615", &["false", "true"]);
    yields(". < 9223372036854775808, . < (9223372036854775808 + 0)", "9223372036854775807", &["true", "true"]);
    yields("[.[] == 0], unique", "[0,-0,0.0,-0.0,0e5]", &["[true,true,true,true,true]", "[0]"]);
    yields("[.[] == 0.1 + 0], group_by(.)", "[0.1,0.10,1e-1]", &["[true,true,true]", "[[0.1,0.10,1e-1]]"]);
}

#[test]
fn equality_is_the_same_everywhere() {
    let numbers = "[9007199254740993,9007199254740992.0,9007199254740992,18446744073709551615,18446744073709551616]";
    for code in [
        "[.[] as $x | map(. == $x)] == [.[] as $x | map([.] | index($x) != null)]",
        "[.[] as $x | map(. == $x)] == [.[] as $x | map([.] - [$x] == [])]",
        "[.[] as $x | map(. == $x)] == [.[] as $x | map([.] | bsearch($x) == 0)]",
        "[.[] as $x | map(. == $x)] == [.[] as $x | map([., $x] | unique | length == 1)]",
        "[.[] as $x | map(. == $x)] == [.[] as $x | map([., $x] | group_by(.) | length == 1)]",
        "[.[] as $x | map(. == $x)] == [.[] as $x | map(contains($x))]",
        "[.[] as $x | map(. == $x)] == [.[] as $x | map({a: .} == {a: $x})]",
    ] {
        yields(code, numbers, &["true"]);
    }
}
