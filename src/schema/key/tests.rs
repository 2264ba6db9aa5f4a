use std::collections::BTreeSet;
use std::time::SystemTime;

use serde_json::Value;

use super::{Key, KeyParts, KeySet};
use crate::model::{Attempt, ErrorKind, Failure, Job, Record};
use crate::schema::Output;
use crate::schema::field::Field;
use crate::schema::render::render;

const GUIDE: &str = include_str!("../../../docs/record.md");
const SCHEMA: &str = include_str!("../../../docs/record.schema.json");

fn names() -> Vec<&'static str> {
    Key::ALL.iter().map(|key| key.name()).collect()
}

fn always_present() -> BTreeSet<&'static str> {
    Key::ALL.iter().filter(|key| key.is_always_present()).map(|key| key.name()).collect()
}

/// The cells of the first table's rows that begin with a key.
fn guide() -> Vec<Vec<&'static str>> {
    let rows = GUIDE.lines().skip_while(|line| !line.starts_with("| `")).take_while(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn names_lead_back_to_their_keys() {
    for &key in Key::ALL {
        assert_eq!(Key::from_name(key.name()), Some(key));
    }
    assert_eq!(Key::ALL.iter().copied().collect::<KeySet>().0.count_ones() as usize, Key::ALL.len());
}

#[test]
fn the_guide_has_every_key_in_order() {
    let guide = guide();
    assert_eq!(guide.iter().map(|row| row[0].trim_matches('`')).collect::<Vec<_>>(), names());
    let always: BTreeSet<_> =
        guide.iter().filter(|row| row[3] == "always").map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(always, always_present());
}

/// The order is that of the lines, since serde_json sorts the keys of a value.
#[test]
fn the_json_schema_has_every_key_in_order() {
    let lines = SCHEMA.lines().skip_while(|line| *line != "  \"properties\": {").take_while(|line| *line != "  },");
    let keys: Vec<_> = lines.filter_map(|line| line.strip_prefix("    \"")?.strip_suffix("\": {")).collect();
    assert_eq!(keys, names());

    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let required = schema["required"].as_array().unwrap();
    assert_eq!(required.iter().map(|key| key.as_str().unwrap()).collect::<BTreeSet<_>>(), always_present());
    for &key in Key::ALL {
        let described = schema["properties"][key.name()]["properties"].as_object();
        let parts = described.map(|parts| parts.keys().map(String::as_str).collect::<BTreeSet<_>>());
        match key.parts() {
            KeyParts::Only(known) => assert_eq!(parts.unwrap_or_default(), known.iter().copied().collect(), "{key}"),
            KeyParts::Any => assert_eq!(parts, None, "{key}"),
        }
    }
}

/// With a verbose line, every key is there; whatever kind the record is.
#[test]
fn objects_have_the_parts_of_the_table() {
    let failure = Failure::new(ErrorKind::Dns, "no address");
    let attempt = Box::new(Attempt::failed(SystemTime::UNIX_EPOCH, failure));
    let job = Box::new(Job::new(0, "http://a.example/".parse().unwrap(), Default::default()));
    let mut line = Vec::new();
    render(&Record::Settled { job, attempt }, &Output { verbose: true, ..Output::default() }, &mut line);
    let record: Value = serde_json::from_slice(&line).unwrap();
    for &key in Key::ALL {
        match (key.parts(), record[key.name()].as_object()) {
            (KeyParts::Only(known), Some(object)) => {
                assert_eq!(object.keys().map(String::as_str).collect::<BTreeSet<_>>(), known.iter().copied().collect());
            }
            (KeyParts::Only(known), None) => assert_eq!(known, [""; 0], "{key}"),
            (KeyParts::Any, _) => {}
        }
    }
    assert_eq!(record.as_object().unwrap().len(), Key::ALL.len());
}

#[test]
fn default_columns_are_fields() {
    let columns: Vec<_> =
        Key::default_columns().into_iter().map(|(key, column)| Field::of_column(key, column)).collect();
    let names: Vec<_> = columns.iter().map(Field::name).collect();
    assert_eq!(Field::list(&names.join(",")).unwrap(), columns);
}
