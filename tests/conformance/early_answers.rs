//! Answers that come before a request has ended (RFC 9112, section 9.5): they are read, and they count.

use haul::model::Request;

use crate::row::{Over, Row, answered, ok, row};
use crate::server::Step::{self, Drop, Fall, Pause, Read, Reset, Send, Stay};

const TOO_LARGE: &str = "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig";
const FORBIDDEN: &str = "HTTP/1.1 403 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno";
const OK: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
const TO_THE_END: &str = "HTTP/1.1 413 Too Large\r\n\r\nbig";

/// What the note says of such an answer.
pub(crate) const NOTE: &str = "before the request";

/// More than the system holds between two ends of a connection.
const LARGE: usize = 8 << 20;

/// An upload of which the server reads this much before these steps.
fn upload(name: &'static str, read: usize, says: &'static str, then: &[Step], status: u16, body: &str) -> Row {
    let steps = [&[Read(read), Send(says.into())], then].concat();
    row(name, "", answered(status, body).noted(NOTE))
        .script(steps)
        .to(Request::post().bytes(vec![b'x'; LARGE]))
        .closed()
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        upload("413, and the server stays", 1, TOO_LARGE, &[Stay], 413, "big").whole(),
        upload("413, and the server says no more", 1, TOO_LARGE, &[Fall], 413, "big"),
        upload("413, and the server goes", 1, TOO_LARGE, &[Drop], 413, "big"),
        upload("413, and the server goes a little later", 1, TOO_LARGE, &[Pause, Drop], 413, "big"),
        upload("413, and the server resets", 1, TOO_LARGE, &[Pause, Reset], 413, "big"),
        upload("413 after a part, and the server goes", 100_000, TOO_LARGE, &[Drop], 413, "big"),
        upload("413 after a megabyte, and the server goes", 1 << 20, TOO_LARGE, &[Drop], 413, "big"),
        upload("403, and the server goes", 1, FORBIDDEN, &[Drop], 403, "no"),
        upload("200, and the server goes", 1, OK, &[Drop], 200, "hi"),
        upload("200, and the server stays", 1, OK, &[Stay], 200, "hi").whole(),
        upload("413 to the end of the connection", 1, TO_THE_END, &[Fall], 413, "big"),
        upload("413 to many, and the server goes", 1, TOO_LARGE, &[Drop], 413, "big").times(15).whole(),
        upload("200 to many, and the server goes", 70_000, OK, &[Drop], 200, "hi").times(15).whole(),
    ];
    for (tcp, tls) in [
        ("413, and the server goes", "over TLS: 413, and the server goes"),
        ("413, and the server says no more", "over TLS: 413, and the server says no more"),
        ("413 after a part, and the server goes", "over TLS: 413 after a part, and the server goes"),
        ("403, and the server goes", "over TLS: 403, and the server goes"),
        ("200, and the server goes", "over TLS: 200, and the server goes"),
        ("413 to many, and the server goes", "over TLS: 413 to many, and the server goes"),
    ] {
        let row = rows.iter().find(|row| row.name == tcp).unwrap().clone();
        rows.push(Row { name: tls, ..row.over(Over::Tls) });
    }
    rows.extend(in_time());
    rows
}

/// Whoever reads the whole request first is not early. What a request has no body for, says so where servers ask.
fn in_time() -> Vec<Row> {
    const GOOD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    let sends = |name, request, value| row(name, GOOD, ok("hi").sent("content-length", value)).to(request);
    vec![
        sends("a large upload", Request::post().bytes(vec![b'x'; LARGE]), Some("8388608")).whole(),
        sends("a small upload", Request::put().bytes("hello"), Some("5")),
        sends("POST without a body", Request::post(), Some("0")),
        sends("POST with an empty body", Request::post().bytes(""), Some("0")),
        sends("PUT without a body", Request::put(), Some("0")),
        sends("PATCH without a body", Request::patch(), Some("0")),
        sends("GET without a body", Request::get(), None),
        row("HEAD without a body", &GOOD[..38], ok("").sent("content-length", None)).to(Request::head()),
        sends("DELETE without a body", Request::delete(), None),
        row("a body that is refused in time", TOO_LARGE, answered(413, "big")).to(Request::post().bytes("hello")),
        row("HTTP/1.0 to a small upload", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", ok("hi"))
            .to(Request::post().bytes("hello"))
            .closed(),
    ]
}

#[test]
fn an_answer_counts_however_early_it_comes() {
    crate::check(&rows());
}
