//! The algorithms of digest authentication.

use std::fmt::Write;

use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};

/// A hash function, and whether the session hashes both nonces (`-sess`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Algorithm {
    hash: HashFunction,
    pub(super) is_session: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HashFunction {
    Md5,
    Sha256,
    Sha512Trunc256,
}

impl Algorithm {
    const ALL: [Algorithm; 6] = [
        Algorithm { hash: HashFunction::Md5, is_session: false },
        Algorithm { hash: HashFunction::Md5, is_session: true },
        Algorithm { hash: HashFunction::Sha256, is_session: false },
        Algorithm { hash: HashFunction::Sha256, is_session: true },
        Algorithm { hash: HashFunction::Sha512Trunc256, is_session: false },
        Algorithm { hash: HashFunction::Sha512Trunc256, is_session: true },
    ];

    /// The algorithm with this name, whose case does not matter.
    pub(super) fn named(name: &str) -> Option<Self> {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name.trim()))
    }

    /// Its name as the registry spells it.
    pub(super) fn name(self) -> &'static str {
        match (self.hash, self.is_session) {
            (HashFunction::Md5, false) => "MD5",
            (HashFunction::Md5, true) => "MD5-sess",
            (HashFunction::Sha256, false) => "SHA-256",
            (HashFunction::Sha256, true) => "SHA-256-sess",
            (HashFunction::Sha512Trunc256, false) => "SHA-512-256",
            (HashFunction::Sha512Trunc256, true) => "SHA-512-256-sess",
        }
    }

    /// How strong it is among the others.
    pub(super) fn strength(self) -> u8 {
        self.hash as u8
    }

    /// The hash of `parts`, with colons between them, in hexadecimal digits.
    pub(super) fn hash(self, parts: &[&[u8]]) -> String {
        let text = parts.join(&b':');
        match self.hash {
            HashFunction::Md5 => hex(&Md5::digest(text)),
            HashFunction::Sha256 => hex(&Sha256::digest(text)),
            HashFunction::Sha512Trunc256 => hex(&Sha512_256::digest(text)),
        }
    }
}

/// `bytes` in lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
