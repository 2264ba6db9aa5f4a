//! Answers of every shape.

use serde_json::json;

use super::server::{Client, NUMBERS, PAGE, PAGE_LINES, Product, Server, Way};
use crate::connections::{assert_numbers, numbers};

pub(super) fn are_told(product: &'static Product) {
    let server = Server::start(product);
    for way in product.ways {
        for client in [Client::Own, Client::Reqwest] {
            let options = ["--host-concurrency", "4"];
            let records = way.haul(client, options).fetch(numbers(NUMBERS, |path| server.url(*way, path)));
            assert_numbers(records, way.http_version());
            shapes(&server, *way, client);
        }
    }
}

fn shapes(server: &Server, way: Way, client: Client) {
    let ask = |options: &[&'static str], path: &str| {
        let record = way.haul(client, options.iter().copied()).fetch_one(server.url(way, path));
        record.assert_ok();
        record
    };
    let page = ask(&[], "/page.html");
    assert_eq!(page["headers"]["content-encoding"], json!(["gzip"]));
    assert_eq!(page["body"], PAGE.repeat(PAGE_LINES));

    let chunked = ask(&[], "/cgi/chunked?haul");
    if way.http_version() == "1.1" && server.product.name != "varnish" {
        assert_eq!(chunked["headers"]["transfer-encoding"], json!(["chunked"])); // varnish may have had it all by then
    }
    let body = chunked["body"].as_str().unwrap();
    assert!(body.len() > 64 << 10 && body.ends_with("\nhaul\n"), "{} bytes", body.len());

    let since = format!("If-Modified-Since: {}", page["headers"]["last-modified"][0].as_str().unwrap());
    let unchanged = way.haul(client, ["-H", &since]).fetch_one(server.url(way, "/page.html"));
    for (record, status) in
        [(unchanged, 304), (ask(&["-X", "HEAD"], "/page.html"), 200), (ask(&[], "/cgi/nothing"), 204)]
    {
        record.assert_ok();
        assert_eq!(record["status_code"], status);
        assert_eq!((&record["encoded_body_size"], &record["decoded_body_size"]), (&json!(0), &json!(0)));
    }
    assert_eq!(ask(&["-X", "POST"], "/cgi/told")["body"], "POST 0");
    assert_eq!(ask(&["-d", "name=haul"], "/cgi/told")["body"], "POST 9");
}
