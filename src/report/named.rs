//! Sums by name, for a bounded number of names.

use std::cmp::Reverse;

use foldhash::HashMap;
use serde::{Deserialize, Serialize, Serializer};

use super::merge::Merge;

/// How many names are kept; the rest are counted together.
pub(super) const MAX_NAMES: usize = 1000;

/// The longest name in bytes: names of hosts that resolve are shorter, even with scheme and port.
const MAX_NAME: usize = 512;

/// What is summed up by name.
pub(super) trait Counted {
    /// How many requests it is of.
    fn requests(&self) -> u64;
}

/// The first [`MAX_NAMES`] by name, and the rest as one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(try_from = "NamesRepr<Box<str>, T>", bound(deserialize = "T: Merge + Deserialize<'de>"))]
pub(super) struct Names<T> {
    named: HashMap<Box<str>, Named<T>>,
    pub(super) other: T,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named<T> {
    /// How many names came before it.
    pub(super) ordinal: usize,
    pub(super) sum: T,
}

impl<T: Merge> Names<T> {
    /// The sum that a name counts in.
    pub(super) fn of(&mut self, name: &str) -> &mut T {
        let name = &name[..name.floor_char_boundary(MAX_NAME)];
        let ordinal = self.named.len();
        if ordinal < MAX_NAMES && !self.named.contains_key(name) {
            self.named.insert(name.into(), Named { ordinal, sum: T::default() });
        }
        self.named.get_mut(name).map_or(&mut self.other, |named| &mut named.sum)
    }

    pub(super) fn merge(&mut self, other: &Names<T>) {
        // In this order the same names are kept as in one fold over all records.
        for (name, sum) in other.as_they_came() {
            self.of(name).merge(sum);
        }
        self.other.merge(&other.other);
    }

    /// Sums as they were read back, in the order in which their names came.
    pub(super) fn restore(named: Vec<(Box<str>, T)>, other: T) -> Result<Self, &'static str> {
        if named.len() > MAX_NAMES {
            return Err("too many hosts or groups");
        }
        let mut names = Names { named: HashMap::default(), other };
        for (ordinal, (name, sum)) in named.into_iter().enumerate() {
            if name.len() > MAX_NAME {
                return Err("the name of a host or group is too long");
            }
            if names.named.insert(name, Named { ordinal, sum }).is_some() {
                return Err("a duplicate host or group");
            }
        }
        Ok(names)
    }
}

impl<T> Names<T> {
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.named.get(&name[..name.floor_char_boundary(MAX_NAME)]).map(|named| &named.sum)
    }

    pub(super) fn len(&self) -> usize {
        self.named.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Named<T>)> {
        self.named.iter().map(|(name, named)| (&**name, named))
    }

    fn as_they_came(&self) -> impl Iterator<Item = (&str, &T)> {
        let mut named: Vec<_> = self.iter().collect();
        named.sort_unstable_by_key(|(_, named)| named.ordinal);
        named.into_iter().map(|(name, named)| (name, &named.sum))
    }
}

impl<T: Counted> Names<T> {
    /// Those that have a name, the one with the most requests first.
    pub(super) fn ranked(&self) -> Vec<(&str, &Named<T>)> {
        let mut names: Vec<_> = self.iter().collect();
        names.sort_unstable_by_key(|&(name, named)| (Reverse(named.sum.requests()), name));
        names
    }
}

/// The form in a checkpoint: in the order in which the names came.
#[derive(Serialize, Deserialize)]
struct NamesRepr<Name, T> {
    named: Vec<(Name, T)>,
    other: T,
}

impl<T: Serialize> Serialize for Names<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        NamesRepr { named: self.as_they_came().collect(), other: &self.other }.serialize(serializer)
    }
}

impl<T: Merge> TryFrom<NamesRepr<Box<str>, T>> for Names<T> {
    type Error = &'static str;

    fn try_from(NamesRepr { named, other }: NamesRepr<Box<str>, T>) -> Result<Self, Self::Error> {
        Names::restore(named, other)
    }
}
