//! The file beside the records.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{lags, merging::runs};
use crate::report::RunFacts;
use crate::report::load::{LoadFacts, RunFile, read, write};

fn file(load: LoadFacts) -> RunFile {
    let started_at = "2027-01-15T08:00:00.000Z".to_owned();
    let run = RunFacts { version: "0.1.0", started_at, wall_s: 10.123_456, load: Some(load), ..RunFacts::default() };
    RunFile::of(&run).unwrap()
}

fn written(file: &RunFile) -> Vec<u8> {
    let mut text = Vec::new();
    write(&mut text, file).unwrap();
    text
}

/// The file as JSON, in which a value was replaced, or removed.
fn refused(pointer: &str, value: Option<Value>) -> String {
    let mut json: Value = serde_json::from_slice(&written(&file(lags(&[5, 7])))).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match (json.pointer_mut(parent).unwrap(), value) {
        (Value::Array(list), Some(value)) => list[key.parse::<usize>().unwrap()] = value,
        (Value::Object(object), Some(value)) => {
            object.insert(key.to_owned(), value);
        }
        (Value::Object(object), None) => {
            object.remove(key).unwrap();
        }
        _ => unreachable!(),
    }
    read(json.to_string().as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_list_has_no_such_file() {
    assert_eq!(RunFile::of(&RunFacts::default()), None);
}

#[test]
fn a_damaged_file_says_where() {
    insta::assert_snapshot!(refused("/load/asked", Some(json!("2"))), @"");
    insta::assert_snapshot!(refused("/load/asked", Some(json!(3))), @"");
    insta::assert_snapshot!(refused("/load/lag", None), @"");
    insta::assert_snapshot!(refused("/load/waits/output", Some(json!(1_000_001))), @"");
    insta::assert_snapshot!(refused("/load/series/seconds/0/1", Some(json!({"asked": 1}))), @"");
    insta::assert_snapshot!(refused("/load/series/width_s", Some(json!(3))), @"");
    insta::assert_snapshot!(refused("/load/lag/spread", Some(json!(null))), @"");
    insta::assert_snapshot!(refused("/load/due", Some(json!([[2, 1]]))), @"");
    insta::assert_snapshot!(refused("/load/model", Some(json!("sine"))), @"");
    insta::assert_snapshot!(refused("/started_at", None), @"");
    insta::assert_snapshot!(refused("/schema", Some(json!(2))), @"");
    insta::assert_snapshot!(refused("/schema", None), @"");
}

#[test]
fn a_foreign_file_is_named_as_such() {
    let of = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
    insta::assert_snapshot!(of(""), @"");
    insta::assert_snapshot!(of("seq,url\n"), @"");
    insta::assert_snapshot!(of("[]"), @"");
    insta::assert_snapshot!(of(r#"{"schema":1,"run":null,"totals":{}}"#), @"");
    insta::assert_snapshot!(of(r#"{"format":"har","schema":1}"#), @"");
    let torn = written(&file(lags(&[5, 7])));
    insta::assert_snapshot!(read(&torn[..60]).unwrap_err(), @"");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_file_reads_back_equal(load in runs()) {
        let file = file(load);
        prop_assert_eq!(read(&written(&file)[..]).unwrap(), file);
    }

    #[test]
    fn a_flipped_byte_gives_no_panic(load in runs(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut text = written(&file(load));
        let at = at.index(text.len());
        text[at] = byte;
        if let Ok(run) = read(&text[..]) {
            let mut sum = run.load.clone();
            sum.merge(&run.load);
            sum.asked_rate();
        }
    }
}
