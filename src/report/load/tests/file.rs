//! The file beside the records.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{lags, merging::runs};
use crate::report::load::{Coverage, LoadFacts, RunFile, read, write};
use crate::report::{Report, RunFacts, json};

fn file(load: LoadFacts) -> RunFile {
    let started_at = "2027-01-15T08:00:00.000Z".to_owned();
    let run =
        RunFacts { version: "0.1.0".into(), started_at, wall_s: 10.123_456, load: Some(load), ..RunFacts::default() };
    RunFile::of(&run).unwrap()
}

fn written(file: &RunFile) -> Vec<u8> {
    let mut text = Vec::new();
    write(&mut text, file).unwrap();
    text
}

/// The document of a report of a probe without records.
fn document(load: &LoadFacts) -> Vec<u8> {
    let run = RunFacts { load: Some(load.clone()), ..RunFacts::default() };
    let mut document = Vec::new();
    json::write(&mut document, &Report::default(), &run).unwrap();
    document
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
    let error = read(json.to_string().as_bytes()).unwrap_err().to_string();
    error.split(" at line 1 column").next().unwrap().to_owned()
}

#[test]
fn a_list_has_no_such_file() {
    assert_eq!(RunFile::of(&RunFacts::default()), None);
}

#[test]
fn a_damaged_file_says_where() {
    insta::assert_snapshot!(refused("/load/asked", Some(json!("2"))), @r#"damaged: `load.asked`: invalid type: string "2", expected u64"#);
    insta::assert_snapshot!(refused("/load/asked", Some(json!(3))), @"damaged: `load.asked`: not the sum of `started` and `missed`");
    insta::assert_snapshot!(refused("/load/lag", None), @"damaged: `load`: missing field `lag`");
    insta::assert_snapshot!(refused("/load/waits/output", Some(json!(1_000_001))), @"damaged: `load.waits.output`: a share above 1000000 millionths");
    insta::assert_snapshot!(refused("/load/series/seconds/0/1", Some(json!({"asked": 1}))), @"damaged: `load.series.seconds[0][1]`: missing field `started`");
    insta::assert_snapshot!(refused("/load/series/width_s", Some(json!(3))), @"damaged: `load.series`: an invalid width of intervals");
    insta::assert_snapshot!(refused("/load/lag/spread", Some(json!(null))), @"damaged: `load.lag`: latency buckets do not add up");
    insta::assert_snapshot!(refused("/load/due", Some(json!([[2, 1]]))), @"damaged: `load.due`: spans of time that overlap or are out of order");
    insta::assert_snapshot!(refused("/load/model", Some(json!("sine"))), @"damaged: `load.model`: unknown variant `sine`, expected one of `constant`, `poisson`, `replay`, `closed`, `mixed`");
    insta::assert_snapshot!(refused("/started_at", None), @"damaged: missing field `started_at`");
    insta::assert_snapshot!(refused("/schema", Some(json!(2))), @"`schema` is 2, but this version of haul reads only 1");
    insta::assert_snapshot!(refused("/schema", None), @"damaged: `schema`: missing");
}

#[test]
fn a_foreign_file_is_named_as_such() {
    let of = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
    insta::assert_snapshot!(of(""), @"not a file that a probe writes beside its records: not JSON: EOF while parsing a value at line 1 column 0");
    insta::assert_snapshot!(of("seq,url\n"), @"not a file that a probe writes beside its records: not JSON: expected value at line 1 column 1");
    insta::assert_snapshot!(of("[]"), @"not a file that a probe writes beside its records: `format` is missing");
    insta::assert_snapshot!(of(r#"{"schema":1,"run":null,"totals":{}}"#), @"not a file that a probe writes beside its records: `format` is missing");
    insta::assert_snapshot!(of(r#"{"format":"har","schema":1}"#), @r#"not a file that a probe writes beside its records: `format` is "har""#);
    let torn = written(&file(lags(&[5, 7])));
    insta::assert_snapshot!(read(&torn[..60]).unwrap_err(), @"not a file that a probe writes beside its records: not JSON: EOF while parsing a string at line 1 column 60");
}

#[test]
fn the_number_of_records_tells_how_many_of_a_run_they_are() {
    let run = file(lags(&[5, 7, 9]));
    let of = |run: &RunFile, records: &[u64]| -> String {
        records.iter().map(|records| format!("{:?} ", run.coverage(*records, 0))).collect()
    };
    assert_eq!(of(&run, &[2, 3, 4]), "Foreign Complete Foreign ");
    assert_eq!(run.coverage(2, 1), Coverage::Partial, "a line was not readable");
    let filtered = RunFile { left_out: 2, ..run.clone() };
    assert_eq!(of(&filtered, &[0, 1, 3]), "Foreign Partial Complete ");
    assert_eq!(read(&written(&filtered)[..]).unwrap(), filtered);
    let load = LoadFacts { peak_in_flight: 1, ..run.load.clone() };
    let interrupted = RunFile { interrupted: true, load, ..run.clone() };
    assert_eq!(of(&interrupted, &[1, 2]), "Foreign Complete ");
    let mut both = run.clone();
    both.merge(&filtered);
    assert_eq!(of(&both, &[3, 4, 6, 7]), "Foreign Partial Complete Foreign ");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_file_reads_back_equal(load in runs()) {
        let file = file(load);
        prop_assert_eq!(read(&written(&file)[..]).unwrap(), file);
    }

    #[test]
    fn a_document_reads_back_equal(load in runs()) {
        let document = document(&load);
        prop_assert_eq!(json::read_whole(&document[..]).unwrap().run.unwrap().load, Some(load));
    }

    #[test]
    fn a_document_with_a_flipped_byte_gives_no_panic(
        load in runs(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut document = document(&load);
        let at = at.index(document.len());
        document[at] = byte;
        if let Ok(read) = json::read_whole(&document[..]) {
            let mut sum = load;
            sum.merge(&read.run.and_then(|run| run.load).unwrap_or_default());
            read.report.verdict(&sum);
            sum.asked_rate();
        }
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
