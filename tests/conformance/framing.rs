//! Where a body ends: lengths, and the end of the connection (RFC 9112, section 6).

use haul::model::ErrorKind::{Closed, Protocol, Reset};
use haul::model::Request;

use crate::row::{Expect, Row, answer, answered, cut, ends, fails, noise, ok, row};
use crate::server::Step;

pub(crate) fn rows() -> Vec<Row> {
    [lengths(), bad_lengths(), ends_of_connections(), no_bodies(), keeping(), surplus()].concat()
}

/// An answer with this `Content-Length`, and two bytes.
fn length(value: &str) -> Vec<u8> {
    answer(format!("Content-Length: {value}"), "hi")
}

fn lengths() -> Vec<Row> {
    let large = noise(1 << 20);
    vec![
        row("a length", length("2"), ok("hi")),
        row("no length, but a length of 0", answer("Content-Length: 0", ""), ok("")),
        row("a length with zeros before it", length("0002"), ok("hi")),
        row("a length with blanks around it", length(" \t 2 \t "), ok("hi")),
        row("a length without a blank before it", answer("Content-Length:2", "hi"), ok("hi")),
        row("a length in upper case", answer("CONTENT-LENGTH: 2", "hi"), ok("hi")),
        row("a length in lower case", answer("content-length: 2", "hi"), ok("hi")),
        row("a large body", answer(format!("Content-Length: {}", large.len()), &large), ok(&large)).whole(),
        row("two equal lengths", answer("Content-Length: 2\r\nContent-Length: 2", "hi"), ok("hi")),
        row("a list of two equal lengths", length("2, 2"), ok("hi")),
        row("a list of three equal lengths", length("2,2 , 2"), ok("hi")),
        row("two equal lengths, written differently", length("2, 02"), ok("hi")),
        row("a length twice, once as a list", answer("Content-Length: 2\r\nContent-Length: 2, 2", "hi"), ok("hi")),
        ends("a length, and the end", length("2"), ok("hi")),
        ends("a length that the end cuts", length("3"), cut(Closed, "hi")),
        ends("a length, and no body", answer("Content-Length: 3", ""), cut(Closed, "")),
        ends("a length of nineteen digits", length("9999999999999999999"), cut(Closed, "hi")),
        ends("a length of 2^63", length("9223372036854775808"), cut(Closed, "hi")),
        row("a length that a reset cuts", length("3"), cut(Reset, "hi")).then(Step::Pause).then(Step::Reset),
        row("a length, and a reset", length("2"), ok("hi")).then(Step::Pause).then(Step::Reset).closed(),
        row("the length of an error page", "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nhi", answered(404, "hi")),
        ends("a cut error page", "HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\nhi", cut(Closed, "hi").status(404)),
        row("the length of a deleted thing", length("2"), ok("hi")).to(Request::delete()),
    ]
}

fn bad_lengths() -> Vec<Row> {
    let bad = |name, fields: &str| ends(name, answer(fields, "hi"), fails(Protocol));
    vec![
        bad("two lengths", "Content-Length: 2\r\nContent-Length: 3"),
        bad("two lengths, of which the first is 0", "Content-Length: 0\r\nContent-Length: 2"),
        bad("two lengths, far apart", "Content-Length: 2\r\nX-A: a\r\nX-B: b\r\ncontent-length: 3"),
        bad("a list of two lengths", "Content-Length: 2, 3"),
        bad("a length with a plus", "Content-Length: +2"),
        bad("a length with a minus", "Content-Length: -1"),
        bad("a length of two words", "Content-Length: 2 2"),
        bad("a length in two lines", "Content-Length: 2\r\n 2"),
        bad("an empty length", "Content-Length: "),
        bad("an empty length, and a length", "Content-Length: \r\nContent-Length: 2"),
        bad("a length, and an empty one", "Content-Length: 2\r\nContent-Length:"),
        bad("a hexadecimal length", "Content-Length: 0x2"),
        bad("a length in hexadecimal digits", "Content-Length: a"),
        bad("a length with a fraction", "Content-Length: 2.0"),
        bad("a length with an exponent", "Content-Length: 2e0"),
        bad("a length with a separator", "Content-Length: 1_0"),
        bad("a length with a unit", "Content-Length: 2 bytes"),
        bad("a length with a semicolon", "Content-Length: 2;"),
        bad("a length in quotes", "Content-Length: \"2\""),
        bad("a length in other digits", "Content-Length: \u{0662}"),
        bad("a length of 2^64", "Content-Length: 18446744073709551616"),
        bad("a length of 2^64 and 2", "Content-Length: 18446744073709551618"),
        bad("a length of thirty digits", "Content-Length: 999999999999999999999999999999"),
        bad("a length that is a word", "Content-Length: chunked"),
        bad("a length with a control character", "Content-Length: 2\x01"),
        bad("a length with a NUL", "Content-Length: 2\0"),
        bad("a length with a bare carriage return", "Content-Length: 2\r3"),
        bad("a length with a vertical tab", "Content-Length: \x0b2"),
        bad("a blank before the colon of a length", "Content-Length : 2"),
        bad("a tab before the colon of a length", "Content-Length\t: 2"),
        bad("a blank before a length", " Content-Length: 2"),
        bad("a length without a colon", "Content-Length 2"),
        bad("no length, but its name", "Content-Length"),
    ]
}

fn ends_of_connections() -> Vec<Row> {
    vec![
        ends("no length", answer("X-A: a", "hi"), ok("hi")),
        ends("no fields at all", "HTTP/1.1 200 OK\r\n\r\nhi", ok("hi")),
        ends("no length, and no body", answer("X-A: a", ""), ok("")),
        ends("no length, in HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nhi", ok("hi")),
        ends("no length, but a wish to go on", answer("Connection: keep-alive", "hi"), ok("hi")),
        ends(
            "no length, and chunks that nobody announced",
            answer("X-A: a", "2\r\nhi\r\n0\r\n\r\n"),
            ok("2\r\nhi\r\n0\r\n\r\n"),
        ),
        ends("no length, and an answer as a body", answer("X-A: a", GOOD_TEXT), ok(GOOD_TEXT)),
        row("no length, and a reset", answer("X-A: a", "hi"), cut(Reset, "hi")).then(Step::Pause).then(Step::Reset),
        ends("no length, and a large body", answer("X-A: a", vec![b'x'; 300_000]), ok(vec![b'x'; 300_000])),
    ]
}

const GOOD_TEXT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";

/// What has no body whatever its head says (RFC 9112, section 6.3, rule 1).
fn no_bodies() -> Vec<Row> {
    let says = |status: u16, fields: &str| format!("HTTP/1.1 {status} X\r\n{fields}\r\n\r\n");
    let head = |name, fields: &str| row(name, answer(fields, ""), ok("")).to(Request::head());
    vec![
        row("204", says(204, "X-A: a"), answered(204, "")),
        row("204 with a length of 0", says(204, "Content-Length: 0"), answered(204, "")),
        row("204 with a length", says(204, "Content-Length: 5"), answered(204, "")).either(),
        row("204 with chunks", says(204, "Transfer-Encoding: chunked"), answered(204, "")).either(),
        row("204 with a body", says(204, "Content-Length: 4") + "evil", answered(204, "")).closed(),
        row("304", says(304, "ETag: \"a\""), answered(304, "")),
        row("304 with a length", says(304, "Content-Length: 5"), answered(304, "")),
        row("304 with chunks", says(304, "Transfer-Encoding: chunked"), answered(304, "")),
        row("304 with a body", says(304, "Content-Length: 4") + "evil", answered(304, "")).closed(),
        row("205 with a length of 0", says(205, "Content-Length: 0"), answered(205, "")),
        row("205 with a body", says(205, "Content-Length: 2") + "hi", answered(205, "hi")),
        head("HEAD", "X-A: a"),
        head("HEAD with a length", "Content-Length: 5"),
        head("HEAD with a length beyond all limits", "Content-Length: 9999999999999"),
        head("HEAD with chunks", "Transfer-Encoding: chunked"),
        head("HEAD that ends", "Connection: close").closed(),
        row("HEAD with a body", answer("Content-Length: 4", "evil"), ok("")).to(Request::head()).closed(),
        row("HEAD with chunks that come", answer("Transfer-Encoding: chunked", "0\r\n\r\n"), ok(""))
            .to(Request::head())
            .closed(),
        row("HEAD that was not found", says(404, "Content-Length: 7"), answered(404, "")).to(Request::head()),
    ]
}

/// Whether a connection goes on (RFC 9112, section 9.3).
fn keeping() -> Vec<Row> {
    let with = |name, fields: &str| row(name, answer(format!("{fields}\r\nContent-Length: 2"), "hi"), ok("hi"));
    let old =
        |name, fields: &str| row(name, format!("HTTP/1.0 200 OK\r\n{fields}\r\nContent-Length: 2\r\n\r\nhi"), ok("hi"));
    vec![
        with("Connection: close", "Connection: close").closed(),
        with("Connection: Close", "Connection: Close").closed(),
        with("Connection: close among others", "Connection: foo, close,bar").closed(),
        with("Connection: close among empty elements", "Connection: , ,close").closed(),
        with("Connection: close in the second line", "Connection: foo\r\nConnection: close").closed(),
        with("Connection: close and keep-alive", "Connection: keep-alive, close").closed(),
        with("Connection: keep-alive", "Connection: keep-alive").kept(),
        with("Connection: closed", "Connection: closed").kept(),
        with("an empty Connection", "Connection:").kept(),
        with("Proxy-Connection: close", "Proxy-Connection: close").kept(),
        with("Connection that names a field", "Connection: X-A\r\nX-A: close").kept(),
        with("Connection: upgrade", "Connection: upgrade\r\nUpgrade: h2c").kept(),
        with("Keep-Alive", "Keep-Alive: timeout=5, max=100").kept(),
        old("HTTP/1.0", "X-A: a").closed(),
        old("HTTP/1.0 that goes on", "Connection: keep-alive").kept(),
        old("HTTP/1.0 that goes on, in upper case", "Connection: Keep-Alive").kept(),
        old("HTTP/1.0 that ends", "Connection: close").closed(),
        old("HTTP/1.0 that goes on and ends", "Connection: keep-alive, close").closed(),
        row("a blank before the colon of Connection", answer("Connection : close\r\nContent-Length: 2", "hi"), bad()),
        row("a control character in Connection", answer("Connection: close\x01\r\nContent-Length: 2", "hi"), bad()),
        row("a NUL in Connection", answer("Connection: clo\0se\r\nContent-Length: 2", "hi"), bad()),
    ]
}

fn bad() -> Expect {
    fails(Protocol)
}

/// What comes after a body is never the next answer.
fn surplus() -> Vec<Row> {
    let after = |name, surplus: &str| row(name, answer("Content-Length: 2", format!("hi{surplus}")), ok("hi")).closed();
    let later = |name, surplus: &'static str| {
        row(name, answer("Content-Length: 2", "hi"), ok("hi"))
            .then(Step::Pause)
            .then(Step::Send(surplus.into()))
            .closed()
    };
    vec![
        after("a byte too many", "x"),
        after("a line end too many", "\r\n"),
        after("an answer too many", GOOD_TEXT),
        after("an informational answer too many", "HTTP/1.1 100 Continue\r\n\r\n"),
        after("many bytes too many", &"x".repeat(100_000)).whole(),
        later("a byte too many, later", "x"),
        later("an answer too many, later", GOOD_TEXT),
        later("an answer that tells of a timeout, later", "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"),
        later("an answer that tells of a timeout, and the end", "HTTP/1.0 408 Timeout\r\nConnection: close\r\n\r\nbye")
            .then(Step::Close),
        row("a body where its length is 0", answer("Content-Length: 0", "evil"), ok("")).closed(),
        row("an answer where the length is 0", answer("Content-Length: 0", GOOD_TEXT), ok("")).closed(),
    ]
}

#[test]
fn bodies_end_where_they_end() {
    crate::check(&rows());
}
