//! Outputs that were damaged by a crash of the machine.

use std::fs;

use super::*;

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
