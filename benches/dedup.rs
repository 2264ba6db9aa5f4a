//! What a different request costs `--dedup`, in bytes: resident memory, as the set grows.

use std::fs;
use std::num::NonZeroUsize;
use std::sync::Arc;

use haul::model::{Job, Request};
use haul::site::dedup::DedupSet;
use url::Url;

const REQUESTS: u64 = 20_000_000;

fn main() {
    let mut seen = DedupSet::new(NonZeroUsize::MAX);
    let request = Arc::new(Request::default());
    let mut url = Url::parse("http://example.com/").expect("a URL");
    let before = resident();
    for seq in 0..REQUESTS {
        url.set_path(&seq.to_string());
        assert_eq!(seen.first(&Job::new(seq, url.clone(), Arc::clone(&request))), Ok(None));
        let there = seq + 1;
        if there == 1_000_000 || there.is_multiple_of(5_000_000) {
            let bytes = resident() - before;
            println!("{there} requests: {} MiB, {} bytes each", bytes >> 20, bytes / there);
        }
    }
}

/// Bytes; 0 where the system does not tell as Linux does.
fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
