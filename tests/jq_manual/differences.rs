//! Where an answer differs from the manual's.

/// The programs, and why.
pub(crate) const DIFFERENCES: &[(&str, &str)] = &[
    // Syntax that jaq does not have.
    (".[] as {$a, $b, c: {$d, $e}} ?// {$a, $b, c: [{$d, $e}]} | {$a, $b, $d, $e}", ALTERNATIVES),
    (".[] as {$a, $b, c: {$d}} ?// {$a, $b, c: [{$e}]} | {$a, $b, $d, $e}", ALTERNATIVES),
    (".[] as [$a] ?// [$b] | if $a != null then error(\"err: \\($a)\") else {$a,$b} end", ALTERNATIVES),
    ("try error(\"\\($__loc__)\") catch .", "no $__loc__"),
    // The environment of a test is not that of the manual's author.
    ("$ENV.PAGER", "not set"),
    ("env.PAGER", "not set"),
    // A number keeps its digits until it is calculated with, and compares by all of them.
    (
        "[., tojson] == if have_decnum then [12345678909876543212345,\"12345678909876543212345\"] else \
         [12345678909876543000000,\"12345678909876543000000\"] end",
        DIGITS,
    ),
    (
        "[1234567890987654321,-1234567890987654321 | tojson] == if have_decnum then \
         [\"1234567890987654321\",\"-1234567890987654321\"] else \
         [\"1234567890987654400\",\"-1234567890987654400\"] end",
        DIGITS,
    ),
    (
        "map([., . == 1]) | tojson == if have_decnum then \"[[1,true],[1.000,true],[1.0,true],[1.00,true]]\" else \
         \"[[1,true],[1,true],[1,true],[1,true]]\" end",
        DIGITS,
    ),
    (
        ". as $big | [$big, $big + 1] | map(. > 10000000000000000000000000000000) | . == if have_decnum then \
         [true, false] else [false, false] end",
        DIGITS,
    ),
];

const ALTERNATIVES: &str = "no alternative patterns";
const DIGITS: &str = "neither jq with decNumber nor without";
