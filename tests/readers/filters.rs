//! What filters make of bodies.

use crate::haul::lines;
use crate::readers::{Reader, records};
use crate::server::{Answer, serve};

const FILTERS: [&str; 12] = [
    ".",
    ".c[]",
    "[range(3)]",
    "1e308 * 10, 1e400, -1e400, nan",
    "\"\\u2028\\u0085\\r\\n\"",
    "[.. | strings]",
    "tojson",
    "reduce range(248) as $i (1; [.])",
    "reduce range(300) as $i (1; [.])",
    "reduce range(124) as $i (1; {a: .})",
    "reduce range(200) as $i (1; {a: .})",
    "reduce range(82) as $i (1; [{a: .}])",
];

pub(crate) fn outputs(readers: &[Reader]) {
    let nested = "{\"a\":".repeat(120) + "1" + &"}".repeat(120);
    let numbers = format!("[1e400, -1e400, 1e-400, {}, 0.{}]", "7".repeat(400), "7".repeat(990));
    let strings = "[1.50, \"\u{2028}\u{1f980}\\u0001\", \"\\ud83d\"]";
    let body = format!("{{\"a\": {strings}, \"\\ude00\": {nested}, \"c\": {numbers}}}");
    let addr = serve(vec![Answer::json(body)]);
    let list = format!("{{\"url\": \"http://{addr}/0\"}}\n");
    for filter in FILTERS {
        for option in ["--jq", "--items"] {
            assert!(!records(readers, &lines(&list, &[option, filter])).is_empty(), "{option} {filter}");
        }
    }
}
