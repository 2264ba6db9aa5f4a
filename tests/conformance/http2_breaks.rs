//! Streams and connections of HTTP/2 that break off, or are broken.

use haul::model::ErrorKind::{Closed, Protocol, Reset};

use crate::http2::{OK, ONE, frames, last, with};
use crate::http2_frames::{
    ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, GOAWAY, HEADERS, INTERNAL_ERROR,
    NO_ERROR, PADDED, PING, PROTOCOL_ERROR, PUSH_PROMISE, REFUSED_STREAM, RST_STREAM, SETTINGS, WINDOW_UPDATE, block,
    data, frame, go_away, headers, reset,
};
use crate::row::{Over, Row, cut, fails};
use crate::server::Step;

pub(crate) fn rows() -> Vec<Row> {
    [cuts(), resets(), broken_frames(), broken_heads()].concat()
}

/// The end of a body is never taken on trust.
fn cuts() -> Vec<Row> {
    let part = || with(&[]).into_iter().chain(data(ONE, 0, "part")).collect::<Vec<u8>>();
    let stream = |name, code| frames(name, &[part(), reset(ONE, code)], cut(Reset, "part")).kept();
    let connection = |name, then: &[Vec<u8>], kind| frames(name, &[part(), then.concat()], cut(kind, "part")).closed();
    vec![
        stream("h2: a reset with NO_ERROR amid a body", NO_ERROR),
        stream("h2: a reset with CANCEL amid a body", CANCEL),
        stream("h2: a reset with INTERNAL_ERROR amid a body", INTERNAL_ERROR),
        stream("h2: a reset with REFUSED_STREAM amid a body", REFUSED_STREAM),
        stream("h2: a reset with a code that nobody knows amid a body", 0x1234_5678),
        frames("h2: a reset with NO_ERROR after a head", &[with(&[]), reset(ONE, NO_ERROR)], cut(Reset, "")).kept(),
        frames(
            "h2: a reset with REFUSED_STREAM after a head",
            &[with(&[]), reset(ONE, REFUSED_STREAM)],
            cut(Reset, ""),
        )
        .kept(),
        frames(
            "h2: a reset with NO_ERROR after a whole length",
            &[with(&[("content-length", "4")]), data(ONE, 0, "part"), reset(ONE, NO_ERROR)],
            cut(Reset, "part"),
        )
        .kept(),
        frames(
            "h2: a reset with NO_ERROR amid a length",
            &[with(&[("content-length", "9")]), data(ONE, 0, "part"), reset(ONE, NO_ERROR)],
            cut(Reset, "part"),
        )
        .kept(),
        connection("h2: goodbye to nobody amid a body", &[go_away(0, NO_ERROR)], Reset),
        connection("h2: goodbye to nobody with an error amid a body", &[go_away(0, ENHANCE_YOUR_CALM)], Reset),
        connection("h2: goodbye and the end amid a body", &[go_away(ONE, NO_ERROR)], Closed).then(Step::Close),
        connection("h2: the end amid a body", &[], Closed).then(Step::Close),
        connection("h2: a reset of the connection amid a body", &[], Reset).then(Step::Pause).then(Step::Reset),
        connection("h2: the end of TLS amid a body", &[], Closed).over(Over::Http2Tls).then(Step::Close),
        connection("h2: the end without a farewell amid a body", &[], Closed).over(Over::Http2Tls).then(Step::Cut),
        connection("h2: the end within a frame", &[data(ONE, END_STREAM, "hidden")[..12].to_vec()], Closed)
            .then(Step::Close),
    ]
}

fn resets() -> Vec<Row> {
    let stream = |name, code| frames(name, &[reset(ONE, code)], fails(Reset)).kept();
    let connection = |name, says: &[u8], kind| frames(name, &[says.to_vec()], fails(kind)).closed();
    vec![
        stream("h2: a reset with NO_ERROR", NO_ERROR),
        stream("h2: a reset with PROTOCOL_ERROR", PROTOCOL_ERROR),
        stream("h2: a reset with INTERNAL_ERROR", INTERNAL_ERROR),
        stream("h2: a reset with CANCEL", CANCEL),
        frames("h2: a refused stream", &[reset(ONE, REFUSED_STREAM)], fails(Reset).unsent()).kept(),
        frames("h2: goodbye before the request", &[go_away(0, NO_ERROR)], fails(Reset).unsent()).closed(),
        frames("h2: goodbye with an error before the request", &[go_away(0, ENHANCE_YOUR_CALM)], fails(Reset).unsent())
            .closed(),
        connection("h2: goodbye after the request, and the end", &go_away(ONE, NO_ERROR), Closed).then(Step::Close),
        connection("h2: the end instead of an answer", b"", Closed).then(Step::Close),
        connection("h2: the end without a farewell instead of an answer", b"", Closed)
            .over(Over::Http2Tls)
            .then(Step::Cut),
        connection("h2: a reset of the connection", b"", Reset).then(Step::Pause).then(Step::Reset),
        connection("h2: the end within a head", &with(&[("x-a", "a")])[..14], Closed).then(Step::Close),
        frames(
            "h2: hints, and a reset",
            &[headers(ONE, 0, &[(":status", "103")]), reset(ONE, INTERNAL_ERROR)],
            fails(Reset),
        )
        .kept(),
    ]
}

/// What breaks the connection (RFC 9113, sections 4 to 6).
fn broken_frames() -> Vec<Row> {
    let bad = |name, frame: Vec<u8>| frames(name, &[frame, with(&[]), last("hi")], fails(Protocol)).closed();
    let within =
        |name, frame: Vec<u8>| frames(name, &[with(&[]), data(ONE, 0, "part"), frame], cut(Protocol, "part")).closed();
    let setting = |id: u8, value: u32| frame(SETTINGS, 0, 0, [&[0, id], &value.to_be_bytes()[..]].concat());
    vec![
        bad("h2: a body on stream 0", data(0, 0, "x")),
        bad("h2: a head on stream 0", headers(0, 0, OK)),
        bad("h2: a body on an idle stream", data(5, 0, "x")),
        bad("h2: a reset of stream 0", reset(0, CANCEL)),
        bad("h2: a reset of an idle stream", reset(5, CANCEL)),
        bad("h2: a short reset", frame(RST_STREAM, 0, ONE, "abc")),
        bad("h2: a short ping", frame(PING, 0, 0, "1234567")),
        bad("h2: a ping on a stream", frame(PING, 0, ONE, "12345678")),
        bad("h2: goodbye on a stream", frame(GOAWAY, 0, ONE, [0; 8])),
        bad("h2: a short goodbye", frame(GOAWAY, 0, 0, [0; 7])),
        bad("h2: settings on a stream", frame(SETTINGS, 0, ONE, "")),
        bad("h2: a part of a setting", frame(SETTINGS, 0, 0, [0; 5])),
        bad("h2: settings in an acknowledgement", frame(SETTINGS, ACK, 0, [0; 6])),
        bad("h2: a window beyond all limits", setting(4, 0x8000_0000)),
        bad("h2: a frame size below all limits", setting(5, 16_383)),
        bad("h2: a frame size beyond all limits", setting(5, 0x100_0000)),
        bad("h2: a push that is neither yes nor no", setting(2, 2)),
        bad("h2: a push that a server allows", setting(2, 1)),
        bad("h2: a window that grows by nothing", frame(WINDOW_UPDATE, 0, 0, [0; 4])),
        bad("h2: a window that grows beyond all limits", frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff")),
        bad("h2: a short window update", frame(WINDOW_UPDATE, 0, 0, [0; 3])),
        bad("h2: a push", frame(PUSH_PROMISE, END_HEADERS, ONE, [b"\0\0\0\x02", &*block(&[(":path", "/")])].concat())),
        bad("h2: a continuation of nothing", frame(CONTINUATION, END_HEADERS, ONE, "\u{88}")),
        bad("h2: a frame beyond all limits", frame(HEADERS, END_HEADERS, ONE, vec![0; 16_385])).whole(),
        within("h2: too much padding", frame(DATA, PADDED, ONE, b"\x09abc")),
        within("h2: padding without its length", frame(DATA, PADDED, ONE, "")),
        within("h2: too large a frame", data(ONE, 0, vec![0; 16_385])).whole(),
        within("h2: a push amid a body", frame(PUSH_PROMISE, END_HEADERS, ONE, b"\0\0\0\x02")),
        frames("h2: HTTP/1.1 instead of settings", &[], fails(Protocol))
            .script([Step::Read(24), Step::Send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"[..].into())]),
        frames("h2: nonsense instead of settings", &[], fails(Protocol))
            .script([Step::Read(24), Step::Send(b"<html>no such thing</html> or what?"[..].into())]),
    ]
}

fn broken_heads() -> Vec<Row> {
    let bad = |name, all: &[Vec<u8>]| frames(name, all, fails(Protocol)).closed();
    let block_of = |bytes: &[u8]| frame(HEADERS, END_HEADERS, ONE, bytes);
    let open = || frame(HEADERS, 0, ONE, b"\x88");
    vec![
        bad("h2: an index beyond the table", &[block_of(b"\x88\xff\x20"), last("hi")]),
        bad("h2: index 0", &[block_of(b"\x88\x80"), last("hi")]),
        bad("h2: a name that ends early", &[block_of(b"\x88\0\x09x-a"), last("hi")]),
        bad(
            "h2: an integer without an end",
            &[block_of(b"\x88\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), last("hi")],
        ),
        bad("h2: a table beyond all limits", &[block_of(b"\x3f\xe1\xff\xff\x07\x88"), last("hi")]),
        bad("h2: a table that changes too late", &[block_of(b"\x88\x20"), last("hi")]),
        bad("h2: bad padding in Huffman's code", &[block_of(b"\x88\0\x03x-a\x81\x18"), last("hi")]),
        bad("h2: a body within a head", &[open(), last("hi")]),
        bad(
            "h2: a ping within a head",
            &[open(), frame(PING, 0, 0, "12345678"), frame(CONTINUATION, END_HEADERS, ONE, "")],
        ),
        bad(
            "h2: an unknown frame within a head",
            &[open(), frame(0xfe, 0, ONE, ""), frame(CONTINUATION, END_HEADERS, ONE, "")],
        ),
        bad("h2: a head within a head", &[open(), with(&[])]),
        bad("h2: a continuation of another stream", &[open(), frame(CONTINUATION, END_HEADERS, 3, "")]),
        bad("h2: too much padding in a head", &[frame(HEADERS, END_HEADERS | PADDED, ONE, b"\x09\x88"), last("hi")]),
        bad("h2: continuations without an end", &[open(), frame(CONTINUATION, 0, ONE, "").repeat(100_000)]).whole(),
    ]
}

#[test]
fn what_breaks_off_over_http2_is_not_taken_for_whole() {
    crate::check(&rows());
}
