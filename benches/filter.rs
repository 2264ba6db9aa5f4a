//! Evaluates filters on documents of the sizes that APIs answer with.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use haul::jq::{Filter, FilterLimits};

/// A page of `items` records.
fn page(items: usize) -> String {
    let items = (0..items).map(|n| {
        format!(
            r#"{{"id":{n},"name":"item {n}","tags":["a","b"],"price":{n}.50,"in_stock":{},"owner":{{"login":"user-{n}"}}}}"#,
            n % 3 > 0
        )
    });
    format!(r#"{{"items":[{}],"next":"https://example.com/?page=2"}}"#, items.collect::<Vec<_>>().join(","))
}

const FILTERS: &[(&str, &str)] = &[
    ("member", ".next"),
    ("members of items", ".items[].id"),
    ("select", ".items[] | select(.in_stock and .price > 3) | .name"),
    ("objects", ".items | map({id, name, owner: .owner.login})"),
    ("strings", r#".items[] | "\(.id): \(.name | ascii_upcase)""#),
    ("test", r#"[.items[] | select(.name | test("7$"))] | length"#),
    ("gsub", r#".items[].name | gsub("[aeiou]"; "-")"#),
    ("group_by", ".items | group_by(.in_stock) | map(length)"),
    ("sort_by", ".items | sort_by(-.price) | .[0].id"),
    ("update", ".items[].price |= . * 2 | .items[0]"),
];

fn filters(c: &mut Criterion) {
    for items in [10, 100, 1000] {
        let document = page(items);
        let limits = FilterLimits::for_document(document.len(), 10 << 20);
        let mut group = c.benchmark_group(format!("{items} items"));
        group.throughput(Throughput::Bytes(document.len() as u64));
        for (name, code) in FILTERS {
            let filter = Filter::compile(code).expect("a filter");
            group.bench_function(*name, |b| {
                b.iter(|| filter.run(black_box(document.as_bytes()), limits).expect("outputs"));
            });
        }
    }
}

fn compiling(c: &mut Criterion) {
    c.bench_function("compile", |b| b.iter(|| Filter::compile(black_box(".items[] | {id, name}"))));
}

criterion_group!(benches, filters, compiling);
criterion_main!(benches);
