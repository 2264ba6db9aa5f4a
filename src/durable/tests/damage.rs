//! What a crash of the machine leaves.

use std::fs;

use super::*;

/// What a crash of the machine can do to what was not durable.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Cut,
    Zeros,
    Garbage(u8),
}

/// Damages an output behind its durable length at every byte, in each way, and goes on with it.
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
            // A flipped bit can make another record of a line that has no checksum.
            let exact = name != "out.ndjson" || !matches!(kind, Damage::Garbage(_));
            go_on(&dir, name, exact);
        }
    }
}

#[test]
fn damage_to_a_plain_output_costs_records_and_nothing_else() {
    damage("out.ndjson");
}

#[test]
fn damage_to_a_gzip_output_costs_records_and_nothing_else() {
    damage("out.ndjson.gz");
}

#[test]
fn damage_to_a_zstd_output_costs_records_and_nothing_else() {
    damage("out.ndjson.zst");
}
