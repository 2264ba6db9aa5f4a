//! The keys that a line may have.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::values::{Name as KeyName, UNPAIRED, is_null, text};
use crate::guard::json::has_unpaired_surrogate;
use crate::source::error::LineError;

/// A key that a line may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InputKey {
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
    Retry,
    Expect,
    Name,
    Weight,
    At,
    Id,
    Meta,
}

const NAMES: [(&str, InputKey); 20] = [
    ("url", InputKey::Url),
    ("method", InputKey::Method),
    ("params", InputKey::Params),
    ("headers", InputKey::Headers),
    ("json", InputKey::Json),
    ("form", InputKey::Form),
    ("multipart", InputKey::Multipart),
    ("body", InputKey::Body),
    ("body_base64", InputKey::BodyBase64),
    ("body_file", InputKey::BodyFile),
    ("auth", InputKey::Auth),
    ("cookies", InputKey::Cookies),
    ("timeout", InputKey::Timeout),
    ("retry", InputKey::Retry),
    ("expect", InputKey::Expect),
    ("name", InputKey::Name),
    ("weight", InputKey::Weight),
    ("at", InputKey::At),
    ("id", InputKey::Id),
    ("meta", InputKey::Meta),
];

/// The keys that set a body.
const BODIES: [InputKey; 6] =
    [InputKey::Json, InputKey::Form, InputKey::Multipart, InputKey::Body, InputKey::BodyBase64, InputKey::BodyFile];

/// Names from other clients that are too different to be suggested by similarity.
const ALIASES: [(&str, &str); 10] = [
    ("data", "form\" or \"body"),
    ("files", "multipart"),
    ("verb", "method"),
    ("query", "params"),
    ("uri", "url"),
    ("href", "url"),
    ("bearer", "auth"),
    ("group", "name"),
    ("time", "at"),
    ("timestamp", "at"),
];

impl InputKey {
    pub(super) fn name(self) -> &'static str {
        NAMES[self as usize].0
    }

    /// Whether strings in its value are read as text, not copied as they are.
    fn is_read(self) -> bool {
        !matches!(self, InputKey::Id | InputKey::Meta | InputKey::Json)
    }

    /// Turns a reason into an error about this key.
    pub(super) fn error<R: ToString>(self) -> impl FnOnce(R) -> LineError {
        move |reason| LineError::of_key(self.name(), reason)
    }
}

/// A line's values by key, as written.
#[derive(Default)]
pub(super) struct LineObject<'a> {
    values: [Option<&'a RawValue>; NAMES.len()],
    /// The value under the key that is called like the column of URLs.
    url_column: Option<&'a RawValue>,
    /// The first error about a key itself.
    error: Option<LineError>,
}

/// Fills an object from a line, which may have one key of its own: the column of URLs.
struct Fill<'o, 'a, 'c> {
    object: &'o mut LineObject<'a>,
    url_column: Option<&'c str>,
}

impl<'a> LineObject<'a> {
    /// Reads as many keys as possible, even if one of them is wrong.
    pub(super) fn read(&mut self, line: &'a str, url_column: Option<&str>) -> Result<(), LineError> {
        if !line.starts_with('{') {
            return Err(LineError::new("not a JSON object: a list needs one per line"));
        }
        let mut json = serde_json::Deserializer::from_str(line);
        let fill = Fill { object: self, url_column };
        fill.deserialize(&mut json).and_then(|()| json.end()).map_err(|why| not_json(&why))?;
        self.error.take().map_or(Ok(()), Err)
    }

    /// The value of a key. A null counts as absent.
    pub(super) fn get(&self, key: InputKey) -> Option<&'a RawValue> {
        self.values[key as usize].filter(|raw| !is_null(raw))
    }

    /// The value of the column of URLs.
    pub(super) fn url_column(&self) -> Option<&'a RawValue> {
        self.url_column.filter(|raw| !is_null(raw))
    }

    /// The value of a key that must be a string.
    pub(super) fn string(&self, key: InputKey) -> Result<Option<Cow<'a, str>>, LineError> {
        let Some(raw) = self.get(key) else { return Ok(None) };
        text(raw).map(Some).ok_or_else(|| LineError::of_key(key.name(), "must be a string"))
    }

    /// The body, and the key that sets it. A line can have only one.
    pub(super) fn body(&self) -> Result<Option<(InputKey, &'a RawValue)>, LineError> {
        let mut bodies = BODIES.iter().filter_map(|&key| Some((key, self.get(key)?)));
        let first = bodies.next();
        match bodies.next().zip(first) {
            Some(((second, _), (first, _))) => Err(LineError::of_key(
                second.name(),
                format!("conflicts with {:?}: a request has only one body", first.name()),
            )),
            None => Ok(first),
        }
    }
}

impl<'a> DeserializeSeed<'a> for Fill<'_, 'a, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Fill<'_, 'a, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        let LineObject { values, url_column, error } = self.object;
        while let Some(KeyName(name)) = map.next_key()? {
            let is_url_column = self.url_column == Some(&*name);
            let Some(&(_, key)) = NAMES.iter().find(|(known, _)| *known == name) else {
                if is_url_column {
                    *url_column = Some(map.next_value()?);
                } else {
                    error.get_or_insert_with(|| unknown_key(&name, NAMES.iter().map(|(name, _)| *name)));
                    map.next_value::<IgnoredAny>()?;
                }
                continue;
            };
            let value: &RawValue = map.next_value()?;
            if key.is_read() && has_unpaired_surrogate(value.get().as_bytes()) {
                error.get_or_insert_with(|| LineError::of_key(key.name(), UNPAIRED));
            }
            if is_url_column {
                *url_column = Some(value);
            }
            let before = values[key as usize].replace(value);
            if before.is_some() {
                error.get_or_insert_with(|| LineError::of_key(key.name(), "is given twice"));
            }
        }
        Ok(())
    }
}

/// The error for a line that is not JSON. The message of serde_json quotes nothing of the line.
pub(in crate::source) fn not_json(why: &serde_json::Error) -> LineError {
    let text = why.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    LineError::new(format!("not JSON: {reason} at byte {}", why.column()))
}

/// The error for an unknown key, with a suggestion of what was meant.
pub(in crate::source) fn unknown_key(name: &str, known: impl Iterator<Item = &'static str>) -> LineError {
    const MIN_SIMILARITY: f64 = 0.75;
    let alias = ALIASES.iter().find(|(alias, _)| name.eq_ignore_ascii_case(alias)).map(|(_, meant)| *meant);
    let lower = name.to_ascii_lowercase();
    let near =
        known.map(|known| (strsim::jaro_winkler(&lower, known), known)).filter(|(like, _)| *like > MIN_SIMILARITY);
    let meant = alias.or_else(|| near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known));
    let shown: String = name.chars().take(40).collect();
    LineError::of_key(
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
    fn names_are_in_the_order_of_the_enum() {
        assert!(NAMES.iter().enumerate().all(|(n, (_, key))| *key as usize == n));
    }

    #[test]
    fn the_nearest_key_is_suggested() {
        let reason = |name: &str| unknown_key(name, NAMES.iter().map(|(name, _)| *name)).reason;
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
