//! Outputs in parts.

use std::fs;

use super::*;

#[test]
fn a_run_in_parts_is_resumed_and_closed_parts_do_not_change() {
    let dir = Dir::new();
    let options = || dir.parts();
    let parts = || options().layout.parts().unwrap();
    let mut run = Run::new(open(options()).unwrap().ledger);
    run.put(0..DURABLE);
    run.finish();
    let mut run = Run::new(open(options()).unwrap().ledger);
    run.put(DURABLE..INPUTS - 1);
    drop(run.ledger);
    assert!(parts().len() > 2);

    let first = options().layout.part_path(1);
    let in_parts = "out.ndjson was written in parts";
    assert!(refusal(dir.options("out.ndjson")).contains(in_parts));
    let checkpoint = fs::read(dir.path("out.ndjson.haul")).unwrap();
    fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
    assert!(refusal(dir.options("out.ndjson")).contains(in_parts), "its first part shows it");
    fs::write(dir.path("out.ndjson.haul"), checkpoint).unwrap();
    fs::remove_file(&first).unwrap(); // with a checkpoint, closed parts are not needed
    let opened = open(options()).unwrap();
    assert_eq!(opened.completed.watermark(), INPUTS - 1);
    let mut run = Run::new(opened.ledger);
    run.put(INPUTS - 1..INPUTS);
    assert_eq!(run.finish(), whole());

    fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
    assert!(refusal(options()).contains("out.000001.ndjson is missing"));
    fs::write(dir.path("out.ndjson"), "").unwrap();
    assert!(refusal(options()).contains("was not written in parts"));
}

#[test]
fn damage_in_a_closed_part_is_refused() {
    let dir = Dir::new();
    let options = || dir.parts();
    let mut run = Run::new(open(options()).unwrap().ledger);
    run.put(0..INPUTS);
    run.finish();
    fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
    let first = options().layout.part_path(1);
    let mut lines = fs::read(&first).unwrap();
    lines[0] = 0;
    fs::write(&first, &lines).unwrap();
    assert!(refusal(options()).contains("out.000001.ndjson is damaged after byte 0"));
    let opened = open(LedgerOptions { anyway: true, ..options() }).unwrap();
    assert_eq!(opened.completed.len(), INPUTS - 1);
    assert_eq!(fs::read(&first).unwrap(), lines);
}

#[test]
fn closed_parts_may_be_moved_away() {
    for checkpoint_only in [false, true] {
        let dir = Dir::new();
        let options = || LedgerOptions { checkpoint_only, ..dir.parts() };
        let mut run = Run::new(open(options()).unwrap().ledger);
        run.put(0..INPUTS - 1);
        drop(run.ledger);
        let parts = options().layout.parts().unwrap();
        assert!(parts.len() > 2);
        for &part in &parts[..parts.len() - 1] {
            fs::remove_file(options().layout.part_path(part)).unwrap();
        }
        let opened = open(options()).unwrap();
        assert!(opened.completed.len() >= INPUTS - 3, "{}", opened.completed.len());
    }
}

#[test]
fn a_missing_part_is_refused() {
    let dir = Dir::new();
    let options = || dir.parts();
    let mut run = Run::new(open(options()).unwrap().ledger);
    run.put(0..INPUTS);
    run.finish();
    fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
    fs::remove_file(options().layout.part_path(2)).unwrap();
    assert!(refusal(options()).contains("out.000002.ndjson is missing, but later parts exist"));
}

#[test]
fn a_missing_empty_last_part_is_created_again() {
    for all in [false, true] {
        let dir = Dir::new();
        let mut run = Run::new(open(dir.parts()).unwrap().ledger);
        let mut seqs = 0..INPUTS;
        while run.ledger.sink.position() != (Position { part: 2, length: 0 }) {
            run.put([seqs.next().unwrap()]);
        }
        drop(run.ledger);
        let written = fs::read(dir.parts().layout.part_path(1)).unwrap();
        fs::remove_file(dir.parts().layout.part_path(2)).unwrap();
        if all {
            fs::remove_file(dir.parts().layout.part_path(1)).unwrap();
        }
        let opened = open(dir.parts()).unwrap();
        assert_eq!(opened.completed.watermark(), seqs.start);
        let mut run = Run::new(opened.ledger);
        run.put(seqs);
        assert_eq!(run.finish(), whole());
        if !all {
            assert_eq!(fs::read(dir.parts().layout.part_path(1)).unwrap(), written, "a closed part does not change");
        }
        assert!(dir.parts().layout.parts().unwrap().iter().all(|&part| part > 1 || !all));
    }
}
