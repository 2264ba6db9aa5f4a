//! What a server says, record by record.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::haul::haul;
use crate::nginx::Nginx;
use crate::peers::Peer;

/// Some 10 KiB, with a number that no float holds and text beyond ASCII.
pub(crate) fn ten_kib() -> Value {
    let items: Vec<Value> = (0..80u64)
        .map(|n| json!({"id": u64::MAX - n, "name": format!("Größe {n} – 大きさ"), "tags": ["a\"b", "c\\d", "\u{1f980}"]}))
        .collect();
    json!({ "items": items })
}

pub(crate) fn ten_kib_of_json() {
    let nginx = Nginx::start("");
    let text = serde_json::to_string_pretty(&ten_kib()).unwrap();
    assert!((9 << 10..20 << 10).contains(&text.len()), "{}", text.len());
    nginx.publish("items.json", text.as_bytes());
    let records = haul(["-k"]).fetch((0..300).map(|n| match n % 3 {
        0 => nginx.plain(&format!("/items.json?{n}")),
        1 => nginx.tls(&format!("/items.json?{n}")),
        _ => nginx.http_2(&format!("/items.json?{n}")),
    }));
    for record in records.all_ok().iter() {
        assert_eq!(record["json"], ten_kib());
        assert_eq!(
            (&record["encoded_body_size"], &record["decoded_body_size"]),
            (&text.len().into(), &text.len().into())
        );
    }
}

pub(crate) fn compressed() {
    let nginx = Nginx::start("gzip on; gzip_types application/json;");
    let text = ten_kib().to_string();
    nginx.publish("items.json", text.as_bytes());
    let records = haul(["-k", "-i"]).fetch([nginx.plain("/items.json"), nginx.http_2("/items.json")]);
    for record in records.all_ok().iter() {
        assert_eq!(record["headers"]["content-encoding"], json!(["gzip"]));
        assert_eq!(record["json"], ten_kib());
        assert_eq!(record["decoded_body_size"], text.len());
        assert!(record["encoded_body_size"].as_u64().unwrap() < text.len() as u64 / 2);
    }
}

/// nginx does not know how long a page with server-side includes becomes, and sends it in chunks.
pub(crate) fn chunked() {
    let nginx = Nginx::start("ssi on;");
    let page = |fill: &str| format!("<html>{}{fill}</html>", "long ".repeat(50_000));
    nginx.publish("page.html", page("<!--#echo var=\"arg_name\" -->").as_bytes());
    let record = haul(["-i"]).fetch_one(nginx.plain("/page.html?name=haul"));
    record.assert_ok();
    assert_eq!(record["headers"]["transfer-encoding"], json!(["chunked"]));
    assert_eq!(record["body"], page("haul"));
}

pub(crate) fn without_a_body() {
    let nginx = Nginx::start("gzip on; if_modified_since before; location = /nothing { return 204; }");
    nginx.publish("page.html", &b"long ".repeat(1_000));
    let since = "If-Modified-Since: Fri, 31 Dec 2199 00:00:00 GMT";
    for url in [Nginx::plain, Nginx::http_2] {
        let nothing = haul(["-k"]).fetch_one(url(&nginx, "/nothing"));
        let head = haul(["-k", "-X", "HEAD"]).fetch_one(url(&nginx, "/page.html"));
        let unchanged = haul(["-k", "-H", since]).fetch_one(url(&nginx, "/page.html"));
        for (record, status) in [(nothing, 204), (head, 200), (unchanged, 304)] {
            record.assert_ok();
            assert_eq!(record["status_code"], status);
            assert_eq!((&record["encoded_body_size"], &record["decoded_body_size"]), (&json!(0), &json!(0)));
        }
    }
}

pub(crate) fn with_a_request_body() {
    let nginx = Nginx::start("location = /told { return 200 '$request_method $content_length $content_type'; }");
    for url in [Nginx::plain, Nginx::tls, Nginx::http_2] {
        let record = haul(["-k", "-d", "name=haul"]).fetch_one(url(&nginx, "/told"));
        record.assert_ok();
        assert_eq!(record["body"], "POST 9 application/x-www-form-urlencoded");
    }
}

pub(crate) fn by_http_1_0() {
    let site = TempDir::new().unwrap();
    fs::write(site.path().join("items.json"), ten_kib().to_string()).unwrap();
    let python = Peer::python(site.path());
    let records = haul([]).fetch((0..200).map(|n| format!("http://{}/items.json?{n}", python.authority()))).all_ok();
    assert_eq!(Vec::from_iter(records.http_versions()), ["1.0"]);
    assert!(records.iter().all(|record| record["json"] == ten_kib()));
}
