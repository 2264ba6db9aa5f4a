//! The language of filters, for jaq.

use jaq_core::data::HasLut;
use jaq_core::{DataT, Lut};

use super::meter;
use super::regexes::Regexes;
use super::value::Value;

/// The language of filters, for jaq.
pub(super) struct Language;

impl DataT for Language {
    type V<'a> = Value;
    type Data<'a> = Context<'a>;
}

/// Estimated size of an open iterator in bytes: its context and boxed state.
const ITERATOR: usize = 256;

/// What a filter refers to while it is evaluated. Each open iterator has a clone of it, and is counted by that.
pub(super) struct Context<'a> {
    lut: &'a Lut<Language>,
    pub(super) regexes: &'a Regexes<'a>,
}

impl<'a> Context<'a> {
    pub(super) fn new(lut: &'a Lut<Language>, regexes: &'a Regexes<'a>) -> Self {
        meter::charge(ITERATOR);
        Context { lut, regexes }
    }
}

impl Clone for Context<'_> {
    fn clone(&self) -> Self {
        meter::charge(ITERATOR);
        Context { ..*self }
    }
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        meter::release(ITERATOR);
    }
}

/// Every evaluation of a term starts with a lookup, so this is where steps are counted.
impl<'a> HasLut<'a, Language> for Context<'a> {
    fn lut(&self) -> &'a Lut<Language> {
        meter::step();
        self.lut
    }
}
