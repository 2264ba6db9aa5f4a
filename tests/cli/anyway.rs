//! `--resume-anyway`: what it is said to do is what it does.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::Site;

const LINE: &str = "haul -q --retry 0 --resume -o out.ndjson list.txt";
const READS_WHOLE: &str = "(--resume-anyway reads the whole output, and removes what follows its last record)";
const STARTS_OVER: &str = "(--resume-anyway starts the output from scratch; its content is lost)";

/// Two inputs that succeed and one that fails, all recorded by a run with `options`.
fn site(options: &str) -> Site {
    let site = Site::new();
    site.file("list.txt", "$O/json\n$O/status/404\n$O/html\n");
    site.run(&format!("{LINE} {options}")).exits(0);
    site
}

fn seqs(site: &Site) -> Vec<u64> {
    let text = site.read("out.ndjson");
    let seq = |line: &str| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap();
    let mut seqs: Vec<u64> = text.lines().map(seq).collect();
    seqs.sort_unstable();
    seqs
}

#[test]
fn the_hint_says_what_is_lost_of_a_file_that_does_not_match_its_checkpoint() {
    for (content, hint) in [
        (&b"my notes\n"[..], READS_WHOLE),
        (&b"my notes\n".repeat(2000), READS_WHOLE),
        (b"{\"a\":1}\n", READS_WHOLE),
        (b"", "(--resume-anyway continues regardless)"),
    ] {
        let site = site("");
        fs::write(site.path("out.ndjson"), content).unwrap();
        site.run(LINE).fails(2, &["cannot resume: out.ndjson ", hint]);
        assert_eq!(fs::read(site.path("out.ndjson")).unwrap(), content);
        let run = site.run(&format!("{LINE} --resume-anyway")).exits(0);
        let said = format!("out.ndjson: removed {} bytes after byte 0", content.len());
        assert_eq!(run.stderr.contains(&said), !content.is_empty(), "{}", run.stderr);
        assert_eq!(seqs(&site), [0, 1, 2]);
    }
}

#[test]
fn the_hint_says_what_is_kept_of_a_file_that_does_not_match_its_checkpoint() {
    let site = site("");
    let whole = site.read("out.ndjson");
    let (first, _) = whole.split_once('\n').unwrap();
    let valid = first.len() + 1;
    site.file("out.ndjson", &format!("{first}\n"));
    site.run(LINE).fails(2, &[READS_WHOLE]);
    site.file("out.ndjson", &format!("{first}\nmy notes\n"));
    site.run(LINE).fails(2, &[READS_WHOLE]);
    let run = site.run(&format!("{LINE} --resume-anyway")).exits(0);
    run.says(&[&format!("out.ndjson: removed 9 bytes after byte {valid}")]);
    assert!(site.read("out.ndjson").starts_with(first));
    assert_eq!(seqs(&site), [0, 1, 2]);
}

#[test]
fn another_selection_starts_over() {
    for (before, now, selected) in [
        ("", "--where .ok", &[0, 2][..]),
        ("--where .ok", "--where '.ok | not'", &[1]),
        ("--where .ok", "--where '.ok | not' -i", &[1]),
    ] {
        let site = site(before);
        let content = site.read("out.ndjson");
        site.run(&format!("{LINE} {now}")).fails(2, &["cannot resume: --where ", STARTS_OVER]);
        assert_eq!(site.read("out.ndjson"), content);
        site.run(&format!("{LINE} {now} --resume-anyway")).exits(0).says(&["out.ndjson: removed "]);
        assert_eq!(seqs(&site), selected, "{before} to {now}");
    }
}

#[test]
fn without_the_selection_what_it_left_out_is_fetched() {
    let site = site("--where .ok");
    let content = site.read("out.ndjson");
    site.run(LINE).fails(2, &["--where was given before", READS_WHOLE]);
    site.run(&format!("{LINE} --resume-anyway")).exits(0);
    assert!(site.read("out.ndjson").starts_with(&content));
    assert_eq!((seqs(&site), site.origin.stats().requests), (vec![0, 1, 2], 4));
    site.run(LINE).exits(0);
}

#[test]
fn with_another_option_the_same_selection_continues() {
    let site = site("--where .ok");
    let line = format!("{LINE} --where .ok -i");
    site.run(&line).fails(2, &["--include was false", "(--resume-anyway continues regardless)"]);
    site.run(&format!("{line} --resume-anyway")).exits(0);
    assert_eq!((seqs(&site), site.origin.stats().requests), (vec![0, 2], 3));
}

#[test]
fn what_is_removed_is_said_even_to_the_quiet() {
    let site = site("");
    let whole = site.read("out.ndjson");
    site.file("out.ndjson", &format!("{whole}{{\"seq\":"));
    let run = site.run(LINE).exits(0);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    run.says(&[&format!("haul: out.ndjson: removed 7 bytes after byte {}", whole.len())]);
    assert_eq!(site.read("out.ndjson"), whole);
}

#[test]
fn nothing_is_written_through_a_link() {
    for name in ["out.ndjson.haul-new", "out.ndjson.haul-starts-new"] {
        for target in ["missing", "empty", "notes"] {
            let site = Site::new();
            site.file("list.txt", "$O/json\n");
            site.file("empty", "");
            site.file("notes", "my notes\n");
            symlink(target, site.path(name)).unwrap();
            site.run(LINE).fails(2, &[&format!("{name} exists and is not "), "--resume-anyway replaces it"]);
            assert!(site.path(name).is_symlink() && !site.path("out.ndjson").exists());
            site.run(&format!("{LINE} -X POST --resume-anyway")).exits(0);
            assert_eq!((site.read("empty"), site.read("notes")), (String::new(), "my notes\n".to_owned()));
            assert!(!site.path("missing").exists());
        }
    }
}

#[test]
fn an_output_that_is_a_link_to_nothing_is_named() {
    let site = Site::new();
    site.file("list.txt", "$O/json\n");
    let why = |name: &str| format!("cannot resume: {name} is a symbolic link to a file that does not exist");
    symlink("missing", site.path("out.ndjson")).unwrap();
    site.run(LINE).fails(2, &[&why("out.ndjson")]);
    fs::remove_file(site.path("out.ndjson")).unwrap();
    symlink("missing", site.path("out.000001.ndjson")).unwrap();
    site.run(&format!("{LINE} --rotate 1MiB")).fails(2, &[&why("out.000001.ndjson")]);
    assert!(!site.path("missing").exists() && site.origin.stats().requests == 0);
}
