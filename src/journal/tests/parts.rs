//! Outputs in parts.

use std::fs;

use super::*;

#[test]
fn parts_are_gone_on_with_and_closed_ones_left_alone() {
    let dir = Dir::new();
    let setup = || dir.parts();
    let parts = || setup().layout.parts().unwrap();
    let mut run = Run::new(open(setup()).unwrap().journal);
    run.put(0..DURABLE);
    run.finish();
    let mut run = Run::new(open(setup()).unwrap().journal);
    run.put(DURABLE..INPUTS - 1);
    drop(run.journal);
    assert!(parts().len() > 2);

    let first = setup().layout.part_path(1);
    fs::remove_file(&first).unwrap(); // whoever has the checkpoint can do without it
    let opened = open(setup()).unwrap();
    assert_eq!(opened.done.watermark(), INPUTS - 1);
    let mut run = Run::new(opened.journal);
    run.put(INPUTS - 1..INPUTS);
    assert_eq!(run.finish(), whole());

    fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
    assert!(refusal(setup()).contains("out.000001.ndjson is missing"));
    assert!(refusal(dir.setup("out.ndjson")).contains("use --rotate"));
    fs::write(dir.path("out.ndjson"), "").unwrap();
    assert!(refusal(setup()).contains("without --rotate"));
}

#[test]
fn a_damaged_part_that_is_closed_is_refused() {
    let dir = Dir::new();
    let setup = || dir.parts();
    let mut run = Run::new(open(setup()).unwrap().journal);
    run.put(0..INPUTS);
    run.finish();
    fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
    let first = setup().layout.part_path(1);
    let mut lines = fs::read(&first).unwrap();
    lines[0] = 0;
    fs::write(&first, &lines).unwrap();
    assert!(refusal(setup()).contains("out.000001.ndjson is damaged after byte 0"));
    let opened = open(Setup { anyway: true, ..setup() }).unwrap();
    assert_eq!(opened.done.len(), INPUTS - 1);
    assert_eq!(fs::read(&first).unwrap(), lines);
}

#[test]
fn a_part_is_closed_with_a_checkpoint_and_may_be_taken_away() {
    for by_pages in [false, true] {
        let dir = Dir::new();
        let setup = || Setup { by_pages, ..dir.parts() };
        let mut run = Run::new(open(setup()).unwrap().journal);
        run.put(0..INPUTS - 1);
        drop(run.journal);
        let parts = setup().layout.parts().unwrap();
        assert!(parts.len() > 2);
        for &part in &parts[..parts.len() - 1] {
            fs::remove_file(setup().layout.part_path(part)).unwrap();
        }
        let opened = open(setup()).unwrap();
        assert!(opened.done.len() >= INPUTS - 3, "{}", opened.done.len());
    }
}

#[test]
fn a_part_that_is_gone_is_missed() {
    let dir = Dir::new();
    let setup = || dir.parts();
    let mut run = Run::new(open(setup()).unwrap().journal);
    run.put(0..INPUTS);
    run.finish();
    fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
    fs::remove_file(setup().layout.part_path(2)).unwrap();
    assert!(refusal(setup()).contains("out.000002.ndjson is missing, but later parts exist"));
}

#[test]
fn an_empty_last_part_that_is_gone_costs_nothing() {
    for all in [false, true] {
        let dir = Dir::new();
        let mut run = Run::new(open(dir.parts()).unwrap().journal);
        let mut seqs = 0..INPUTS;
        while run.journal.lines.get_ref().position() != (Position { part: 2, length: 0 }) {
            run.put([seqs.next().unwrap()]);
        }
        drop(run.journal);
        let written = fs::read(dir.parts().layout.part_path(1)).unwrap();
        fs::remove_file(dir.parts().layout.part_path(2)).unwrap();
        if all {
            fs::remove_file(dir.parts().layout.part_path(1)).unwrap();
        }
        let opened = open(dir.parts()).unwrap();
        assert_eq!(opened.done.watermark(), seqs.start);
        let mut run = Run::new(opened.journal);
        run.put(seqs);
        assert_eq!(run.finish(), whole());
        if !all {
            assert_eq!(fs::read(dir.parts().layout.part_path(1)).unwrap(), written, "a closed part is not touched");
        }
        assert!(dir.parts().layout.parts().unwrap().iter().all(|&part| part > 1 || !all));
    }
}
