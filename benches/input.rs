//! Parses lists into jobs.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use haul::source::{self, Input, ListOptions};

const LINES: usize = 50_000;

fn lines(c: &mut Criterion) {
    let lists = [
        (
            "plain",
            (0..LINES).map(|n| format!("https://host{}.example.com/items/{n}?page=2\n", n % 100)).collect::<String>(),
        ),
        ("with methods", (0..LINES).map(|n| format!("DELETE https://example.com/items/{n}\n")).collect()),
        (
            "ndjson",
            (0..LINES)
                .map(|n| format!("{{\"url\": \"https://host{}.example.com/items/{n}\", \"id\": {n}}}\n", n % 100))
                .collect(),
        ),
        (
            "ndjson with bodies",
            (0..LINES)
                .map(|n| {
                    let body = format!("{{\"name\": \"n{n}\", \"tags\": [1, 2, 3], \"deep\": {{\"a\": true}}}}");
                    format!(
                        "{{\"url\": \"https://example.com/items\", \"json\": {body}, \"params\": {{\"n\": {n}}}, \
                         \"headers\": {{\"X-Id\": \"{n}\"}}, \"meta\": {{\"n\": {n}}}}}\n"
                    )
                })
                .collect(),
        ),
        (
            "csv",
            format!(
                "url,id,name\n{}",
                (0..LINES).map(|n| format!("https://example.com/items/{n},{n},\"n, {n}\"\n")).collect::<String>()
            ),
        ),
        ("bad", (0..LINES).map(|n| format!("example.com/items/{n}\n")).collect()),
    ];
    let mut group = c.benchmark_group("input");
    group.throughput(Throughput::Elements(LINES as u64)).sample_size(20);
    for (name, text) in lists {
        group.bench_function(name, |b| {
            b.iter(|| {
                let extension = name.split(' ').next().unwrap_or_default();
                let input = Input::Text { name: format!("list.{extension}"), text: text.clone() };
                let mut source = source::open([input], &ListOptions::default()).expect("it is at hand");
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
