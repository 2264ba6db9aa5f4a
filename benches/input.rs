//! Lines to jobs.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use haul::source::{self, Input, Options};

const LINES: usize = 50_000;

fn lines(c: &mut Criterion) {
    let lists = [
        (
            "plain",
            (0..LINES).map(|n| format!("https://host{}.example.com/items/{n}?page=2\n", n % 100)).collect::<String>(),
        ),
        ("with methods", (0..LINES).map(|n| format!("DELETE https://example.com/items/{n}\n")).collect()),
        ("bad", (0..LINES).map(|n| format!("example.com/items/{n}\n")).collect()),
    ];
    let mut group = c.benchmark_group("input");
    group.throughput(Throughput::Elements(LINES as u64)).sample_size(20);
    for (name, text) in lists {
        group.bench_function(name, |b| {
            b.iter(|| {
                let input = Input::Text { name: "list".into(), text: text.clone() };
                let mut source = source::open([input], &Options::default()).expect("it is at hand");
                while let Some(batch) = source.next_batch().expect("it is in memory") {
                    black_box(batch);
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, lines);
criterion_main!(benches);
