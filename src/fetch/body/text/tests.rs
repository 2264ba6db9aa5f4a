use bytes::Bytes;
use encoding_rs::*;
use proptest::prelude::*;

use super::super::label::{Kind, Label};
use super::{Text, decode, to_utf8};

/// The text and its charset, or the note.
fn read(kind: Kind, charset: Option<&str>, bytes: &[u8], truncated: bool) -> String {
    let label = Label { kind, charset: charset.map(str::to_owned) };
    match decode(&label, &Bytes::copy_from_slice(bytes), truncated) {
        Ok(Text { text, charset }) => format!("{charset}: {}", String::from_utf8(text.into()).unwrap()),
        Err(note) => note.unwrap_or_default(),
    }
}

#[test]
fn text_is_decoded_by_what_declares_its_encoding() {
    let html = b"<meta charset=koi8-r>\xf0";
    let xml = b"<?xml version='1.0' encoding='koi8-r'?>\xf0";
    for (kind, charset, bytes, expected) in [
        (Kind::Text, None, &b"abc"[..], "utf-8: abc"),
        (Kind::Text, None, "naïve – 文字 🦀".as_bytes(), "utf-8: naïve – 文字 🦀"),
        (Kind::Text, Some("latin1"), b"caf\xe9 \x80", "windows-1252: café €"),
        (Kind::Text, Some("ISO-8859-15"), b"\xa4", "iso-8859-15: €"),
        (Kind::Text, Some("us-ascii"), b"abc", "windows-1252: abc"),
        (Kind::Text, Some("windows-1251"), b"\xcf", "windows-1251: П"),
        (Kind::Text, Some("shift_jis"), b"\x93\xfa\x96{", "shift_jis: 日本"),
        (Kind::Text, Some("gb2312"), b"\xd6\xd0", "gbk: 中"),
        (Kind::Text, Some("gb18030"), b"\x94\x39\xfe\x32", "gb18030: 😐"),
        (Kind::Text, Some("euc-kr"), b"\xc7\xd1", "euc-kr: 한"),
        (Kind::Text, Some("big5"), b"\xa4\xa4", "big5: 中"),
        (Kind::Text, Some("iso-2022-jp"), b"\x1b$BF|\x1b(B", "iso-2022-jp: 日"),
        (Kind::Text, Some("utf-16"), b"\x3d\xd8\x80\xde", "utf-16le: 🚀"),
        (Kind::Text, Some("utf-16be"), b"\0a", "utf-16be: a"),
        // A byte order mark comes first, and is not part of the text.
        (Kind::Text, None, b"\xef\xbb\xbfa", "utf-8: a"),
        (Kind::Text, Some("koi8-r"), b"\xef\xbb\xbf\xd0\x9f", "utf-8: П"),
        (Kind::Text, Some("koi8-r"), b"\xff\xfea\0", "utf-16le: a"),
        (Kind::Html, None, b"\xfe\xff\0a", "utf-16be: a"),
        (Kind::Text, None, b"\xef\xbb\xbf", "utf-8: "),
        (Kind::Text, None, b"\xef\xbb\xbf\xef\xbb\xbfa", "utf-8: \u{feff}a"),
        // Then the header, then the document.
        (Kind::Html, Some("cp866"), html, "ibm866: <meta charset=koi8-r>Ё"),
        (Kind::Html, Some("foo"), html, "koi8-r: <meta charset=koi8-r>П"),
        (Kind::Html, None, html, "koi8-r: <meta charset=koi8-r>П"),
        (Kind::Xhtml, None, html, "koi8-r: <meta charset=koi8-r>П"),
        (Kind::Xml, None, xml, "koi8-r: <?xml version='1.0' encoding='koi8-r'?>П"),
        (Kind::Xhtml, None, xml, "koi8-r: <?xml version='1.0' encoding='koi8-r'?>П"),
        (Kind::Html, None, xml, "koi8-r: <?xml version='1.0' encoding='koi8-r'?>П"),
        (Kind::Xml, None, b"<\0?\0x\0m\0l\0", "utf-16le: <?xml"),
        (Kind::Html, None, "<meta charset=utf-16>é".as_bytes(), "utf-8: <meta charset=utf-16>é"),
        // What cannot be decoded is not text, and the note says why.
        (Kind::Text, None, b"caf\xe9", "no charset declared, and not UTF-8 text"),
        (Kind::Text, None, html, "no charset declared, and not UTF-8 text"),
        (Kind::Xml, None, html, "no charset declared, and not UTF-8 text"),
        (Kind::Text, None, b"a\0", "no charset declared, and contains NUL"),
        (Kind::Text, None, b"a\0\xff", "no charset declared, and not UTF-8 text"),
        (Kind::Text, Some("foo"), b"a\0", "unknown charset \"foo\", and contains NUL"),
        (Kind::Json, None, b"a\0", "labelled as JSON, but contains NUL"),
        (Kind::Json, None, b"\xff\xfea\0\0\0", "labelled as JSON, but contains NUL"),
        (Kind::Json, None, b"\xff\xfea\0b", "labelled as JSON, but not valid UTF-16"),
        (Kind::Json, None, b"a\xff", "labelled as JSON, but not UTF-8 text"),
        (Kind::Text, None, b"\xed\xa0\x80", "no charset declared, and not UTF-8 text"),
        (Kind::Text, Some("foo"), b"\xff", "unknown charset \"foo\", and not UTF-8 text"),
        (Kind::Html, None, b"<meta charset=foo>\xff", "unknown charset \"foo\", and not UTF-8 text"),
        (Kind::Html, Some("bar"), b"<meta charset=foo>\xff", "unknown charset \"bar\", and not UTF-8 text"),
        (Kind::Text, Some("foo"), b"fine", "utf-8: fine"),
        (Kind::Text, Some("utf-8"), b"\xff", "labelled as utf-8, but not valid utf-8"),
        (Kind::Text, Some("utf8"), b"a\0", "labelled as utf-8, but contains NUL"),
        (Kind::Html, Some("utf-8"), html, "labelled as utf-8, but not valid utf-8"),
        (Kind::Text, Some("sjis"), b"\x93", "labelled as shift_jis, but not valid shift_jis"),
        (Kind::Text, Some("latin1"), b"a\0", "labelled as windows-1252, but contains NUL"),
        (Kind::Text, Some("utf-16le"), b"a\0\0\0", "labelled as utf-16le, but contains NUL"),
        (Kind::Text, None, b"\xff\xfea", "has the BOM of utf-16le, but not valid utf-16le"),
        (Kind::Text, None, b"\xff\xfe\0\xd8a\0", "has the BOM of utf-16le, but not valid utf-16le"),
        (Kind::Text, Some("latin1"), b"\xef\xbb\xbf\xff", "has the BOM of utf-8, but not valid utf-8"),
        (Kind::Text, Some("hz-gb-2312"), b"a", "labelled as hz-gb-2312, which cannot be decoded"),
        (Kind::Html, None, b"<meta charset=iso-2022-kr>", "labelled as iso-2022-kr, which cannot be decoded"),
    ] {
        assert_eq!(read(kind, charset, bytes, false), expected, "{kind:?} {charset:?} {bytes:?}");
    }
    let long = "x".repeat(10_000);
    assert!(read(Kind::Text, Some(&long), b"\xff", false).len() < 100);
}

#[test]
fn what_is_not_labelled_as_text_is_utf8_or_bytes() {
    for (bytes, expected) in [
        ("é".as_bytes(), "utf-8: é"),
        (b"\x01\x1b\x7f", "utf-8: \x01\x1b\x7f"),
        (b"\xef\xbb\xbfa", "utf-8: a"),
        (b"\xff\xfea\0", ""),
        (b"a\0", ""),
        (b"caf\xe9", ""),
        (b"<meta charset=koi8-r>\xf0", ""),
    ] {
        assert_eq!(read(Kind::Other, Some("koi8-r"), bytes, false), expected, "{bytes:?}");
    }
}

#[test]
fn json_as_text_is_in_utf8_or_in_the_utf16_of_its_byte_order_mark() {
    for (bytes, expected) in [
        (&b"\xef\xbb\xbf[1]"[..], "utf-8: [1]"),
        (b"\xff\xfe[\0]\0", "utf-16le: []"),
        (b"\xf0", "labelled as JSON, but not UTF-8 text"),
    ] {
        assert_eq!(read(Kind::Json, Some("koi8-r"), bytes, false), expected);
    }
}

#[test]
fn a_last_character_that_is_cut_off_is_left_out() {
    for (kind, charset, bytes, expected) in [
        (Kind::Other, None, &b"a\xc3"[..], "utf-8: a"),
        (Kind::Text, None, b"a\xf0\x9f\xa6", "utf-8: a"),
        (Kind::Text, None, b"\xef\xbb\xbfa\xe2\x82", "utf-8: a"),
        (Kind::Text, Some("shift_jis"), b"a\x93", "shift_jis: a"),
        (Kind::Text, Some("gb18030"), b"a\x94\x39\xfe", "gb18030: a"),
        (Kind::Text, Some("iso-2022-jp"), b"\x1b$BF", "iso-2022-jp: "),
        (Kind::Text, None, b"\xff\xfea\0b", "utf-16le: a"),
        (Kind::Text, None, b"\xff\xfea\0\x3d\xd8", "utf-16le: a"),
        (Kind::Text, None, b"\xff\xfea\0\x3d\xd8\x80", "utf-16le: a"),
        (Kind::Text, None, b"a\xff", "no charset declared, and not UTF-8 text"),
        (Kind::Text, Some("utf-8"), b"\xc3a\xc3", "labelled as utf-8, but not valid utf-8"),
    ] {
        assert_eq!(read(kind, charset, bytes, true), expected, "{charset:?} {bytes:?}");
    }
}

#[test]
fn text_that_is_utf8_already_is_not_copied() {
    let bytes = Bytes::from_static(b"\xef\xbb\xbfplain");
    for (encoding, bytes) in [(UTF_8, bytes.slice(3..)), (WINDOWS_1252, bytes.slice(3..)), (BIG5, bytes.slice(3..))] {
        assert_eq!(to_utf8(encoding, &bytes, false).unwrap().as_ptr(), bytes.as_ptr());
    }
}

/// The names of all encodings that can be written, and some other labels.
const LABELS: [&str; 45] = [
    "utf-8",
    "ibm866",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-8-i",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "koi8-r",
    "koi8-u",
    "macintosh",
    "windows-874",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "x-mac-cyrillic",
    "gbk",
    "gb18030",
    "big5",
    "euc-jp",
    "iso-2022-jp",
    "shift_jis",
    "euc-kr",
    "x-user-defined",
    "unicode-1-1-utf-8",
    "Latin1",
    "us-ascii",
    "GB2312",
    "sjis",
    "ks_c_5601-1987",
    "cp1251",
    "x-gbk",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_comes_back_from_the_encoding_that_it_is_labelled_with(
        label in prop::sample::select(&LABELS[..]),
        text in "[ -~éäßñ€ŁőжЯПЁαΩשا日本語中文字한국カナ–“…\u{1f980}\n\t]{0,40}",
        cut in any::<bool>(),
    ) {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap();
        let encodes = |c: char| {
            let c_text = String::from(c);
            let (bytes, _, replaced) = encoding.encode(&c_text);
            !replaced && encoding.decode_without_bom_handling(&bytes).0.chars().eq([c])
        };
        let text: String = text.chars().filter(|c| encodes(*c)).collect();
        let bytes = encoding.encode(&text).0.into_owned();
        let expected = format!("{}: {text}", encoding.name().to_ascii_lowercase());
        prop_assert_eq!(read(Kind::Text, Some(label), &bytes, cut), expected);
    }

    #[test]
    fn any_bytes_are_text_without_nul_or_there_is_a_note(
        bytes in prop::collection::vec(any::<u8>(), 0..60),
        label in prop::option::of("[a-z0-9-]{0,12}|utf-8|utf-16|sjis|koi8-r|gb18030|iso-2022-kr"),
        kind in prop::sample::select(&[Kind::Html, Kind::Xhtml, Kind::Xml, Kind::Text, Kind::Json, Kind::Other][..]),
        truncated in any::<bool>(),
    ) {
        let label = Label { kind, charset: label };
        match decode(&label, &Bytes::from(bytes), truncated) {
            Ok(Text { text, .. }) => prop_assert!(std::str::from_utf8(&text).is_ok_and(|text| !text.contains('\0'))),
            Err(note) => prop_assert_eq!(note.is_none(), kind == Kind::Other),
        }
    }
}
