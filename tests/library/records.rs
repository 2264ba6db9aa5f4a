//! What programs read of a record.

use std::collections::BTreeMap;

use haul::{Charset, ErrorKind, Haul, Input, Record, Request};
use haul_origin::Origin;
use serde_json::Value;

async fn fetch(haul: Haul) -> BTreeMap<u64, Record> {
    let mut stream = haul.stream();
    let mut records = BTreeMap::new();
    while let Some(record) = stream.next().await {
        records.insert(record.seq(), record);
    }
    let finish = stream.finish().await.unwrap();
    assert_eq!(finish.run.records, records.len() as u64);
    records
}

#[tokio::test]
async fn a_record_has_its_response_or_its_error() {
    let origin = Origin::spawn().unwrap();
    let paths = ["/json", "/redirect/1", "/status/404", "/bytes/4", "/flaky/2", "/json", "/cut/9"];
    let urls = paths.iter().map(|path| origin.url(path)).chain(["no url".to_owned()]);
    let haul = Haul::builder().urls(urls).dedup().retries(1).concurrency(1);
    let records = fetch(haul.plan(|plan| plan.retry.base = Default::default()).build().unwrap()).await;

    let json = &records[&0];
    assert_eq!((json.url(), json.method().as_str()), (origin.url("/json").as_str(), "GET"));
    assert!(json.ok() && json.error().is_none() && json.status().unwrap() == 200);
    assert_eq!(json.headers()["content-type"], "application/json");
    assert!(json.json::<Value>().unwrap().is_object());
    assert_eq!(json.text().unwrap().as_bytes(), &json.bytes()[..]);
    assert_eq!((json.attempts(), json.version(), json.is_truncated()), (1, Some(http::Version::HTTP_11), false));
    assert!(!json.timings().unwrap().total.is_zero() && json.remote_addr() == Some(origin.addr()));

    assert_ne!(records[&1].final_url().unwrap().as_str(), records[&1].url());
    assert_eq!(records[&1].redirects().len(), 1);
    assert!(!records[&2].ok() && records[&2].error().is_none());
    assert!(records[&3].bytes().len() == 4 && records[&3].json::<Value>().is_err());
    assert_eq!((records[&4].attempts(), records[&4].retries().len(), records[&4].ok()), (2, 1, true));
    assert_eq!((records[&5].duplicate_of(), records[&5].status(), records[&5].attempts()), (Some(0), None, 0));
    let cut = records[&6].error().unwrap();
    assert_eq!((cut.kind, records[&6].is_truncated()), (ErrorKind::Closed, true));
    let invalid = records[&7].error().unwrap();
    assert_eq!((invalid.kind, records[&7].url()), (ErrorKind::InvalidInput, "no url"));
    assert!(records[&7].headers().is_empty() && records[&7].bytes().is_empty() && records[&7].timings().is_none());
}

#[tokio::test]
async fn text_is_in_utf8_and_names_what_it_came_in() {
    let origin = Origin::spawn().unwrap();
    let haul = Haul::builder().urls(["/text", "/json", "/bytes/9"].map(|path| origin.url(path))).build().unwrap();
    let records = fetch(haul).await;
    assert_eq!(records[&0].charset(), Some(Charset::UTF_8));
    assert_eq!((records[&1].charset(), records[&2].charset()), (None, None));
}

#[tokio::test]
async fn a_record_serialises_to_the_line_that_is_written_for_it() {
    let origin = Origin::spawn().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.ndjson");
    let paths =
        ["/json", "/html", "/bytes/99", "/redirect/2", "/status/500", "/anything?token=secret", "/close", "/json"];
    let mut list: String = paths.iter().map(|path| format!("{{\"url\": {:?}}}\n", origin.url(path))).collect();
    list += &format!("{{\"url\": {:?}, \"id\": 1.50, \"meta\": {{\"a\" : [1e3]}}}}\n", origin.url("/anything"));
    list += "{\"url\": \"no url\"}\n{\"no\": \"url\"}\n";
    let list = Input::Text { name: "list.ndjson".to_owned(), text: list };
    let request = Request::get().bearer("s3cret").unwrap();
    let haul = Haul::builder().input(list).request(request).dedup().retries(0).output(&path).build().unwrap();
    let records = fetch(haul).await;
    assert_eq!(records.len(), paths.len() + 3);

    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let mut serialised: Vec<String> = records.values().map(|record| serde_json::to_string(record).unwrap()).collect();
    lines.sort_unstable();
    serialised.sort_unstable();
    assert_eq!(lines, serialised);
    let clones: Vec<Record> = records.values().cloned().collect();
    let array = serde_json::to_string(&clones).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Value>>(&array).unwrap().len(), records.len());
}

#[cfg(feature = "jq")]
#[tokio::test]
async fn a_filter_extracts_values() {
    let origin = Origin::spawn().unwrap();
    let haul = Haul::builder().urls([origin.url("/json")]).jq(".slideshow.title, 1").build().unwrap();
    let records = fetch(haul).await;
    let title = records[&0].json::<Value>().unwrap()["slideshow"]["title"].to_string();
    assert_eq!(records[&0].extracted().collect::<Vec<_>>(), [title.as_str(), "1"]);
}
