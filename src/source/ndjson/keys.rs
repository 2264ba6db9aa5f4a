//! The keys of a line.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::values::{Name, is_null, text};
use crate::source::base::Flaw;

/// What a line can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Url,
    Method,
    Params,
    Headers,
    Json,
    Form,
    Multipart,
    Body,
    BodyBase64,
    BodyFile,
    Auth,
    Cookies,
    Timeout,
    Id,
    Meta,
}

const NAMED: [(&str, Key); 15] = [
    ("url", Key::Url),
    ("method", Key::Method),
    ("params", Key::Params),
    ("headers", Key::Headers),
    ("json", Key::Json),
    ("form", Key::Form),
    ("multipart", Key::Multipart),
    ("body", Key::Body),
    ("body_base64", Key::BodyBase64),
    ("body_file", Key::BodyFile),
    ("auth", Key::Auth),
    ("cookies", Key::Cookies),
    ("timeout", Key::Timeout),
    ("id", Key::Id),
    ("meta", Key::Meta),
];

/// The keys that are a body.
const BODIES: [Key; 6] = [Key::Json, Key::Form, Key::Multipart, Key::Body, Key::BodyBase64, Key::BodyFile];

/// What other clients call it, where that is not near enough to be found by its letters.
const ALIASES: [(&str, &str); 7] = [
    ("data", "form\" or \"body"),
    ("files", "multipart"),
    ("verb", "method"),
    ("query", "params"),
    ("uri", "url"),
    ("href", "url"),
    ("bearer", "auth"),
];

impl Key {
    fn name(self) -> &'static str {
        NAMED[self as usize].0
    }

    /// Says that a reason is about this key.
    pub(super) fn is_wrong<R: ToString>(self) -> impl FnOnce(R) -> Flaw {
        move |reason| Flaw::at(self.name(), reason)
    }
}

/// A line's values by key, as they are written.
#[derive(Default)]
pub(super) struct Keys<'a> {
    values: [Option<&'a RawValue>; NAMED.len()],
    /// The first thing wrong with a key itself.
    flaw: Option<Flaw>,
}

impl<'a> Keys<'a> {
    /// Reads all keys that it can, whatever is wrong with one of them.
    pub(super) fn read(&mut self, line: &'a str) -> Result<(), Flaw> {
        if !line.starts_with('{') {
            return Err(Flaw::new("not a JSON object: a list needs one per line"));
        }
        let mut json = serde_json::Deserializer::from_str(line);
        (&mut *self).deserialize(&mut json).and_then(|()| json.end()).map_err(|why| not_json(&why))?;
        self.flaw.take().map_or(Ok(()), Err)
    }

    /// The value of a key; null is as if it were not there.
    pub(super) fn get(&self, key: Key) -> Option<&'a RawValue> {
        self.values[key as usize].filter(|raw| !is_null(raw))
    }

    /// The text of a key.
    pub(super) fn string(&self, key: Key) -> Result<Option<Cow<'a, str>>, Flaw> {
        let Some(raw) = self.get(key) else { return Ok(None) };
        text(raw).map(Some).ok_or_else(|| Flaw::at(key.name(), "must be a string"))
    }

    /// The body, of which there may be one.
    pub(super) fn body(&self) -> Result<Option<(Key, &'a RawValue)>, Flaw> {
        let mut bodies = BODIES.iter().filter_map(|&key| Some((key, self.get(key)?)));
        let first = bodies.next();
        match bodies.next().zip(first) {
            Some(((second, _), (first, _))) => {
                Err(Flaw::at(second.name(), format!("conflicts with {:?}: a request has only one body", first.name())))
            }
            None => Ok(first),
        }
    }
}

impl<'a> DeserializeSeed<'a> for &mut Keys<'a> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for &mut Keys<'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(Name(name)) = map.next_key()? {
            let Some(&(_, key)) = NAMED.iter().find(|(known, _)| *known == name) else {
                self.flaw.get_or_insert_with(|| unknown(&name, NAMED.iter().map(|(name, _)| *name)));
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let before = self.values[key as usize].replace(map.next_value()?);
            if before.is_some() {
                self.flaw.get_or_insert_with(|| Flaw::at(key.name(), "is given twice"));
            }
        }
        Ok(())
    }
}

/// What is said of JSON that is none. The parser's words have a place in them and nothing of the line.
pub(in crate::source) fn not_json(why: &serde_json::Error) -> Flaw {
    let text = why.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    Flaw::new(format!("not JSON: {reason} at byte {}", why.column()))
}

/// What is said of a key that is none, and which may have been meant.
pub(in crate::source) fn unknown(name: &str, known: impl Iterator<Item = &'static str>) -> Flaw {
    const LIKE: f64 = 0.75;
    let alias = ALIASES.iter().find(|(alias, _)| name.eq_ignore_ascii_case(alias)).map(|(_, meant)| *meant);
    let lower = name.to_ascii_lowercase();
    let near = known.map(|known| (strsim::jaro_winkler(&lower, known), known)).filter(|(like, _)| *like > LIKE);
    let meant = alias.or_else(|| near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known));
    let shown: String = name.chars().take(40).collect();
    Flaw::at(
        shown.escape_debug().to_string(),
        match meant {
            Some(meant) => format!("unknown key; did you mean \"{meant}\"?"),
            None => "unknown key; put data for the record under \"meta\"".to_owned(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_where_their_numbers_say() {
        assert!(NAMED.iter().enumerate().all(|(n, (_, key))| *key as usize == n));
    }

    #[test]
    fn the_nearest_key_is_suggested() {
        let reason = |name: &str| unknown(name, NAMED.iter().map(|(name, _)| *name)).reason;
        for (name, meant) in [
            ("header", "\"headers\""),
            ("URL", "\"url\""),
            ("bodyfile", "\"body_file\""),
            ("cookie", "\"cookies\""),
            ("data", "\"form\" or \"body\""),
            ("files", "\"multipart\""),
            ("time_out", "\"timeout\""),
        ] {
            assert!(reason(name).contains(&format!("did you mean {meant}?")), "{name}: {}", reason(name));
        }
        assert!(reason("xyzzy").contains("\"meta\""));
    }
}
