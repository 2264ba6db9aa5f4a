//! How a body is collected and classified: as JSON, text or bytes.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::{BodyBuffer, classify};
use crate::fetch::client::TransferCoding;
use crate::fetch::decode::BodyError;
use crate::guard::json::{IN_RECORD, embeddable};
use crate::model::Body;
use crate::plan::BodyMode;

const JSON: &str = "application/json";

fn header(name: HeaderName, value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
}

fn sorted(mode: BodyMode, content_type: &'static str, bytes: impl AsRef<[u8]>) -> (Body, Option<String>) {
    classify(&mode, &header(CONTENT_TYPE, content_type), Bytes::copy_from_slice(bytes.as_ref()), false)
}

fn json(bytes: impl AsRef<[u8]>) -> (Body, Option<String>) {
    sorted(BodyMode::Auto, JSON, bytes)
}

fn name(body: &Body) -> &'static str {
    match body {
        Body::None => "none",
        Body::Json(_) => "json",
        Body::Text(_) => "text",
        Body::Binary(_) => "binary",
    }
}

#[test]
fn a_body_is_json_if_it_is_labelled_and_valid() {
    for (content_type, expected) in [
        ("application/json", "json"),
        ("application/json;charset=utf-8", "json"),
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
    let unlabelled = classify(&BodyMode::Auto, &HeaderMap::new(), Bytes::from_static(b"[1]"), false);
    assert_eq!(name(&unlabelled.0), "text");
}

#[test]
fn json_stays_as_it_came() {
    let deep = "[".repeat(249) + &"]".repeat(249);
    for text in [
        "1e308",
        "-0.10",
        "12345678901234567890",
        r#"{"a":1,"a":2}"#,
        "null",
        "\"\\ud83d\\ude00\"",
        " \t\r\n{ \"b\" : [ ] ,\n\"a\" : 0.10 } \n",
        &deep,
    ] {
        assert_eq!(json(text), (Body::Json(Bytes::copy_from_slice(text.as_bytes())), None));
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
        let note = format!("JSON given as text, since it {why}");
        assert_eq!(self::json(json), (Body::Text(Bytes::copy_from_slice(json.as_bytes())), Some(note)));
    }
}

#[test]
fn text_that_would_grow_too_much_is_binary() {
    let controls = "\u{1}".repeat(100_000);
    for (mode, content_type, why) in [
        (BodyMode::Auto, "text/plain", "too many control characters to be given as text"),
        (BodyMode::Text, JSON, "too many control characters to be given as text"),
        (BodyMode::Auto, JSON, "labelled as JSON, but invalid: expected value at line 1 column 1"),
    ] {
        let (body, note) = sorted(mode, content_type, &controls);
        assert_eq!((name(&body), note.as_deref()), ("binary", Some(why)));
    }
    assert_eq!(name(&sorted(BodyMode::Auto, "text/plain", &controls[..800]).0), "text");
    assert_eq!(name(&sorted(BodyMode::Auto, "text/plain", "\n\"".repeat(100_000)).0), "text");
}

#[test]
fn invalid_json_is_kept_as_it_is_with_a_note() {
    for (bytes, expected, expected_note) in [
        (&b"<html>"[..], "text", "labelled as JSON, but invalid: expected value at line 1 column 1"),
        (b"{\"a\": NaN}", "text", "labelled as JSON, but invalid: expected value at line 1 column 7"),
        (b"[1, 2", "text", "labelled as JSON, but invalid: EOF while parsing a list at line 1 column 5"),
        (b"{} {}", "text", "labelled as JSON, but invalid: trailing characters at line 1 column 4"),
        (b" ", "text", "labelled as JSON, but invalid: EOF while parsing a value at line 1 column 1"),
        (b"\xef\xbb\xbf{}", "text", "labelled as JSON, but invalid: expected value at line 1 column 1"),
        (b"\"\xff\"", "binary", "labelled as JSON, but not UTF-8 text"),
        (b"\"\0\"", "binary", "labelled as JSON, but not UTF-8 text"),
    ] {
        let (body, note) = json(bytes);
        assert_eq!((name(&body), note.as_deref()), (expected, Some(expected_note)));
    }
}

#[test]
fn text_is_utf8_without_nul_and_anything_else_is_binary() {
    for (bytes, expected) in [
        (&b""[..], "none"),
        (b" ", "text"),
        ("naïve – 文字 🦀".as_bytes(), "text"),
        (b"\x01\x1b\x7f", "text"),
        ("\u{feff}BOM".as_bytes(), "text"),
        (b"a\0b", "binary"),
        (b"caf\xe9", "binary"),
        (b"\xed\xa0\x80", "binary"),
        (b"\xff\xfeh\0i\0", "binary"),
    ] {
        assert_eq!(name(&sorted(BodyMode::Auto, "text/plain", bytes).0), expected, "{bytes:?}");
    }
}

#[test]
fn the_mode_decides_how_a_body_is_classified() {
    for (mode, of_json, of_text, of_bytes) in [
        (BodyMode::Auto, "json", "text", "binary"),
        (BodyMode::Text, "text", "text", "binary"),
        (BodyMode::Base64, "binary", "binary", "binary"),
        (BodyMode::None, "none", "none", "none"),
        (BodyMode::Dir("bodies".into()), "binary", "binary", "binary"),
    ] {
        let shown = |content_type, bytes: &[u8]| name(&sorted(mode.clone(), content_type, bytes).0);
        assert_eq!(shown(JSON, b"[1]"), of_json, "{mode:?}");
        assert_eq!(shown("text/plain", b"[1]"), of_text, "{mode:?}");
        assert_eq!(shown("text/plain", b"\0"), of_bytes, "{mode:?}");
    }
    assert_eq!(sorted(BodyMode::Text, JSON, "{").1, None, "a mode that does not ask for JSON gives no note");
}

#[test]
fn a_truncated_body_is_never_json() {
    for (bytes, expected) in
        [(&b"1234"[..], "text"), (b"[1, 2", "text"), ("\"naï".as_bytes(), "text"), (b"\"na\xc3", "binary")]
    {
        let (body, note) = classify(&BodyMode::Auto, &header(CONTENT_TYPE, JSON), Bytes::from_static(bytes), true);
        assert_eq!((name(&body), note), (expected, None));
    }
}

/// Pushes `chunks` and ends the body. Returns its bytes, both sizes, and the error if any.
fn collect(
    headers: &HeaderMap,
    cap: usize,
    mode: BodyMode,
    chunks: &[&'static [u8]],
) -> (Vec<u8>, u64, u64, Option<BodyError>) {
    let mut buffer = BodyBuffer::new(headers, &[], cap, mode != BodyMode::None);
    for chunk in chunks {
        if let Err(stop) = buffer.push(chunk) {
            let it = buffer.into_partial();
            return (it.bytes.to_vec(), it.encoded_size, it.decoded_size, Some(stop));
        }
    }
    let (it, stop) = buffer.finish();
    (it.bytes.to_vec(), it.encoded_size, it.decoded_size, stop)
}

#[test]
fn a_plain_body_is_kept_up_to_the_cap_and_counted_beyond_it() {
    let plain = HeaderMap::new();
    for (chunks, cap) in [(&[&b"abcdef"[..]][..], 6), (&[b"abc", b"", b"d", b"ef"], 6), (&[b"", b"abcdef"], 10)] {
        let (bytes, encoded, decoded, stop) = collect(&plain, cap, BodyMode::Auto, chunks);
        assert!(stop.is_none());
        assert_eq!((&bytes[..], encoded, decoded), (&b"abcdef"[..], 6, 6));
    }
    for chunks in [&[&b"abcdef"[..]][..], &[b"abc", b"def"], &[b"abcd", b"ef"], &[b"a", b"b", b"c", b"d", b"e", b"f"]] {
        let (bytes, encoded, decoded, stop) = collect(&plain, 4, BodyMode::Auto, chunks);
        assert!(matches!(stop, Some(BodyError::TooLarge)));
        assert_eq!((&bytes[..], decoded), (&b"abcd"[..], 4));
        assert!((5..=6).contains(&encoded));
    }
}

#[test]
fn a_body_that_is_not_kept_is_counted_and_held_to_the_cap() {
    let chunks = [&b"abc"[..], b"def"];
    let (bytes, encoded, decoded, stop) = collect(&HeaderMap::new(), 6, BodyMode::None, &chunks);
    assert!(bytes.is_empty() && stop.is_none());
    assert_eq!((encoded, decoded), (6, 6));
    let (bytes, _, decoded, stop) = collect(&HeaderMap::new(), 4, BodyMode::None, &chunks);
    assert!(bytes.is_empty() && matches!(stop, Some(BodyError::TooLarge)));
    assert_eq!(decoded, 4);
}

/// Responses to HEAD and 304 responses name the coding that a body would have.
#[test]
fn an_empty_body_is_in_any_coding() {
    for coding in ["gzip", "deflate", "br", "zstd", "aws-chunked", "gzip, gzip, gzip, gzip, gzip"] {
        let (bytes, encoded, decoded, stop) = collect(&header(CONTENT_ENCODING, coding), 10, BodyMode::Auto, &[]);
        assert!(bytes.is_empty() && stop.is_none(), "{coding}: {stop:?}");
        assert_eq!((encoded, decoded), (0, 0));
    }
}

#[test]
fn a_body_in_an_unsupported_coding_fails_at_its_first_byte() {
    for coding in ["compress", "gzip, dcz", "none, compress"] {
        let (bytes, encoded, decoded, stop) = collect(&header(CONTENT_ENCODING, coding), 10, BodyMode::Auto, &[b"abc"]);
        assert!(matches!(stop, Some(BodyError::Corrupt(why)) if why.ends_with("is not supported")), "{coding}");
        assert_eq!((&bytes[..], encoded, decoded), (&b""[..], 3, 0));
    }
}

#[test]
fn a_body_in_an_unknown_coding_is_as_received_and_noted_unless_it_is_empty() {
    for coding in ["none", "utf-8", "gzip, none"] {
        let headers = header(CONTENT_ENCODING, coding);
        for (cap, whole) in [(6, true), (5, false)] {
            let (bytes, encoded, decoded, stop) = collect(&headers, cap, BodyMode::Auto, &[b"abc", b"def"]);
            assert_eq!((&bytes[..], encoded, decoded, stop.is_none()), (&b"abcdef"[..cap], 6, cap as u64, whole));
        }
        let note = |chunks: &[&[u8]]| {
            let mut buffer = BodyBuffer::new(&headers, &[], 10, false);
            chunks.iter().for_each(|chunk| assert!(buffer.push(chunk).is_ok()));
            buffer.finish().0.note
        };
        assert!(note(&[b"abc"]).is_some_and(|note| note.ends_with("the body is as received")), "{coding}");
        assert_eq!((note(&[b""]), note(&[])), (None, None), "{coding}");
    }
}

/// Also of a body that is cut off within its transfer coding.
#[test]
fn an_unknown_coding_below_a_transfer_coding_is_noted() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, b"whole").unwrap();
    let encoded = encoder.finish().unwrap();
    let pushed = || {
        let mut buffer = BodyBuffer::new(&header(CONTENT_ENCODING, "br, none"), &[TransferCoding::Gzip], 10, true);
        buffer.push(&encoded).unwrap();
        buffer
    };
    let (whole, stop) = pushed().finish();
    assert!(stop.is_none());
    for it in [whole, pushed().into_partial()] {
        assert_eq!((&it.bytes[..], it.encoded_size, it.decoded_size), (&b"whole"[..], encoded.len() as u64, 5));
        assert!(it.note.is_some_and(|note| note.starts_with("unknown content coding \"none\"")));
    }
}

#[test]
fn the_memory_that_a_body_holds_is_returned_as_it_grows() {
    let mut buffer = BodyBuffer::new(&HeaderMap::new(), &[], 1 << 20, true);
    for pieces in 1..=50 {
        let held = buffer.push(&[b'x'; 1000]).unwrap();
        assert!((1000 * pieces..=2000 * pieces).contains(&held), "{held} bytes after {pieces} pieces");
    }
    let mut dropped = BodyBuffer::new(&HeaderMap::new(), &[], 1 << 20, false);
    assert_eq!(dropped.push(&[b'x'; 1000]).unwrap(), 0);
}

const SAMPLE: &str = r#"{"a":[1,-2.50e+10,true,false,null],"b":{"c":"\u00e9\n\\\"","d":""},"e":[[],{}," "]}"#;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The record embeds the bytes as they came, so what passes here must pass there.
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
        let is_json = !bytes.contains(&0) && serde_json::from_slice::<&RawValue>(&bytes).is_ok();
        let expected = is_json && embeddable(&bytes, IN_RECORD).is_ok();
        let (body, note) = json(&bytes);
        prop_assert_eq!(matches!(body, Body::Json(_)), expected);
        prop_assert_eq!(note.is_none(), expected);
    }
}
