//! A report that is written and read back: in a checkpoint, and as a document.

use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer, V2Serializer};
use http::StatusCode;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::merging::{document, fold, inputs, merged, shown};
use crate::model::ErrorKind;
use crate::report::*;

/// Every number in a document, at any depth.
fn numbers_in<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    match value {
        Value::Number(_) => found.push(value),
        Value::Array(items) => items.iter_mut().for_each(|item| numbers_in(item, found)),
        Value::Object(fields) => fields.values_mut().for_each(|field| numbers_in(field, found)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_stored_comes_back_and_goes_on(a in inputs(60), b in inputs(60)) {
        let report = fold(&a);
        let mut restored: Report = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
        prop_assert_eq!(&restored, &report);
        restored.merge(&fold(&b));
        prop_assert_eq!(restored, fold(a.iter().chain(&b)));
    }

    #[test]
    fn a_document_reads_back_equal(a in inputs(60)) {
        let report = fold(&a);
        prop_assert_eq!(json::read(&*document(&report)).unwrap(), report);
    }

    #[test]
    fn merging_documents_is_folding_their_records(runs in vec(inputs(40), 0..4)) {
        let mut sum = Report::default();
        for run in &runs {
            sum.merge(&json::read(&*document(&fold(run))).unwrap());
        }
        prop_assert_eq!(sum, fold(runs.iter().flatten()));
    }

    #[test]
    fn a_document_with_other_numbers_breaks_nothing(
        a in inputs(20),
        numbers in vec((0..400usize, prop_oneof![any::<u64>(), Just(u64::MAX), 0..4u64]), 0..4),
    ) {
        let mut document: Value = serde_json::from_slice(&document(&fold(&a))).unwrap();
        let mut found = Vec::new();
        numbers_in(&mut document, &mut found);
        let len = found.len();
        for (at, number) in numbers {
            *found[at % len] = number.into();
        }
        if let Ok(report) = json::read(document.to_string().as_bytes()) {
            let twice = merged(&report, &report);
            shown(&merged(&twice, &fold(&a)));
            text::summary(&twice, &RunFacts::default(), false);
        }
    }

    #[test]
    fn what_was_tampered_with_breaks_nothing(
        a in inputs(20),
        numbers in vec((0..400usize, prop_oneof![any::<u64>(), Just(u64::MAX), 0..4u64]), 0..4),
    ) {
        let mut stored = serde_json::to_value(fold(&a)).unwrap();
        let mut found = Vec::new();
        numbers_in(&mut stored, &mut found);
        let len = found.len();
        for (at, number) in numbers {
            *found[at % len] = number.into();
        }
        if let Ok(restored) = serde_json::from_value::<Report>(stored) {
            let twice = merged(&restored, &restored);
            shown(&merged(&twice, &fold(&a)));
            text::summary(&twice, &RunFacts::default(), false);
            let again: Report = serde_json::from_value(serde_json::to_value(&restored).unwrap()).unwrap();
            prop_assert_eq!(shown(&again), shown(&restored));
        }
    }
}

#[test]
fn a_report_that_is_full_is_stored_whole() {
    let mut report = Report::default();
    for number in 0..2 * MAX_HOSTS as u64 {
        let host = Some(format!("https://{number}").into());
        report.add(&RecordSummary { host, latency_us: Some(number * number * 1000), ..RecordSummary::default() });
    }
    let stored = serde_json::to_vec(&report).unwrap();
    assert!(stored.len() < 256 << 10, "{} bytes", stored.len());
    assert_eq!(serde_json::from_slice::<Report>(&stored).unwrap(), report);
}

#[test]
fn the_stored_form_is_small_and_stays() {
    let mut report = Report::default();
    let answered = RecordSummary {
        seq: 1,
        ok: true,
        status_code: Some(StatusCode::OK),
        encoded_size: 10,
        ..RecordSummary::default()
    };
    for latency_us in [Some(5_000), Some(5_001), Some(7)] {
        report.add(&RecordSummary { latency_us, host: Some("https://a".into()), attempts: 1, ..answered.clone() });
    }
    report.add(&RecordSummary { url: "x", error: Some((ErrorKind::Dns, "no address")), ..RecordSummary::default() });
    insta::assert_snapshot!(serde_json::to_string(&report).unwrap(), @r#"{"totals":{"records":4,"ok":3,"failed":1,"duplicates":0,"no_response":1,"attempts":3,"retries":0,"redirects":0,"pages":0,"pages_ended":{"max_pages":0,"loop":0,"blocked":0,"failed":0,"no_next":0,"stopped":0},"items":0,"truncated":0,"deferred":0,"warm_up":0,"encoded_bytes":30,"decoded_bytes":0},"statuses":{"200":3},"errors":{"dns":{"count":1,"samples":[{"seq":0,"url":"x","message":"no address"}]}},"latency":{"spread":[3,10008,7,5001],"counts":[[7,1],[5000,2]]},"hosts":{"named":[["https://a",{"requests":3,"ok":3,"failed":0,"bytes":30,"latency":[3,10008,7,5001]}]],"other":{"requests":0,"ok":0,"failed":0,"bytes":0,"latency":null}}}"#);
}

/// As a document of a report with one latency of 5 ms, but for the value at a place.
#[test]
fn a_document_that_is_not_a_report_is_refused() {
    let mut report = Report::default();
    report.add(&RecordSummary { latency_us: Some(5_000), host: Some("a".into()), ..RecordSummary::default() });
    let document: Value = serde_json::from_slice(&document(&report)).unwrap();
    let hdr = |low, high, digits| {
        let mut histogram = Histogram::<u64>::new_with_bounds(low, high, digits).unwrap();
        histogram.record(5_000).unwrap();
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(&histogram, &mut bytes).unwrap();
        json!(BASE64_STANDARD.encode(bytes))
    };
    for (at, value, why) in [
        ("/schema", json!(2), "unsupported report schema 2"),
        ("/latency_us", Value::Null, "latency buckets do not add up"),
        ("/latency_us/count", json!(2), "latency buckets do not add up"),
        ("/latency_us/max", json!(4), "invalid latency extremes"),
        ("/latency_histogram", Value::Null, "latencies without a histogram"),
        ("/latency_histogram", json!("AAAA"), "a histogram that is damaged, or has other bounds"),
        ("/latency_histogram", hdr(1, u64::MAX, 5), "a histogram that is damaged, or has other bounds"),
        ("/latency_histogram", hdr(1, LONGEST_US, 2), "a histogram that is damaged, or has other bounds"),
        ("/hosts/0/latency_us/min", json!(6_000), "invalid latency extremes"),
        ("/hosts/0/ordinal", Value::Null, "invalid type: null"),
    ] {
        let mut document = document.clone();
        *document.pointer_mut(at).unwrap() = value;
        let error = json::read(document.to_string().as_bytes()).unwrap_err().to_string();
        assert!(error.contains(why), "{error:?} for {why:?}");
    }
    for key in ["totals", "latency_us", "latency_histogram", "hosts"] {
        let mut document = document.clone();
        document.as_object_mut().unwrap().remove(key);
        let error = json::read(document.to_string().as_bytes()).unwrap_err().to_string();
        assert!(error.contains(&format!("missing field `{key}`")), "{error:?}");
    }
    assert!(matches!(json::read(&b"{"[..]), Err(json::ReportReadError::NotAReport(_))));
}

/// The decoder believes the length that the bytes claim.
#[test]
fn a_histogram_that_claims_gigabytes_is_refused() {
    let mut plain = Vec::new();
    V2Serializer::new().serialize(&Histogram::<u64>::new_with_bounds(1, LONGEST_US, 3).unwrap(), &mut plain).unwrap();
    plain[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut compressed = ZlibEncoder::new(vec![0; 8], Compression::fast());
    compressed.write_all(&plain).unwrap();
    let hdr = BASE64_STANDARD.encode(compressed.finish().unwrap());
    let mut document: Value = serde_json::from_slice(&document(&Report::default())).unwrap();
    document["latency_histogram"] = json!(hdr);
    let error = json::read(document.to_string().as_bytes()).unwrap_err().to_string();
    assert!(error.contains("a histogram that is damaged"), "{error}");
}

#[test]
fn what_no_report_holds_is_refused() {
    let sample = |seq: u64, url: &str| json!({"seq": seq, "url": url, "message": ""});
    let tally = json!({"requests": 1, "ok": 1, "failed": 0, "bytes": 0, "latency": null});
    let hosts: Vec<_> = (0..=MAX_HOSTS).map(|number| json!([number.to_string(), tally])).collect();
    for (at, value, why) in [
        ("/statuses", json!({"99": 1}), "an invalid status"),
        ("/errors", json!({"gone": {"count": 1, "samples": []}}), "unknown variant `gone`"),
        ("/errors", json!({"dns": {"count": 3, "samples": vec![sample(1, ""); 3]}}), "invalid samples"),
        ("/errors", json!({"dns": {"count": 2, "samples": [sample(2, ""), sample(1, "")]}}), "invalid samples"),
        ("/errors", json!({"dns": {"count": 1, "samples": [sample(2, &"x".repeat(201))]}}), "invalid samples"),
        ("/latency", json!({"spread": [1, 5, 6, 5], "counts": [[5, 1]]}), "invalid latency extremes"),
        ("/latency", json!({"spread": [1, 5, 5, LONGEST_US + 1], "counts": [[5, 1]]}), "invalid latency extremes"),
        ("/latency", json!({"spread": [0, 0, 0, 0], "counts": []}), "an invalid latency count"),
        ("/latency", json!({"spread": [u64::MAX, 0, 0, 0], "counts": []}), "an invalid latency count"),
        ("/latency", json!({"spread": [2, 5, 5, 5], "counts": [[5, 1]]}), "latency buckets do not add up"),
        ("/latency", json!({"spread": null, "counts": [[1, u64::MAX], [2, 1]]}), "latency buckets do not add up"),
        ("/latency", json!({"spread": [1, 5, 5, 5], "counts": [[u64::MAX, 1]]}), "an invalid latency"),
        ("/hosts/named", json!(hosts), "too many hosts or groups"),
        ("/hosts/named", json!([["a", tally], ["a", tally]]), "a duplicate host or group"),
        ("/hosts/named", json!([["a".repeat(513), tally]]), "the name of a host or group is too long"),
    ] {
        let mut stored = serde_json::to_value(Report::default()).unwrap();
        *stored.pointer_mut(at).unwrap() = value;
        let error = serde_json::from_value::<Report>(stored).unwrap_err().to_string();
        assert!(error.contains(why), "{error:?} for {why:?}");
    }
}
