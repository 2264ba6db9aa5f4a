//! Outputs that were damaged by a crash of the machine.

use std::fs;

use super::*;
use crate::durable::behind::{CHUNK, RecordsBehind};

/// What can happen to bytes that were not durable.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Cut,
    Zeros,
    Garbage(u8),
}

/// Damages an output at every byte behind its durable length, in each way, and resumes it.
fn damage(name: &str) {
    let dir = Dir::new();
    let durable = interrupted(&dir, name) as usize;
    let (output, checkpoint) = (dir.path(name), dir.path(&format!("{name}.haul")));
    let before = [fs::read(&output).unwrap(), fs::read(&checkpoint).unwrap()];
    let kinds = [Damage::Cut, Damage::Zeros, Damage::Garbage(0xff), Damage::Garbage(b'\n' ^ b'1')];
    for at in durable..before[0].len() {
        for kind in kinds {
            let mut damaged = before[0].clone();
            match kind {
                Damage::Cut => damaged.truncate(at),
                Damage::Zeros => damaged[at..].fill(0),
                Damage::Garbage(bits) => damaged[at] ^= bits,
            }
            fs::write(&output, damaged).unwrap();
            fs::write(&checkpoint, &before[1]).unwrap();
            // Lines have no checksum: a flipped bit can make another record of one.
            let exact = name != "out.ndjson" || !matches!(kind, Damage::Garbage(_));
            resume(&dir, name, exact);
        }
    }
}

#[test]
fn a_damaged_plain_output_is_resumed() {
    damage("out.ndjson");
}

#[test]
fn a_damaged_gzip_output_is_resumed() {
    damage("out.ndjson.gz");
}

#[test]
fn a_damaged_zstd_output_is_resumed() {
    damage("out.ndjson.zst");
}

/// Writes records without a checkpoint, one of them damaged, each in a block of its own.
fn without_checkpoint(dir: &Dir, name: &str, damaged: usize, damage: fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut file = Vec::new();
    for seq in 0..INPUTS {
        let (mut line, mut block) = (Vec::new(), Vec::new());
        crate::sink::ndjson::render(&record(seq), &Output::default(), &mut line);
        Coding::of(Path::new(name)).encode(&line, &mut block).unwrap();
        if seq as usize == damaged {
            damage(&mut block);
        }
        file.extend(block);
    }
    fs::write(dir.path(name), &file).unwrap();
    file
}

#[test]
fn without_a_checkpoint_damage_before_complete_records_is_refused() {
    let kinds: [fn(&mut Vec<u8>); 4] = [
        |block| block.fill(0),
        |block| block.truncate(block.len() / 2),
        |block| *block = b"edited\n".to_vec(),
        |block| block.extend(block.clone()), // twice
    ];
    for name in ["out.ndjson", "out.ndjson.gz", "out.ndjson.zst"] {
        for (kind, damage) in kinds.into_iter().enumerate() {
            let dir = Dir::new();
            let file = without_checkpoint(&dir, name, 1, damage);
            let why = refusal(dir.options(name));
            assert!(why.contains("complete records follow it"), "{name} {kind}: {why}");
            assert!(name != "out.ndjson" || why.contains(" is damaged in line "), "{why}");
            assert_eq!(fs::read(dir.path(name)).unwrap(), file, "{name} {kind}");
            assert!(!dir.path(&format!("{name}.haul")).exists());
            let opened = open(LedgerOptions { anyway: true, ..dir.options(name) }).unwrap();
            assert_eq!(opened.completed.len(), if kind == 3 { 2 } else { 1 }, "{name} {kind}");
        }
    }
}

#[test]
fn without_a_checkpoint_a_torn_end_is_removed() {
    let kinds: [fn(&mut Vec<u8>); 4] = [
        |block| block.fill(0),
        |block| block.truncate(block.len() / 2),
        |block| *block = b"edited\n".to_vec(),
        |block| block.truncate(block.len() - 1),
    ];
    for name in ["out.ndjson", "out.ndjson.gz", "out.ndjson.zst"] {
        for damage in kinds {
            let dir = Dir::new();
            without_checkpoint(&dir, name, INPUTS as usize - 1, damage);
            let opened = open(dir.options(name)).unwrap();
            assert_eq!(opened.completed.len(), INPUTS - 1, "{name}");
            drop(opened);
            resume(&dir, name, true);
        }
    }
}

#[test]
fn a_block_is_found_wherever_it_begins() {
    let dir = Dir::new();
    let (path, mut line) = (dir.path("file"), Vec::new());
    crate::sink::ndjson::render(&record(7), &Output::default(), &mut line);
    for coding in [Coding::Gzip, Coding::Zstd] {
        let mut block = Vec::new();
        coding.encode(&line, &mut block).unwrap();
        for before in [1, CHUNK - 2, CHUNK - 1, CHUNK, CHUNK + 1, CHUNK + 2] {
            let (junk, magic) = (vec![0; before], coding.magic());
            for (rest, found) in [(&block[..], RecordsBehind::Blocks), (&block[..block.len() / 2], RecordsBehind::None)]
            {
                fs::write(&path, [&junk, magic, rest].concat()).unwrap();
                assert_eq!(RecordsBehind::find(&path, coding, 0).unwrap(), found, "{coding:?} {before}");
            }
        }
    }
}
