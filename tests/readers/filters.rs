//! What filters make of bodies.

use crate::haul::lines;
use crate::readers::{Reader, records};
use crate::server::{Answer, serve};

const FILTERS: [&str; 7] = [
    ".",
    "[range(3)]",
    "1e308 * 10",
    "\"\\u2028\\u0085\\r\\n\"",
    "[.. | strings]",
    "tojson",
    "reduce range(240) as $i (1; [.])",
];

pub(crate) fn outputs(readers: &[Reader]) {
    let body = "{\"a\":[1.50,\"\u{2028}\u{1f980}\\u0001\"],\"b\":12345678901234567890123}";
    let addr = serve(vec![Answer::json(body)]);
    let list = format!("{{\"url\": \"http://{addr}/0\"}}\n");
    for filter in FILTERS {
        for option in ["--jq", "--items"] {
            assert!(!records(readers, &lines(&list, &[option, filter])).is_empty(), "{option} {filter}");
        }
    }
}
