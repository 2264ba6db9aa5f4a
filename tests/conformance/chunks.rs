//! Chunks (RFC 9112, section 7.1).

use haul::model::ErrorKind::{Closed, Protocol, Reset};

use crate::row::{Row, answer, cut, ends, ok, row};
use crate::server::Step;

pub(crate) fn rows() -> Vec<Row> {
    [sizes(), extensions(), data(), trailers(), cuts()].concat()
}

fn chunked(rest: impl AsRef<[u8]>) -> Vec<u8> {
    answer("Transfer-Encoding: chunked", rest)
}

/// Chunks that are right.
fn right(name: &'static str, rest: impl AsRef<[u8]>) -> Row {
    row(name, chunked(rest), ok("hi"))
}

/// A chunk that is right, and then what is not.
fn wrong(name: &'static str, rest: &str) -> Row {
    ends(name, chunked(format!("2\r\nhi\r\n{rest}")), cut(Protocol, "hi"))
}

fn sizes() -> Vec<Row> {
    let sixteen = "0123456789abcdef";
    vec![
        right("a chunk", "2\r\nhi\r\n0\r\n\r\n"),
        right("two chunks", "1\r\nh\r\n1\r\ni\r\n0\r\n\r\n"),
        right("zeros before a size", "0002\r\nhi\r\n0\r\n\r\n"),
        right("zeros as the last size", "2\r\nhi\r\n0000\r\n\r\n"),
        right("a size of twenty digits", "00000000000000000002\r\nhi\r\n0\r\n\r\n"),
        right("a size of sixteen digits", "0000000000000002\r\nhi\r\n0\r\n\r\n"),
        row("no chunks", chunked("0\r\n\r\n"), ok("")),
        row("a size in lower case", chunked(format!("a\r\n{}\r\n0\r\n\r\n", &sixteen[..10])), ok(&sixteen[..10])),
        row("a size in upper case", chunked(format!("A\r\n{}\r\n0\r\n\r\n", &sixteen[..10])), ok(&sixteen[..10])),
        row("a size of two digits", chunked(format!("10\r\n{sixteen}\r\n0\r\n\r\n")), ok(sixteen)),
        row("line ends as data", chunked("6\r\n\r\n0\r\n\r\r\n0\r\n\r\n"), ok("\r\n0\r\n\r")),
        row("a chunk as data", chunked("c\r\n2\r\nhi\r\n0\r\n\r\n\r\n0\r\n\r\n"), ok("2\r\nhi\r\n0\r\n\r\n")),
        row("many small chunks", chunked("1\r\nx\r\n".repeat(20_000) + "0\r\n\r\n"), ok("x".repeat(20_000))).whole(),
        row("a large chunk", chunked(large()), ok("x".repeat(0x80000))).whole(),
        wrong("a size of 2^64", "10000000000000000\r\nno\r\n0\r\n\r\n"),
        wrong("a size of many digits", &format!("{}2\r\nno\r\n0\r\n\r\n", "0".repeat(100_000))).whole(),
        wrong("an empty size", "\r\nno\r\n0\r\n\r\n"),
        wrong("a size of blanks", "  \r\nno\r\n0\r\n\r\n"),
        wrong("a blank before a size", " 2\r\nno\r\n0\r\n\r\n"),
        wrong("a tab before a size", "\t2\r\nno\r\n0\r\n\r\n"),
        wrong("a size with a minus", "-2\r\nno\r\n0\r\n\r\n"),
        wrong("a size with a plus", "+2\r\nno\r\n0\r\n\r\n"),
        wrong("a size with a prefix", "0x2\r\nno\r\n0\r\n\r\n"),
        wrong("a size with a separator", "0_2\r\nno\r\n0\r\n\r\n"),
        wrong("an invalid size", "g\r\nno\r\n0\r\n\r\n"),
        wrong("a size of two words", "2 2\r\nno\r\n0\r\n\r\n"),
        wrong("a size in other digits", "\u{ff12}\r\nno\r\n0\r\n\r\n"),
        wrong("a size with a NUL", "2\0\r\nno\r\n0\r\n\r\n"),
        wrong("a bare line feed after a size", "2\nno\r\n0\r\n\r\n"),
        wrong("a bare carriage return after a size", "2\rno\r\n0\r\n\r\n"),
        wrong("two carriage returns after a size", "2\r\r\nno\r\n0\r\n\r\n"),
        wrong("a bare line feed after the last size", "0\n\n"),
        wrong("a last size with a minus", "-0\r\n\r\n"),
        ends("an invalid first size", chunked("hello"), cut(Protocol, "")),
        ends("an answer instead of chunks", chunked("HTTP/1.1 200 OK\r\n\r\n"), cut(Protocol, "")),
    ]
}

fn large() -> Vec<u8> {
    [b"80000\r\n", &*vec![b'x'; 0x80000], b"\r\n0\r\n\r\n"].concat()
}

fn extensions() -> Vec<Row> {
    let long = |bytes: usize| format!("2;{}\r\nhi\r\n0\r\n\r\n", "x".repeat(bytes));
    vec![
        right("an extension", "2;a\r\nhi\r\n0\r\n\r\n"),
        right("an extension with a value", "2;a=b\r\nhi\r\n0\r\n\r\n"),
        right("an extension with a quoted value", "2;a=\"b c\"\r\nhi\r\n0\r\n\r\n"),
        right("an extension with quoted signs", "2;a=\"b;\\\"c\\\\\"\r\nhi\r\n0\r\n\r\n"),
        right("several extensions", "2;a;b=c;d=\"e\"\r\nhi\r\n0;f\r\n\r\n"),
        right("an extension of the last chunk", "2\r\nhi\r\n0;a=b\r\n\r\n"),
        right("blanks around an extension", "2 ; a = b\r\nhi\r\n0\r\n\r\n").either(),
        right("a blank after a size", "2 \r\nhi\r\n0\r\n\r\n").either(),
        right("blanks and tabs after a size", "2 \t \r\nhi\r\n0 \r\n\r\n").either(),
        right("an extension without a name", "2;\r\nhi\r\n0\r\n\r\n").either(),
        right("a long extension", long(16_000)).whole(),
        right("many extensions", format!("2{}\r\nhi\r\n0\r\n\r\n", ";a=b".repeat(4_000))).whole(),
        ends("an extension that is too long", chunked(long(17_000)), cut(Protocol, "")).whole(),
        row("many chunks with long extensions", chunked(many_extensions()), ok("x".repeat(17))).whole(),
        wrong("a bare line feed in an extension", "2;a\nno\r\n0\r\n\r\n"),
        wrong("a bare line feed in a quoted extension", "2;a=\"\n\"\r\nno\r\n0\r\n\r\n"),
        wrong("a bare carriage return in an extension", "2;a\rb\r\nno\r\n0\r\n\r\n"),
    ]
}

/// Seventeen chunks, each with a thousand bytes of extensions.
fn many_extensions() -> String {
    format!("1;{}\r\nx\r\n", "a".repeat(1_000)).repeat(17) + "0\r\n\r\n"
}

fn data() -> Vec<Row> {
    let bad = |name, rest: &str| ends(name, chunked(rest), cut(Protocol, "hi"));
    vec![
        bad("no line end after data", "2\r\nhi0\r\n\r\n"),
        bad("a bare line feed after data", "2\r\nhi\n0\r\n\r\n"),
        bad("a bare carriage return after data", "2\r\nhi\r0\r\n\r\n"),
        bad("data that is longer than its size", "2\r\nhixx\r\n0\r\n\r\n"),
        bad("data that is longer by a line end", "2\r\nhi\r\n\r\n0\r\n\r\n"),
        ends("data that is shorter than its size", chunked("3\r\nhi\r\n0\r\n\r\n"), cut(Protocol, "hi\r")),
        row("bytes after the last chunk", chunked("2\r\nhi\r\n0\r\n\r\nx"), ok("hi")).closed(),
        row("an answer after the last chunk", chunked(format!("2\r\nhi\r\n0\r\n\r\n{EVIL}")), ok("hi")).closed(),
    ]
}

const EVIL: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";

/// Trailers are read over, however wrong.
fn trailers() -> Vec<Row> {
    let many = |count: usize| format!("2\r\nhi\r\n0\r\n{}\r\n", "x: y\r\n".repeat(count));
    let with = |name, trailer: &str| right(name, format!("2\r\nhi\r\n0\r\n{trailer}\r\n\r\n"));
    vec![
        row("a trailer", chunked("2\r\nhi\r\n0\r\nX-A: a\r\n\r\n"), ok("hi").lacks("x-a")),
        with("several trailers", "X-A: a\r\nX-B: b\r\nX-A: c"),
        with("an empty trailer", "X-A:"),
        with("a trailer of a length", "Content-Length: 7"),
        with("a trailer of a coding", "Transfer-Encoding: gzip"),
        row("a trailer of a status", chunked("0\r\nSet-Cookie: a=b\r\n\r\n"), ok("").lacks("set-cookie")),
        row(
            "an announced trailer",
            answer("Trailer: X-A\r\nTransfer-Encoding: chunked", "0\r\nX-A: a\r\n\r\n"),
            ok("").field("trailer", "X-A").lacks("x-a"),
        ),
        right("many trailers", many(900)).whole(),
        ends("trailers that are too long", chunked(many(100_000)), cut(Protocol, "hi")).whole(),
        ends("trailers without an end", chunked(&many(100_000)[..500_000]), cut(Protocol, "hi")).whole(),
        with("a trailer without a colon", "nonsense").either(),
        with("a trailer with a blank before its colon", "X-A : a").either(),
    ]
}

fn cuts() -> Vec<Row> {
    let at = |name, rest: &str, part: &str| ends(name, chunked(rest), cut(Closed, part));
    vec![
        at("the end before the first size", "", ""),
        at("the end in a size", "2", ""),
        at("the end after a carriage return", "2\r", ""),
        at("the end after a size", "2\r\n", ""),
        at("the end in an extension", "2;a=\"", ""),
        at("the end in data", "2\r\nh", "h"),
        at("the end after data", "2\r\nhi", "hi"),
        at("the end within the line end after data", "2\r\nhi\r", "hi"),
        at("the end after a chunk", "2\r\nhi\r\n", "hi"),
        at("the end in the last size", "2\r\nhi\r\n0", "hi"),
        at("the end after the last size", "2\r\nhi\r\n0\r\n", "hi"),
        at("the end in a trailer", "2\r\nhi\r\n0\r\nX-A: ", "hi"),
        at("the end after a trailer", "2\r\nhi\r\n0\r\nX-A: a\r\n", "hi"),
        at("the end within the last line end", "2\r\nhi\r\n0\r\n\r", "hi"),
        at("the end in a chunk beyond all limits", "ffffffffffffffff\r\nhi", "hi"),
        ends("the end after the last chunk", chunked("2\r\nhi\r\n0\r\n\r\n"), ok("hi")),
        row("a reset after a chunk", chunked("2\r\nhi\r\n"), cut(Reset, "hi")).then(Step::Pause).then(Step::Reset),
    ]
}

#[test]
fn chunks_are_what_they_say() {
    crate::check(&rows());
}
