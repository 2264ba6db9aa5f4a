use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

use super::{Kind, Label};

fn of(lines: &[&[u8]]) -> (Kind, Option<String>) {
    let lines = lines.iter().map(|line| (CONTENT_TYPE, HeaderValue::from_bytes(line).unwrap()));
    let mut headers = HeaderMap::new();
    lines.for_each(|(name, value)| _ = headers.append(name, value));
    let label = Label::of(&headers);
    (label.kind, label.charset)
}

#[test]
fn a_type_is_known_by_its_name_or_its_suffix() {
    for (line, kind) in [
        ("application/json", Kind::Json),
        ("text/json", Kind::Json),
        ("application/json;charset=utf-8", Kind::Json),
        ("application/json, charset=utf-8", Kind::Json),
        ("application/json,charset=utf-8", Kind::Json),
        ("application/json charset=utf-8", Kind::Json),
        ("application/json\tcharset=utf-8", Kind::Json),
        ("application/json:charset=utf-8", Kind::Json),
        (" APPLICATION/JSON\t; Charset=UTF-8 ", Kind::Json),
        ("application/json;", Kind::Json),
        ("application/json;;charset=;charset=utf-8", Kind::Json),
        ("application/json; charset", Kind::Json),
        ("application/json,", Kind::Json),
        (",application/json", Kind::Json),
        ("\"application/json\"", Kind::Json),
        ("\"application/json; charset=utf-8\"", Kind::Json),
        ("'application/json'", Kind::Json),
        ("application/ld+json; profile=\"http://a/b, c; text/html\"", Kind::Json),
        ("application/json; q=\"\\\", text/html\"", Kind::Json),
        ("application/vnd.api+JSON;ext=x", Kind::Json),
        ("application/json-seq", Kind::Other),
        ("application/x-ndjson", Kind::Other),
        ("application/x+json+gzip", Kind::Other),
        ("json", Kind::Other),
        ("/json", Kind::Other),
        ("application/", Kind::Other),
        ("application /json", Kind::Other),
        ("", Kind::Other),
        ("charset=utf-8", Kind::Other),
        ("text/html", Kind::Html),
        ("Text/HTML;level=1", Kind::Html),
        ("application/xhtml+xml", Kind::Xhtml),
        ("text/xml", Kind::Xml),
        ("application/xml", Kind::Xml),
        ("application/rss+xml", Kind::Xml),
        ("image/svg+xml", Kind::Xml),
        ("text/plain", Kind::Text),
        ("text/csv", Kind::Text),
        ("text/x", Kind::Text),
        ("application/javascript", Kind::Text),
        ("Application/JavaScript; charset=iso-8859-1", Kind::Text),
        ("application/x-javascript", Kind::Text),
        ("application/ecmascript", Kind::Text),
        ("application/x-ecmascript", Kind::Text),
        ("text/javascript1.5", Kind::Text),
        ("application/javascript+gzip", Kind::Other),
        ("application/x+javascript", Kind::Other),
        ("image/javascript", Kind::Other),
        ("application/octet-stream", Kind::Other),
        ("image/png; charset=utf-8", Kind::Other),
    ] {
        assert_eq!(of(&[line.as_bytes()]).0, kind, "{line:?}");
    }
}

#[test]
fn the_charset_is_the_value_of_the_first_parameter_of_that_name() {
    for (line, charset) in [
        ("text/html;charset=utf-8", "utf-8"),
        ("text/html ; CharSet = \"Shift_JIS\" ; x=y", "Shift_JIS"),
        ("text/html; charset='koi8-r'", "koi8-r"),
        ("text/html; charset=\"koi8-r", "koi8-r"),
        ("text/html; charset=koi8-r\"", "koi8-r"),
        ("text/html; charset=\"k\\oi8-r\"", "koi8-r"),
        ("text/html; charset=\" koi8-r \"", "koi8-r"),
        ("text/html; charset=koi8-r charset=utf-8", "koi8-r"),
        ("text/html;charset=a;charset=b", "a"),
        ("text/html;charset=;charset=b", "b"),
        ("text/html;charset=\"\";charset=b", "b"),
        ("text/html;charset;charset=b", "b"),
        ("text/html;x=\"charset=a\";charset=b", "b"),
        ("text/html;x=\"\\\";charset=a\";charset=b", "b"),
        ("text/html;xcharset=a;charset=b", "b"),
        ("text/html;=a;charset=b", "b"),
        ("text/html,charset=b", "b"),
        ("text/html charset=b", "b"),
        ("text/html;charset=a,charset=b", "a"),
    ] {
        assert_eq!(of(&[line.as_bytes()]).1.as_deref(), Some(charset), "{line:?}");
    }
    for line in
        ["text/html", "text/html;charset", "text/html;charset=", "text/html;charset=\"\"", "text/html;x=charset"]
    {
        assert_eq!(of(&[line.as_bytes()]).1, None, "{line:?}");
    }
    assert_eq!(
        of(&[b"text/html;x=\xe9;charset=b"]).1.as_deref(),
        Some("b"),
        "bytes that are not text are read as Latin-1"
    );
}

/// The examples of the Fetch Standard, and more.
#[test]
fn of_several_types_the_last_one_counts() {
    for (lines, kind, charset) in [
        (&["text/plain;charset=gbk, text/html"][..], Kind::Html, None),
        (&["text/html;charset=gbk;a=b, text/html;x=y"], Kind::Html, Some("gbk")),
        (&["text/html;charset=gbk;a=b", "text/html;x=y"], Kind::Html, Some("gbk")),
        (&["text/html;charset=gbk", "text/html;charset=big5"], Kind::Html, Some("big5")),
        (&["text/html;charset=gbk", "x/x", "text/html;x=y"], Kind::Html, None),
        (&["text/html", "cannot-parse"], Kind::Html, None),
        (&["text/html", "*/*"], Kind::Html, None),
        (&["text/html", ""], Kind::Html, None),
        (&["text/html", "charset=gbk"], Kind::Html, Some("gbk")),
        (&["application/json", "application/json; charset=utf-8"], Kind::Json, Some("utf-8")),
        (&["text/plain", "application/json"], Kind::Json, None),
    ] {
        let bytes: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
        assert_eq!(of(&bytes), (kind, charset.map(str::to_owned)), "{lines:?}");
    }
}
