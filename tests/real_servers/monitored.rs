//! The metrics of a run, fetched by curl and judged by the tool of Prometheus.

use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::HOST;
use crate::haul::haul;
use crate::nginx::Nginx;

pub(crate) fn promtool_has_no_complaint() {
    let nginx = Nginx::start("");
    nginx.publish("page", b"text");
    let address = TcpListener::bind((HOST, 0)).unwrap().local_addr().unwrap().to_string();
    let urls = (0..200).map(|n| nginx.plain(if n % 9 == 0 { "/absent" } else { "/page" }));
    let run = haul(["--rate", "100/s", "--metrics", &address]).start(urls);
    run.wait_for_records(20);
    let page = Command::new("curl").args(["-sS", "--fail", &format!("http://{address}/metrics")]).output().unwrap();
    assert!(page.status.success(), "{page:?}");

    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut judge = promtool.spawn().unwrap();
    judge.stdin.take().unwrap().write_all(&page.stdout).unwrap();
    let judgement = judge.wait_with_output().unwrap();
    let page = String::from_utf8(page.stdout).unwrap();
    let said = [judgement.stdout, judgement.stderr].concat();
    assert!(judgement.status.success() && said.is_empty(), "{}\n{page}", String::from_utf8_lossy(&said));
    assert!(page.contains("\nhaul_responses_total{code=\"404\"} "), "{page}");
    run.finish();
}
