//! `Set-Cookie` fields that libFuzzer makes up: `cargo +nightly fuzz run set_cookie`.

#![no_main]

#[path = "../../tests/fuzz_parsers/set_cookie.rs"]
mod set_cookie;

libfuzzer_sys::fuzz_target!(|input: &[u8]| set_cookie::check(input));
