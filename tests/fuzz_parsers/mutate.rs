//! Makes cases out of seeds, the same for the same seed.

use fastrand::Rng;

use crate::seeds::TOKENS;

/// The longest case, in bytes.
const MAX: usize = 4096;

pub(crate) struct Mutator {
    random: Rng,
    seeds: &'static [&'static str],
}

impl Mutator {
    pub(crate) fn new(seed: u64, seeds: &'static [&'static str]) -> Self {
        Mutator { random: Rng::with_seed(seed), seeds }
    }

    pub(crate) fn case(&mut self) -> Vec<u8> {
        let mut bytes = self.seed().to_vec();
        for _ in 0..self.random.usize(0..8) {
            self.mutate(&mut bytes);
        }
        bytes.truncate(MAX);
        bytes
    }

    fn seed(&mut self) -> &'static [u8] {
        self.seeds[self.random.usize(0..self.seeds.len())].as_bytes()
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.random.usize(0..=bytes.len());
        let end = (at + self.random.usize(1..8)).min(bytes.len());
        match self.random.u8(0..9) {
            0 | 1 => {
                let token = TOKENS[self.random.usize(0..TOKENS.len())].bytes();
                bytes.splice(at..at, token);
            }
            2 => drop(bytes.drain(at..end)),
            3 if at < bytes.len() => bytes[at] ^= 1 << self.random.u8(0..8),
            4 if at < bytes.len() => bytes[at] = self.random.u8(..),
            5 => {
                let part = bytes[at..end].repeat(self.random.usize(1..20));
                bytes.splice(at..at, part);
            }
            6 => bytes.truncate(at),
            7 if !bytes.is_empty() => bytes[0] = self.random.u8(..),
            _ => {
                let other = self.seed();
                let from = self.random.usize(0..=other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }
}
