//! Header fields (RFC 9112, section 5): what is wrong with one costs that one.

use haul::model::ErrorKind::Protocol;

use crate::row::{Row, answer, answered, ends, fails, ok, row};

pub(crate) fn rows() -> Vec<Row> {
    [values(), folds(), lost(), neighbours()].concat()
}

/// An answer with these fields, a length, and two bytes.
fn with(fields: impl AsRef<[u8]>) -> Vec<u8> {
    answer([fields.as_ref(), b"\r\nContent-Length: 2"].concat(), "hi")
}

fn values() -> Vec<Row> {
    vec![
        row("a field", with("X-A: one"), ok("hi").field("x-a", "one")),
        row("a field without a blank", with("X-A:one"), ok("hi").field("x-a", "one")),
        row("a field with blanks around it", with("X-A: \t one two \t "), ok("hi").field("x-a", "one two")),
        row("an empty field", with("X-A:"), ok("hi").field("x-a", "")),
        row("a field of blanks", with("X-A:   \t"), ok("hi").field("x-a", "")),
        row("a field with a colon", with("X-A: a:b: c"), ok("hi").field("x-a", "a:b: c")),
        row("a field twice", with("X-A: one\r\nX-B: x\r\nx-a: two"), ok("hi").fields("x-a", &["one", "two"])),
        row("a tab within a value", with("X-A: a\tb"), ok("hi").field("x-a", "a\tb")),
        row("every sign in a name", with("!#$%&'*+-.^_`|~09azAZ: x"), ok("hi").field("!#$%&'*+-.^_`|~09azaz", "x")),
        row("a value in UTF-8", with("X-A: caf\u{e9}"), ok("hi").field("x-a", "caf\u{e9}")),
        row("a value in Latin-1", with(b"X-A: caf\xe9"), ok("hi").field("x-a", b"caf\xe9")),
        row("a value of all high bytes", with(b"X-A: \x80\x9f\xa0\xff"), ok("hi").field("x-a", b"\x80\x9f\xa0\xff")),
        row("a value in quotes", with("X-A: \"a, \\\"b\\\"\""), ok("hi").field("x-a", "\"a, \\\"b\\\"\"")),
        row(
            "Location in Latin-1",
            b"HTTP/1.1 302 X\r\nLocation: /caf\xe9\r\nContent-Length: 2\r\n\r\nhi",
            answered(302, "hi").field("location", b"/caf\xe9"),
        ),
        row("a long name", with(format!("{}: x", "a".repeat(1_000))), ok("hi")),
    ]
}

/// A fold becomes a blank (RFC 9112, section 5.2).
fn folds() -> Vec<Row> {
    let folds =
        |name, fields: &str, value: &'static str| row(name, with(fields), ok("hi").field("x-a", value)).closed();
    vec![
        folds("a fold", "X-A: one\r\n two", "one two"),
        folds("a fold with a tab", "X-A: one\r\n\ttwo", "one two"),
        folds("a fold with many blanks", "X-A: one \t\r\n \t  two", "one two"),
        folds("two folds", "X-A: one\r\n two\r\n three", "one two three"),
        folds("a fold before the value", "X-A:\r\n one", "one"),
        folds("a fold after the value", "X-A: one\r\n ", "one"),
        folds("a fold of a bare line feed", "X-A: one\n two", "one two"),
        folds("a fold that looks like a field", "X-A: one\r\n X-B: two", "one X-B: two"),
        folds("a fold, and a field after it", "X-A: one\r\n two\r\nX-B: b", "one two"),
        row("a fold with a control character", with("X-A: one\r\n t\x01o"), ok("hi").lacks("x-a").noted("X-A"))
            .closed(),
        ends("a fold that looks like a length", answer("X-A: one\r\n Content-Length: 7", "hi"), fails(Protocol)),
        ends("a fold in a length that makes two", answer("Content-Length: 2\r\n 3", "hi"), fails(Protocol)),
    ]
}

/// What is lost is noted, and status and body are there.
fn lost() -> Vec<Row> {
    let lost = |name, line: &[u8], says| {
        let fields = [b"X-B: b\r\n", line, b"\r\nX-C: c"].concat();
        row(name, with(fields), ok("hi").lacks("x-a").field("x-b", "b").field("x-c", "c").noted(says)).closed()
    };
    let line = "header";
    vec![
        lost("a blank before a colon", b"X-A : one", line),
        lost("a tab before a colon", b"X-A\t: one", line),
        lost("a name with a bracket", b"Foo(Bar): x", line),
        lost("a name with a blank", b"Fo o: x", line),
        lost("a name in quotes", b"\"X-A\": x", line),
        lost("a name with an at sign", b"X@A: x", line),
        lost("a name with a control character", b"X-\x01A: x", line),
        lost("a name with a NUL", b"X-\0A: x", line),
        lost("a name in UTF-8", "\u{c4}: x".as_bytes(), line),
        lost("a name in Latin-1", b"\xc4: x", line),
        lost("no name", b": x", line),
        lost("no colon", b"nonsense", line),
        lost("no colon, but words", b"this is nonsense", line),
        lost("a slash for a colon", b"X-A/ one", line),
        lost("a control character in a value", b"X-A: a\x01b", "X-A"),
        lost("a NUL in a value", b"X-A: a\0b", "X-A"),
        lost("a DEL in a value", b"X-A: a\x7fb", "X-A"),
        lost("an escape in a value", b"X-A: \x1b[31m", "X-A"),
        lost("a bare carriage return in a value", b"X-A: a\rb", "X-A"),
        lost("a bare carriage return at the end of a value", b"X-A: a\r", "X-A"),
        lost("a form feed at the end of a value", b"X-A: a\x0c", "X-A"),
        lost("a bare carriage return and what looks like a field", b"X-A: a\rX-D: evil", "X-A"),
        row("a blank before the first name", with(" X-A: one"), ok("hi").lacks("x-a").noted(line)).closed(),
        row("two lines that are lost", with("X-A : a\r\nX-B\x01: b"), ok("hi").lacks("x-a").lacks("x-b").noted(line))
            .closed(),
        row("a line that is lost, and its twin", with("X-A: a\x01\r\nX-A: b"), ok("hi").field("x-a", "b").noted("X-A"))
            .closed(),
        row("a name beyond all limits", with(format!("{}: x", "a".repeat(70_000))), ok("hi").noted(line))
            .closed()
            .whole(),
    ]
}

/// What looks like framing and is none.
fn neighbours() -> Vec<Row> {
    vec![
        row("a name that begins as a length", with("Content-Length-X: 7"), ok("hi")),
        row("a name that ends as a length", with("X-Content-Length: 7"), ok("hi")),
        row("a length with an underscore", with("Content_Length: 7"), ok("hi")),
        row("a value that looks like a length", with("X-A: Content-Length: 7"), ok("hi")),
        row("Transfer-Encoding with an underscore", with("Transfer_Encoding: chunked"), ok("hi")),
        row("a content type of chunks", with("Content-Type: chunked"), ok("hi")),
        row("TE", with("TE: chunked"), ok("hi")),
    ]
}

#[test]
fn a_field_that_is_wrong_is_lost_alone() {
    crate::check(&rows());
}
