//! Inputs that go on over several pages.

use serde_json::{Value, json};

use crate::support::{Site, canned};

/// The listing that most tests follow: 25 pages of 4.
const PAGES: u64 = 25;

/// Every way to follow it.
const WAYS: [&str; 5] = ["link", "page=page", "offset=offset:4", "cursor=cursor:.next_cursor", "next=.next"];

fn ids(lines: &str) -> Vec<u64> {
    lines.lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn every_way_leads_over_all_pages_in_order() {
    for way in WAYS {
        let site = Site::new();
        let line = format!("haul -r --items '.items[].id' --paginate '{way}' --host-rate 500/s");
        let run = site.run(&format!("{line} \"$O/paginate?fail=13\" > out"));
        run.exits(0).says(&["100 items", "1 · redirects 0"]);
        assert_eq!(ids(&site.read("out")), (1..=100).collect::<Vec<_>>(), "{way}");
    }
    let _ = (json!(0), Value::Null, PAGES, canned as fn(String) -> _);
}
