//! Where an answer differs from the manual's.

/// The programs, and why.
pub(crate) const DIFFERENCES: &[(&str, &str)] = &[
    // Syntax that jaq does not have.
    (".[] as {$a, $b, c: {$d, $e}} ?// {$a, $b, c: [{$d, $e}]} | {$a, $b, $d, $e}", "no alternative patterns"),
    (".[] as {$a, $b, c: {$d}} ?// {$a, $b, c: [{$e}]} | {$a, $b, $d, $e}", "no alternative patterns"),
    (".[] as [$a] ?// [$b] | if $a != null then error(\"err: \\($a)\") else {$a,$b} end", "no alternative patterns"),
    ("try error(\"\\($__loc__)\") catch .", "no $__loc__"),
    // The environment of a test is not that of the manual's author.
    ("$ENV.PAGER", "not set"),
    ("env.PAGER", "not set"),
    // Still to come.
    (
        "[., tojson] == if have_decnum then [12345678909876543212345,\"12345678909876543212345\"] else \
         [12345678909876543000000,\"12345678909876543000000\"] end",
        "no have_decnum",
    ),
    (
        "[1234567890987654321,-1234567890987654321 | tojson] == if have_decnum then \
         [\"1234567890987654321\",\"-1234567890987654321\"] else \
         [\"1234567890987654400\",\"-1234567890987654400\"] end",
        "no have_decnum",
    ),
    (
        "map([., . == 1]) | tojson == if have_decnum then \"[[1,true],[1.000,true],[1.0,true],[1.00,true]]\" else \
         \"[[1,true],[1,true],[1,true],[1,true]]\" end",
        "no have_decnum",
    ),
    (
        ". as $big | [$big, $big + 1] | map(. > 10000000000000000000000000000000) | . == if have_decnum then \
         [true, false] else [false, false] end",
        "no have_decnum",
    ),
    (".[] | (1 / .)?", "a division by zero is infinite"),
    ("pick(.[2], .[0], .[0])", "makes an object of null"),
    ("del(.[1, 2])", "deletes one after the other"),
    ("setpath([\"a\",\"b\"]; 1)", "cannot update null"),
    ("setpath([0,\"a\"]; 1)", "cannot update null"),
    ("join(\" \")", "null becomes text"),
    ("bsearch(4) as $ix | if $ix < 0 then .[-(1+$ix)] = 4 else . end", "cannot append by index"),
    ("reduce .[] as {$x,$y} (null; .x += $x | .y += [$y])", "cannot update null"),
    ("truncate_stream([[0],\"a\"],[[1,0],\"b\"],[[1,0]],[[1]])", "missing"),
    ("fromstream(1|truncate_stream([[0],\"a\"],[[1,0],\"b\"],[[1,0]],[[1]]))", "missing"),
    (". as $dot|fromstream($dot|tostream)|.==$dot", "missing"),
    ("(.a, .b) = range(3)", "cannot update null"),
    ("(.a, .b) |= range(3)", "cannot update null"),
    ("match(\"(abc)+\"; \"g\")", "unnamed captures have no name"),
    ("match([\"foo\", \"ig\"])", "no regex with its flags in an array"),
    ("match(\"foo (?<bar123>bar)? foo\"; \"ig\")", "captures without a match are left out"),
];
