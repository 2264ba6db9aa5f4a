//! Whole runs against the embedded origin, which runs on the same machine.

use std::num::NonZeroUsize;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use haul::durable::{self, LedgerOptions, RunFingerprint};
use haul::engine::{Control, Destination, run};
use haul::plan::{Limits, Plan};
use haul::sink::ndjson::Ndjson;
use haul::source::{self, Input, ListOptions};
use haul::storage::compression::Coding;
use haul::storage::{Appender, Layout};
use haul_origin::Origin;

const REQUESTS: usize = 5_000;

fn end_to_end(c: &mut Criterion) {
    let origin = Origin::spawn().expect("a port");
    let limits = Limits { host_concurrency: NonZeroUsize::new(64).expect("64"), ..Limits::default() };
    let plan = Plan { limits, ..Plan::default() };
    let mut group = c.benchmark_group("end to end");
    group.throughput(Throughput::Elements(REQUESTS as u64)).sample_size(10);
    for path in ["/json", "/json/10000", "/bytes/1000", "/gzip"] {
        let text: String = (0..REQUESTS).map(|n| format!("{}?n={n}\n", origin.url(path))).collect();
        group.bench_function(path, |b| {
            b.iter(|| {
                let input = Input::Text { name: "list".into(), text: text.clone() };
                let lines = ListOptions { request: plan.request.0.clone(), ..ListOptions::default() };
                let source = source::open([input], &lines).expect("it is at hand");
                let sink = Ndjson::new(std::io::sink(), plan.output.clone());
                let finish = run(&plan, source, sink, &Control::default()).expect("a finish");
                assert_eq!(finish.report.totals().ok, REQUESTS as u64);
            });
        });
    }
    group.finish();
}

/// The same run with and without a ledger, to measure the cost of durability.
fn durability(c: &mut Criterion) {
    let origin = Origin::spawn().expect("a port");
    let limits = Limits { host_concurrency: NonZeroUsize::new(64).expect("64"), ..Limits::default() };
    let plan = Plan { limits, ..Plan::default() };
    let list: String = (0..4 * REQUESTS).map(|n| format!("{}?n={n}\n", origin.url("/json"))).collect();
    let dir = tempfile::tempdir().expect("a directory");
    let layout = || Layout::new(dir.path().join("out.ndjson"), None);
    let fetch = |destination: Destination| {
        let input = Input::Text { name: "list".into(), text: list.clone() };
        let source = source::open([input], &ListOptions::default()).expect("it is at hand");
        let finish = run(&plan, source, destination, &Control::default()).expect("a finish");
        assert_eq!(finish.report.totals().ok, 4 * REQUESTS as u64);
    };
    let mut group = c.benchmark_group("nothing lost");
    group.throughput(Throughput::Elements(4 * REQUESTS as u64)).sample_size(10);
    group.bench_function("a file", |b| {
        b.iter(|| {
            let file = Appender::overwrite(layout()).expect("a file");
            fetch(Ndjson::coded(file, plan.output.clone(), Coding::Plain).into());
        });
    });
    group.bench_function("a ledger", |b| {
        b.iter(|| {
            for name in ["out.ndjson", "out.ndjson.haul"] {
                let _ = std::fs::remove_file(dir.path().join(name));
            }
            let (format, fingerprint) = (plan.output.clone(), RunFingerprint::default());
            let options = LedgerOptions {
                layout: layout(),
                format,
                inputs: Vec::new(),
                fingerprint,
                anyway: false,
                retry_unsafe: false,
                checkpoint_only: false,
            };
            fetch(durable::open(options).expect("a ledger").ledger.into());
        });
    });
    group.finish();
}

criterion_group!(benches, end_to_end, durability);
criterion_main!(benches);
