//! Any bytes under any label give lines that everybody reads, and nothing of them is lost.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use encoding_rs::Encoding;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::haul::fetch;
use crate::readers::{Reader, Record, text};
use crate::server::Answer;

const BATCHES: u32 = 6;
const BATCH: usize = 120;

const LABELS: [&str; 12] = [
    "application/json",
    "application/json; charset=iso-8859-1",
    "application/problem+json",
    "text/json",
    "text/plain",
    "text/html",
    "application/xml",
    "application/octet-stream",
    "image/png",
    "text/plain; charset=utf-8",
    "nonsense",
    "",
];

const CHARSETS: [&str; 9] =
    ["utf-8", "windows-1252", "iso-8859-5", "koi8-r", "shift_jis", "gb18030", "utf-16le", "utf-7", "x-user-defined"];

fn label() -> impl Strategy<Value = Option<String>> {
    let charset = |charset: &str| format!("text/plain; charset={charset}");
    prop_oneof![
        1 => Just(None),
        8 => prop::sample::select(&LABELS[..]).prop_map(|label| Some(label.to_owned())),
        4 => prop::sample::select(&CHARSETS[..]).prop_map(move |name| Some(charset(name))),
    ]
}

fn json() -> impl Strategy<Value = String> {
    let strings = "\"([ a-zé漢🦀\u{2028}\u{85}\u{7f}]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fD]{4}|\\\\ud83d\\\\ude00){0,12}\"";
    let numbers = "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?";
    let leaf = prop_oneof![strings, numbers, "true|false|null"];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        let space = "[ \r\n\t]{0,3}";
        let list = (prop::collection::vec(inner.clone(), 0..6), space)
            .prop_map(|(values, space)| format!("[{space}{}]", values.join(&format!("{space},{space}"))));
        let object = (prop::collection::vec((strings, inner.clone()), 0..4), space).prop_map(|(members, space)| {
            let members: Vec<_> = members.into_iter().map(|(key, value)| format!("{key}{space}:{value}")).collect();
            format!("{{{}{space}}}", members.join(","))
        });
        let deep = (1..300_usize, any::<bool>(), inner).prop_map(|(levels, is_list, inner)| {
            let (open, close) = if is_list { ("[", "]") } else { ("{\"a\":", "}") };
            format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
        });
        prop_oneof![4 => list, 4 => object, 1 => deep]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let mutated = (json(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(json, at, byte)| {
        let mut bytes = json.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes
    });
    prop_oneof![
        2 => prop::collection::vec(any::<u8>(), 0..200),
        2 => prop::collection::vec(0..0x20_u8, 0..200),
        1 => (0..0x20_u8, 0..20_000_usize).prop_map(|(byte, n)| vec![byte; n]),
        3 => any::<String>().prop_map(String::into_bytes),
        1 => any::<String>().prop_map(|text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        1 => json().prop_map(|json| ["\u{feff}", &json].concat().into_bytes()),
        6 => json().prop_map(String::into_bytes),
        4 => mutated,
    ]
}

pub(crate) fn any_bytes_under_any_label(readers: &[Reader]) {
    let answer = (label(), body()).prop_map(|(label, body)| Answer { label, body, ..Answer::default() });
    let config = Config { cases: BATCHES, max_shrink_iters: 300, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&prop::collection::vec(answer, BATCH), |answers| {
        let records = fetch(readers, answers.clone(), &["--include"]);
        records.iter().zip(&answers).for_each(|(record, answer)| check(record, answer));
        Ok(())
    });
    run.unwrap_or_else(|why| panic!("{why}"));
}

fn check(record: &Record, Answer { body, label, .. }: &Answer) {
    let forms: Vec<_> = ["json", "body", "body_base64"].into_iter().filter(|form| record.contains_key(*form)).collect();
    match forms[..] {
        [] => assert!(body.is_empty()),
        ["json"] => {
            let body = std::str::from_utf8(body).unwrap().trim_start_matches('\u{feff}');
            assert_eq!(tokens(record["json"].get()), tokens(body), "{label:?}");
        }
        ["body"] => {
            let charset = Encoding::for_label(text(record, "charset").unwrap().as_bytes()).unwrap();
            let (decoded, _, is_malformed) = charset.decode(body);
            assert!(!is_malformed, "{label:?}");
            assert_eq!(text(record, "body").unwrap(), decoded, "{label:?}");
        }
        ["body_base64"] => {
            let bytes = BASE64_STANDARD.decode(text(record, "body_base64").unwrap()).unwrap();
            assert_eq!(bytes, *body, "{label:?}");
        }
        _ => panic!("{forms:?}"),
    }
    let len: usize = record.iter().map(|(key, value)| key.len() + value.get().len() + 4).sum();
    assert!(len <= 3 * body.len() + (8 << 10), "{len} bytes for {}", body.len());
}

/// JSON without white space, and with the line ends of Unicode escaped.
fn tokens(json: &str) -> String {
    let (mut in_string, mut is_escaped) = (false, false);
    let mut tokens = String::new();
    for c in json.chars() {
        if !in_string && matches!(c, ' ' | '\t' | '\r' | '\n') {
            continue;
        }
        in_string ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        match c {
            '\u{85}' | '\u{2028}' | '\u{2029}' => tokens.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => tokens.push(c),
        }
    }
    tokens
}
