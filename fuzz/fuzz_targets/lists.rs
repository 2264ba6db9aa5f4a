//! Lists that libFuzzer makes up: `cargo +nightly fuzz run lists`.

#![no_main]

#[path = "../../tests/fuzz_parsers/lists.rs"]
mod lists;

libfuzzer_sys::fuzz_target!(|input: &[u8]| lists::check(input));
