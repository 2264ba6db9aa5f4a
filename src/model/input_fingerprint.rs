//! Fingerprints of inputs, to detect changes between runs.

use serde::{Deserialize, Serialize};

use crate::guard::text::grouped;

/// What messages call URLs that were given one by one.
pub const ARGUMENTS: &str = "arguments";

/// The fingerprint of an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFingerprint {
    /// What messages call it.
    pub name: String,
    /// Its stored length in bytes. `None` if it can be read only once.
    pub len: Option<u64>,
    /// The SHA-256 of its length and samples of its contents, in hexadecimal.
    pub sha256: Option<String>,
}

/// Describes how the inputs of two runs differ, if they do. Names do not count: a moved file is the same input. Inputs
/// that can be read only once cannot be compared, and count as unchanged.
pub fn difference(before: &[InputFingerprint], now: &[InputFingerprint]) -> Option<String> {
    if before.len() != now.len() {
        return Some(match now.len() {
            1 => format!("there is 1 input instead of {}", before.len()),
            len if before.len() == 1 => format!("there are {len} inputs instead of 1"),
            len => format!("there are {len} inputs instead of {}", before.len()),
        });
    }
    before.iter().zip(now).find_map(|(before, now)| {
        let subject = match now.name.as_str() {
            ARGUMENTS => format!("the {ARGUMENTS} have"),
            name => format!("{name} has"),
        };
        match (before.len, now.len) {
            (None, _) | (_, None) => None, // counts as unchanged
            (Some(was), Some(is)) if was != is => {
                let how = if is > was { "grown" } else { "shrunk" };
                Some(format!("{subject} {how} from {} to {} bytes", grouped(was), grouped(is)))
            }
            _ => (before.sha256 != now.sha256).then(|| format!("{subject} different content")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(name: &str, len: u64, sha256: &str) -> InputFingerprint {
        InputFingerprint { name: name.to_owned(), len: Some(len), sha256: Some(sha256.to_owned()) }
    }

    #[test]
    fn differences_are_described() {
        let once = InputFingerprint { name: "stdin".to_owned(), len: None, sha256: None };
        let urls = |len, sha256| vec![fingerprint("urls.txt", len, sha256)];
        for (before, now, text) in [
            (vec![], vec![], None),
            (urls(1204, "a"), urls(1204, "a"), None),
            (urls(1204, "a"), vec![fingerprint("moved.txt", 1204, "a")], None),
            (vec![once.clone()], vec![once.clone()], None),
            (urls(1204, "a"), urls(1300, "b"), Some("urls.txt has grown from 1,204 to 1,300 bytes")),
            (urls(1_000_001, "a"), urls(7, "b"), Some("urls.txt has shrunk from 1,000,001 to 7 bytes")),
            (urls(7, "a"), urls(7, "b"), Some("urls.txt has different content")),
            (urls(7, "a"), vec![once.clone()], None),
            (vec![once.clone()], urls(7, "a"), None),
            (urls(7, "a"), [urls(7, "a"), urls(7, "a")].concat(), Some("there are 2 inputs instead of 1")),
            ([urls(7, "a"), urls(7, "a")].concat(), urls(7, "a"), Some("there is 1 input instead of 2")),
            (
                vec![fingerprint(ARGUMENTS, 58, "a")],
                vec![fingerprint(ARGUMENTS, 145, "b")],
                Some("the arguments have grown from 58 to 145 bytes"),
            ),
            (
                vec![fingerprint(ARGUMENTS, 58, "a")],
                vec![fingerprint(ARGUMENTS, 58, "b")],
                Some("the arguments have different content"),
            ),
            (vec![], urls(7, "a"), Some("there is 1 input instead of 0")),
            (vec![once.clone(); 3], vec![once.clone(); 2], Some("there are 2 inputs instead of 3")),
        ] {
            assert_eq!(difference(&before, &now).as_deref(), text);
        }
    }

    #[test]
    fn a_stored_fingerprint_reads_back() {
        let once = InputFingerprint { name: "stdin".to_owned(), len: None, sha256: None };
        for fingerprint in [fingerprint("urls.txt", 1204, "ab"), once] {
            let stored = serde_json::to_string(&fingerprint).unwrap();
            assert_eq!(serde_json::from_str::<InputFingerprint>(&stored).unwrap(), fingerprint);
        }
    }
}
