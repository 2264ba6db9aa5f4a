//! What tells whether an input is the one of another time, without reading all of it.

use std::io::{self, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::list::Extent;

/// So many bytes are looked at in one place.
const BLOCK: u64 = 4 << 10;

/// In so many places: enough to meet any change but a small one of equal length, few enough for a disk far away.
const BLOCKS: u64 = 64;

/// What an input looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    /// What messages call it.
    pub name: String,
    /// Its length in bytes, as it is stored; none where it can be read only once.
    pub len: Option<u64>,
    /// SHA-256, in hexadecimal, over its length and samples of its contents.
    pub sha256: Option<String>,
}

/// What differs between the inputs of two runs, in words. A name alone is no difference: a moved file is the same
/// input. What can be read only once cannot be compared; two of that sort pass for the same.
pub fn difference(before: &[Print], now: &[Print]) -> Option<String> {
    if before.len() != now.len() {
        return Some(match now.len() {
            1 => format!("there is 1 input instead of {}", before.len()),
            len if before.len() == 1 => format!("there are {len} inputs instead of 1"),
            len => format!("there are {len} inputs instead of {}", before.len()),
        });
    }
    before.iter().zip(now).find_map(|(before, now)| {
        let name = &now.name;
        match (before.len, now.len) {
            (None, _) | (_, None) => None, // what can be read only once is taken at its word
            (Some(was), Some(is)) if was != is => {
                let how = if is > was { "grown" } else { "shrunk" };
                Some(format!("{name} has {how} from {} to {} bytes", grouped(was), grouped(is)))
            }
            _ => (before.sha256 != now.sha256).then(|| format!("{name} has different content")),
        }
    })
}

/// The samples of `extent`, in order: where each starts and how long it is. They are the whole of a small one.
fn samples(extent: Extent) -> impl Iterator<Item = (u64, u64)> {
    let Extent { start, len } = extent;
    let whole = (len <= BLOCK * BLOCKS).then_some((start, len));
    let last = len.saturating_sub(BLOCK);
    let offset = move |n| (u128::from(last) * u128::from(n) / u128::from(BLOCKS - 1)) as u64;
    let spread = (0..BLOCKS).filter(move |_| whole.is_none()).map(move |n| (start + offset(n), BLOCK));
    whole.into_iter().chain(spread)
}

/// The hash of a [`Print`]. It leaves `bytes` wherever the last sample ends.
pub(super) fn sha256(bytes: &mut (impl Read + Seek), extent: Extent) -> io::Result<String> {
    let mut hash = Sha256::new_with_prefix(extent.len.to_le_bytes());
    let mut sample = Vec::new();
    for (start, len) in samples(extent) {
        sample.clear();
        bytes.seek(SeekFrom::Start(start))?;
        bytes.take(len).read_to_end(&mut sample)?;
        hash.update(&sample);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A number with its thousands set apart.
fn grouped(n: u64) -> String {
    match n {
        0..1000 => n.to_string(),
        _ => format!("{},{:03}", grouped(n / 1000), n % 1000),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn print(name: &str, len: u64, sha256: &str) -> Print {
        Print { name: name.to_owned(), len: Some(len), sha256: Some(sha256.to_owned()) }
    }

    fn hash(bytes: &[u8], start: u64) -> String {
        sha256(&mut Cursor::new(bytes), Extent { start, len: bytes.len() as u64 - start }).unwrap()
    }

    #[test]
    fn it_says_what_differs() {
        let once = Print { name: "stdin".to_owned(), len: None, sha256: None };
        let urls = |len, sha256| vec![print("urls.txt", len, sha256)];
        for (before, now, words) in [
            (vec![], vec![], None),
            (urls(1204, "a"), urls(1204, "a"), None),
            (urls(1204, "a"), vec![print("moved.txt", 1204, "a")], None),
            (vec![once.clone()], vec![once.clone()], None),
            (urls(1204, "a"), urls(1300, "b"), Some("urls.txt has grown from 1,204 to 1,300 bytes")),
            (urls(1_000_001, "a"), urls(7, "b"), Some("urls.txt has shrunk from 1,000,001 to 7 bytes")),
            (urls(7, "a"), urls(7, "b"), Some("urls.txt has different content")),
            (urls(7, "a"), vec![once.clone()], None),
            (vec![once.clone()], urls(7, "a"), None),
            (urls(7, "a"), [urls(7, "a"), urls(7, "a")].concat(), Some("there are 2 inputs instead of 1")),
            ([urls(7, "a"), urls(7, "a")].concat(), urls(7, "a"), Some("there is 1 input instead of 2")),
            (vec![], urls(7, "a"), Some("there is 1 input instead of 0")),
            (vec![once.clone(); 3], vec![once.clone(); 2], Some("there are 2 inputs instead of 3")),
        ] {
            assert_eq!(difference(&before, &now).as_deref(), words);
        }
    }

    #[test]
    fn a_print_survives_being_stored() {
        let once = Print { name: "stdin".to_owned(), len: None, sha256: None };
        for print in [print("urls.txt", 1204, "ab"), once] {
            let stored = serde_json::to_string(&print).unwrap();
            assert_eq!(serde_json::from_str::<Print>(&stored).unwrap(), print);
        }
    }

    #[test]
    fn the_hash_is_over_length_and_contents() {
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
        fn any_change_of_a_small_input_shows(len in 1..BLOCK * BLOCKS, at in any::<proptest::sample::Index>()) {
            let mut bytes = vec![b'x'; len as usize];
            let before = hash(&bytes, 0);
            bytes[at.index(len as usize)] = b'y';
            prop_assert_ne!(before, hash(&bytes, 0));
        }

        #[test]
        fn a_change_of_a_sample_shows(len in BLOCK * BLOCKS..8 * BLOCK * BLOCKS, n in any::<proptest::sample::Index>()) {
            let mut bytes = vec![b'x'; len as usize];
            let before = hash(&bytes, 0);
            let samples: Vec<_> = samples(Extent { start: 0, len }).collect();
            bytes[n.get(&samples).0 as usize] = b'y';
            prop_assert_ne!(before, hash(&bytes, 0));
        }
    }
}
