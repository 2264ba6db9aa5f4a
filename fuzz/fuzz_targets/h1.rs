//! The HTTP/1.1 client against hyper's, over answers that libFuzzer makes up: `cargo +nightly fuzz run h1`.

#![no_main]

#[path = "../../tests/fuzz_h1/canonical.rs"]
mod canonical;
#[path = "../../tests/fuzz_h1/compare.rs"]
mod compare;
#[path = "../../tests/fuzz_h1/lean.rs"]
mod lean;
#[path = "../../tests/fuzz_h1/reference.rs"]
mod reference;

use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

pub(crate) use compare::{Case, End, Verdict, judge};

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
}

// The first byte says what is asked and where the answer is cut, the rest is the answer.
fuzz_target!(|input: &[u8]| {
    let Some((choice, answer)) = input.split_first() else { return };
    let cuts = match usize::from(choice >> 1) {
        0 => Vec::new(),
        every => (1..answer.len()).filter(|at| at % every == 0).collect(),
    };
    let case = Case { bytes: answer.to_vec(), cuts, to_head: choice & 1 == 1 };
    RUNTIME.with(|runtime| {
        let wrong = LocalSet::new().block_on(runtime, async { judge(&lean::Lean::new().await, &case).await });
        assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
    });
});
