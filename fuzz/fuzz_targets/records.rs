//! Saved records that libFuzzer makes up: `cargo +nightly fuzz run records`.

#![no_main]

#[path = "../../tests/fuzz_parsers/records.rs"]
mod records;

libfuzzer_sys::fuzz_target!(|input: &[u8]| records::check(input));
