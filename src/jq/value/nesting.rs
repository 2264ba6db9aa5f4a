//! How deep values nest. Rust frees a value by recursion, so the depth is bounded.

use std::cell::Cell;

use super::super::meter::{self, LimitExceeded, MAX_NESTING};
use super::Value;

/// The nesting depth of an array or object, itself included.
#[derive(Clone)]
pub(super) struct Depth {
    /// An upper bound.
    bound: Cell<u16>,
    /// Whether the bound is exact: nothing was removed from the container, or from what is in it.
    exact: Cell<bool>,
}

impl Depth {
    /// The depth of an empty container.
    pub(super) fn new() -> Depth {
        Depth { bound: Cell::new(1), exact: Cell::new(true) }
    }

    /// Raises the depth above that of a child.
    pub(super) fn add(&mut self, child: &Value) {
        let Some(depth) = child.depth() else { return };
        if depth.bound.get() >= MAX_NESTING {
            child.measure();
            if depth.bound.get() >= MAX_NESTING {
                meter::stop(LimitExceeded::Nesting);
            }
        }
        *self.bound.get_mut() = self.bound.get().max(depth.bound.get() + 1);
        *self.exact.get_mut() &= depth.exact.get();
    }

    /// Takes into account that a child was removed, which may have been the deepest.
    pub(super) fn remove(&mut self) {
        *self.exact.get_mut() &= self.bound.get() == 1;
    }

    fn measure<'a>(&self, children: impl ExactSizeIterator<Item = &'a Value>) {
        if self.exact.replace(true) {
            return;
        }
        meter::descend();
        meter::work(1 + children.len());
        let depths = children.filter_map(|child| {
            child.measure();
            child.depth().map(|depth| depth.bound.get() + 1)
        });
        self.bound.set(depths.max().unwrap_or(1));
    }
}

impl Value {
    fn depth(&self) -> Option<&Depth> {
        match self {
            Value::Array(array) => Some(array.depth()),
            Value::Object(object) => Some(object.depth()),
            _ => None,
        }
    }

    /// Makes the depth exact, unless it is. What values share is visited once.
    fn measure(&self) {
        match self {
            Value::Array(array) => array.depth().measure(array.iter()),
            Value::Object(object) => object.depth().measure(object.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
}
