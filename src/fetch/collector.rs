//! The bytes of a body while they come in.
//!
//! Large bodies are kept outside the heap, in maps of their own: memory that is released goes back to the system at
//! once, and pages that nothing was written to take none. An allocator keeps both for later.

use bytes::Bytes;
use memmap2::MmapMut;

/// From this size on, a block is a map.
const LARGE: usize = 256 << 10;

/// The largest block of a body whose length is not known. While the blocks are joined, one of them exists twice.
const MAX_BLOCK: usize = 1 << 20;

/// Collects bytes without moving them, and joins them at the end.
#[derive(Debug, Default)]
pub(super) struct Collector {
    blocks: Vec<Block>,
    len: usize,
    /// How many bytes will come, as far as is known.
    expected: usize,
}

impl Collector {
    /// A collector that expects `expected` bytes: so many fit into its first block.
    pub(super) fn expecting(expected: usize) -> Self {
        Collector { blocks: Vec::new(), len: 0, expected }
    }

    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        self.len += bytes.len();
        while !bytes.is_empty() {
            bytes = match self.blocks.last_mut() {
                Some(block) => block.fill(bytes),
                None => bytes,
            };
            if !bytes.is_empty() {
                self.blocks.push(Block::new(self.next_block(bytes.len()), bytes.len()));
            }
        }
    }

    /// The size of the next block, of which `needed` bytes are needed now.
    fn next_block(&self, needed: usize) -> usize {
        if self.blocks.is_empty() {
            return self.expected.max(needed);
        }
        self.len.min(MAX_BLOCK).max(needed)
    }

    /// How much memory they take.
    pub(super) fn held(&self) -> usize {
        self.blocks.iter().map(Block::held).sum()
    }

    /// The bytes in one piece.
    pub(super) fn join(mut self) -> Bytes {
        if self.blocks.len() > 1 {
            let mut whole = Block::new(self.len, self.len);
            for block in self.blocks.drain(..) {
                whole.fill(block.bytes());
            }
            self.blocks.push(whole);
        }
        self.blocks.pop().map_or_else(Bytes::new, Block::into_bytes)
    }
}

/// A block of memory, filled from its start.
#[derive(Debug)]
enum Block {
    Heap(Vec<u8>),
    Map { map: MmapMut, len: usize },
}

impl Block {
    /// A block of `capacity`. If the system has no map for it, it is smaller, but no smaller than `needed`.
    fn new(capacity: usize, needed: usize) -> Self {
        if capacity < LARGE {
            return Block::Heap(Vec::with_capacity(capacity));
        }
        match MmapMut::map_anon(capacity) {
            Ok(map) => Block::Map { map, len: 0 },
            Err(_) => Block::Heap(Vec::with_capacity(needed.max(LARGE.min(capacity)))),
        }
    }

    /// Takes as many of `bytes` as fit, and returns the others.
    fn fill<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        match self {
            Block::Heap(block) => {
                let (fitting, others) = bytes.split_at(bytes.len().min(block.capacity() - block.len()));
                block.extend_from_slice(fitting);
                others
            }
            Block::Map { map, len } => {
                let (fitting, others) = bytes.split_at(bytes.len().min(map.len() - *len));
                map[*len..*len + fitting.len()].copy_from_slice(fitting);
                *len += fitting.len();
                others
            }
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Block::Heap(block) => block,
            Block::Map { map, len } => &map[..*len],
        }
    }

    /// Only the pages of a map that were written to take memory.
    fn held(&self) -> usize {
        match self {
            Block::Heap(block) => block.capacity(),
            Block::Map { len, .. } => *len,
        }
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Block::Heap(mut block) => {
                block.shrink_to_fit();
                Bytes::from(block)
            }
            Block::Map { map, len } => Bytes::from_owner(map).slice(..len),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_block_holds_what_is_expected() {
        for expected in [10, LARGE] {
            let mut collector = Collector::expecting(expected);
            assert_eq!(collector.held(), 0);
            (0..expected / 10).for_each(|_| collector.push(b"0123456789"));
            collector.push(&b"0123456789"[..expected % 10]);
            assert_eq!((collector.blocks.len(), collector.held(), collector.len), (1, expected, expected));
            let start = collector.blocks[0].bytes().as_ptr();
            assert_eq!(collector.join().as_ptr(), start, "it is not copied");
        }
        assert_eq!(Collector::expecting(100).join(), Bytes::new());
    }

    #[test]
    fn what_is_expected_and_does_not_come_takes_no_memory() {
        let mut collector = Collector::expecting(100 << 20);
        collector.push(b"abc");
        assert_eq!((collector.held(), collector.join()), (3, Bytes::from_static(b"abc")));
    }

    #[test]
    fn without_a_map_a_body_is_collected_in_vectors() {
        let mut collector = Collector::expecting(1 << 60);
        let chunk = [7; 60_000];
        (0..100).for_each(|_| collector.push(&chunk));
        assert!(matches!(collector.blocks[0], Block::Heap(_)) && collector.held() < 6_000_000 + MAX_BLOCK);
        assert_eq!(collector.join(), vec![7; 6_000_000]);
    }

    #[test]
    fn blocks_of_a_body_of_unknown_length_stay_small() {
        let mut collector = Collector::default();
        let chunk = [7; 60_000];
        (0..100).for_each(|_| collector.push(&chunk));
        assert!(collector.blocks.iter().all(|block| block.bytes().len() <= MAX_BLOCK));
        assert!(collector.held() < 6_000_000 + MAX_BLOCK);
        assert_eq!(collector.join(), vec![7; 6_000_000]);
    }

    proptest! {
        #[test]
        fn what_was_pushed_comes_out(
            expected in prop_oneof![Just(0), 0..10_000_usize, Just(2 * LARGE)],
            sizes in prop::collection::vec(prop_oneof![0..100_usize, 0..100_000_usize], 0..30),
        ) {
            let (mut collector, mut whole) = (Collector::expecting(expected), Vec::new());
            for (at, size) in sizes.into_iter().enumerate() {
                let chunk: Vec<u8> = (0..size).map(|byte| (byte + at) as u8).collect();
                collector.push(&chunk);
                whole.extend_from_slice(&chunk);
                prop_assert_eq!(collector.len, whole.len());
                prop_assert!(collector.held() >= whole.len());
            }
            prop_assert_eq!(collector.join(), whole);
        }
    }
}
