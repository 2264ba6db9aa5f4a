//! Fingerprints an input from samples of its contents, without reading all of it.

use std::io::{self, Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};

use crate::storage::hex;

/// The length of a sample, in bytes.
const BLOCK: u64 = 4 << 10;

/// The number of samples: enough to notice any change except a small one of equal length, and few enough for a remote
/// disk.
const BLOCKS: u64 = 64;

/// The stored bytes of an input that can be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// The offset of the first byte.
    pub start: u64,
    pub len: u64,
}

/// The start and length of each sample of `extent`, in order. A small extent is sampled whole.
fn samples(extent: Extent) -> impl Iterator<Item = (u64, u64)> {
    let Extent { start, len } = extent;
    let whole = (len <= BLOCK * BLOCKS).then_some((start, len));
    let last = len.saturating_sub(BLOCK);
    let offset = move |n| (u128::from(last) * u128::from(n) / u128::from(BLOCKS - 1)) as u64;
    let spread = (0..BLOCKS).filter(move |_| whole.is_none()).map(move |n| (start + offset(n), BLOCK));
    whole.into_iter().chain(spread)
}

/// The hash of an [`InputFingerprint`](crate::model::InputFingerprint). Leaves `bytes` positioned after the last
/// sample.
pub(super) fn sha256(bytes: &mut (impl Read + Seek), extent: Extent) -> io::Result<String> {
    let mut hash = Sha256::new_with_prefix(extent.len.to_le_bytes());
    let mut sample = Vec::new();
    for (start, len) in samples(extent) {
        sample.clear();
        bytes.seek(SeekFrom::Start(start))?;
        bytes.take(len).read_to_end(&mut sample)?;
        hash.update(&sample);
    }
    Ok(hex(&hash.finalize()))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn hash(bytes: &[u8], start: u64) -> String {
        sha256(&mut Cursor::new(bytes), Extent { start, len: bytes.len() as u64 - start }).unwrap()
    }

    #[test]
    fn the_hash_covers_length_and_contents() {
        // printf '\3\0\0\0\0\0\0\0abc' | sha256sum
        let abc = "ce91dc5eec0139adf091900d225971d6ad246a845bad791b5693a9d0d55dd391";
        assert_eq!((hash(b"abc", 0).as_str(), hash(b"_abc", 1).as_str()), (abc, abc));
    }

    proptest! {
        #[test]
        fn samples_are_spread_over_the_extent(start in 0..u64::MAX / 2, len in prop_oneof![
            0..3 * BLOCK * BLOCKS,
            0..u64::MAX / 2,
        ]) {
            let samples: Vec<_> = samples(Extent { start, len }).collect();
            prop_assert_eq!(samples[0].0, start);
            let (last, size) = *samples.last().unwrap();
            prop_assert_eq!(last + size, start + len);
            if len > BLOCK * BLOCKS {
                prop_assert_eq!(samples.len() as u64, BLOCKS);
                let gaps = samples.windows(2).map(|pair| pair[1].0 - pair[0].0);
                let (least, most) = gaps.fold((u64::MAX, 0), |(least, most), gap| (gap.min(least), gap.max(most)));
                prop_assert!(least >= BLOCK && most - least <= 1);
            } else {
                prop_assert_eq!(samples, vec![(start, len)]);
            }
        }

        #[test]
        fn any_change_of_a_small_input_changes_the_hash(len in 1..BLOCK * BLOCKS, at in any::<proptest::sample::Index>()) {
            let mut bytes = vec![b'x'; len as usize];
            let before = hash(&bytes, 0);
            bytes[at.index(len as usize)] = b'y';
            prop_assert_ne!(before, hash(&bytes, 0));
        }

        #[test]
        fn a_change_within_a_sample_changes_the_hash(len in BLOCK * BLOCKS..8 * BLOCK * BLOCKS, n in any::<proptest::sample::Index>()) {
            let mut bytes = vec![b'x'; len as usize];
            let before = hash(&bytes, 0);
            let samples: Vec<_> = samples(Extent { start: 0, len }).collect();
            bytes[n.get(&samples).0 as usize] = b'y';
            prop_assert_ne!(before, hash(&bytes, 0));
        }
    }
}
