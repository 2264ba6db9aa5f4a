//! Answers that are hard to write so that everybody reads them.

use crate::haul::fetch;
use crate::readers::{Reader, text};
use crate::server::Answer;

fn nested(open: &str, levels: usize, close: &str) -> String {
    format!("{}1{}", open.repeat(levels), close.repeat(levels))
}

pub(crate) fn bodies_of_all_kinds(readers: &[Reader]) {
    let digits = |n: usize| "7".repeat(n);
    let (mut answers, mut notes) = (Vec::new(), Vec::new());
    for (json, note) in [
        (nested("[", 249, "]"), ""),
        (nested("[", 250, "]"), "nests more than 249 levels (an object counts as two)"),
        (nested(r#"{"a":"#, 124, "}"), ""),
        (nested(r#"{"a":"#, 125, "}"), "nests more than 249 levels (an object counts as two)"),
        (nested(r#"[{"a":"#, 83, "}]"), ""),
        (nested(r#"[{"a":"#, 84, "}]"), "nests more than 249 levels (an object counts as two)"),
        (nested("[", 1_000_000, "]"), "nests more than 249 levels (an object counts as two)"),
        (r#"{"a":"\ud83d"}"#.into(), "has an unpaired surrogate"),
        (r#"{"\ude00\ud83d":1}"#.into(), "has an unpaired surrogate"),
        (r#"["\ud83d\ude00","\\ud83d","\u0000"]"#.into(), ""),
        ("1e308".into(), ""),
        ("[1e309]".into(), "has a number too large for a double"),
        ("[-1e-400,1E+0000000000000000001,0e99999999999,1e-99999999999,-0,-0.0]".into(), ""),
        (digits(308), ""),
        (digits(310), "has a number too large for a double"),
        (format!("0.{}", digits(999)), ""),
        (format!("[0.{}]", digits(1000)), "has a number of more than 1000 digits"),
        (digits(5000), "has a number of more than 1000 digits"),
        ("\r[\r\"a\"\r,\r\n\t1 ]\r".into(), ""),
        ("[\"\u{2028}\u{2029}\u{85}\u{7f}\u{feff}\u{ffff}\u{fffe}\u{10ffff}\"]".into(), ""),
        (r#"{"a":1,"a":2,"":3,"__proto__":4,"\u0000":5}"#.into(), ""),
        (format!("{{\"{}\":1}}", "k".repeat(1_000_000)), ""),
    ] {
        answers.push(Answer::json(json));
        notes.push(if note.is_empty() { String::new() } else { format!("JSON given as text, since it {note}") });
    }
    let records = fetch(readers, answers.clone(), &[]);
    for ((record, note), answer) in records.iter().zip(notes).zip(answers) {
        let body = String::from_utf8(answer.body).unwrap();
        let shown = &body[..body.floor_char_boundary(60)];
        assert_eq!(text(record, "note").unwrap_or_default(), note, "{shown}");
        match note.is_empty() {
            true => assert!(record.contains_key("json"), "{shown}"),
            false => assert!(text(record, "body").unwrap() == body, "{shown}"),
        }
    }
}

pub(crate) fn every_control_character(readers: &[Reader]) {
    let all: String = (1..=0xa0).filter_map(char::from_u32).chain("\u{2028}\u{2029}\u{feff}".chars()).collect();
    let answers = vec![
        Answer::new("text/plain; charset=utf-8", format!("-{all}")),
        Answer::new("text/plain; charset=utf-8", "\u{1}".repeat(1 << 20)),
        Answer::new("text/plain; charset=utf-8", "\u{85}".repeat(1 << 19)),
        Answer::new("text/plain; charset=utf-8", "\r\n".repeat(1 << 19)),
        Answer::new("application/octet-stream", "\0".repeat(1 << 10)),
    ];
    let records = fetch(readers, answers.clone(), &[]);
    for (record, form) in records.iter().zip(["body", "body_base64", "body", "body", "body_base64"]) {
        assert!(record.contains_key(form), "{form}");
    }
    assert_eq!(text(&records[0], "body").unwrap(), format!("-{all}"));
    assert_eq!(text(&records[1], "note").unwrap(), "too many control characters to be given as text");
    for (record, answer) in records.iter().zip(&answers) {
        let len: usize = record.iter().map(|(key, value)| key.len() + value.get().len() + 4).sum();
        assert!(len <= 3 * answer.body.len() + (8 << 10), "{len}");
    }
}

pub(crate) fn headers_of_any_bytes(readers: &[Reader]) {
    let bytes: Vec<u8> = (b' '..=0xff).filter(|byte| *byte != 0x7f).collect();
    let fields =
        [b"x-bytes: -", &bytes[..], b"-\r\nx-text: \xe2\x80\xa8\r\nx-surrogate: \xed\xa0\x80\r\nx-tab: a\tb\r\n"]
            .concat();
    let records = fetch(readers, vec![Answer { fields, ..Answer::default() }], &["--include"]);
    let headers = records[0]["headers"].get();
    for escaped in [r"\u0085", r"\u2028", r"a\tb", "ÿ-"] {
        assert!(headers.contains(escaped), "{escaped}: {headers}");
    }
}
