//! A part of a text that knows its place, so that an error can mark it.

use std::ops::Range;

/// A part of a text, and where it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Excerpt<'a> {
    pub(super) text: &'a str,
    at: usize,
}

impl<'a> Excerpt<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Excerpt { text, at: 0 }
    }

    /// Its bytes in the whole text: an empty range where something is missing.
    pub(super) fn range(self) -> Range<usize> {
        self.at..self.at + self.text.len()
    }

    pub(super) fn trim(self) -> Self {
        let text = self.text.trim_start();
        Excerpt { text: text.trim_end(), at: self.at + self.text.len() - text.len() }
    }

    pub(super) fn split_once(self, separator: &str) -> Option<(Self, Self)> {
        let (before, after) = self.text.split_once(separator)?;
        let at = self.at + before.len() + separator.len();
        Some((Excerpt { text: before, at: self.at }, Excerpt { text: after, at }))
    }

    pub(super) fn split(self, separator: &'a str) -> impl Iterator<Item = Self> {
        let mut rest = Some(self);
        std::iter::from_fn(move || {
            let whole = rest.take()?;
            let (first, others) = whole.split_once(separator).map_or((whole, None), |(a, b)| (a, Some(b)));
            rest = others;
            Some(first)
        })
    }
}
