//! One answer over HTTP/2 (RFC 9113) and its body.

use haul::model::ErrorKind::Protocol;

use crate::http2_frames::{
    ACK, CANCEL, DATA, END_STREAM, NO_ERROR, PADDED, PING, PRIORITY, SETTINGS, WINDOW_UPDATE, data, frame, go_away,
    head, headers, reset,
};
use crate::row::{Expect, Over, Row, cut, fails, noise, ok, row};
use crate::server::Step;

/// The stream of the first request.
pub(crate) const ONE: u32 = 1;

pub(crate) const OK: &[(&str, &str)] = &[(":status", "200")];

pub(crate) fn rows() -> Vec<Row> {
    [whole(), lengths()].concat()
}

/// A server that says these frames over HTTP/2.
pub(crate) fn frames(name: &'static str, frames: &[Vec<u8>], expect: Expect) -> Row {
    row(name, frames.concat(), expect).over(Over::Http2)
}

/// The last of a body.
pub(crate) fn last(bytes: &str) -> Vec<u8> {
    data(ONE, END_STREAM, bytes)
}

/// A whole head of these fields, after the status 200.
pub(crate) fn with(fields: &[(&str, &str)]) -> Vec<u8> {
    head(ONE, fields)
}

fn whole() -> Vec<Row> {
    let plain = || with(&[]);
    let padded = |padding: &[u8], bytes: &str| [padding, bytes.as_bytes(), &vec![0; padding[0].into()]].concat();
    let large = noise(1 << 20);
    let among = |name, others: &[u8]| frames(name, &[others.to_vec(), plain(), others.to_vec(), last("hi")], ok("hi"));
    vec![
        frames("h2: an answer", &[plain(), last("hi")], ok("hi")),
        frames("h2: an answer over TLS", &[plain(), last("hi")], ok("hi")).over(Over::Http2Tls),
        frames("h2: an answer without a body", &[headers(ONE, END_STREAM, OK)], ok("")),
        frames("h2: an empty body", &[plain(), last("")], ok("")),
        frames(
            "h2: many frames",
            &[plain(), data(ONE, 0, "h"), data(ONE, 0, ""), data(ONE, 0, "i"), last("")],
            ok("hi"),
        ),
        frames("h2: a padded body", &[plain(), frame(DATA, PADDED | END_STREAM, ONE, padded(&[9], "hi"))], ok("hi")),
        frames(
            "h2: padding of nothing",
            &[plain(), frame(DATA, PADDED | END_STREAM, ONE, padded(&[0], "hi"))],
            ok("hi"),
        ),
        frames("h2: only padding", &[plain(), frame(DATA, PADDED, ONE, padded(&[200], "")), last("hi")], ok("hi")),
        frames(
            "h2: trailers",
            &[plain(), data(ONE, 0, "hi"), headers(ONE, END_STREAM, &[("x-a", "a")])],
            ok("hi").lacks("x-a"),
        ),
        frames("h2: trailers of nothing", &[plain(), data(ONE, 0, "hi"), headers(ONE, END_STREAM, &[])], ok("hi")),
        row("h2: a body larger than all windows", plain(), ok(&large))
            .over(Over::Http2)
            .then(Step::Flow(ONE, large.clone().into()))
            .whole(),
        row("h2: a body larger than all windows over TLS", plain(), ok(&large))
            .over(Over::Http2Tls)
            .then(Step::Flow(ONE, large.into()))
            .whole(),
        among("h2: unknown frames", &[frame(0xb, 0xff, 0, "x"), frame(0xfe, 0, ONE, "x")].concat()),
        among("h2: unknown settings", &frame(SETTINGS, 0, 0, b"\xf0\0\0\0\0\x01")),
        among(
            "h2: settings that allow much",
            &frame(SETTINGS, 0, 0, b"\0\x03\0\0\x03\xe8\0\x04\0\x10\0\0\0\x05\0\xff\xff\xff"),
        ),
        among("h2: a ping", &frame(PING, 0, 0, "12345678")),
        among("h2: the answer to a ping that nobody sent", &frame(PING, ACK, 0, "87654321")),
        among(
            "h2: wider windows",
            &[frame(WINDOW_UPDATE, 0, 0, b"\0\x01\0\0"), frame(WINDOW_UPDATE, 0, ONE, b"\0\x01\0\0")].concat(),
        ),
        among("h2: a priority", &frame(PRIORITY, 0, ONE, b"\0\0\0\0\x10")),
        frames("h2: the reset of a stream that has ended", &[plain(), last("hi"), reset(ONE, NO_ERROR)], ok("hi")),
        frames("h2: a cancelled stream that has ended", &[plain(), last("hi"), reset(ONE, CANCEL)], ok("hi")),
        frames(
            "h2: a wider window after the end",
            &[plain(), last("hi"), frame(WINDOW_UPDATE, 0, ONE, b"\0\x01\0\0")],
            ok("hi"),
        ),
        frames("h2: goodbye, and then the answer", &[go_away(ONE, NO_ERROR), plain(), last("hi")], ok("hi")).closed(),
        frames("h2: goodbye amid the answer", &[plain(), go_away(ONE, NO_ERROR), last("hi")], ok("hi")).closed(),
        frames(
            "h2: goodbye for later amid the answer",
            &[plain(), go_away(0x7fff_ffff, NO_ERROR), last("hi")],
            ok("hi"),
        )
        .closed(),
        frames("h2: goodbye after the answer", &[plain(), last("hi"), go_away(ONE, NO_ERROR)], ok("hi")).closed(),
        frames("h2: the end after the answer", &[plain(), last("hi")], ok("hi")).then(Step::Close).closed(),
        frames("h2: a reset after the answer", &[plain(), last("hi")], ok("hi"))
            .then(Step::Pause)
            .then(Step::Reset)
            .closed(),
    ]
}

/// A length that is not met is an error of its stream (RFC 9113, section 8.1.1).
fn lengths() -> Vec<Row> {
    let length = |length| with(&[("content-length", length)]);
    let stream = |name, all: &[Vec<u8>], expect| frames(name, all, expect).kept();
    vec![
        frames("h2: a length", &[length("2"), last("hi")], ok("hi")),
        frames("h2: a length in two frames", &[length("2"), data(ONE, 0, "h"), last("i")], ok("hi")),
        frames(
            "h2: a length, and trailers",
            &[length("2"), data(ONE, 0, "hi"), headers(ONE, END_STREAM, &[("x-a", "a")])],
            ok("hi"),
        ),
        frames(
            "h2: a length of a padded body",
            &[length("2"), frame(DATA, PADDED | END_STREAM, ONE, b"\x03hi\0\0\0")],
            ok("hi"),
        ),
        frames(
            "h2: a length of 0",
            &[headers(ONE, END_STREAM, &[(":status", "200"), ("content-length", "0")])],
            ok(""),
        ),
        frames("h2: a length of 0, and an empty body", &[length("0"), last("")], ok("")),
        stream("h2: a length that is too large", &[length("3"), last("hi")], cut(Protocol, "hi")),
        stream(
            "h2: a length that is too large, before trailers",
            &[length("3"), data(ONE, 0, "hi"), headers(ONE, END_STREAM, &[("x-a", "a")])],
            cut(Protocol, "hi"),
        ),
        stream(
            "h2: a length, and no body",
            &[headers(ONE, END_STREAM, &[(":status", "200"), ("content-length", "3")])],
            fails(Protocol),
        ),
        stream("h2: a length, and an empty body", &[length("3"), last("")], cut(Protocol, "")),
        stream("h2: a length that is too small", &[length("2"), data(ONE, 0, "hi"), last("!")], cut(Protocol, "hi")),
        stream("h2: a length of 0, and a body", &[length("0"), last("hi")], cut(Protocol, "")),
        stream("h2: a length with a plus", &[length("+2"), last("hi")], fails(Protocol)),
        stream("h2: a length that is a word", &[length("two"), last("hi")], fails(Protocol)),
        stream("h2: an empty length", &[length(""), last("hi")], fails(Protocol)),
        stream("h2: a length of 2^64", &[length("18446744073709551616"), last("hi")], fails(Protocol)),
        stream(
            "h2: two lengths",
            &[with(&[("content-length", "2"), ("content-length", "3")]), last("hi")],
            fails(Protocol),
        ),
        stream("h2: two lengths in a list", &[length("2, 3"), last("hi")], fails(Protocol)),
    ]
}

#[test]
fn a_body_over_http2_is_whole_or_an_error() {
    crate::check(&rows());
}
