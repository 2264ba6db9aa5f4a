use proptest::collection::vec;
use proptest::prelude::*;
use url::Url;

use super::{Look, LooksLike, look};
use crate::source::{InputFormat, ListOptions};
use InputFormat::{Csv, Ndjson, Text, Tsv, Vegeta};

fn seen(bytes: impl AsRef<[u8]>, format: InputFormat) -> Option<LooksLike> {
    match look(bytes.as_ref(), false, true, format, &ListOptions::default()) {
        Look::Wrong(looks) => Some(looks),
        Look::Fine => None,
        Look::Undecided | Look::Unsure => panic!("the whole list decides"),
    }
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn a_list_of_another_format_is_recognised() {
    for (list, format, looks) in [
        ("{\"url\":\"http://a/\"}\n", Text, LooksLike::Format(Ndjson)),
        ("\u{feff}\n# c\n{\"url\":\"http://a/\"}\n{\"id\":1}\n", Text, LooksLike::Format(Ndjson)),
        ("{\"url\":\"http://a/\",\"header\":{}}", Text, LooksLike::Format(Vegeta)),
        ("url,name\nhttp://a/,x\n", Text, LooksLike::Format(Csv)),
        ("\"id\",\"URL\"\n1,http://a/\n", Text, LooksLike::Format(Csv)),
        ("id\turl\n1\thttp://a/\n", Text, LooksLike::Format(Tsv)),
        ("id;url\n", Text, LooksLike::Semicolons),
        ("GET http://a/\nX-A: 1\n", Text, LooksLike::Format(Vegeta)),
        ("POST http://a/\n@body.json\n", Text, LooksLike::Format(Vegeta)),
        ("GET http://a/\n\u{feff}X-A: 1\n", Text, LooksLike::Format(Vegeta)),
        ("id,link\n1,http://a/\n", Text, LooksLike::Format(Csv)),
        ("link,id\n\"https://a/\", 1\n", Text, LooksLike::Format(Csv)),
        ("id\tlink\n1\thttp://a/\n", Text, LooksLike::Format(Tsv)),
        ("id;link\n1;http://a/\n", Text, LooksLike::Semicolons),
        ("sep=;\nid;url\n", Csv, LooksLike::SepLine),
        ("\u{feff}\"sep=,\"\r\nurl\r\n", Csv, LooksLike::SepLine),
        ("SEP=\t\nurl\n", Text, LooksLike::SepLine),
        ("{\"log\":{\"version\":\"1.2\",\"entries\":[]}}", Text, LooksLike::Har),
        ("{ \"log\" : {\n \"version\": \"1.2\"\n}}", Ndjson, LooksLike::Har),
        ("{\n  \"log\": {\n", Text, LooksLike::Har),
        ("{\n  \"log\":\n{\n", Ndjson, LooksLike::Har),
        (
            "{\"url\":\"http://a/\",\"header\":{\"X\":[\"1\"]}}\n{\"url\":\"http://a/\"}\n",
            Ndjson,
            LooksLike::Format(Vegeta),
        ),
        ("[{\"url\":\"http://a/\"}]", Text, LooksLike::JsonObjects),
        ("[\n  \"http://a/\"\n]", Text, LooksLike::JsonStrings),
        ("[\"http://a/\",\n\"http://b/\"]", Ndjson, LooksLike::JsonStrings),
        ("[\n  {\n", Ndjson, LooksLike::JsonObjects),
        ("\"http://a/\"\n\"http://b/\"\n", Ndjson, LooksLike::JsonLines),
        ("\"http:\\/\\/a/\"\n\"http:\\/\\/b/\"\n", Ndjson, LooksLike::JsonLines),
        ("\"http://a/\"\n\"http://b/\"\n", Text, LooksLike::JsonLines),
        ("\"http://a/\"\n\"http://b/\"\n", Csv, LooksLike::JsonLines),
        ("\"http://a/\",\"red\"\n", Csv, LooksLike::Headless),
        ("{\n  \"urls\": []\n}", Ndjson, LooksLike::JsonDocument),
        ("{\n  \"url\": \"http://a/\"\n}", Text, LooksLike::JsonDocument),
        ("http://a/\nhttp://b/\n", Ndjson, LooksLike::Format(Text)),
        ("url,name\r1,2\r", Ndjson, LooksLike::Format(Csv)),
        ("HTTPS://a/\n", Vegeta, LooksLike::Format(Text)),
        ("{\"url\":\"http://a/\"}\n", Csv, LooksLike::Format(Ndjson)),
        ("http://a/\nhttp://b/\n", Csv, LooksLike::Format(Text)),
        ("http://a/,red\n", Csv, LooksLike::Headless),
        ("url\tname\n", Csv, LooksLike::Format(Tsv)),
        ("url;name\n", Csv, LooksLike::Semicolons),
        ("#tag;url\n", Csv, LooksLike::Semicolons),
        ("#tag\turl\n", Csv, LooksLike::Format(Tsv)),
        ("# c\nhttp://a/\nhttp://b/\n", Ndjson, LooksLike::Format(Text)),
        ("url,name\n", Tsv, LooksLike::Format(Csv)),
        ("<!DOCTYPE html>\n<html>", Text, LooksLike::Html),
        ("<?xml version=\"1.0\"?>\n", Ndjson, LooksLike::Xml),
        ("PK\u{3}\u{4}\u{14}\0", Csv, LooksLike::Zip),
        ("BZh91AY&SY..", Text, LooksLike::Bzip2),
        ("http://a/\0http://b/\0", Text, LooksLike::NulSeparated),
        ("SQLite format 3\0\u{10}\n", Text, LooksLike::Binary),
        ("%PDF-1.7\n", Text, LooksLike::Binary),
    ] {
        assert_eq!(seen(list, format), Some(looks), "{list:?} as {format:?}");
    }
    let list = "http://a/\r\nhttp://b/\r\n";
    for format in [Text, Ndjson, Csv] {
        assert_eq!(seen(utf16(list, u16::to_le_bytes), format), Some(LooksLike::Utf16Le));
        assert_eq!(seen(utf16(list, u16::to_be_bytes), format), Some(LooksLike::Utf16Be));
    }
    assert_eq!(seen(b"\xff\xfe\0\0h\0\0\0", Text), Some(LooksLike::Utf32));
    assert_eq!(seen(b"\xfd7zXZ\0\0\x04", Text), Some(LooksLike::Xz));
}

#[test]
fn what_may_be_right_is_left_to_the_parsers() {
    for (list, format) in [
        ("", Text),
        ("# only\n\n", Text),
        ("{\"url\":\"http://a/\"}\nhttp://b/\n", Text), // one stray line
        ("http://a/\n{\"url\":\"http://a/\"}\n", Text),
        ("\"http://a/\"\nhttp://b/\n", Text),
        ("\"http://a/\"\n{\"url\":\"http://b/\"}\n", Ndjson),
        ("foo\nbar\n", Text),
        ("example.com\n", Text),
        ("url\nhttp://a/\n", Text), // one bad line, and the rest is right
        ("name,link\n", Text),
        ("name,link\na,b\n", Text),
        ("name,link\nhttp://a/\n", Text),
        ("link,name\nhttp://a/,x\n", Text), // a URL with a comma, below a stray line
        ("a,b\n1,2,http://a/\n", Text),
        ("http://a/?x=1,2\n1,http://b/\n", Text),
        ("{\"log\":1}\nhttp://a/\n", Text),
        ("{\"url\":\"http://a/\",\"header\":{\"X\":\"1\"}}\n", Ndjson),
        ("{\"url\":\"http://a/\",\"header\":{\"X\":[\"1\"]},\"id\":1}\n", Ndjson),
        ("http://a/?x=url,y\nX-A: 1\n", Text),
        ("http://a/,url\n", Text),
        ("GET http://a/\nPOST http://b/\n", Text),
        ("[::1]\n", Text),
        ("<http://a/>\n", Text),
        ("{host}\n", Text),
        ("http://a/\n{\"url\":\"http://a/\"}\n", Ndjson),
        ("{\"url\":\n{\"url\":\"http://a/\"}\n", Ndjson),
        ("{\"a\":1}\n", Ndjson),
        ("{\"url\":\n", Ndjson),
        ("{\"url\":\"http://a/\",\"headers\":{}}\n", Vegeta),
        ("nonsense\n", Ndjson),
        ("GET http://a/\n", Vegeta),
        ("URL,name\nhttp://a/,x\n", Csv),
        ("link,name\nhttp://a/,x\n", Csv),
        ("\"url\"\nhttp://a/\n", Csv),
        ("url;a,url\n", Csv),
        ("#tag,url\nhttp://a/,http://b/\n", Csv),
        ("#tag,url\nhttp://docs/,http://a/\n", Csv),
        ("\u{feff}#\turl\nhttp://a/\thttp://b/\n", Tsv),
        ("#url\nhttp://a/\n", Text),
        ("# c\nGET http://a/\n", Vegeta),
    ] {
        assert_eq!(seen(list, format), None, "{list:?} as {format:?}");
    }
    let options = ListOptions { base_url: Some(Url::parse("http://a/").unwrap()), ..ListOptions::default() };
    assert_eq!(look(b"url,name\n", false, true, Text, &options), Look::Fine);
}

/// A good line of a pipe is served before the next one comes.
#[test]
fn only_a_suspicious_line_waits_for_the_next() {
    for (head, format, seen) in [
        ("", Text, Look::Undecided),
        ("http://", Text, Look::Undecided),
        ("http://a/\n", Text, Look::Fine),
        ("GET http://a/\n", Text, Look::Unsure),
        ("GET http://a/\nhttp://b/\n", Text, Look::Fine),
        ("{}\n", Ndjson, Look::Fine),
        ("{\"url\":\"http://a/\"}\n", Text, Look::Undecided),
        ("{\"url\":\"http://a/\"}\nhtt", Text, Look::Undecided),
        ("{\"url\":\"http://a/\"}\nhttp://a/\n", Text, Look::Fine),
        ("url,a\n", Text, Look::Wrong(LooksLike::Format(Csv))),
        ("id,link\n", Text, Look::Undecided),
        ("GET http://a/\nX-A: b\n", Text, Look::Wrong(LooksLike::Format(Vegeta))),
    ] {
        assert_eq!(look(head.as_bytes(), true, false, format, &ListOptions::default()), seen, "{head:?}");
    }
}

proptest! {
    /// So the way in which a list arrives changes nothing.
    #[test]
    fn more_bytes_never_change_the_answer(
        parts in vec(prop_oneof![
            "(http://a/|GET |url,|X-A: 1|\\[|\\{|\\}|\"|\n|\r|\0|<html|PK\u{3}\u{4}|#| )",
            "\\PC{0,3}",
        ], 0..12),
        patience: bool,
    ) {
        let text = parts.concat();
        let options = ListOptions::default();
        for format in [Text, Ndjson, Csv, Tsv, Vegeta] {
            let whole = look(text.as_bytes(), false, patience, format, &options);
            prop_assert!(!matches!(whole, Look::Undecided | Look::Unsure));
            for at in 0..=text.len() {
                let part = look(&text.as_bytes()[..at], true, patience, format, &options);
                let is_same = matches!(part, Look::Undecided | Look::Unsure) || part == whole;
                prop_assert!(is_same, "{:?} at {}: {:?} or {:?}", format, at, part, whole);
            }
        }
    }
}
