//! Parts of a record, by name: `status_code`, `error.kind`, `headers.etag`, `json.items.0.name`.

use std::fmt;
use std::str::FromStr;

use crate::record::KEYS;

/// A key of the record, or what a path leads to below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    name: String,
    key: &'static str,
    path: Vec<String>,
}

/// Why a text names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The record has no such key.
    #[error("unknown record key {0:?}{hint}", hint = Hint(.1))]
    Unknown(String, Option<&'static str>),
    /// The value of the key has no parts, or others.
    #[error("{0} has no field {1:?}{hint}", hint = Parts(.2))]
    NoPart(&'static str, String, &'static [&'static str]),
    /// The path has a step without a name.
    #[error("{0:?} is not a field of a record: write it like error.kind")]
    Malformed(String),
    /// It stands in the list already.
    #[error("{0} is given twice")]
    Twice(String),
}

impl Field {
    /// As it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key of the record that it is, or is a part of.
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// The way from the key's value on: names of members, ordinals of elements.
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// Reads a list of different fields, with commas between them.
    ///
    /// # Errors
    /// One of them is none, or there twice.
    pub fn list(text: &str) -> Result<Vec<Field>, FieldError> {
        let mut fields: Vec<Field> = Vec::new();
        for name in text.split(',') {
            let field: Field = name.trim().parse()?;
            if fields.iter().any(|other| other.key == field.key && other.path == field.path) {
                return Err(FieldError::Twice(field.name));
            }
            fields.push(field);
        }
        Ok(fields)
    }
}

impl FromStr for Field {
    type Err = FieldError;

    fn from_str(name: &str) -> Result<Self, FieldError> {
        let mut steps = name.split('.');
        let first = steps.next().unwrap_or_default();
        let mut path: Vec<String> = steps.map(str::to_owned).collect();
        if first.is_empty() || path.iter().any(String::is_empty) {
            return Err(FieldError::Malformed(name.to_owned()));
        }
        let key = KEYS.into_iter().find(|key| *key == first);
        let key = key.ok_or_else(|| FieldError::Unknown(first.to_owned(), nearest(first)))?;
        if key == "headers" {
            path.iter_mut().for_each(|step| step.make_ascii_lowercase());
        }
        let known = parts(key);
        if let Some(step) = path.first().filter(|step| known.is_some_and(|known| !known.contains(&step.as_str()))) {
            return Err(FieldError::NoPart(key, step.clone(), known.unwrap_or_default()));
        }
        Ok(Field { name: name.to_owned(), key, path })
    }
}

/// The parts that the value of a key has, if those are always the same.
fn parts(key: &str) -> Option<&'static [&'static str]> {
    match key {
        "meta" | "retries" | "redirects" | "headers" | "json" | "item" | "extract" => None,
        "error" => Some(&["kind", "message", "phase"]),
        "timings_ms" => Some(&["queue", "dns", "connect", "wait", "receive", "total"]),
        _ => Some(&[]),
    }
}

/// The key that may have been meant.
fn nearest(name: &str) -> Option<&'static str> {
    /// Below this it would be a guess.
    const ALIKE: f64 = 0.8;
    let alike = |key: &str| strsim::jaro_winkler(name, key);
    KEYS.into_iter().max_by(|a, b| alike(a).total_cmp(&alike(b))).filter(|key| alike(key) > ALIKE)
}

struct Hint<'a>(&'a Option<&'static str>);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(key) => write!(f, "; did you mean {key}?"),
            None => write!(f, "; keys are {}", KEYS.join(", ")),
        }
    }
}

struct Parts<'a>(&'a [&'static str]);

impl fmt::Display for Parts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { write!(f, "; it is one value") } else { write!(f, "; it has {}", self.0.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::Field;

    #[test]
    fn fields_are_keys_or_paths_below_them() {
        let fields = Field::list("seq, error.kind,headers.ETag,json.items.0.name").unwrap();
        let read: Vec<_> = fields.iter().map(|field| (field.name(), field.key(), field.path().join("/"))).collect();
        let expected = [
            ("seq", "seq", ""),
            ("error.kind", "error", "kind"),
            ("headers.ETag", "headers", "etag"),
            ("json.items.0.name", "json", "items/0/name"),
        ];
        assert_eq!(read, expected.map(|(name, key, path)| (name, key, path.to_owned())));
    }

    #[test]
    fn what_is_no_field_is_named_with_a_way_out() {
        for (text, message) in [
            ("seq,statuscode", "unknown record key \"statuscode\"; did you mean status_code?"),
            ("timing_ms.total", "unknown record key \"timing_ms\"; did you mean timings_ms?"),
            ("error.knd", "error has no field \"knd\"; it has kind, message, phase"),
            ("url.host", "url has no field \"host\"; it is one value"),
            ("", "\"\" is not a field of a record: write it like error.kind"),
            ("seq,", "\"\" is not a field of a record: write it like error.kind"),
            ("json..a", "\"json..a\" is not a field of a record: write it like error.kind"),
            ("seq,url,seq", "seq is given twice"),
            ("headers.etag,headers.ETag", "headers.ETag is given twice"),
        ] {
            assert_eq!(Field::list(text).unwrap_err().to_string(), message);
        }
        let message = Field::list("xyz").unwrap_err().to_string();
        assert!(message.starts_with("unknown record key \"xyz\"; keys are seq, id, "), "{message}");
    }
}
