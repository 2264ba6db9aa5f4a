//! Objects: their entries in order of insertion, and an index if there are many.

use std::hash::BuildHasher;
use std::ops::Deref;
use std::sync::LazyLock;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::super::meter;
use super::nesting::Depth;
use super::{Key, Value};

/// The size from which an object has an index. Below, a search through the keys is as fast.
const INDEXED: usize = 16;

static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// The entries of an object; their memory is counted.
pub(in crate::jq) struct Object {
    entries: Vec<(Key, Value)>,
    /// The positions of the keys, by their hashes.
    index: Option<Box<Index>>,
    depth: Depth,
}

struct Index {
    positions: HashTable<u32>,
    charge: meter::Charge,
}

/// The counters and the struct in a shared allocation.
const HEADER: usize = meter::block(56);

fn buffer(capacity: usize) -> usize {
    meter::block(capacity.saturating_mul(size_of::<(Key, Value)>()))
}

/// What an index of that many keys takes: at most 7 of 8 slots are used, and each has a byte of its hash.
fn index_size(keys: usize) -> usize {
    64 + meter::block((keys.max(INDEXED) * 8 / 7 + 1).next_power_of_two() * 5)
}

fn hash(key: &[u8]) -> u64 {
    HASHER.hash_one(key)
}

impl Object {
    pub(in crate::jq) fn with_capacity(capacity: usize) -> Object {
        meter::charge(HEADER.saturating_add(buffer(capacity)));
        Object { entries: Vec::with_capacity(capacity), index: None, depth: Depth::new() }
    }

    pub(super) fn depth(&self) -> &Depth {
        &self.depth
    }

    pub(in crate::jq) fn get(&self, key: &Key) -> Option<&Value> {
        self.position(key).map(|at| &self.entries[at].1)
    }

    /// The entry at a position, in order of insertion.
    pub(super) fn entry_at(&self, at: usize) -> Option<&(Key, Value)> {
        self.entries.get(at)
    }

    /// Looks up a key by its text.
    pub(in crate::jq) fn get_str(&self, key: &str) -> Option<&Value> {
        self.position(&Key::new(key)).map(|at| &self.entries[at].1)
    }

    fn position(&self, key: &Key) -> Option<usize> {
        match &self.index {
            None => self.entries.iter().position(|(other, _)| other == key),
            Some(index) => {
                let same = |at: &u32| self.entries[*at as usize].0 == *key;
                index.positions.find(hash(key.as_bytes()), same).map(|at| *at as usize)
            }
        }
    }

    /// Sets the value of a key. A new key comes last.
    pub(in crate::jq) fn insert(&mut self, key: Key, value: Value) {
        self.depth.add(&value);
        match self.position(&key) {
            Some(at) => {
                self.depth.remove();
                self.entries[at].1 = value;
            }
            None => self.append(key, value),
        }
    }

    fn append(&mut self, key: Key, value: Value) {
        let (len, old) = (self.entries.len(), self.entries.capacity());
        if len == old {
            let new = (old + old / 2).max(len + 1);
            meter::charge(buffer(new));
            self.entries.reserve_exact(new - len);
            meter::release(buffer(old));
        }
        self.add_to_index(&key);
        self.entries.push((key, value));
    }

    /// Adds the key that will be at the end.
    fn add_to_index(&mut self, key: &Key) {
        let len = self.entries.len();
        if len < INDEXED {
            return;
        }
        let full = self.index.as_ref().is_none_or(|index| index.positions.len() == index.positions.capacity());
        if full {
            let charge = meter::Charge::new(index_size(len * 2));
            let mut positions = HashTable::with_capacity(len * 2);
            meter::work(len);
            for (at, (key, _)) in self.entries.iter().enumerate() {
                positions.insert_unique(hash(key.as_bytes()), at as u32, |_| 0);
            }
            self.index = Some(Box::new(Index { positions, charge }));
        }
        let index = self.index.as_mut().expect("made above");
        index.positions.insert_unique(hash(key.as_bytes()), len as u32, |_| 0); // never grows: there is room
    }

    /// Takes the value of a key out, to be put back with [`Object::put`] or removed.
    pub(super) fn take(&mut self, key: &Key) -> Option<(usize, Value)> {
        let at = self.position(key)?;
        self.depth.remove();
        Some((at, std::mem::take(&mut self.entries[at].1)))
    }

    pub(super) fn put(&mut self, at: usize, value: Value) {
        self.depth.add(&value);
        self.entries[at].1 = value;
    }

    /// Replaces each value by what `change` makes of it, or removes its key. On an error, the object is left half
    /// changed, with too small a depth; drop it.
    pub(in crate::jq) fn try_change<E>(
        &mut self,
        mut change: impl FnMut(Value) -> Result<Option<Value>, E>,
    ) -> Result<(), E> {
        self.depth = Depth::new();
        let (mut kept, len) = (0, self.entries.len());
        for at in 0..len {
            let old = std::mem::take(&mut self.entries[at].1);
            if let Some(new) = change(old)? {
                self.put(at, new);
                self.entries.swap(kept, at);
                kept += 1;
            }
        }
        self.entries.truncate(kept);
        self.index_shorter(len);
        Ok(())
    }

    pub(super) fn remove_at(&mut self, at: usize) {
        self.depth.remove();
        let (key, _) = self.entries.remove(at);
        meter::work((self.entries.len() - at) / 8);
        if let Some(index) = &mut self.index {
            meter::work(index.positions.len());
            if let Ok(entry) = index.positions.find_entry(hash(key.as_bytes()), |position| *position as usize == at) {
                entry.remove();
            }
            for position in index.positions.iter_mut().filter(|position| **position as usize > at) {
                *position -= 1;
            }
        }
    }

    /// Removes the entries whose keys are not kept.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Key) -> bool) {
        let before = self.entries.len();
        meter::work(before);
        self.depth.remove();
        self.entries.retain(|(key, _)| keep(key));
        self.index_shorter(before);
    }

    /// Makes the index again, if there were more entries before.
    fn index_shorter(&mut self, before: usize) {
        if let Some(index) = self.index.as_mut().filter(|_| self.entries.len() < before) {
            meter::work(before);
            index.positions.clear();
            for (at, (key, _)) in self.entries.iter().enumerate() {
                index.positions.insert_unique(hash(key.as_bytes()), at as u32, |_| 0); // never grows: there is room
            }
        }
    }

    /// Adds the entries of another object to this one.
    pub(super) fn merge(&mut self, other: &Object) {
        meter::work(other.len());
        for (key, value) in other.iter() {
            self.insert(key.clone(), value.clone());
        }
    }

    /// The entries in order of their keys, as jq compares them: by codepoints, which is the order of UTF-8.
    pub(in crate::jq) fn sorted(&self) -> (Vec<&(Key, Value)>, meter::Charge) {
        let charge = meter::Charge::new(meter::block(self.len() * size_of::<usize>()));
        meter::work(self.len() * 4);
        let mut entries: Vec<_> = self.iter().collect();
        entries.sort_unstable_by(|(one, _), (other, _)| one.as_bytes().cmp(other.as_bytes()));
        (entries, charge)
    }
}

impl Clone for Object {
    fn clone(&self) -> Object {
        let mut copy = Object::with_capacity(self.len());
        meter::work(self.len());
        copy.entries.extend_from_slice(&self.entries);
        copy.depth = self.depth.clone();
        copy.index = self.index.clone();
        copy
    }
}

impl Clone for Index {
    fn clone(&self) -> Index {
        Index { charge: self.charge.clone(), positions: self.positions.clone() }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        meter::release(HEADER + buffer(self.entries.capacity()));
    }
}

impl Deref for Object {
    type Target = [(Key, Value)];

    fn deref(&self) -> &[(Key, Value)] {
        &self.entries
    }
}

impl FromIterator<(Key, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (Key, Value)>>(entries: I) -> Object {
        let entries = entries.into_iter();
        let mut object = Object::with_capacity(entries.size_hint().0.min(1 << 16));
        entries.for_each(|(key, value)| object.insert(key, value));
        object
    }
}
