//! robots.txt that libFuzzer makes up: `cargo +nightly fuzz run robots`.

#![no_main]

#[path = "../../tests/fuzz_parsers/robots.rs"]
mod robots;

libfuzzer_sys::fuzz_target!(|input: &[u8]| robots::check(input));
