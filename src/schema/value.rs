//! Finds parts of a JSON text without parsing the rest.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The member of an object with that name, the last if several have it, or the element of an array at that index.
pub(crate) fn member<'a>(json: &'a str, step: &str) -> Option<&'a str> {
    let mut parser = serde_json::Deserializer::from_str(json);
    parser.deserialize_any(Member(step)).ok()?
}

struct Member<'s>(&'s str);

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<Cow<'_, str>>()? {
            if name == self.0 {
                found = Some(map.next_value::<&RawValue>()?.get());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let Ok(place) = self.0.parse::<usize>() else {
            while elements.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(None);
        };
        let (mut found, mut at) = (None, 0);
        while let Some(element) = elements.next_element::<&RawValue>()? {
            if at == place {
                found = Some(element.get());
            }
            at += 1;
        }
        Ok(found)
    }
}

/// JSON without insignificant whitespace.
pub(crate) fn compact(json: &str) -> Cow<'_, str> {
    if !json.contains([' ', '\t', '\n', '\r']) {
        return Cow::Borrowed(json);
    }
    let (mut quoted, mut escaped) = (false, false);
    let significant = |c: &char| {
        let keep = quoted || !matches!(c, ' ' | '\t' | '\n' | '\r');
        quoted ^= *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        keep
    };
    Cow::Owned(json.chars().filter(significant).collect())
}

#[cfg(test)]
mod tests {
    use super::{compact, member};

    #[test]
    fn a_step_leads_into_objects_and_arrays() {
        let json = r#" {"a": [1.50, {"b c": 1e400}], "e": "x", "a\u00e9": null, "e": "y"} "#;
        assert_eq!(member(json, "a"), Some(r#"[1.50, {"b c": 1e400}]"#));
        assert_eq!(member("[1.50, {}]", "0"), Some("1.50"));
        assert_eq!((member(json, "e"), member(json, "aé")), (Some("\"y\""), Some("null")));
        for (json, step) in [(json, "b"), ("[1]", "1"), ("[1]", "a"), ("[1]", "-1"), ("1e400", "a"), ("\"a\"", "0")] {
            assert_eq!(member(json, step), None, "{step} of {json}");
        }
    }

    #[test]
    fn only_insignificant_whitespace_goes() {
        assert_eq!(compact("{ \"a b\\\" c\\\\\" :\n [ 1 , \"\\\\ \" ] }"), "{\"a b\\\" c\\\\\":[1,\"\\\\ \"]}");
        assert_eq!(compact("[1]"), "[1]");
    }
}
