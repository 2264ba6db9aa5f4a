//! Several answers on one HTTP/2 connection, and uploads.

use haul::model::ErrorKind::{Closed, Protocol, Reset};
use haul::model::Request;

use crate::early_answers::NOTE;
use crate::http2::frames;
use crate::http2_frames::{
    CANCEL, END_STREAM, INTERNAL_ERROR, NO_ERROR, REFUSED_STREAM, SETTINGS, data, frame, go_away, head, headers, reset,
};
use crate::row::{Expect, Over, Row, answered, cut, fails, ok, row};
use crate::server::Step::{self, Close, Pause, Send, Upload};

pub(crate) fn rows() -> Vec<Row> {
    [together(), uploads()].concat()
}

/// The streams after one request.
const STREAMS: [u32; 3] = [3, 5, 7];

/// A server that reads three requests on a connection that is known to be good, and then says these frames.
fn three(name: &'static str, says: &[Vec<u8>], expects: [Expect; 3]) -> Row {
    let steps = [vec![Step::Request; 3], vec![Send(says.concat().into())]].concat();
    Row { expects: expects.into(), ..row(name, "", ok("")).over(Over::Http2).warm_up(1).script(steps).kept() }
}

fn good(stream: u32, body: &str) -> Vec<u8> {
    [head(stream, &[]), data(stream, END_STREAM, body)].concat()
}

fn together() -> Vec<Row> {
    let [a, b, c] = STREAMS;
    let one_bad =
        |name, bad: Vec<u8>, expect| three(name, &[bad, good(a, "a"), good(c, "c")], [ok("a"), expect, ok("c")]);
    let field = |name, value| [head(b, &[(name, value)]), data(b, END_STREAM, "b")].concat();
    let one_stream = frame(SETTINGS, 0, 0, b"\0\x03\0\0\0\x01");
    vec![
        three("h2: three answers", &[good(a, "a"), good(b, "b"), good(c, "c")], [ok("a"), ok("b"), ok("c")]),
        three("h2: three answers in reverse", &[good(c, "c"), good(b, "b"), good(a, "a")], [ok("a"), ok("b"), ok("c")]),
        three("h2: three answers at once", &[mixed().concat()], [ok("a1"), ok("b1"), ok("c1")]),
        one_bad("h2: a control character in one of three", field("x-a", "a\x01b"), fails(Protocol)),
        one_bad("h2: a NUL in one of three", field("x-a", "a\0b"), fails(Protocol)),
        one_bad("h2: a name in upper case in one of three", field("X-A", "a"), fails(Protocol)),
        one_bad("h2: Connection in one of three", field("connection", "close"), fails(Protocol)),
        one_bad("h2: no status in one of three", headers(b, END_STREAM, &[("x-a", "a")]), fails(Protocol)),
        one_bad("h2: a bad length in one of three", field("content-length", "x"), fails(Protocol)),
        one_bad("h2: too large a length in one of three", field("content-length", "2"), cut(Protocol, "b")),
        one_bad(
            "h2: too small a length in one of three",
            [head(b, &[("content-length", "1")]), data(b, 0, "b"), data(b, END_STREAM, "b")].concat(),
            cut(Protocol, "b"),
        ),
        one_bad("h2: a reset of one of three", reset(b, INTERNAL_ERROR), fails(Reset)),
        one_bad(
            "h2: a cancelled one of three",
            [head(b, &[]), data(b, 0, "b"), reset(b, CANCEL)].concat(),
            cut(Reset, "b"),
        ),
        one_bad("h2: a refused one of three", reset(b, REFUSED_STREAM), fails(Reset).unsent()),
        three(
            "h2: goodbye to one of three",
            &[go_away(b, NO_ERROR), good(a, "a"), good(b, "b")],
            [ok("a"), ok("b"), fails(Reset).unsent()],
        )
        .closed(),
        three(
            "h2: goodbye to three, and the end",
            &[go_away(c, NO_ERROR), good(a, "a")],
            [ok("a"), fails(Closed), fails(Closed)],
        )
        .then(Close)
        .closed(),
        three(
            "h2: the end of three",
            &[good(a, "a"), head(b, &[]), data(b, 0, "b")],
            [ok("a"), cut(Closed, "b"), fails(Closed)],
        )
        .then(Close)
        .closed(),
        three("h2: nonsense to three", &[good(a, "a"), data(0, 0, "x")], [ok("a"), fails(Protocol), fails(Protocol)])
            .closed(),
        three("h2: one stream at a time", &[], [ok("a"), ok("b"), ok("c")]).script([
            Send(one_stream.into()),
            Step::Request,
            Send(good(a, "a").into()),
            Step::Request,
            Send(good(b, "b").into()),
            Step::Request,
            Send(good(c, "c").into()),
        ]),
    ]
}

/// Heads and bodies that take turns.
fn mixed() -> Vec<Vec<u8>> {
    let heads = STREAMS.map(|stream| head(stream, &[("x-a", "a")]));
    let first = STREAMS.iter().zip(["a", "b", "c"]).map(|(&stream, body)| data(stream, 0, body));
    let second = STREAMS.map(|stream| data(stream, END_STREAM, "1"));
    heads.into_iter().chain(first).chain(second).collect()
}

/// An answer that ends its stream counts, whatever becomes of the upload (RFC 9113, section 8.1).
fn uploads() -> Vec<Row> {
    let large = || Request::post().bytes(vec![b'x'; 2 << 20]);
    let too_large = |end: Vec<u8>| [headers(1, 0, &[(":status", "413")]), data(1, END_STREAM, "big"), end];
    let upload = |name, says: &[Vec<u8>], expect| frames(name, says, expect).to(large());
    vec![
        upload("h2: 413, and a reset with NO_ERROR", &too_large(reset(1, NO_ERROR)), answered(413, "big").noted(NOTE)),
        upload("h2: 413, and a reset with CANCEL", &too_large(reset(1, CANCEL)), answered(413, "big").noted(NOTE)),
        upload("h2: 413, and no reset", &too_large(Vec::new()), answered(413, "big").noted(NOTE)).either(),
        upload("h2: 413 over TLS, and a reset", &too_large(reset(1, NO_ERROR)), answered(413, "big").noted(NOTE))
            .over(Over::Http2Tls),
        upload("h2: 413, goodbye and the end", &too_large(go_away(1, NO_ERROR)), answered(413, "big").noted(NOTE))
            .then(Close)
            .closed(),
        upload(
            "h2: 413 without a body, and a reset",
            &[headers(1, END_STREAM, &[(":status", "413")]), reset(1, NO_ERROR)],
            answered(413, "").noted(NOTE),
        ),
        upload(
            "h2: 413 that a reset cuts",
            &[headers(1, 0, &[(":status", "413")]), data(1, 0, "bi"), reset(1, NO_ERROR)],
            cut(Reset, "bi").status(413),
        )
        .kept(),
        upload("h2: a reset of an upload", &[reset(1, NO_ERROR)], fails(Reset)).kept(),
        upload("h2: a refused upload", &[reset(1, REFUSED_STREAM)], fails(Reset).unsent()).kept(),
        upload("h2: an upload larger than all windows", &[], ok("hi"))
            .script([Upload, Send(good(1, "hi").into())])
            .whole(),
        upload("h2: an upload over TLS", &[], ok("hi"))
            .over(Over::Http2Tls)
            .script([Upload, Pause, Send(good(1, "hi").into())])
            .whole(),
        frames("h2: a small upload", &[], ok("hi"))
            .to(Request::put().bytes("hello"))
            .script([Upload, Send(good(1, "hi").into())]),
        frames("h2: POST without a body", &[], ok("hi"))
            .to(Request::post())
            .script([Upload, Send(good(1, "hi").into())]),
    ]
}

#[test]
fn answers_that_share_a_connection_share_no_more() {
    crate::check(&rows());
}
