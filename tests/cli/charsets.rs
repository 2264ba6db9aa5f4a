//! JSON and text in all encodings.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use encoding_rs::Encoding;
use serde_json::{Value, json};

use crate::record::Record;
use crate::support::{Scripted, Site, answer, canned};

/// The record of a body with this Content-Type.
fn recorded(options: &str, content_type: &str, body: &[u8]) -> Record {
    let server = canned(answer(200, format!("Content-Type: {content_type}\r\n"), body));
    Site::new().run(&format!("haul {options} http://{server}/")).record()
}

fn utf16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn text_is_decoded_by_its_label() {
    let text = "Größe – €, Привет, 日本語, 中文, 한국어 🦀 tab\t\"quoted\"\r\n";
    let server = Scripted::new(move |head, _| {
        let label = head.split(' ').nth(1).unwrap().trim_start_matches('/');
        let encoding = Encoding::for_label(label.as_bytes()).unwrap();
        answer(200, format!("Content-Type: text/plain; charset={label}\r\n"), encodable(text, encoding).1)
    });
    for label in [
        "utf-8",
        "latin1",
        "iso-8859-15",
        "windows-1251",
        "koi8-r",
        "shift_jis",
        "euc-jp",
        "iso-2022-jp",
        "gb2312",
        "gb18030",
        "big5",
        "euc-kr",
    ] {
        let record = Site::new().run(&format!("haul http://{}/{label}", server.addr)).record();
        let encoding = Encoding::for_label(label.as_bytes()).unwrap();
        let (expected, bytes) = encodable(text, encoding);
        assert_eq!((&record["body"], record.get("note")), (&json!(expected), None), "{label}");
        assert_eq!(record["charset"], encoding.name().to_ascii_lowercase());
        assert_eq!(record["decoded_body_size"], bytes.len(), "sizes are those of the bytes");
    }
}

/// What an encoding has of a text, and the bytes of that.
fn encodable(text: &str, encoding: &'static Encoding) -> (String, Vec<u8>) {
    let known = |c: &char| !encoding.encode(&c.to_string()).2;
    let text: String = text.chars().filter(known).collect();
    let bytes = encoding.encode(&text).0.into_owned();
    (text, bytes)
}

#[test]
fn what_declares_the_encoding_first_counts() {
    let html = b"<meta charset=koi8-r>\xf0";
    for (content_type, body, text, charset) in [
        ("text/plain; charset=koi8-r", &b"\xef\xbb\xbf\xd0\x9f"[..], "П", "utf-8"),
        ("text/plain", b"\xff\xfe\x1f\x04", "П", "utf-16le"),
        ("text/html", b"\xfe\xff\x04\x1f", "П", "utf-16be"),
        ("text/html; charset=\"windows-1251\"", b"<meta charset=koi8-r>\xcf", "<meta charset=koi8-r>П", "windows-1251"),
        ("text/html; charset=foo", html, "<meta charset=koi8-r>П", "koi8-r"),
        ("Text/HTML", html, "<meta charset=koi8-r>П", "koi8-r"),
        ("application/rss+xml", b"<?xml encoding='koi8-r'?>\xf0", "<?xml encoding='koi8-r'?>П", "koi8-r"),
        ("image/png", b"\xef\xbb\xbfa", "a", "utf-8"),
    ] {
        let record = recorded("", content_type, body);
        assert_eq!((&record["body"], &record["charset"]), (&json!(text), &json!(charset)), "{content_type}");
        assert_eq!(record.get("note"), None);
    }
}

#[test]
fn what_cannot_be_decoded_is_there_in_base64_with_a_note() {
    let utf16 = utf16le("no BOM");
    for (content_type, body, note) in [
        ("text/html", &b"caf\xe9"[..], json!("no charset declared, and not UTF-8 text")),
        ("text/plain; charset=utf-8", b"caf\xe9", json!("labelled as utf-8, but not valid utf-8")),
        ("text/plain; charset=latin-2000", b"caf\xe9", json!("unknown charset \"latin-2000\", and not UTF-8 text")),
        ("text/plain; charset=iso-2022-kr", b"a", json!("labelled as iso-2022-kr, which cannot be decoded")),
        ("text/plain; charset=latin1", b"a\0b", json!("labelled as windows-1252, but contains NUL")),
        ("text/plain", &utf16, json!("no charset declared, and contains NUL")),
        ("application/javascript", b"caf\xe9", json!("no charset declared, and not UTF-8 text")),
        ("application/octet-stream; charset=latin1", b"caf\xe9", Value::Null),
    ] {
        let record = recorded("", content_type, body);
        assert_eq!((record.get("body"), record.get("charset")), (None, None), "{content_type}");
        assert_eq!((&record["body_base64"], &record["note"]), (&json!(BASE64_STANDARD.encode(body)), &note));
    }
}

#[test]
fn a_body_in_base64_or_in_a_file_stays_as_it_came() {
    let body = b"\xef\xbb\xbfcaf\xc3\xa9";
    let record = recorded("--body base64", "text/plain", body);
    assert_eq!((&record["body_base64"], record.get("charset")), (&json!(BASE64_STANDARD.encode(body)), None));
    let server = canned(answer(200, "Content-Type: text/plain; charset=latin1\r\n", b"caf\xe9"));
    let site = Site::new();
    let record = site.run(&format!("haul --body dir:bodies http://{server}/")).record();
    assert_eq!(std::fs::read(site.path(record["body_path"].as_str().unwrap())).unwrap(), b"caf\xe9");
    assert_eq!(record.get("charset"), None);
}

#[test]
fn a_body_that_is_cut_off_within_a_character_is_text() {
    for (content_type, body, text) in [
        ("text/plain", "ab🦀".as_bytes(), "ab"),
        ("application/json", "[é".as_bytes(), "["),
        ("image/png", "aaé".as_bytes(), "aa"),
        ("text/plain; charset=gb18030", b"ab\x94\x39\xfe\x32", "ab"),
        ("text/plain", b"\xff\xfea\0b\0", "a"),
    ] {
        let options = format!("--max-filesize {}", body.len() - 1);
        let record = recorded(&options, content_type, body);
        assert_eq!((record.kind(), &record["truncated"], &record["body"]), ("too_large", &json!(true), &json!(text)));
        assert_eq!(record.get("note"), None, "{content_type}");
    }
}

#[test]
fn json_may_begin_with_a_byte_order_mark() {
    let json = "{\"a\": [1.50, \"é\"], \"next\": null}";
    let bom = ["\u{feff}", json].concat();
    let utf16be: Vec<u8> = bom.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for body in [bom.as_bytes(), &utf16le(&bom), &utf16be] {
        for content_type in ["application/json", "text/json; charset=koi8-r", "application/x+json;charset=utf-8"] {
            let record = recorded("--jq '.a[0]'", content_type, body);
            assert_eq!((record.text("json"), record.text("extract")), (json, "[1.50]"), "{content_type}");
            assert_eq!((&record["decoded_body_size"], record.get("note")), (&json!(body.len()), None));
        }
        let record = recorded("--body none --jq '.a[1]' --expect-jq .a --expect-body 'é'", "application/json", body);
        assert_eq!((&record["extract"], &record["ok"]), (&json!(["é"]), &json!(true)), "{record:?}");
        let record = recorded("--body text", "application/json", body);
        assert_eq!(record["body"], json);
        let server = canned(answer(200, "", body));
        let run = Site::new().run(&format!("haul -q --items '.a[]' -r --paginate next=.next http://{server}/"));
        assert_eq!(run.stdout, "1.50\né\n");
    }
}

#[test]
fn the_token_of_a_login_may_be_in_json_of_any_label() {
    let server = Scripted::new(|head, _| match head.contains("/login") {
        true => answer(200, "Content-Type: text/plain\r\n", "\u{feff}{\"token\": \"abc\"}"),
        false if head.to_lowercase().contains("authorization: bearer abc\r\n") => answer(200, "", "welcome"),
        false => answer(401, "", ""),
    });
    let site = Site::new().with("S", format!("http://{}", server.addr));
    site.file("login", "$S/login\n");
    let record = site.run("haul --login login --login-token .token $S/").record();
    assert_eq!(record["body"], "welcome");
}

#[test]
fn json_is_parsed_under_any_label_if_asked() {
    for content_type in ["text/html", "application/octet-stream", "text/plain; charset=koi8-r"] {
        let record = recorded("--body json", content_type, b"[1.0]");
        assert_eq!((record.text("json"), record.get("note")), ("[1.0]", None));
        let record = recorded("--body json", content_type, b"<p>");
        let note = "not JSON: expected value at line 1 column 1";
        assert_eq!((&record["body"], &record["note"]), (&json!("<p>"), &json!(note)));
    }
    let record = recorded("--body json", "text/plain; charset=koi8-r", b"\xf0");
    assert_eq!((&record["body"], &record["note"]), (&json!("П"), &json!("not JSON: not UTF-8 text")));
    let record = recorded("--body json", "image/png", b"\x89PNG\0");
    assert_eq!((&record["body_base64"], &record["note"]), (&json!("iVBORwA="), &json!("not JSON: not UTF-8 text")));
    let record = recorded("--body json", "application/json", b"");
    assert_eq!((record.get("json"), record.get("note")), (None, None));
}

#[test]
fn conditions_search_decoded_text() {
    for options in ["", "--body none", "--body base64", "--body dir:b"] {
        let options = format!("{options} --expect-body 'größe$' --expect 'body==größe'");
        let record = recorded(&options, "text/html; charset=latin1", b"gr\xf6\xdfe");
        assert_eq!(record["ok"], true, "{record:?}");
    }
    let record = recorded("--body none --expect-body '(?-u)^gr\\xf6'", "application/octet-stream", b"gr\xf6\xdfe");
    assert_eq!(record["ok"], true, "what is not text is searched byte by byte: {record:?}");
    let record = recorded("--expect-body x", "text/plain; charset=latin1", b"gr\xf6\xdfe");
    assert_eq!(record["error"]["message"], "expected body~x, got \"größe\" (--expect-body)");
}
