//! Memory for the windows of decoders, which are megabytes large and often used in part only. They are maps of their own:
//! pages that nothing was written to take no memory, and all of it goes back to the system at once.

use brotli::{Allocator, SliceWrapper, SliceWrapperMut};
use memmap2::MmapMut;

/// From this size on, an allocation is a map.
const LARGE: usize = 256 << 10;

/// Allocates bytes, all zero.
#[derive(Debug, Default)]
pub(super) struct WindowAlloc;

/// Bytes on the heap or in a map.
pub(super) enum Allocation {
    Heap(Box<[u8]>),
    Map(MmapMut),
}

impl Allocator<u8> for WindowAlloc {
    type AllocatedMemory = Allocation;

    fn alloc_cell(&mut self, len: usize) -> Allocation {
        match Some(len).filter(|len| *len >= LARGE).map(MmapMut::map_anon) {
            Some(Ok(map)) => Allocation::Map(map),
            Some(Err(_)) | None => Allocation::Heap(vec![0; len].into()),
        }
    }

    fn free_cell(&mut self, _: Allocation) {}
}

impl Default for Allocation {
    fn default() -> Self {
        Allocation::Heap(Box::default())
    }
}

impl SliceWrapper<u8> for Allocation {
    fn slice(&self) -> &[u8] {
        match self {
            Allocation::Heap(bytes) => bytes,
            Allocation::Map(map) => map,
        }
    }
}

impl SliceWrapperMut<u8> for Allocation {
    fn slice_mut(&mut self) -> &mut [u8] {
        match self {
            Allocation::Heap(bytes) => bytes,
            Allocation::Map(map) => map,
        }
    }
}
