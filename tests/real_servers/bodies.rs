//! Bodies, byte by byte.

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tempfile::TempDir;

use crate::answers::ten_kib;
use crate::connections::numbers;
use crate::haul::{Record, haul};
use crate::nginx::Nginx;
use crate::peers::{Peer, curl};

const SITE: &str = "
    gzip on;
    gzip_types application/json;
    location = /empty { return 200 ''; }
    location = /missing { return 404 'not here'; }
    location = /page.html { ssi on; }
    location = /slow { limit_rate 8m; try_files /noise =404; }
";

/// Bytes of which no two pieces look alike, and which do not compress.
fn noise(len: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    (0..len).map(|_| random.u8(..)).collect()
}

pub(crate) fn equal_those_of_curl() {
    let nginx = Nginx::start(SITE);
    nginx.publish("items.json", ten_kib().to_string().as_bytes());
    nginx.publish("noise", &noise(3 << 20));
    nginx.publish("page.html", &b"<html><!--#echo var=\"arg_n\" --></html>\r\n".repeat(5_000));
    let site = TempDir::new().unwrap();
    fs::write(site.path().join("noise"), noise(300 << 10)).unwrap();
    let python = Peer::python(site.path());

    let paths =
        ["/items.json", "/noise", "/page.html?n=1", "/empty", "/missing", "/slow", "/number/7", "/no-such-file"];
    let mut urls: Vec<String> =
        paths.iter().flat_map(|path| [nginx.plain(path), nginx.tls(path), nginx.http_2(path)]).collect();
    urls.extend(["/noise", "/", "/no-such-file"].map(|path| format!("http://{}{path}", python.authority())));

    for record in haul(["-k", "--body", "base64"]).fetch(urls).iter() {
        let url = record["url"].as_str().unwrap();
        let (status, version, body) = curl(url);
        assert_eq!(record["status_code"].to_string(), status, "{url}");
        assert_eq!(record["http_version"].as_str(), Some(&*version), "{url}");
        let ours = BASE64_STANDARD.decode(record["body_base64"].as_str().unwrap_or_default()).unwrap();
        assert!(ours == body, "{url}: {} bytes, and curl has {}", ours.len(), body.len());
    }
}

pub(crate) fn end_at_max_filesize() {
    let nginx = Nginx::start("");
    let content = noise(5 << 20);
    nginx.publish("noise", &content);
    for url in [Nginx::plain, Nginx::tls, Nginx::http_2] {
        let large = std::iter::repeat_n(url(&nginx, "/noise"), 4);
        let small = numbers(20, |path| url(&nginx, path));
        let records = haul(["-k", "--max-filesize", "1MiB", "--body", "base64"]).fetch(large.chain(small));
        for record in records.iter().take(4) {
            assert_eq!((record.kind(), &record["truncated"]), (Some("too_large"), &true.into()));
            assert_eq!(record["decoded_body_size"], 1 << 20);
            let ours = BASE64_STANDARD.decode(record["body_base64"].as_str().unwrap()).unwrap();
            assert!(ours == content[..1 << 20], "the beginning of the body");
        }
        records.iter().skip(4).for_each(Record::assert_ok);
    }
}
