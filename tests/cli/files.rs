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
fn force_without_rotate_replaces_one_file() {
    let site = Site::new();
    let others = ["out.000001.ndjson", "out.20261124.ndjson", "out.654321.ndjson", "out.1.ndjson"];
    others.iter().for_each(|name| site.file(name, "earlier\n"));
    site.run("haul -o out.ndjson $O/get").exits(0);
    site.run("haul -o out.ndjson $O/get").fails(2, &["out.ndjson already exists: use --force to replace it"]);
    site.file("out.ndjson", "mine\n");
    site.run("haul --force -o out.ndjson $O/get").exits(0);
    assert_eq!(records(&site.read("out.ndjson")).len(), 1);
    assert!(others.iter().all(|name| site.read(name) == "earlier\n"));
}

#[test]
fn an_empty_file_with_a_number_is_left_alone() {
    for options in ["--force", "", "--resume"] {
        let site = Site::new();
        site.file("out.123456.ndjson", "");
        site.file("out.000003.ndjson", "");
        site.run(&format!("haul -q --rotate 1MiB -o out.ndjson {options} $O/get")).exits(0);
        assert_eq!(site.read("out.000001.ndjson").lines().count(), 1, "{options}");
        assert_eq!((site.read("out.000003.ndjson"), site.read("out.123456.ndjson")), (String::new(), String::new()));
    }
    let site = Site::new();
    let record = site.run("haul $O/get").exits(0).stdout;
    site.file("out.123456.ndjson", &record);
    site.run("haul -q --rotate 1MiB -o out.ndjson --force $O/get").fails(2, &["the part before it is missing"]);
}

/// A file that has the name of a body, but cannot be it, is not named in a record.
#[test]
fn a_stored_body_of_another_size_is_an_error() {
    let site = Site::new();
    let line = "haul --body dir:bodies $O/bytes/100?seed=1";
    let record = site.run(line).record();
    let path = record["body_path"].as_str().unwrap().to_owned();
    for content in ["something else", &"x".repeat(200)] {
        site.file(&path, content);
        site.run(line).fails(1, &["cannot write the output", &path, "the file has other contents than its name says"]);
        assert_eq!(site.read(&path), content);
    }
    site.file(&path, ""); // the beginning of the body
    assert_eq!(site.run(line).record()["body_path"], path.as_str());
    assert_eq!(fs::metadata(site.path(&path)).unwrap().len(), 100);
}

#[test]
fn force_with_rotate_replaces_parts_that_are_proven() {
    let site = Site::new();
    site.file("list.txt", &noise(60));
    let line = "haul -q --rotate 100KiB -o out.ndjson list.txt";
    site.run(line).exits(0);
    let parts = outs(&site);
    assert!(parts.len() > 2);
    site.file("out.20261124.ndjson", "mine\n");
    site.run(line).fails(2, &["out.000001.ndjson already exists: use --force to replace it"]);
    site.run("haul -q --force --rotate 1GiB -o out.ndjson $O/get").exits(0);
    assert_eq!(outs(&site), ["out.000001.ndjson", "out.20261124.ndjson"]);
    assert_eq!(records(&site.read("out.000001.ndjson")).len(), 1);

    for name in ["out.000001.ndjson", "out.ndjson"] {
        site.file(name, "mine\n");
        let words = [name, "nothing in it shows that haul wrote it", "move it away"];
        site.run("haul --force --rotate 1GiB -o out.ndjson $O/get").fails(2, &words);
        assert_eq!(site.read(name), "mine\n");
        fs::remove_file(site.path(name)).unwrap();
    }
    site.file("out.000002.ndjson", "mine\n");
    site.run(&line.replace("-q", "-q --force")).exits(0);
    assert_eq!(site.read("out.000002.ndjson"), "mine\n", "its number is left out");
    for _ in 0..2 {
        site.run("haul --force --rotate 1h --format csv -o t.csv $O/get").exits(0);
    }
}

#[test]
fn an_output_is_a_table_if_it_is_named_like_one() {
    let site = Site::new();
    let names = [("a.csv", "seq,"), ("a.CSV", "seq,"), ("a.tsv", "seq\t"), ("a.json", "{\"seq\""), ("csv", "{\"seq\"")];
    for (name, start) in names {
        site.run(&format!("haul -q -o {name} $O/get")).exits(0);
        assert!(site.read(name).starts_with(start), "{name}");
    }
    site.run("haul -q -o a.csv.gz $O/get").exits(0);
    assert!(lines(&site, "a.csv.gz").starts_with("seq,"));
    site.run("haul -q --fields seq,ok -o b.csv $O/get").exits(0);
    assert_eq!(site.read("b.csv"), "seq,ok\n0,true\n");
    site.run("haul -q --format ndjson -o c.csv $O/get").exits(0);
    assert_eq!(records(&site.read("c.csv")).len(), 1);
    site.run("haul -q --format tsv --fields seq -o d.csv $O/get").exits(0);
    assert_eq!(site.read("d.csv"), "seq\n0\n");
    site.run("haul -q --jq '[1,2]|@csv' --raw -o e.csv $O/json").exits(0);
    assert_eq!(site.read("e.csv"), "1,2\n");
    let named = "named like a table";
    site.run("haul --items . -o f.csv $O/json").fails(2, &["--items cannot be used with an output that is", named]);
    site.run("haul -q --items . --raw -o f.csv $O/json").exits(0);
    site.run("haul --verbose-records -o g.csv $O/json").fails(2, &[named, "no --verbose-records: use --format ndjson"]);
    site.run("haul --verbose-records --format csv -o g $O/json").fails(2, &["--verbose-records cannot be used"]);
}

#[test]
fn a_table_cannot_be_resumed_and_records_by_that_name_can() {
    let site = Site::new();
    let line = "haul -q --resume -o a.csv $O/get";
    site.run(line).fails(2, &["a.csv is named like a table, which cannot be resumed: use --format ndjson"]);
    site.run(&format!("{line} --format ndjson")).exits(0);
    site.run(line).exits(0);
    fs::remove_file(site.path("a.csv.haul")).unwrap();
    site.run(line).exits(0);
    assert_eq!((records(&site.read("a.csv")).len(), site.origin.stats().requests), (1, 1));
    site.run("haul -q --force -o a.csv $O/get").exits(0);
    site.run(line).fails(2, &["cannot be resumed"]);
    assert!(site.read("a.csv").starts_with("seq,"));
}

#[test]
fn a_report_is_a_new_file_or_replaces_its_own() {
    let site = Site::new();
    site.file("notes.txt", "mine\n");
    site.run("haul --report notes.txt $O/get").fails(2, &["notes.txt already exists: use --force to replace it"]);
    let resume = "haul -q --resume -o out.ndjson $O/get";
    site.run(&format!("{resume} --report notes.txt")).fails(2, &["notes.txt already exists and is not a report"]);
    site.file("empty", "");
    for _ in 0..2 {
        site.run(&format!("{resume} --report empty")).exits(0);
        assert_eq!(site.json("empty")["totals"]["records"], 1);
    }
    assert_eq!(site.read("notes.txt"), "mine\n");
    site.run("ln -s gone link && haul --report link $O/get")
        .fails(2, &["link is a link to a file that does not exist"]);
    site.run("haul -q --force --report notes.txt $O/get").exits(0);
    assert_eq!(site.json("notes.txt")["totals"]["records"], 1);
    site.run("haul --force $O/get").fails(2, &["--force"]);
    for beside in ["out.ndjson.haul", "out.ndjson.haul-new", "out.ndjson.haul-starts", "out.ndjson.haul-starts-new"] {
        site.run(&format!("haul -o out.ndjson --report {beside} $O/get")).fails(2, &["would overwrite a file"]);
    }
}

#[test]
fn a_report_goes_to_what_is_no_file() {
    let site = Site::new();
    for report in ["-", "/dev/stdout", "/dev/fd/1"] {
        site.run(&format!("haul -q --force -o out.ndjson --report {report} $O/get > stdout")).exits(0);
        assert_eq!(site.json("stdout")["totals"]["records"], 1);
        for records in ["", "-o -", "-o /dev/stdout"] {
            let refused = site.run(&format!("haul --report {report} {records} $O/get"));
            refused.fails(2, &[&format!("--report {report} needs standard output, which has the records"), "-o FILE"]);
        }
    }
    site.run("haul -q --report /dev/stderr $O/get").exits(0).says(&["\"totals\""]);
    site.run("echo before > log; haul -q --report /dev/stderr $O/get 2>> log").exits(0);
    assert!(site.read("log").starts_with("before\n{"));
    site.run("exec 3> fd; haul -q --report /dev/fd/3 $O/get").exits(0);
    assert_eq!(site.json("fd")["totals"]["ok"], 1);
    site.run("haul -q --report /dev/null $O/get").exits(0);
    site.run("mkfifo pipe; cat pipe > piped & haul -q --report pipe $O/get; wait").exits(0);
    assert_eq!(site.json("piped")["totals"]["ok"], 1);
    site.run("haul -q -o /dev/null --report - $O/get | true").exits(0);
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
    site.run("haul --rotate 1000 -o out $O/get").fails(2, &["needs a unit: write 1000MiB or 1000s, for example"]);
    site.run("cat pipe > out.gz & haul -o pipe $O/get; wait").exits(0);
    assert_eq!((records(&site.read("out.gz")).len(), site.origin.stats().requests), (1, 1));
}

#[test]
fn parts_are_not_written_over_what_is_read() {
    let site = Site::new();
    site.file("out.000001.txt", "$O/get\n");
    let words = "would overwrite a file that this command also uses";
    site.run("haul --force --rotate 1h -o out.txt out.000001.txt").fails(2, &["--output out.txt", words]);
    let line = "haul --rotate 1h -o out.txt --report out.000002.txt $O/get";
    site.run(line).fails(2, &["--report out.000002.txt", words]);
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

#[test]
fn a_file_that_is_read_is_not_written_whatever_leads_to_it() {
    let site = Site::new();
    site.file("list.txt", "$O/get\n");
    let refused = "would overwrite a file that this command also uses";
    for line in [
        "haul -o list.txt --force < list.txt",
        "haul -o list.txt --force - < list.txt",
        "haul -q --report list.txt --force < list.txt",
        "haul -d @- -o list.txt --force $O/anything < list.txt",
        "ln list.txt hard && haul -o hard --force list.txt",
        "haul --report hard --force list.txt",
        "haul --bearer @list.txt -o hard --force $O/get",
    ] {
        site.run(line).fails(2, &[refused]);
    }
    let appended = "standard output is a file that this command also reads";
    site.run("haul list.txt >> list.txt").fails(2, &[appended]);
    site.run("haul -o new.ndjson --report - list.txt >> list.txt").fails(2, &[appended]);
    assert_eq!(site.read("list.txt").lines().count(), 1);
    site.run("haul --resume -o /dev/stdout list.txt > other").fails(2, &["not standard output"]);
}
