//! Uploads that a server answers, and perhaps cuts off, before it has read them.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::server::{Client, Product, Server, Way};
use crate::peers;

/// The size of each upload.
const SIZE: u64 = 8 << 20;

/// How often each is tried.
const TIMES: usize = 20;

/// Where reqwest loses answers.
///
/// Its hyper ends an exchange at the first write that fails (`Dispatcher::poll_loop`), so that an answer that has come
/// by then is not read. Over HTTP/2 it is.
const LOST_BY_REQWEST: &[(&str, Way)] = &[
    ("apache", Way::Plain),
    ("apache", Way::Tls),
    ("haproxy", Way::Plain),
    ("haproxy", Way::Tls),
    ("lighttpd", Way::Plain),
    ("lighttpd", Way::Tls),
];

pub(super) fn answered_early(product: &'static Product) {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("upload");
    File::create(&file).unwrap().set_len(SIZE).unwrap();
    let server = Server::start(product);
    for way in product.ways {
        for (path, status) in [("/forbidden", 403), ("/limited", 413)] {
            let url = server.url(*way, path);
            let curl = (0..TIMES).filter(|_| curl(*way, &file, &url) == status.to_string()).count();
            for client in [Client::Own, Client::Reqwest] {
                let answered = upload(*way, client, &file, &url, status);
                println!("{} {way:?} {path} {client:?}: {answered} answers, curl {curl}", product.name);
                if client == Client::Own {
                    assert_eq!(answered, TIMES, "answers of {} to uploads by {way:?}; curl has {curl}", product.name);
                }
                let is_excused = client == Client::Reqwest && LOST_BY_REQWEST.contains(&(product.name, *way));
                assert!(answered >= curl || is_excused, "{answered} answers over {client:?}, and curl has {curl}");
            }
        }
    }
}

/// How many of the uploads have a record with this status.
fn upload(way: Way, client: Client, file: &Path, url: &str, status: u16) -> usize {
    let body = format!("@{}", file.display());
    let options = ["--retry", "0", "--host-concurrency", "4", "--data-binary", &body];
    let urls = (0..TIMES).map(|_| url.to_owned());
    let records = way.haul(client, options).fetch(urls);
    let answered = records.iter().filter(|record| record["status_code"] == status);
    answered.inspect(|record| assert_eq!(record.kind(), None, "{}", record["error"])).count()
}

/// The status that curl is told, whatever else goes wrong.
fn curl(way: Way, file: &Path, url: &str) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--insecure", "--noproxy", "*", "--max-time", "30", "--output", "/dev/null"]);
    command.args(["--write-out", "%{http_code}", "--request", "POST", "--header", "Expect:", "--data-binary"]);
    command.arg(format!("@{}", file.display()));
    command.arg(match way {
        Way::Plain | Way::Tls => "--http1.1",
        Way::Http2 => "--http2",
        Way::Http2Plain => "--http2-prior-knowledge",
    });
    let child = peers::spawn(command.arg(url).stdout(Stdio::piped()).stderr(Stdio::null()), "curl");
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}
