//! Parts of a record, by name: `status_code`, `error.kind`, `headers.etag`, `json.items.0.name`.

use std::fmt;
use std::str::FromStr;

use super::key::{Column, Key, KeyParts};

/// A key of the record, or a path below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    name: String,
    key: Key,
    path: Vec<String>,
}

/// Why a text is not a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The record has no such key.
    #[error("unknown record key {0:?}{hint}", hint = KeyHint(.1))]
    Unknown(String, Option<&'static str>),
    /// The value of the key has no such part.
    #[error("{0} has no field {1:?}{hint}", hint = PartsHint(.2))]
    NoPart(&'static str, String, &'static [&'static str]),
    /// A step of the path is empty.
    #[error("{0:?} is not a field of a record: write it like error.kind")]
    Malformed(String),
    /// The list has the field already.
    #[error("{0} is given twice")]
    Twice(String),
}

impl Field {
    /// The name as the user wrote it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key whose value it is, or is a part of.
    pub(crate) fn key(&self) -> Key {
        self.key
    }

    /// The way from the key's value on: names of members, indices of elements.
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// The field that a default column shows.
    pub(super) fn of_column(key: Key, column: Column) -> Self {
        match column.part {
            "" => Field { name: key.name().to_owned(), key, path: Vec::new() },
            part => Field { name: format!("{key}.{part}"), key, path: vec![part.to_owned()] },
        }
    }

    /// Reads a list of fields, with commas between them.
    ///
    /// # Errors
    /// A name is not a field, or the list has it twice.
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
        let key = Key::from_name(first).ok_or_else(|| FieldError::Unknown(first.to_owned(), nearest(first)))?;
        if key == Key::Headers {
            path.iter_mut().for_each(|step| step.make_ascii_lowercase());
        }
        match (key.parts(), path.first()) {
            (KeyParts::Only(known), Some(step)) if !known.contains(&step.as_str()) => {
                Err(FieldError::NoPart(key.name(), step.clone(), known))
            }
            _ => Ok(Field { name: name.to_owned(), key, path }),
        }
    }
}

/// The key that may have been meant.
fn nearest(name: &str) -> Option<&'static str> {
    /// Below this it would be a guess.
    const ALIKE: f64 = 0.8;
    let alike = |key: &str| strsim::jaro_winkler(name, key);
    names().max_by(|a, b| alike(a).total_cmp(&alike(b))).filter(|key| alike(key) > ALIKE)
}

fn names() -> impl Iterator<Item = &'static str> {
    Key::ALL.iter().map(|key| key.name())
}

struct KeyHint<'a>(&'a Option<&'static str>);

impl fmt::Display for KeyHint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(key) => write!(f, "; did you mean {key}?"),
            None => write!(f, "; keys are {}", names().collect::<Vec<_>>().join(", ")),
        }
    }
}

struct PartsHint<'a>(&'a [&'static str]);

impl fmt::Display for PartsHint<'_> {
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
        let read: Vec<_> =
            fields.iter().map(|field| (field.name(), field.key().name(), field.path().join("/"))).collect();
        let expected = [
            ("seq", "seq", ""),
            ("error.kind", "error", "kind"),
            ("headers.ETag", "headers", "etag"),
            ("json.items.0.name", "json", "items/0/name"),
        ];
        assert_eq!(read, expected.map(|(name, key, path)| (name, key, path.to_owned())));
    }

    #[test]
    fn an_unknown_field_is_refused_with_a_hint() {
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
