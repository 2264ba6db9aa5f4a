//! Connections that the server closes when they have idled for a second, at the moment when they are used again.

use serde_json::json;

use super::server::{Client, Product, Server, Way};
use crate::haul::Record;

/// The pauses between two requests on a connection, in milliseconds: around those after which a server closes it. Some
/// look for idle connections once a second only.
const PAUSES: [u64; 14] =
    [900, 980, 1_000, 1_010, 1_030, 1_100, 1_300, 1_500, 1_700, 1_900, 1_990, 2_000, 2_010, 2_100];

/// Requests after each pause.
const REQUESTS: usize = 14;

pub(super) fn lose_nothing(product: &'static Product) {
    for client in [Client::Own, Client::Reqwest] {
        let server = Server::start(product);
        let runs: Vec<_> = product.ways.iter().map(|way| start(&server, *way, client)).collect();
        let records: Vec<_> = runs.into_iter().map(crate::haul::Running::finish).collect();
        let requests = server.requests();
        let mut lost = 0;
        for record in records.iter().flat_map(|records| records.iter()) {
            let url = record["url"].as_str().unwrap();
            let path = &url[url.match_indices('/').nth(2).expect("a path").0..];
            let times = requests.get(path).copied().unwrap_or_default();
            let may_be_repeated = record["method"] == "GET";
            if may_be_repeated {
                record.assert_ok();
            }
            if !is_ok(record) {
                lost += 1;
                println!("{} over {client:?}: {url}: {}", product.name, record["error"]);
            }
            let most = if may_be_repeated && !record["reconnects"].is_null() { 2 } else { 1 };
            assert!((usize::from(is_ok(record))..=most).contains(&times), "{url} was sent {times} times");
        }
        // What may not be repeated is lost if it meets a connection that is just being closed. An origin that has done
        // this once is asked on fresh connections; reqwest cannot be told to.
        let origins = PAUSES.len() * product.ways.len();
        assert!(lost <= origins || client == Client::Reqwest, "{lost} requests to {origins} origins are lost");
    }
}

fn is_ok(record: &Record) -> bool {
    record["ok"] == json!(true)
}

/// A run with a host for each pause, half of its requests safe to repeat.
fn start(server: &Server, way: Way, client: Client) -> crate::haul::Running {
    let port = server.port(way);
    let (mut options, mut lines) = (vec!["--retry".to_owned(), "0".into()], Vec::new());
    for pause in PAUSES {
        let host = format!("after-{pause}.test");
        options.extend(["--resolve".to_owned(), format!("{host}:{port}:{}", crate::HOST)]);
        options.extend(["--host-rule".to_owned(), format!("{host}: rate={}/h concurrency=1", 3_600_000 / pause)]);
        for n in 0..REQUESTS {
            let url = |path| server.url_at(way, &host, path);
            lines.push(match n % 2 {
                0 => json!({"url": url(&format!("/number/1?{way:?}-{pause}-{n}"))}).to_string(),
                _ => json!({"url": url(&format!("/cgi/told?{way:?}-{pause}-{n}")), "method": "POST"}).to_string(),
            });
        }
    }
    options.extend(["--input-format".to_owned(), "ndjson".into()]);
    way.haul(client, options.iter().map(String::as_str)).start(lines)
}
