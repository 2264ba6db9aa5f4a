//! Strings: short ones within the value, longer ones shared.

use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

use super::super::meter;

/// The longest string kept within a value, in bytes.
pub(super) const MAX_SHORT: usize = 14;

/// A short string, or the digits of a short number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::jq) struct InlineStr {
    len: u8,
    bytes: [u8; MAX_SHORT],
}

impl InlineStr {
    pub(super) fn new(text: &str) -> Option<InlineStr> {
        let mut bytes = [0; MAX_SHORT];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(InlineStr { len: text.len() as u8, bytes })
    }

    pub(in crate::jq) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl Deref for InlineStr {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("made from a string")
    }
}

/// A string whose memory is counted. It grows in place while nobody shares it.
#[derive(Default)]
pub(in crate::jq) struct Text(String);

/// The counters and the `String` in a shared allocation.
const HEADER: usize = meter::block(40);

impl Text {
    pub(in crate::jq) fn with_capacity(bytes: usize) -> Text {
        meter::charge(HEADER.saturating_add(meter::block(bytes)));
        Text(String::with_capacity(bytes))
    }

    pub(in crate::jq) fn new(text: &str) -> Text {
        let mut new = Text::with_capacity(text.len());
        new.0.push_str(text);
        new
    }

    /// Makes room for more bytes, with some to spare if the text has grown before.
    pub(in crate::jq) fn reserve(&mut self, more: usize) {
        let (len, old) = (self.0.len(), self.0.capacity());
        let Some(least) = len.checked_add(more) else { meter::stop(meter::LimitExceeded::Memory) };
        if least > old {
            let new = least.max(old + old / 2);
            meter::charge(meter::block(new)); // until the old block is copied, both are there
            self.0.reserve_exact(new - len);
            meter::release(meter::block(old));
        }
    }

    pub(in crate::jq) fn push_str(&mut self, text: &str) {
        self.reserve(text.len());
        meter::work(text.len() / 64);
        self.0.push_str(text);
    }

    pub(in crate::jq) fn push(&mut self, c: char) {
        self.push_str(c.encode_utf8(&mut [0; 4]));
    }

    /// Changes the text without changing its length.
    pub(in crate::jq) fn change(&mut self, change: fn(&mut str)) {
        change(&mut self.0);
    }

    /// Takes the string out, and stops counting its memory.
    pub(in crate::jq) fn into_string(mut self) -> String {
        meter::release(meter::block(self.0.capacity()));
        std::mem::take(&mut self.0)
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        meter::release(HEADER + meter::block(self.0.capacity()));
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A key of an object.
#[derive(Clone)]
pub(in crate::jq) enum Key {
    Short(InlineStr),
    Text(Rc<Text>),
}

impl Key {
    /// Whether the key takes no memory of its own.
    pub(super) fn is_short(text: &str) -> bool {
        text.len() <= MAX_SHORT
    }

    pub(in crate::jq) fn new(text: &str) -> Key {
        InlineStr::new(text).map_or_else(|| Key::Text(Rc::new(Text::new(text))), Key::Short)
    }

    pub(in crate::jq) fn as_bytes(&self) -> &[u8] {
        match self {
            Key::Short(short) => short.as_bytes(),
            Key::Text(text) => text.as_bytes(),
        }
    }
}

impl Deref for Key {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Key::Short(short) => short,
            Key::Text(text) => text,
        }
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        match (self, other) {
            (Key::Short(one), Key::Short(other)) => one == other,
            (Key::Text(one), Key::Text(other)) => Rc::ptr_eq(one, other) || one.as_bytes() == other.as_bytes(),
            _ => false,
        }
    }
}
