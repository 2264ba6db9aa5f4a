//! Outputs in parts.

use std::fs;

use super::*;

#[test]
fn parts_are_gone_on_with_and_closed_ones_left_alone() {
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
    fs::remove_file(&first).unwrap(); // whoever has the checkpoint can do without it
    let opened = open(options()).unwrap();
    assert_eq!(opened.completed.watermark(), INPUTS - 1);
    let mut run = Run::new(opened.ledger);
    run.put(INPUTS - 1..INPUTS);
    assert_eq!(run.finish(), whole());

    fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
    assert!(refusal(options()).contains("out.000001.ndjson is missing"));
    assert!(refusal(dir.options("out.ndjson")).contains("Parts"));
    fs::write(dir.path("out.ndjson"), "").unwrap();
    assert!(refusal(options()).contains("OneFile"));
}

#[test]
fn a_damaged_part_that_is_closed_is_refused() {
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
fn a_part_is_closed_with_a_checkpoint_and_may_be_taken_away() {
    for by_pages in [false, true] {
        let dir = Dir::new();
        let options = || LedgerOptions { by_pages, ..dir.parts() };
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
fn a_part_that_is_gone_is_missed() {
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
fn an_empty_last_part_that_is_gone_costs_nothing() {
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
            assert_eq!(fs::read(dir.parts().layout.part_path(1)).unwrap(), written, "a closed part is not touched");
        }
        assert!(dir.parts().layout.parts().unwrap().iter().all(|&part| part > 1 || !all));
    }
}
