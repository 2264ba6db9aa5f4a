//! One pass over valid JSON, in blocks that the compiler turns into vector instructions: it runs on every JSON body.

use super::number::{check_exponent, check_long, starts_long};
use super::surrogate::escape_len;
use super::unfit::Unfit;

const BLOCK: usize = 64;

/// A byte for each of a block.
type Flags = [u8; BLOCK];

/// A 1 in every byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// How far the pass is.
pub(super) struct Scan<'a> {
    json: &'a [u8],
    max_levels: usize,
    levels: usize,
    /// 1 if the last byte was in a string, or else 0.
    in_string: u64,
    /// Where the last escape ends.
    unescaped: usize,
}

/// What the bytes of a block are, wherever they are.
struct Kinds {
    quotes: Flags,
    backslashes: Flags,
    /// As how many levels a bracket counts.
    opened: Flags,
    closed: Flags,
    /// The digits with an `e` behind them.
    exponents: Flags,
}

/// What a block has outside of strings.
struct Outside {
    opened: usize,
    closed: usize,
    has_exponents: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn new(json: &'a [u8], max_levels: usize) -> Self {
        Scan { json, max_levels, levels: 0, in_string: 0, unescaped: 0 }
    }

    pub(super) fn run(mut self) -> Result<(), Unfit> {
        let (json, mut at) = (self.json, 0);
        while let Some(bytes) = json.get(at..at + BLOCK + 1) {
            self.block(at, as_block(bytes), as_block(&bytes[1..]))?;
            at += BLOCK;
        }
        let mut last = [b' '; BLOCK + 1];
        let rest = &json[at..];
        last[..rest.len()].copy_from_slice(rest);
        self.block(at, as_block(&last), as_block(&last[1..]))
    }

    /// Takes in the block at `at`; `next` has the bytes that follow each of it.
    fn block(&mut self, at: usize, bytes: &[u8; BLOCK], next: &[u8; BLOCK]) -> Result<(), Unfit> {
        let mut kinds = Kinds::of(bytes, next);
        self.take_escapes(at, &mut kinds)?;
        let began_outside = self.in_string == 0 && kinds.quotes[0] == 0;
        let Outside { opened, closed, has_exponents } = self.leave_out_strings(&mut kinds);
        if self.levels + opened > self.max_levels {
            self.check_levels(&kinds)?;
        }
        self.levels = (self.levels + opened).saturating_sub(closed);
        if has_exponents {
            for n in ones(&kinds.exponents) {
                check_exponent(self.json, at + n)?;
            }
        }
        if began_outside && starts_long(bytes) { check_long(self.json, at) } else { Ok(()) }
    }

    /// Checks the escapes that begin in a block, and takes away escaped quotes.
    fn take_escapes(&mut self, at: usize, kinds: &mut Kinds) -> Result<(), Unfit> {
        if self.unescaped > at {
            kinds.quotes[0] = 0; // the only byte of an escape that can be a quote is its second
        }
        if kinds.backslashes.iter().fold(0, |any, flag| any | flag) == 0 {
            return Ok(());
        }
        for n in ones(&kinds.backslashes) {
            if at + n < self.unescaped {
                continue;
            }
            if let Some(quote) = kinds.quotes.get_mut(n + 1) {
                *quote = 0;
            }
            self.unescaped = at + n + escape_len(&self.json[at + n..])?;
        }
        Ok(())
    }

    /// Takes away what is in strings, and sums up the rest.
    fn leave_out_strings(&mut self, kinds: &mut Kinds) -> Outside {
        let Kinds { quotes, opened, closed, exponents, .. } = kinds;
        let others = words_mut(opened).zip(words_mut(closed)).zip(words_mut(exponents));
        let mut sums = [0; 3];
        for (quotes, ((opened, closed), exponents)) in words_mut(quotes).zip(others) {
            // Each byte of the product counts the quotes up to it: an odd number leads into a string, or out of it.
            let counts = u64::from_le_bytes(*quotes).wrapping_mul(ONES);
            let carried = self.in_string.wrapping_neg();
            let outside = ((counts ^ carried) & ONES ^ ONES) * 0xff;
            for (flags, sum) in [opened, closed, exponents].into_iter().zip(&mut sums) {
                let kept = u64::from_le_bytes(*flags) & outside;
                *flags = kept.to_le_bytes();
                *sum += kept; // byte by byte: none exceeds 16
            }
            self.in_string ^= counts >> 56 & 1;
        }
        let [opened, closed, exponents] = sums;
        let total = |sums: u64| (sums.wrapping_mul(ONES) >> 56) as usize;
        Outside { opened: total(opened), closed: total(closed), has_exponents: exponents != 0 }
    }

    /// Counts levels bracket by bracket.
    fn check_levels(&self, kinds: &Kinds) -> Result<(), Unfit> {
        let mut levels = self.levels;
        for (opened, closed) in kinds.opened.iter().zip(&kinds.closed) {
            levels = (levels + usize::from(*opened)).saturating_sub(usize::from(*closed));
            if levels > self.max_levels {
                return Err(Unfit::Deep(self.max_levels));
            }
        }
        Ok(())
    }
}

impl Kinds {
    fn of(bytes: &[u8; BLOCK], next: &[u8; BLOCK]) -> Self {
        let levels = |byte: u8| 1 + (byte >> 5 & 1); // the bit in which `{` and `[` differ
        let digits = flags(bytes, |byte| u8::from(byte.is_ascii_digit()));
        let mut exponents = flags(next, |byte| u8::from(byte | 0x20 == b'e'));
        exponents.iter_mut().zip(digits).for_each(|(exponent, digit)| *exponent &= digit);
        Kinds {
            quotes: flags(bytes, |byte| u8::from(byte == b'"')),
            backslashes: flags(bytes, |byte| u8::from(byte == b'\\')),
            opened: flags(bytes, |byte| if byte | 0x20 == b'{' { levels(byte) } else { 0 }),
            closed: flags(bytes, |byte| if byte | 0x20 == b'}' { levels(byte) } else { 0 }),
            exponents,
        }
    }
}

/// Each loop over a block becomes a handful of vector instructions.
fn flags(bytes: &[u8; BLOCK], of: impl Fn(u8) -> u8) -> Flags {
    let mut flags = [0; BLOCK];
    flags.iter_mut().zip(bytes).for_each(|(flag, byte)| *flag = of(*byte));
    flags
}

fn as_block(bytes: &[u8]) -> &[u8; BLOCK] {
    bytes.first_chunk().expect("a block and the byte behind it")
}

fn words_mut(flags: &mut Flags) -> impl Iterator<Item = &mut [u8; 8]> {
    flags.as_chunks_mut().0.iter_mut()
}

/// The numbers of the bytes that are 1.
fn ones(flags: &Flags) -> impl Iterator<Item = usize> {
    flags.as_chunks().0.iter().enumerate().flat_map(|(n, eight)| {
        let mut rest = u64::from_le_bytes(*eight);
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(8 * n + bit / 8)
        })
    })
}
