//! Visits the members of an object one by one, so that none of them is kept.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Calls `visit` with the name and the JSON of each member of `object`. Nested values are skipped without recursion.
pub(super) fn each<'a>(object: &'a str, visit: impl FnMut(&str, &'a str)) -> serde_json::Result<()> {
    serde_json::Deserializer::from_str(object).deserialize_map(Each(visit))
}

struct Each<F>(F);

impl<'de, F: FnMut(&str, &'de str)> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some((name, value)) = members.next_entry::<Cow<'de, str>, &'de RawValue>()? {
            (self.0)(&name, value.get());
        }
        Ok(())
    }
}
