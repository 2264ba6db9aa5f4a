//! The head of an answer over HTTP/2 (RFC 9113, section 8).

use haul::model::ErrorKind::Protocol;
use haul::model::Request;

use crate::http2::{OK, ONE, frames, last, with};
use crate::http2_frames::{
    CONTINUATION, END_HEADERS, END_STREAM, HEADERS, PADDED, PRIORITISED, block, data, frame, headers,
};
use crate::row::{Row, answered, cut, fails, ok};

pub(crate) fn rows() -> Vec<Row> {
    [heads(), malformed()].concat()
}

fn heads() -> Vec<Row> {
    let end = |name, head: Vec<u8>, expect| frames(name, &[head, last("hi")], expect);
    let status = |code| headers(ONE, 0, &[(":status", code)]);
    let (fields, early) =
        (block(&[(":status", "200"), ("x-a", "a")]), headers(ONE, 0, &[(":status", "103"), ("link", "</a>")]));
    let split = |at: usize, more: &[u8]| {
        let rest = frame(CONTINUATION, END_HEADERS, ONE, &fields[at..]);
        [frame(HEADERS, 0, ONE, &fields[..at]), more.to_vec(), rest].concat()
    };
    let indexed = b"\x88\x40\x03x-a\x01a";
    vec![
        end("h2: a field", with(&[("x-a", "a b")]), ok("hi").field("x-a", "a b")),
        end(
            "h2: a field twice",
            with(&[("x-a", "a"), ("x-b", "x"), ("x-a", "b")]),
            ok("hi").fields("x-a", &["a", "b"]),
        ),
        end("h2: an empty field", with(&[("x-a", "")]), ok("hi").field("x-a", "")),
        end("h2: a field that is not ASCII", with(&[("x-a", "caf\u{e9}")]), ok("hi").field("x-a", "caf\u{e9}")),
        end(
            "h2: a field that is not UTF-8",
            frame(HEADERS, END_HEADERS, ONE, b"\x88\0\x03x-a\x02\xe9\xff"),
            ok("hi").field("x-a", b"\xe9\xff"),
        ),
        end("h2: indexed fields", frame(HEADERS, END_HEADERS, ONE, indexed), ok("hi").field("x-a", "a")),
        end(
            "h2: fields that are indexed again",
            frame(HEADERS, END_HEADERS, ONE, [&indexed[..], b"\xbe"].concat()),
            ok("hi").fields("x-a", &["a", "a"]),
        ),
        end(
            "h2: a field in Huffman's code",
            frame(HEADERS, END_HEADERS, ONE, b"\x88\0\x03x-a\x81\x1f"),
            ok("hi").field("x-a", "a"),
        ),
        end("h2: a smaller table", frame(HEADERS, END_HEADERS, ONE, b"\x20\x88"), ok("hi")),
        end("h2: a continued head", split(3, b""), ok("hi").field("x-a", "a")),
        end("h2: a head continued at once", split(0, b""), ok("hi").field("x-a", "a")),
        end("h2: a head continued by nothing", split(3, &frame(CONTINUATION, 0, ONE, "")), ok("hi").field("x-a", "a")),
        end("h2: a padded head", frame(HEADERS, END_HEADERS | PADDED, ONE, b"\x02\x88\0\0"), ok("hi")),
        end("h2: a prioritised head", frame(HEADERS, END_HEADERS | PRIORITISED, ONE, b"\0\0\0\0\x10\x88"), ok("hi")),
        end("h2: a large field", large(40_000), ok("hi")).whole(),
        end("h2: a field of 200 KiB", large(200 << 10), ok("hi")).whole(),
        end("h2: early hints", [early.clone(), with(&[])].concat(), ok("hi").lacks("link")),
        end("h2: many early hints", [early.repeat(100), with(&[])].concat(), ok("hi")),
        end("h2: continue", [status("100"), with(&[])].concat(), ok("hi")),
        end("h2: status 404", status("404"), answered(404, "hi")),
        end("h2: status 600", status("600"), answered(600, "hi")),
        end("h2: status 999", status("999"), answered(999, "hi")),
        frames("h2: status 204", &[headers(ONE, END_STREAM, &[(":status", "204")])], answered(204, "")),
        frames(
            "h2: status 304 with a length",
            &[headers(ONE, END_STREAM, &[(":status", "304"), ("content-length", "9")])],
            answered(304, ""),
        ),
        frames(
            "h2: HEAD with a length",
            &[headers(ONE, END_STREAM, &[(":status", "200"), ("content-length", "9")])],
            ok(""),
        )
        .to(Request::head()),
    ]
}

/// A head with a field of this size, in as many frames as it takes.
fn large(bytes: usize) -> Vec<u8> {
    const FRAME: usize = 16_384;
    let block = block(&[(":status", "200"), ("x-a", &"a".repeat(bytes))]);
    let mut frames = frame(HEADERS, 0, ONE, &block[..FRAME]);
    let mut rest = block[FRAME..].chunks(FRAME).peekable();
    while let Some(part) = rest.next() {
        frames.extend(frame(CONTINUATION, if rest.peek().is_some() { 0 } else { END_HEADERS }, ONE, part));
    }
    frames
}

/// What is malformed is an error of its stream alone (RFC 9113, section 8.1.1).
fn malformed() -> Vec<Row> {
    let bad =
        |name, fields: &[(&str, &str)]| frames(name, &[headers(ONE, 0, fields), last("hi")], fails(Protocol)).kept();
    let status = |name, status| bad(name, &[(":status", status)]);
    let field = |name, field, value| bad(name, &[(":status", "200"), (field, value)]);
    let then = |name, all: &[Vec<u8>]| frames(name, all, cut(Protocol, "hi")).kept();
    vec![
        bad("h2: no status", &[("x-a", "a")]),
        bad("h2: no fields", &[]),
        bad("h2: two statuses", &[(":status", "200"), (":status", "404")]),
        bad("h2: a status after a field", &[("x-a", "a"), (":status", "200")]),
        bad("h2: a pseudo-field of requests", &[(":status", "200"), (":path", "/")]),
        bad("h2: an unknown pseudo-field", &[(":status", "200"), (":what", "x")]),
        status("h2: an empty status", ""),
        status("h2: status 20", "20"),
        status("h2: status 2000", "2000"),
        status("h2: status 20x", "20x"),
        status("h2: status 099", "099"),
        status("h2: a status with a blank", "200 "),
        status("h2: a status with a reason", "200 OK"),
        status("h2: status 101", "101"),
        field("h2: a name in upper case", "X-A", "a"),
        field("h2: an empty name", "", "a"),
        field("h2: a name with a blank", "x a", "a"),
        field("h2: a name with a colon", "x:a", "a"),
        field("h2: a name with a control character", "x\x01a", "a"),
        field("h2: a name that is not ASCII", "\u{e4}", "a"),
        field("h2: a value with a NUL", "x-a", "a\0b"),
        field("h2: a value with a line feed", "x-a", "a\nb"),
        field("h2: a value with a carriage return", "x-a", "a\rb"),
        field("h2: a value with a line end and a field", "x-a", "a\r\nset-cookie: evil"),
        field("h2: a value with a control character", "x-a", "a\x01b"),
        field("h2: a value with a DEL", "x-a", "a\x7fb"),
        field("h2: Connection", "connection", "close"),
        field("h2: Connection of keep-alive", "connection", "keep-alive"),
        field("h2: Keep-Alive", "keep-alive", "timeout=5"),
        field("h2: Proxy-Connection", "proxy-connection", "close"),
        field("h2: Transfer-Encoding", "transfer-encoding", "chunked"),
        field("h2: Upgrade", "upgrade", "h2c"),
        frames(
            "h2: early hints that end the stream",
            &[headers(ONE, END_STREAM, &[(":status", "103")])],
            fails(Protocol),
        )
        .kept(),
        then("h2: trailers with a status", &[with(&[]), data(ONE, 0, "hi"), headers(ONE, END_STREAM, OK)]),
        then(
            "h2: trailers that do not end the stream",
            &[with(&[]), data(ONE, 0, "hi"), headers(ONE, 0, &[("x-a", "a")]), last("!")],
        ),
        then(
            "h2: trailers with a name in upper case",
            &[with(&[]), data(ONE, 0, "hi"), headers(ONE, END_STREAM, &[("X-A", "a")])],
        ),
        frames("h2: a body before its head", &[data(ONE, 0, "hi"), with(&[]), last("hi")], fails(Protocol)).either(),
        frames(
            "h2: a body between hints and head",
            &[headers(ONE, 0, &[(":status", "103")]), data(ONE, 0, "hi"), with(&[])],
            fails(Protocol),
        )
        .either(),
    ]
}

#[test]
fn a_head_over_http2_is_right_or_an_error_of_its_stream() {
    crate::check(&rows());
}
