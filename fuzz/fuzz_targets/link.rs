//! `Link` fields that libFuzzer makes up: `cargo +nightly fuzz run link`.

#![no_main]

#[path = "../../tests/fuzz_parsers/link.rs"]
mod link;

libfuzzer_sys::fuzz_target!(|input: &[u8]| link::check(input));
