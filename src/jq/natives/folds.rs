//! What folds do with several outputs of their update.

use std::iter::once;

use jaq_core::box_iter::BoxIter;
use jaq_core::native::Fun;
use jaq_core::{Native, ValX};

use super::super::language::Language;
use super::super::value::Value;
use super::{Closure, filter_argument};

/// The name of a filter with the last output of its argument; null if there is none.
pub(in crate::jq) const LAST_OR_NULL: &str = "_last_or_null";

pub(super) fn last_or_null() -> Fun<Language> {
    let native = Native::new(|mut cv| {
        let last = last(Closure::pop(&mut cv.0).run(cv.1));
        Box::new(once(last.map(Option::unwrap_or_default)))
    })
    .with_paths(|mut cv| {
        let Closure { term, context } = Closure::pop(&mut cv.0);
        Box::new(last(term.paths((context, cv.1))).transpose().into_iter())
    });
    (LAST_OR_NULL, filter_argument(), native)
}

/// The last output. Earlier ones are dropped as they come.
fn last<'a, T>(mut outputs: BoxIter<'a, ValX<'a, T, Value>>) -> ValX<'a, Option<T>, Value> {
    outputs.try_fold(None, |_, output| output.map(Some))
}
