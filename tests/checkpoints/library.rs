//! Checkpoints written by `HaulBuilder::resume`. Only this file uses the library.

use std::error::Error;
use std::fs;
use std::path::Path;

use haul::plan::Proxies;
use haul::{Haul, HaulBuilder, InputFormat as Format, Request};

use crate::assert_expected;
use crate::fixture::Fixture;
use crate::origin::Origin;

/// The run that the folder `name` belongs to.
fn run(dir: &Path, name: &str, proxy: &str) -> HaulBuilder {
    let haul = Haul::builder().concurrency(1).retries(0);
    let haul = haul.plan(|plan| plan.fetch.transport.proxies = Proxies::all(proxy.parse().unwrap()));
    match name {
        "library" => haul.list(dir.join("urls.txt")),
        "library_list" => {
            let list = haul.list(dir.join("list")).format(Format::Csv);
            list.base_url("http://f.test/echo/").request(Request::post().bytes("text"))
        }
        _ => haul.urls((0..3).map(|n| format!("http://f.test/echo/{n}"))),
    }
}

#[track_caller]
fn assert_resumes(name: &str, change: impl FnOnce(HaulBuilder) -> HaulBuilder, named: &str) {
    let (fixture, origin) = (Fixture::copy(name), Origin::start());
    let (kept, output) = (fixture.kept(), fixture.path("out.ndjson"));
    let haul = || run(fixture.path(".").as_path(), name, &origin.url);
    let before = fs::read(&output).unwrap();
    let refusal = change(haul()).resume(&output).build().unwrap().run_blocking().unwrap_err();
    let refusal = format!("{refusal} {:?}", refusal.source());
    assert!(refusal.contains("cannot resume") && refusal.contains(named), "no {named} in: {refusal}");
    assert_eq!((fs::read(&output).unwrap(), origin.asked()), (before, Vec::new()));

    let finish = haul().resume(&output).build().unwrap().run_blocking().unwrap();
    let resumed = fixture.check(&kept, &origin);
    assert_eq!(finish.report.totals().records, resumed.records());
    assert_expected(&fixture, &resumed);
}

#[test]
fn a_list() {
    assert_resumes("library", |haul| haul.format(Format::Text), "format");
}

#[test]
fn a_list_of_a_format_against_a_base() {
    assert_resumes("library_list", |haul| haul.base_url("http://f.test/text/"), "base-url has changed");
}

#[test]
fn urls() {
    assert_resumes("library_urls", HaulBuilder::dedup, "--dedup");
}
