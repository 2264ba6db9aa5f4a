//! Arrays.

use std::ops::Deref;

use super::super::meter::{self, LimitExceeded};
use super::Value;
use super::nesting::Depth;
use super::order::compare;

/// The elements of an array; their memory is counted.
pub(in crate::jq) struct Array {
    values: Vec<Value>,
    depth: Depth,
    /// How many slices a path took to get here.
    pub(super) slices: u8,
}

/// The counters and the struct in a shared allocation.
const HEADER: usize = meter::block(48);

fn buffer(capacity: usize) -> usize {
    meter::block(capacity.saturating_mul(size_of::<Value>()))
}

impl Array {
    pub(in crate::jq) fn with_capacity(capacity: usize) -> Array {
        meter::charge(HEADER.saturating_add(buffer(capacity)));
        Array { values: Vec::with_capacity(capacity), depth: Depth::new(), slices: 0 }
    }

    pub(super) fn depth(&self) -> &Depth {
        &self.depth
    }

    /// Makes room for more elements, with some to spare if it has grown before.
    pub(in crate::jq) fn reserve(&mut self, more: usize) {
        let (len, old) = (self.values.len(), self.values.capacity());
        let Some(least) = len.checked_add(more) else { meter::stop(LimitExceeded::Memory) };
        if least > old {
            let new = least.max(old + old / 2);
            meter::charge(buffer(new)); // until the old block is copied, both are there
            self.values.reserve_exact(new - len);
            meter::release(buffer(old));
        }
    }

    pub(in crate::jq) fn push(&mut self, value: Value) {
        self.depth.add(&value);
        if self.values.len() == self.values.capacity() {
            self.reserve(self.values.len().clamp(1, 4));
        }
        self.values.push(value);
    }

    pub(in crate::jq) fn extend(&mut self, values: &[Value]) {
        self.reserve(values.len());
        meter::work(values.len());
        for value in values {
            self.push(value.clone());
        }
    }

    /// Takes an element out, to be put back.
    pub(super) fn take(&mut self, at: usize) -> Value {
        self.depth.remove();
        std::mem::take(&mut self.values[at])
    }

    pub(in crate::jq) fn set(&mut self, at: usize, value: Value) {
        self.depth.add(&value);
        self.values[at] = value;
    }

    /// Replaces each element by what `change` makes of it, or removes it. On an error, the array is left half changed,
    /// with too small a depth; drop it.
    pub(super) fn try_change<E>(&mut self, mut change: impl FnMut(Value) -> Result<Option<Value>, E>) -> Result<(), E> {
        (self.depth, self.slices) = (Depth::new(), 0);
        let mut kept = 0;
        for at in 0..self.values.len() {
            let old = std::mem::take(&mut self.values[at]);
            if let Some(new) = change(old)? {
                self.set(kept, new);
                kept += 1;
            }
        }
        self.values.truncate(kept);
        Ok(())
    }

    /// Replaces each element by all outputs of `change`. On an error, the array is left half changed, with too small a
    /// depth; drop it.
    pub(in crate::jq) fn try_replace<E, I: Iterator<Item = Result<Value, E>>>(
        &mut self,
        mut change: impl FnMut(Value) -> Result<I, E>,
    ) -> Result<(), E> {
        (self.depth, self.slices) = (Depth::new(), 0);
        let mut kept = 0;
        for at in 0..self.values.len() {
            let mut outputs = change(std::mem::take(&mut self.values[at]))?;
            for new in outputs.by_ref().take(at + 1 - kept) {
                self.set(kept, new?);
                kept += 1;
            }
            if let Some(more) = outputs.next() {
                // There are more outputs than elements so far: what follows is appended.
                let mut rest = self.split_off(at + 1);
                self.push(more?);
                outputs.try_for_each(|new| new.map(|new| self.push(new)))?;
                return rest.drain().try_for_each(|old| change(old)?.try_for_each(|new| new.map(|new| self.push(new))));
            }
        }
        self.values.truncate(kept);
        Ok(())
    }

    pub(super) fn remove(&mut self, at: usize) {
        meter::work((self.values.len() - at) / 8);
        self.depth.remove();
        self.values.remove(at);
    }

    pub(super) fn remove_range(&mut self, range: std::ops::Range<usize>) {
        meter::work(self.values.len() / 8);
        self.depth.remove();
        self.values.drain(range);
    }

    /// Removes the elements from `at` on, and returns them.
    pub(super) fn split_off(&mut self, at: usize) -> Array {
        let mut tail = Array::with_capacity(self.values.len() - at);
        self.depth.remove();
        for value in self.values.drain(at..) {
            tail.push(value);
        }
        tail
    }

    pub(in crate::jq) fn retain(&mut self, keep: impl FnMut(&Value) -> bool) {
        self.depth.remove();
        self.values.retain(keep);
    }

    pub(in crate::jq) fn reverse(&mut self) {
        meter::work(self.values.len());
        self.values.reverse();
    }

    pub(in crate::jq) fn sort(&mut self) {
        let _merge_buffer = meter::Charge::new(buffer(self.values.len() / 2));
        self.values.sort_by(compare);
    }

    /// Moves the elements from `at` on out, one by one.
    pub(super) fn drain_from(&mut self, at: usize) -> impl Iterator<Item = Value> + '_ {
        self.depth.remove();
        self.values.drain(at..)
    }

    /// Moves the elements out, one by one.
    pub(in crate::jq) fn drain(&mut self) -> impl DoubleEndedIterator<Item = Value> + ExactSizeIterator + '_ {
        self.depth.remove();
        self.values.drain(..)
    }
}

impl Clone for Array {
    fn clone(&self) -> Array {
        let mut copy = Array::with_capacity(self.values.len());
        meter::work(self.values.len());
        copy.values.extend_from_slice(&self.values);
        copy.depth = self.depth.clone();
        copy
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        meter::release(HEADER + buffer(self.values.capacity()));
    }
}

impl Deref for Array {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.values
    }
}

impl FromIterator<Value> for Array {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Array {
        let values = values.into_iter();
        let mut array = Array::with_capacity(values.size_hint().0.min(1 << 16));
        values.for_each(|value| array.push(value));
        array
    }
}
