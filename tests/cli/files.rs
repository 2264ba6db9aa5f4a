//! Outputs in files: compressed, in parts, written by one run at a time.

use std::fs::{self, File};
use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::record::{Record, records};
use crate::support::{Site, wait_for};

/// The lines of a file, undone by what its name says.
fn lines(site: &Site, name: &str) -> String {
    let (file, mut lines) = (File::open(site.path(name)).unwrap(), String::new());
    match name.rsplit('.').next() {
        Some("gz") => MultiGzDecoder::new(file).read_to_string(&mut lines),
        Some("zst") => zstd::stream::read::Decoder::new(file).unwrap().read_to_string(&mut lines),
        _ => { file }.read_to_string(&mut lines),
    }
    .unwrap();
    lines
}

/// The files whose names begin with `out`, in order.
fn outs(site: &Site) -> Vec<String> {
    let names = fs::read_dir(site.path("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut outs: Vec<_> = names.filter(|name| name.starts_with("out")).collect();
    outs.sort();
    outs
}

fn numbered(count: usize, pattern: &str) -> Vec<String> {
    (1..=count).map(|part| pattern.replace('N', &format!("{part:06}"))).collect()
}

fn seqs(records: &[Record]) -> Vec<u64> {
    records.iter().map(|record| record["seq"].as_u64().unwrap()).collect()
}

/// A list of so many bodies of 9,000 bytes that no compressor makes smaller.
fn noise(count: usize) -> String {
    (0..count).map(|seed| format!("$O/bytes/9000?seed={seed}\n")).collect()
}

#[test]
fn an_output_is_compressed_as_its_name_says() {
    let site = Site::new();
    site.file("list.txt", &"$O/json\n$O/status/404\n$O/bytes/9000\n".repeat(20));
    for (name, magic) in [("out.ndjson.gz", &b"\x1f\x8b"[..]), ("out.ndjson.zst", b"\x28\xb5\x2f\xfd")] {
        assert_eq!(site.run(&format!("haul -o {name} list.txt")).exits(0).stdout, "");
        assert!(fs::read(site.path(name)).unwrap().starts_with(magic));
        let records = records(&lines(&site, name));
        assert_eq!(seqs(&records), (0..60).collect::<Vec<_>>());
        assert!(records.iter().all(|record| record["status_code"] == if record["seq"].as_u64().unwrap() % 3 == 1 { 404 } else { 200 }));
        site.run(&format!("haul -o {name} list.txt"))
            .fails(2, &[&format!("{name} already exists: use --force to replace it")]);

        site.run(&format!("haul --force -o {name} /dev/null")).exits(0);
        assert_eq!(lines(&site, name), "", "no record, but a whole file");
    }
}

#[test]
fn a_part_of_that_size_is_followed_by_the_next() {
    let site = Site::new();
    site.file("list.txt", &noise(60));
    for (name, pattern) in [("out.ndjson", "out.N.ndjson"), ("out.gz", "out.N.gz"), ("out.x.zst", "out.N.x.zst")] {
        site.run(&format!("haul --rotate 100KiB -o {name} list.txt")).exits(0);
        let parts = outs(&site);
        assert!(parts.len() > 1, "{parts:?}");
        assert_eq!(parts, numbered(parts.len(), pattern));
        for part in &parts[..parts.len() - 1] {
            assert!(fs::metadata(site.path(part)).unwrap().len() >= 100 << 10, "{part}");
            records(&lines(&site, part)); // whole by itself
        }
        let all: String = parts.iter().map(|part| lines(&site, part)).collect();
        assert_eq!(seqs(&records(&all)), (0..60).collect::<Vec<_>>());
        parts.iter().for_each(|part| fs::remove_file(site.path(part)).unwrap());
    }
}

#[test]
fn a_part_of_that_age_is_followed_by_the_next() {
    let site = Site::new();
    site.file("list.txt", &"$O/get\n".repeat(10));
    site.run("haul --rate 10/s --rotate 200ms -o out list.txt").exits(0);
    let parts = outs(&site);
    assert!(parts.len() > 1, "{parts:?}");
    assert_eq!(parts, numbered(parts.len(), "out.N"));
    let all: String = parts.iter().map(|part| lines(&site, part)).collect();
    assert_eq!(seqs(&records(&all)), (0..10).collect::<Vec<_>>());
}

#[test]
fn force_replaces_all_parts_and_nothing_else() {
    let site = Site::new();
    for name in ["out.000001.ndjson", "out.000002.ndjson", "out.000009.ndjson", "out.000001.txt", "out.1.ndjson"] {
        site.file(name, "earlier\n");
    }
    let before = outs(&site);
    for options in ["--rotate 1GiB", ""] {
        let message = "out.000001.ndjson already exists: use --force to replace it";
        site.run(&format!("haul {options} -o out.ndjson $O/get")).fails(2, &[message]);
    }
    assert_eq!((outs(&site), site.origin.stats().requests), (before, 0));

    site.run("haul --force --rotate 1GiB -o out.ndjson $O/get").exits(0);
    assert_eq!(outs(&site), ["out.000001.ndjson", "out.000001.txt", "out.1.ndjson"]);
    assert_eq!(records(&site.read("out.000001.ndjson")).len(), 1);
    site.run("haul --force -o out.ndjson $O/get").exits(0);
    assert_eq!(outs(&site), ["out.000001.txt", "out.1.ndjson", "out.ndjson"]);
    site.run("haul --rotate 1GiB -o out.ndjson $O/get")
        .fails(2, &["out.ndjson already exists: use --force to replace it"]);
}

#[test]
fn one_run_writes_a_file_at_a_time() {
    for options in ["", "--rotate 1h"] {
        let site = Site::new();
        let first = site.start(&format!("haul {options} -o out.ndjson $O/get $O/delay/30"));
        wait_for("a record and a request", || {
            let written = |out: &String| !site.read(out).is_empty();
            site.origin.stats().in_flight == 1 && outs(&site).iter().any(written)
        });
        for second in ["", "--force", "--rotate 1h", "--rotate 1h --force"] {
            let message = "another run is writing out.ndjson";
            site.run(&format!("haul {second} -o out.ndjson $O/json")).fails(2, &[message]);
        }
        first.signal("KILL");
        first.end(); // and with it goes its lock
        let out = outs(&site);
        assert_eq!((out.len(), records(&site.read(&out[0])).len()), (1, 1));
        site.run(&format!("haul --force {options} -o out.ndjson $O/json")).exits(0);
    }
}

#[test]
fn a_block_that_does_not_fit_is_not_there() {
    let site = Site::new();
    site.file("list.txt", &noise(300));
    for name in ["out.ndjson", "out.gz", "out.zst"] {
        let run = site.run(&format!("trap '' XFSZ; ulimit -f 1000; haul -o {name} list.txt"));
        run.fails(1, &["cannot write the output: File too large"]);
        records(&lines(&site, name));
    }
}

#[test]
fn only_a_regular_file_has_parts() {
    let site = Site::new();
    for stdout in ["-", "/dev/null", "pipe", "/dev/stdout", "."] {
        let line = format!("test -p pipe || mkfifo pipe; haul --rotate 1GiB -o {stdout} $O/get");
        site.run(&line).fails(2, &["--rotate needs a"]);
    }
    site.run("haul --rotate 1GiB $O/get").fails(2, &["--output"]);
    site.run("haul --rotate 1000 -o out $O/get").fails(2, &["expected a size such as 1GiB or a time such as 1h"]);
    site.run("cat pipe > out.gz & haul -o pipe $O/get; wait").exits(0);
    assert_eq!((records(&site.read("out.gz")).len(), site.origin.stats().requests), (1, 1));
}

#[test]
fn parts_are_not_written_over_what_is_read() {
    let site = Site::new();
    site.file("out.000001.txt", "$O/get\n");
    let words = "would overwrite a file that this command also uses";
    for rotate in ["", "--rotate 1h"] {
        site.run(&format!("haul --force {rotate} -o out.txt out.000001.txt")).fails(2, &["--output out.txt", words]);
        let line = format!("haul {rotate} -o out.txt --report out.000002.txt $O/get");
        site.run(&line).fails(2, &["--report out.000002.txt", words]);
    }
    assert_eq!((outs(&site), site.origin.stats().requests), (vec!["out.000001.txt".to_owned()], 0));
}

#[test]
fn each_part_of_a_table_has_its_header_row() {
    let site = Site::new();
    site.file("list.txt", &"$O/json\n".repeat(40));
    site.run("haul -q --format csv --fields seq,ok --rotate 50B -o out.csv list.txt").exits(0);
    let parts: Vec<String> =
        (1..).map_while(|n| fs::read_to_string(site.path(&format!("out.{n:06}.csv"))).ok()).collect();
    assert!(!parts.is_empty() && parts.iter().all(|part| part.starts_with("seq,ok\n")), "{parts:?}");
    let rows = parts.iter().flat_map(|part| part.lines().skip(1)).count();
    assert_eq!(rows, 40);
    site.run("haul -q --format csv --fields seq,ok -o none.csv /dev/null").exits(0);
    assert_eq!(site.read("none.csv"), "seq,ok\n");
}
