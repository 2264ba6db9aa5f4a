//! A whole run over the embedded origin, which shares the machine.

use std::num::NonZeroUsize;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use haul::origin::Origin;
use haul::plan::{Limits, Plan};
use haul::sink::ndjson::Ndjson;
use haul::source::{self, Input, Options};
use haul::{Control, run};

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
                let lines = Options { request: plan.request.0.clone(), ..Options::default() };
                let source = source::open([input], &lines).expect("it is at hand");
                let finish = run(&plan, source, Ndjson::new(std::io::sink(), plan.output.clone()), &Control::default());
                assert_eq!(finish.report.totals().ok, REQUESTS as u64);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, end_to_end);
criterion_main!(benches);
