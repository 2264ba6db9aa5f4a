//! Reads the values of a line, borrowing strings that contain no escapes.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::guard::json::has_unpaired_surrogate;
use crate::source::template::TemplateValue;

/// What is wrong with a string that stands for no text.
pub(in crate::source) const UNPAIRED: &str = "contains an unpaired surrogate";

/// The name of a key. Half of a surrogate pair becomes U+FFFD, so that it hides no other key.
pub(in crate::source) struct Name<'a>(pub(in crate::source) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(Name(text(raw).unwrap_or_else(|| Cow::Owned(lossy(raw)))))
    }
}

/// A string as far as it is text.
fn lossy(raw: &RawValue) -> String {
    let bytes = serde_json::from_str::<StringBytes>(raw.get()).map(|bytes| bytes.0).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace("\u{fffd}\u{fffd}\u{fffd}", "\u{fffd}")
}

/// A string with halves of surrogate pairs, each in three bytes that are not UTF-8.
struct StringBytes(Vec<u8>);

impl<'de> Deserialize<'de> for StringBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl Visitor<'_> for Collect {
            type Value = StringBytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<StringBytes, E> {
                Ok(StringBytes(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(Collect)
    }
}

/// The members of an object, in order.
pub(in crate::source) struct Pairs<'a>(pub(in crate::source) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Pairs<'a> {
    /// Those of `raw`, if it is an object.
    pub(in crate::source) fn read(raw: &'a RawValue) -> Option<Self> {
        raw.get().starts_with('{').then(|| serde_json::from_str(raw.get()).ok())?
    }
}

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs<'de>, M::Error> {
                let mut pairs = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

/// One value or a list of values, as text: strings, numbers as written, true and false. Nulls are left out.
pub(in crate::source) struct Strings<'a>(pub(in crate::source) Vec<Cow<'a, str>>);

impl<'a> Strings<'a> {
    /// Those of `raw`, if all have one of these types.
    pub(in crate::source) fn read(raw: &'a RawValue) -> Option<Self> {
        let values = elements(raw);
        let values = values.into_iter().filter(|raw| !is_null(raw)).map(scalar);
        values.collect::<Option<_>>().map(Strings)
    }

    /// The elements of a list that holds only strings.
    pub(in crate::source) fn read_texts(raw: &'a RawValue) -> Option<Vec<Cow<'a, str>>> {
        raw.get().starts_with('[').then(|| elements(raw).into_iter().map(text).collect())?
    }
}

/// The elements of a list, or `raw` itself if it is not a list.
pub(super) fn elements(raw: &RawValue) -> Vec<&RawValue> {
    if !raw.get().starts_with('[') {
        return vec![raw];
    }
    serde_json::from_str(raw.get()).unwrap_or_default()
}

fn scalar(raw: &RawValue) -> Option<Cow<'_, str>> {
    match raw.get().as_bytes().first()? {
        b'"' => text(raw),
        b'{' | b'[' | b'n' => None,
        _ => Some(Cow::Borrowed(raw.get())),
    }
}

/// The text of `raw`, if it is a string.
pub(in crate::source) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(raw.get()).ok().map(Cow::Owned)
}

pub(super) fn is_string(raw: &RawValue) -> bool {
    raw.get().starts_with('"')
}

pub(in crate::source) fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

/// An object whose values fill templates.
pub(in crate::source) struct Object<'a>(Pairs<'a>);

impl<'a> Object<'a> {
    /// `raw`, if it is an object.
    pub(in crate::source) fn read(raw: &'a RawValue) -> Option<Self> {
        Pairs::read(raw).map(Object)
    }

    /// The value of a key.
    pub(in crate::source) fn value(&self, key: &str) -> Option<TemplateValue<'a>> {
        // The last one counts if there are several, as for those who read the record.
        let (_, raw) = self.0.0.iter().rfind(|(name, _)| name == key)?;
        Some(template_value(raw))
    }
}

/// A value, to fill a template.
pub(super) fn template_value(raw: &RawValue) -> TemplateValue<'_> {
    match text(raw) {
        Some(text) => TemplateValue::Text(text),
        None if has_unpaired_surrogate(raw.get().as_bytes()) => TemplateValue::NotText(UNPAIRED),
        None => TemplateValue::Json(raw.get()),
    }
}
