//! The metrics of a run, fetched by curl and judged by the tool of Prometheus, and scraped by Prometheus.

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::haul::haul;
use crate::nginx::Nginx;
use crate::{HOST, peers, wait_until};

fn free_address() -> String {
    TcpListener::bind((HOST, 0)).unwrap().local_addr().unwrap().to_string()
}

/// Prometheus, which scrapes one target until it is dropped.
struct Prometheus {
    child: Child,
    address: String,
    dir: TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    fn of(target: &str) -> Self {
        let (dir, address) = (TempDir::new().unwrap(), free_address());
        let jobs = format!("[{{job_name: haul, static_configs: [{{targets: ['{target}']}}]}}]");
        let configuration =
            format!("global: {{scrape_interval: 500ms, scrape_timeout: 500ms}}\nscrape_configs: {jobs}\n");
        fs::write(dir.path().join("prometheus.yml"), configuration).unwrap();
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--web.listen-address={address}"))
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
        command.current_dir(dir.path()).stderr(File::create(dir.path().join("messages")).unwrap());
        Prometheus { child: peers::spawn(&mut command, "prometheus"), address, dir }
    }

    /// What it answers, once it does.
    fn get(&self, path: &str, query: &str) -> Option<Value> {
        let url = format!("http://{}/api/v1/{path}", self.address);
        let asked = Command::new("curl").args(["-sS", "--get", &url, "--data-urlencode", query]).output().unwrap();
        serde_json::from_slice(&asked.stdout).ok()
    }

    /// The value of an expression that has one.
    fn value(&self, expression: &str) -> Option<f64> {
        let answer = self.get("query", &format!("query={expression}"))?;
        answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    }

    /// Waits until `wanted` is true of the value of an expression.
    fn wait_for(&mut self, expression: &str, wanted: impl Fn(f64) -> bool) {
        let mut last = None;
        wait_until(&format!("{expression} is as wanted"), || {
            let messages = || fs::read_to_string(self.dir.path().join("messages")).unwrap();
            assert!(self.child.try_wait().unwrap().is_none(), "{}", messages());
            last = self.value(expression);
            last.is_some_and(&wanted)
        });
    }
}

pub(crate) fn prometheus_reads_them() {
    let nginx = Nginx::start("");
    nginx.publish("page", b"text");
    let address = free_address();
    let urls = (0..6_000).map(|n| nginx.plain(if n % 4 == 0 { "/absent" } else { "/page" }));
    let _run = haul(["--rate", "100/s", "--metrics", &address]).start(urls);
    let mut prometheus = Prometheus::of(&address);
    prometheus.wait_for("up", |up| up == 1.0);
    // Of the 100 a second, each fourth is not found.
    prometheus.wait_for("sum(rate(haul_requests_total[4s]))", |rate| (90.0..110.0).contains(&rate));
    prometheus.wait_for("sum(rate(haul_responses_total{code=\"404\"}[4s]))", |rate| (20.0..30.0).contains(&rate));
    let count = "sum(rate(haul_request_duration_seconds_count[4s]))";
    prometheus.wait_for(count, |rate| (90.0..110.0).contains(&rate));
    let median = "histogram_quantile(0.5, rate(haul_request_duration_seconds_bucket[4s]))";
    prometheus.wait_for(median, |seconds| seconds > 0.0 && seconds < 1.0);
    for (metric, kind) in [
        ("haul_responses_total", "counter"),
        ("haul_in_flight_requests", "gauge"),
        ("haul_request_duration_seconds", "histogram"),
    ] {
        let known = prometheus.get("targets/metadata", &format!("metric={metric}")).unwrap();
        assert_eq!(known["data"][0]["type"], kind, "{metric}: {known}");
    }
}

pub(crate) fn promtool_has_no_complaint() {
    let nginx = Nginx::start("");
    nginx.publish("page", b"text");
    let address = free_address();
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
