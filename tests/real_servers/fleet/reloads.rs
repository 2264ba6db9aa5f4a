//! Servers that take up their configuration anew under a run.

use super::server::{Client, NUMBERS, Product, Server};
use crate::haul::Records;

/// How many requests a run has.
const REQUESTS: usize = 5_000;

pub(super) fn lose_nothing(product: &'static Product) {
    for way in product.ways {
        for client in [Client::Own, Client::Reqwest] {
            let mut server = Server::start(product);
            let paths = (0..REQUESTS).map(|n| format!("/number/{}", n % NUMBERS));
            let urls: Vec<String> = paths.map(|path| server.url(*way, &path)).collect();
            let running = way.haul(client, []).start(urls);
            for records in [500, 2_000, 3_500] {
                running.wait_for_records(records);
                server.reload();
            }
            assert_answers(&running.finish(), way.http_version());
        }
    }
}

fn assert_answers(records: &Records, http_version: &str) {
    for (n, record) in records.iter().enumerate() {
        record.assert_ok();
        assert_eq!(record["json"]["number"], n % NUMBERS);
        assert_eq!(record["http_version"], http_version);
    }
}
