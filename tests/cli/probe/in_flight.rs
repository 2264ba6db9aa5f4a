//! How many requests of a probe may be in flight, where files are few.

use crate::support::Site;

#[test]
fn what_open_files_allow_is_called_by_its_option() {
    let site = Site::new();
    let probe = |options: &str| {
        let run = site.run(&format!("ulimit -n 100 && haul probe --no-records {options} $O/get"));
        run.exits(0).stderr.lines().next().unwrap_or_default().to_owned()
    };
    let told = probe("--rate 100/s -n 3 --max-in-flight 10k");
    assert!(told.starts_with("haul: --max-in-flight was lowered from 10000 to "), "{told}");
    let told = probe("--rate 100/s -n 3");
    assert!(!told.contains("lowered"), "nobody asked for more: {told}");
    let told = probe("-c 1k -n 3");
    assert!(told.starts_with("haul: the concurrency was lowered from 1000 to "), "{told}");
}
