//! Records, held against their schema.

use std::fmt;
use std::ops::Deref;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

pub(crate) const SCHEMA: &str = include_str!("../../docs/record.schema.json");

/// Whole lines, each a record of the schema, in the order of the inputs.
pub(crate) fn records(lines: &str) -> Vec<Record> {
    assert!(lines.ends_with('\n'), "the last line is cut: {lines}");
    let mut records: Vec<_> = lines.lines().map(Record::parse).collect();
    let key = |record: &Record| (record["seq"].as_u64(), record["page"].as_u64());
    records.sort_by_key(|record| key(record).0); // pages come in order
    assert!(records.is_sorted_by(|a, b| key(a) < key(b)), "an input has two records of a page, or they are mixed up");
    records
}

/// A record: JSON to look into, and the text of its fields.
pub(crate) struct Record {
    value: Value,
    fields: Fields,
}

impl Record {
    pub(crate) fn parse(line: &str) -> Self {
        static VALIDATOR: LazyLock<Validator> =
            LazyLock::new(|| jsonschema::draft202012::new(&serde_json::from_str(SCHEMA).unwrap()).unwrap());
        assert!(!line.contains(|c: char| c < ' '), "{line:?}");
        let fields: Fields = serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
        let json = |text: &RawValue| serde_json::from_str(text.get()).unwrap_or(Value::Null); // serde has no 1e400
        let value = fields.0.iter().map(|(key, text)| (key.clone(), json(text))).collect();
        if let Err(why) = VALIDATOR.validate(&value) {
            panic!("{why} at {} of {line}", why.instance_path());
        }
        Record { value, fields }
    }

    pub(crate) fn keys(&self) -> Vec<&str> {
        self.fields.0.iter().map(|(key, _)| key.as_str()).collect()
    }

    /// A field as it is written.
    pub(crate) fn text(&self, key: &str) -> &str {
        let field = self.fields.0.iter().find(|(name, _)| name == key);
        field.map_or("", |(_, text)| text.get())
    }

    pub(crate) fn kind(&self) -> &str {
        self["error"]["kind"].as_str().unwrap_or("none")
    }
}

impl Deref for Record {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value)
    }
}

/// An object's fields in their order and as they are written.
struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                std::iter::from_fn(|| map.next_entry().transpose()).collect::<Result<_, _>>().map(Fields)
            }
        }

        deserializer.deserialize_map(Object)
    }
}
