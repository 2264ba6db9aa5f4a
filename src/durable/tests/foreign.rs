//! Files that are somebody else's: no name makes them ours.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn line(record: &Record) -> Vec<u8> {
    let mut line = Vec::new();
    crate::sink::ndjson::render(record, &Output::default(), &mut line);
    line
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut file = GzEncoder::new(Vec::new(), Compression::default());
    file.write_all(text).unwrap();
    file.finish().unwrap()
}

/// Files of others, by their names.
fn foreign() -> Vec<(&'static str, Vec<u8>)> {
    let record = line(&record(0));
    let item = b"{\"seq\":0,\"page\":1,\"item\":1}\n".to_vec();
    let mut zstd = Vec::new();
    Coding::Zstd.encode(b"my note\n", &mut zstd).unwrap();
    vec![
        ("notes.txt", b"n".to_vec()),
        ("notes.txt", b"my note\n".repeat(5000)),
        ("notes.txt", b"\n\n".to_vec()),
        ("table.csv", b"id,name\n1,a\n".to_vec()),
        ("haul.csv", b"seq,id,method,url\n0,,GET,http://a.example/\n".to_vec()),
        ("other.ndjson", b"{\"a\":1}\n{\"a\":2}\n".to_vec()),
        ("near.ndjson", b"{\"seq\":1,\"url\":\"http://a.example/\"}\n".to_vec()),
        ("array.json", b"[1,2]\n".to_vec()),
        ("bom.ndjson", [b"\xef\xbb\xbf", &record[..]].concat()),
        ("items.ndjson", item),
        ("torn.ndjson", record[..40].to_vec()),
        ("binary", vec![0x1f, 0x8b, 8, 0, 1, 2, 3]),
        ("long.json", [b"{\"a\":\"", &vec![b'x'; 1 << 20][..], b"\"}"].concat()),
        ("long.ndjson", vec![b'x'; 1 << 20]),
        ("text.gz", gzip(b"my note\n")),
        ("not.gz", b"my note\n".to_vec()),
        ("corrupt.gz", gzip(&record)[..20].to_vec()),
        ("records.ndjson", gzip(&record)),
        ("text.zst", zstd),
        ("not.zst", record.clone()),
    ]
}

#[test]
fn a_file_that_does_not_begin_with_a_record_is_refused() {
    for (name, bytes) in foreign() {
        let dir = Dir::new();
        fs::write(dir.path(name), &bytes).unwrap();
        let why = refusal(dir.options(name));
        assert!(why.contains("nothing shows that haul wrote ") && why.contains(name), "{name}: {why}");
        let pages = LedgerOptions { checkpoint_only: true, ..dir.options(name) };
        assert!(refusal(pages).contains("only it knows which inputs are complete"), "{name}");
        assert_eq!(fs::read(dir.path(name)).unwrap(), bytes, "{name}");
        assert_eq!(fs::read_dir(dir.path("")).unwrap().count(), 1, "nothing is written beside {name}");

        let opened = open(LedgerOptions { anyway: true, ..dir.options(name) }).unwrap();
        assert!(opened.completed.is_empty());
        assert_eq!(fs::metadata(dir.path(name)).unwrap().len(), 0, "{name}");
    }
}

#[test]
fn a_record_or_nothing_at_all_makes_a_file_ours() {
    let long = Record::Invalid(Box::new(crate::model::Invalid {
        seq: 0,
        place: LinePosition::default(),
        tags: None,
        method: Default::default(),
        url: "x".into(),
        message: "x".repeat(1 << 20),
    }));
    for (name, bytes, completed) in [
        ("empty", Vec::new(), 0),
        ("empty.gz", Vec::new(), 0),
        ("nothing.gz", gzip(b""), 0),
        ("one", line(&record(0)), 1),
        ("one.gz", gzip(&line(&record(0))), 1),
        ("unended", line(&record(0)).trim_ascii_end().to_vec(), 0),
        ("long", line(&long), 1),
    ] {
        let dir = Dir::new();
        fs::write(dir.path(name), bytes).unwrap();
        assert_eq!(open(dir.options(name)).unwrap().completed.len(), completed, "{name}");
    }
}

#[test]
fn a_checkpoint_of_no_record_does_not_make_another_file_ours() {
    for (name, bytes) in foreign() {
        let dir = Dir::new();
        drop(open(dir.options(name)).unwrap());
        fs::write(dir.path(name), &bytes).unwrap();
        let torn = ["torn.ndjson", "corrupt.gz"].contains(&name); // as a crash leaves it
        assert_eq!(open(dir.options(name)).is_ok(), torn, "{name}");
        if !torn {
            assert_eq!(fs::read(dir.path(name)).unwrap(), bytes, "{name}");
        }
    }
}

#[test]
fn files_beside_an_output_are_replaced_only_if_they_are_ours() {
    for (name, kind) in [
        ("out.ndjson.haul", "a checkpoint"),
        ("out.ndjson.haul-new", "a checkpoint"),
        ("out.ndjson.haul-starts", "a log of started requests"),
        ("out.ndjson.haul-starts-new", "a log of started requests"),
    ] {
        let dir = Dir::new();
        fs::write(dir.path(name), "mine\n").unwrap();
        assert!(refusal(dir.options("out.ndjson")).contains(&format!("{name} exists and is not {kind} of haul")));
        drop(create(dir.options("out.ndjson").layout, false, b"").unwrap());
        drop(create(dir.options("out.ndjson").layout, true, b"").unwrap());
        assert_eq!(fs::read(dir.path(name)).unwrap(), b"mine\n", "{name}");
        drop(open(LedgerOptions { anyway: true, ..dir.options("out.ndjson") }).unwrap());
        fs::remove_file(dir.path(name)).ok();
        fs::create_dir(dir.path(name)).unwrap();
        assert!(refusal(dir.options("out.ndjson")).contains("exists and is not"), "{name} as a directory");
    }
}

/// Creates the output anew; names of the files that are left, and what the refusal says.
fn created(dir: &Dir, force: bool) -> (Vec<String>, String) {
    let made = create(dir.parts().layout, force, b"seq,ok\n").map(drop);
    let names = fs::read_dir(dir.path("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.map(|name| name.replace("ndjson", "n")).collect();
    names.sort();
    (names, made.err().map_or(String::new(), |why| why.to_string()))
}

#[test]
fn only_parts_that_are_proven_are_replaced() {
    let ours = line(&record(0));
    let (ours, notes, header) = (&ours[..], &b"notes\n"[..], &b"seq,ok\n0,true\n"[..]);
    // What is there, what is left with force, and how it is refused.
    type Case<'a> = (&'a [(&'a str, &'a [u8])], &'a [&'a str], &'a str);
    let cases: [Case<'_>; 12] = [
        (&[], &["out.000001.n"], ""),
        (&[("out.000001.n", ours), ("out.000002.n", ours)], &["out.000001.n"], ""),
        (&[("out.000001.n", ours), ("out.000002.n", b"")], &["out.000001.n"], ""),
        (&[("out.000001.n", header), ("out.000002.n", header)], &["out.000001.n"], ""),
        (&[("out.n", ours)], &["out.000001.n"], ""),
        (&[("out.n", notes)], &["out.n"], "out.ndjson already exists, and nothing in it shows"),
        (&[("out.000001.n", notes)], &["out.000001.n"], "out.000001.ndjson already exists, and nothing in it shows"),
        (&[("out.000001.n", ours), ("out.000002.n", notes)], &["out.000001.n", "out.000002.n"], ""),
        (
            &[("out.20261124.n", notes), ("out.654321.n", notes)],
            &["out.000001.n", "out.20261124.n", "out.654321.n"],
            "",
        ),
        (&[("out.20261124.n", ours)], &["out.000001.n", "out.20261124.n"], ""),
        (
            &[("out.000001.n", ours), ("out.000003.n", ours)],
            &["out.000001.n", "out.000003.n"],
            "out.000003.ndjson may be a part of another output",
        ),
        (
            &[("out.000001.n", ours), ("out.000002.n", ours), ("out.000002.n.haul", b"haul-checkpoint 1 ")],
            &["out.000001.n", "out.000002.n", "out.000002.n.haul"],
            "",
        ),
    ];
    for (files, left, refusal) in cases {
        let dir = Dir::new();
        for (name, bytes) in files {
            fs::write(dir.path(&name.replace(".n", ".ndjson")), bytes).unwrap();
        }
        let (names, why) = created(&dir, true);
        assert_eq!(
            (names, why.contains(refusal), why.is_empty()),
            (left.iter().map(ToString::to_string).collect(), true, refusal.is_empty()),
            "{files:?}: {why}"
        );
    }
}

#[test]
fn parts_that_a_checkpoint_knows_may_lack_the_ones_before() {
    let dir = Dir::new();
    let mut run = Run::new(open(dir.parts()).unwrap().ledger);
    run.put(0..INPUTS);
    run.finish();
    let parts = dir.parts().layout.parts().unwrap();
    assert!(parts.len() > 2);
    fs::remove_file(dir.parts().layout.part_path(1)).unwrap();
    assert_eq!(created(&dir, false).1.split('/').next_back().unwrap(), "out.000002.ndjson already exists");
    assert_eq!(created(&dir, true), (vec!["out.000001.n".to_owned()], String::new()));
}

/// Leaves an output in parts 1, 3, 4, ...: somebody else's file has the number 2.
fn around_a_sibling(options: &LedgerOptions, sibling: &[u8]) -> std::path::PathBuf {
    let path = options.layout.part_path(2);
    fs::write(&path, sibling).unwrap();
    let mut run = Run::new(open(options.clone()).unwrap().ledger);
    run.put(0..INPUTS);
    run.finish();
    let parts = options.layout.parts().unwrap();
    assert!(parts.starts_with(&[1, 2, 3, 4]), "{parts:?}");
    path
}

#[test]
fn force_leaves_a_sibling_among_the_parts() {
    for sibling in [&b"mine\n"[..], b"id,name\n1,a\n", b"{\"a\":1}\n", b"\0mine"] {
        let dir = Dir::new();
        let path = around_a_sibling(&dir.parts(), sibling);
        assert_eq!(created(&dir, true), (vec!["out.000001.n".into(), "out.000002.n".into()], String::new()));
        assert_eq!(fs::read(&path).unwrap(), sibling);
        assert_eq!(fs::read(dir.parts().layout.part_path(1)).unwrap(), b"", "the output begins anew");
    }
}

#[test]
fn starting_over_leaves_a_sibling_among_the_parts() {
    for (checkpoint_only, sibling) in [(true, &b"mine\n"[..]), (true, b"\0mine"), (false, b"mine\n")] {
        let dir = Dir::new();
        let options = LedgerOptions { checkpoint_only, ..dir.parts() };
        let path = around_a_sibling(&options, sibling);
        fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
        refusal(options.clone());
        let opened = open(LedgerOptions { anyway: true, ..options }).unwrap();
        assert_eq!(opened.completed.len(), if checkpoint_only { 0 } else { INPUTS });
        assert_eq!(fs::read(&path).unwrap(), sibling);
        let parts = dir.parts().layout.parts().unwrap();
        assert_eq!(parts == [1, 2], checkpoint_only, "{parts:?}");
    }
}

#[test]
fn a_sibling_in_place_of_a_part_is_never_cut() {
    // Without a checkpoint, behind the parts, and in place of the first.
    for (sibling, reads_on) in [(2, true), (1, false)] {
        let dir = Dir::new();
        if sibling == 2 {
            fs::write(dir.parts().layout.part_path(1), line(&record(0))).unwrap();
        }
        let path = dir.parts().layout.part_path(sibling);
        fs::write(&path, "mine\n").unwrap();
        for checkpoint_only in [false, true] {
            let options = LedgerOptions { checkpoint_only, ..dir.parts() };
            refusal(options.clone());
            let opened = open(LedgerOptions { anyway: true, ..options });
            assert_eq!(opened.is_ok(), reads_on, "{sibling}");
            drop(opened);
            fs::remove_file(dir.path("out.ndjson.haul")).ok();
            assert_eq!(fs::read(&path).unwrap(), b"mine\n", "{sibling}");
        }
    }
    // In place of the part that the checkpoint is in.
    for checkpoint_only in [false, true] {
        let dir = Dir::new();
        let options = LedgerOptions { checkpoint_only, ..dir.parts() };
        let mut run = Run::new(open(options.clone()).unwrap().ledger);
        run.put(0..INPUTS);
        run.finish();
        let last = *options.layout.parts().unwrap().last().unwrap();
        let path = options.layout.part_path(last);
        let sibling = b"mine\n".repeat(500);
        fs::write(&path, &sibling).unwrap();
        refusal(options.clone());
        drop(open(LedgerOptions { anyway: true, ..options }));
        assert_eq!(fs::read(&path).unwrap(), sibling);
    }
}

#[test]
fn siblings_of_parts_do_not_hinder_a_run() {
    for sibling in [Some(20_261_124), None, Some(9)] {
        let dir = Dir::new();
        let mut run = Run::new(open(dir.parts()).unwrap().ledger);
        run.put(0..2);
        let at = run.ledger.sink.position().part;
        drop(run);
        let path = dir.parts().layout.part_path(sibling.unwrap_or(at + 1));
        fs::write(&path, "mine\n").unwrap();
        for pages in [false, true] {
            let options = LedgerOptions { checkpoint_only: pages, ..dir.parts() };
            let mut run = Run::new(open(options).unwrap().ledger);
            run.put(if pages { 4..INPUTS } else { 2..4 });
            run.finish();
            assert_eq!(fs::read(&path).unwrap(), b"mine\n", "{}", path.display());
        }
        created(&dir, true);
        assert_eq!(fs::read(&path).unwrap(), b"mine\n", "{}", path.display());
    }
}
