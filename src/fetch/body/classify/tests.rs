use bytes::Bytes;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::{classify, searched};
use crate::guard::json::{IN_RECORD, embeddable};
use crate::model::Body;
use crate::plan::{BodyMode, BodyRules, Output};

const JSON: &str = "application/json";
const BOM: &str = "\u{feff}";

fn labelled(content_type: &str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap())])
}

fn sorted(body: BodyMode, content_type: &str, bytes: impl AsRef<[u8]>) -> (Body, Option<String>) {
    let output = Output { body, ..Output::default() };
    classify(&output, &labelled(content_type), Bytes::copy_from_slice(bytes.as_ref()), false)
}

fn json(bytes: impl AsRef<[u8]>) -> (Body, Option<String>) {
    sorted(BodyMode::Auto, JSON, bytes)
}

fn utf16(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    let to_bytes = if encoding == UTF_16LE { u16::to_le_bytes } else { u16::to_be_bytes };
    text.encode_utf16().flat_map(to_bytes).collect()
}

fn name(body: &Body) -> &'static str {
    match body {
        Body::None => "none",
        Body::Json(_) => "json",
        Body::Text { .. } => "text",
        Body::Binary(_) => "binary",
    }
}

#[test]
fn a_body_is_json_if_it_is_labelled_and_valid() {
    for (content_type, expected) in [
        ("application/json", "json"),
        ("application/json;charset=utf-8", "json"),
        ("application/json, charset=utf-8", "json"),
        ("application/json charset=utf-8", "json"),
        ("Application/JSON ; charset=\"utf-8\"", "json"),
        ("text/json", "json"),
        ("application/problem+json", "json"),
        ("application/vnd.api+xml+JSON", "json"),
        ("application/jsonl", "text"),
        ("application/x+json+gzip", "text"),
        ("json", "text"),
        ("text/plain", "text"),
        ("", "text"),
    ] {
        assert_eq!(name(&sorted(BodyMode::Auto, content_type, "[1]").0), expected, "{content_type:?}");
    }
    let unlabelled = classify(&Output::default(), &HeaderMap::new(), Bytes::from_static(b"[1]"), false);
    assert_eq!(name(&unlabelled.0), "text");
}

#[test]
fn json_stays_as_it_came() {
    for text in [
        "1e308",
        "-0.10",
        "12345678901234567890",
        r#"{"a":1,"a":2}"#,
        "null",
        "\"\\ud83d\\ude00\"",
        " \t\r\n{ \"b\" : [ ] ,\n\"a\" : 0.10, \"é\": \"🦀\" } \n",
    ] {
        let expected = (Body::Json(Bytes::copy_from_slice(text.as_bytes())), None);
        assert_eq!(json(text), expected);
        assert_eq!(json([BOM, text].concat()), expected);
        for encoding in [UTF_16LE, UTF_16BE] {
            assert_eq!(json(utf16(encoding, &[BOM, text].concat())), expected);
        }
    }
}

#[test]
fn json_that_some_readers_refuse_is_text_with_a_note() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for (json, why) in [
        (&*deep, "nests more than 249 levels (an object counts as two)"),
        ("[1e400]", "has a number too large for a double"),
        (&format!("0.{}", "1".repeat(1000)), "has a number of more than 1000 digits"),
        ("\"\\ud800\"", "has an unpaired surrogate"),
    ] {
        let expected = (Body::utf8(json.to_owned()), Some(format!("JSON given as text, since it {why}")));
        assert_eq!(self::json(json), expected);
        assert_eq!(self::json([BOM, json].concat()), expected);
        assert_eq!(sorted(BodyMode::Json, "text/plain", json), expected);
    }
}

#[test]
fn text_that_would_grow_too_much_is_binary() {
    let controls = "\u{1}".repeat(100_000);
    for (mode, content_type, why) in [
        (BodyMode::Auto, "text/plain", "too many control characters to be given as text"),
        (BodyMode::Auto, "text/plain; charset=latin1", "too many control characters to be given as text"),
        (BodyMode::Text, JSON, "too many control characters to be given as text"),
        (BodyMode::Auto, JSON, "labelled as JSON, but invalid: expected value at line 1 column 1"),
    ] {
        let (body, note) = sorted(mode, content_type, &controls);
        assert_eq!((name(&body), note.as_deref()), ("binary", Some(why)));
    }
    assert_eq!(name(&sorted(BodyMode::Auto, "text/plain", &controls[..800]).0), "text");
    assert_eq!(name(&sorted(BodyMode::Auto, "text/plain", "\n\"".repeat(100_000)).0), "text");
    let euros = sorted(BodyMode::Auto, "text/plain; charset=windows-1252", vec![0x80; 100_000]).0;
    assert_eq!((name(&euros), euros.len()), ("text", 300_000), "an encoding may be denser than UTF-8");
}

#[test]
fn json_knows_no_other_encodings() {
    let latin1 = b"[\"\xe9\"]";
    for content_type in ["application/json; charset=iso-8859-1", "text/json;charset=windows-1252"] {
        let expected = (Body::Json("[\"é\"]".into()), None);
        assert_eq!(sorted(BodyMode::Auto, content_type, "[\"é\"]"), expected, "its label is wrong");
        let note = "labelled as JSON, but not UTF-8 text".to_owned();
        assert_eq!(sorted(BodyMode::Auto, content_type, latin1), (Body::Binary(latin1[..].into()), Some(note)));
    }
    assert_eq!(name(&json(utf16(UTF_16LE, "[1]")).0), "binary", "nothing says that it is UTF-16");
}

#[test]
fn invalid_json_is_text_with_a_note() {
    for (bytes, expected, expected_note) in [
        (&b"<html>"[..], "text", "labelled as JSON, but invalid: expected value at line 1 column 1"),
        (b"{\"a\": NaN}", "text", "labelled as JSON, but invalid: expected value at line 1 column 7"),
        (b"[1, 2", "text", "labelled as JSON, but invalid: EOF while parsing a list at line 1 column 5"),
        (b"{} {}", "text", "labelled as JSON, but invalid: trailing characters at line 1 column 4"),
        (b" ", "text", "labelled as JSON, but invalid: EOF while parsing a value at line 1 column 1"),
        (b"\xef\xbb\xbf", "text", "labelled as JSON, but invalid: EOF while parsing a value at line 1 column 0"),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", "text", "labelled as JSON, but invalid: expected value at line 1 column 1"),
        (b"\xff\xfe<\0>\0", "text", "labelled as JSON, but invalid: expected value at line 1 column 1"),
        (b"\xff\xfe[\0]\0 ", "binary", "labelled as JSON, but not valid UTF-16"),
        (b"\"\xff\"", "binary", "labelled as JSON, but not UTF-8 text"),
        (
            b"\"\0\"",
            "binary",
            "labelled as JSON, but invalid: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 1",
        ),
    ] {
        let (body, note) = json(bytes);
        assert_eq!((name(&body), note.as_deref()), (expected, Some(expected_note)), "{bytes:?}");
    }
}

#[test]
fn the_mode_decides_how_a_body_is_classified() {
    for (mode, of_json, of_text, of_bytes) in [
        (BodyMode::Auto, "json", "text", "binary"),
        (BodyMode::Json, "json", "json", "binary"),
        (BodyMode::Text, "text", "text", "binary"),
        (BodyMode::Base64, "binary", "binary", "binary"),
        (BodyMode::None, "none", "none", "none"),
        (BodyMode::Dir("bodies".into()), "binary", "binary", "binary"),
    ] {
        let shown = |content_type, bytes: &[u8]| name(&sorted(mode.clone(), content_type, bytes).0);
        assert_eq!(shown(JSON, b"[1]"), of_json, "{mode:?}");
        assert_eq!(shown("text/plain", b"[1]"), of_text, "{mode:?}");
        assert_eq!(shown("text/plain", b"\0"), of_bytes, "{mode:?}");
        assert_eq!(shown("text/plain", b""), "none", "{mode:?}");
    }
    assert_eq!(sorted(BodyMode::Text, JSON, "{").1, None, "a mode that does not ask for JSON gives no note");
    let bom = sorted(BodyMode::Text, JSON, [BOM, "{}"].concat()).0;
    assert_eq!(bom, Body::utf8("{}"));
    assert_eq!(sorted(BodyMode::Base64, JSON, BOM).0.bytes(), BOM.as_bytes());
}

#[test]
fn json_may_be_asked_for_whatever_the_label() {
    for content_type in ["", "text/html; charset=shift_jis", "application/octet-stream", "image/png"] {
        for bytes in [b"[1]".to_vec(), [BOM, "[1]"].concat().into(), utf16(UTF_16BE, "\u{feff}[1]")] {
            assert_eq!(sorted(BodyMode::Json, content_type, bytes), (Body::Json("[1]".into()), None), "{content_type}");
        }
    }
    let utf8 = |text: &'static str| Body::utf8(text);
    for (content_type, bytes, expected, note) in [
        ("text/html", &b"<p>"[..], utf8("<p>"), "not JSON: expected value at line 1 column 1"),
        ("image/png", b"\xff", Body::Binary((&b"\xff"[..]).into()), "not JSON: not UTF-8 text"),
        (
            "text/plain",
            b"\xff",
            Body::Binary((&b"\xff"[..]).into()),
            "not JSON: not UTF-8 text; no charset declared, and not UTF-8 text",
        ),
        (JSON, b"<p>", utf8("<p>"), "labelled as JSON, but invalid: expected value at line 1 column 1"),
    ] {
        assert_eq!(sorted(BodyMode::Json, content_type, bytes), (expected, Some(note.to_owned())), "{content_type}");
    }
    let koi8 = sorted(BodyMode::Json, "text/plain; charset=koi8-r", b"\xf0").0;
    assert_eq!(koi8.bytes(), "П".as_bytes(), "what is not JSON is as with auto");
}

#[test]
fn a_truncated_body_is_never_json() {
    for mode in [BodyMode::Auto, BodyMode::Json] {
        for (bytes, expected) in [
            (&b"1234"[..], Body::utf8("1234")),
            (b"[1, 2", Body::utf8("[1, 2")),
            ("\"naï".as_bytes(), Body::utf8("\"naï")),
            (b"\"na\xc3", Body::utf8("\"na")),
            (b"\"\xf0\x9f\xa6", Body::utf8("\"")),
            (b"\"na\xc3\"", Body::Binary((&b"\"na\xc3\""[..]).into())),
        ] {
            let output = Output { body: mode.clone(), ..Output::default() };
            let (body, note) = classify(&output, &labelled(JSON), Bytes::from_static(bytes), true);
            let is_text = expected != Body::Binary(Bytes::from_static(bytes));
            assert_eq!((body, note.is_none()), (expected, is_text));
        }
    }
}

#[test]
fn conditions_search_the_text_however_it_is_recorded() {
    let (koi8, headers) = (Bytes::from_static(b"\xf0"), labelled("text/plain; charset=koi8-r"));
    for mode in [BodyMode::Auto, BodyMode::Json, BodyMode::Text, BodyMode::Base64, BodyMode::None] {
        let output = Output { body: mode, ..Output::default() };
        let shown = classify(&output, &headers, koi8.clone(), false).0;
        assert_eq!(searched(&output, &headers, &shown, &koi8), "П");
        let binary = labelled("text/plain");
        let shown = classify(&output, &binary, koi8.clone(), false).0;
        assert_eq!(searched(&output, &binary, &shown, &koi8), koi8);
        let first = Output { body_rules: BodyRules::V1, ..output };
        let shown = classify(&first, &headers, koi8.clone(), false).0;
        assert_eq!(searched(&first, &headers, &shown, &koi8), koi8);
    }
}

#[test]
fn the_first_rules_know_neither_byte_order_marks_nor_charsets() {
    let first = |content_type, bytes: &[u8], truncated| {
        let output = Output { body_rules: BodyRules::V1, ..Output::default() };
        let (body, note) = classify(&output, &labelled(content_type), Bytes::copy_from_slice(bytes), truncated);
        (name(&body), body.bytes().to_vec(), note.unwrap_or_default())
    };
    let bom = b"\xef\xbb\xbf{}";
    let note = "labelled as JSON, but invalid: expected value at line 1 column 1";
    assert_eq!(first(JSON, bom, false), ("text", bom.to_vec(), note.to_owned()));
    assert_eq!(first("application/json, charset=utf-8", b"{}", false).0, "text");
    for (content_type, bytes, expected) in [
        ("text/plain; charset=koi8-r", &b"\xf0"[..], "binary"),
        ("text/plain; charset=iso-8859-1", "é".as_bytes(), "text"),
        ("text/plain", bom, "text"),
        ("text/plain", b"\xff\xfea\0", "binary"),
        ("application/json; charset=x", b"{}", "json"),
    ] {
        assert_eq!(first(content_type, bytes, false), (expected, bytes.to_vec(), String::new()), "{content_type}");
    }
    assert_eq!(first("text/plain", b"na\xc3", true).0, "binary");
    assert_eq!(first(JSON, b"\xff", false).2, "labelled as JSON, but not UTF-8 text");
}

const SAMPLE: &str = r#"{"a":[1,-2.50e+10,true,false,null],"b":{"c":"\u00e9\n\\\"","d":""},"e":[[],{}," "]}"#;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The record embeds JSON as it came, so what passes here must pass there.
    #[test]
    fn json_is_what_serde_json_accepts(
        edits in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![
            any::<u8>(),
            prop::sample::select(&b"{}[]\",:\\0123456789+-.eE tnu\n\xc3\xa9"[..]),
        ]), 0..4),
        cut in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if !whole {
            bytes.truncate(cut.index(bytes.len()) + 1);
        }
        let is_json = serde_json::from_slice::<&RawValue>(&bytes).is_ok();
        let expected = is_json && embeddable(&bytes, IN_RECORD).is_ok();
        let (body, note) = json(&bytes);
        prop_assert_eq!(matches!(body, Body::Json(_)), expected);
        prop_assert_eq!(note.is_none(), expected);
    }
}
