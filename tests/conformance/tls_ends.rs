//! How TLS ends: with a farewell, without one, or with nonsense.

use haul::model::ErrorKind::{Closed, Protocol, Reset};

use crate::row::{Expect, Over, Row, answer, cut, fails, ok, row};
use crate::server::Step::{self, Close, Cut, Pause, Raw, Rekey};

/// A server that says this over TLS, and then takes these steps.
fn tls(name: &'static str, says: impl AsRef<[u8]>, then: &[Step], expect: Expect) -> Row {
    then.iter().cloned().fold(row(name, says, expect).over(Over::Tls).closed(), Row::then)
}

pub(crate) fn rows() -> Vec<Row> {
    let length = |length: usize| answer(format!("Content-Length: {length}"), "hi");
    let chunked = |rest: &str| answer("Transfer-Encoding: chunked", rest);
    let to_the_end = answer("X-A: a", "hi");
    let garbage = || Raw(b"\x17\x03\x03\x00\x20no record of these keys would be this");
    vec![
        row("TLS, and a length", length(2), ok("hi")).over(Over::Tls),
        row("TLS, and chunks", chunked("2\r\nhi\r\n0\r\n\r\n"), ok("hi")).over(Over::Tls),
        tls("TLS: a body to the end", &to_the_end, &[Close], ok("hi")),
        tls("TLS: a body to an end without a farewell", &to_the_end, &[Cut], cut(Closed, "hi")),
        tls("TLS: no body, and an end without a farewell", answer("X-A: a", ""), &[Cut], cut(Closed, "")),
        tls("TLS: a body to a reset", &to_the_end, &[Pause, Step::Reset], cut(Reset, "hi")),
        tls("TLS: a length, and a farewell", length(2), &[Close], ok("hi")),
        tls("TLS: a length, and an end without a farewell", length(2), &[Cut], ok("hi")),
        tls("TLS: a length, and a reset", length(2), &[Pause, Step::Reset], ok("hi")),
        tls("TLS: a length that a farewell cuts", length(3), &[Close], cut(Closed, "hi")),
        tls("TLS: a length that an end without a farewell cuts", length(3), &[Cut], cut(Closed, "hi")),
        tls("TLS: a length that a reset cuts", length(3), &[Pause, Step::Reset], cut(Reset, "hi")),
        tls("TLS: chunks, and an end without a farewell", chunked("2\r\nhi\r\n0\r\n\r\n"), &[Cut], ok("hi")),
        tls("TLS: chunks that a farewell cuts", chunked("2\r\nhi\r\n"), &[Close], cut(Closed, "hi")),
        tls("TLS: chunks that an end without a farewell cuts", chunked("2\r\nhi\r\n"), &[Cut], cut(Closed, "hi")),
        tls("TLS: a head that a farewell cuts", "HTTP/1.1 200 OK\r\nX-", &[Close], fails(Closed)),
        tls("TLS: a head that an end without a farewell cuts", "HTTP/1.1 200 OK\r\nX-", &[Cut], fails(Closed)),
        tls("TLS: a farewell instead of an answer", "", &[Close], fails(Closed)),
        tls("TLS: an end without a farewell or an answer", "", &[Cut], fails(Closed)),
        tls("TLS: a reset instead of an answer", "", &[Step::Reset], fails(Reset)),
        tls("TLS: nonsense instead of an answer", "", &[garbage()], fails(Protocol)),
        tls("TLS: nonsense within a head", "HTTP/1.1 200 OK\r\nX-", &[garbage()], fails(Protocol)),
        tls("TLS: nonsense within a body", length(3), &[Pause, garbage()], cut(Protocol, "hi")),
        tls("TLS: nonsense within a body to the end", &to_the_end, &[Pause, garbage()], cut(Protocol, "hi")),
        tls("TLS: nonsense after a body", length(2), &[Pause, garbage()], ok("hi")),
        tls("TLS: HTTP without TLS after a body", length(2), &[Pause, Raw(b"HTTP/1.1 200 OK\r\n\r\n")], ok("hi")),
        row("TLS: new keys between requests", length(2), ok("hi")).over(Over::Tls).then(Pause).then(Rekey),
        tls("TLS: bytes too many", answer("Content-Length: 2", "hi!"), &[], ok("hi")),
        tls("TLS: bytes too many, later", length(2), &[Pause, Step::Send("!".into())], ok("hi")),
    ]
}

#[test]
fn an_end_of_tls_is_not_the_end_of_a_body() {
    crate::check(&rows());
}
