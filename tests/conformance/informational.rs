//! Informational answers (RFC 9110, section 15.2): any number of them come before the answer.

use haul::model::ErrorKind::{Closed, Protocol};
use haul::model::Request;

use crate::row::{Row, answered, ends, fails, ok, row};

const HINTS: &str = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";
const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

pub(crate) fn rows() -> Vec<Row> {
    let before = |name, text: String| row(name, text + ANSWER, ok("hi"));
    let one = |name, status| before(name, format!("HTTP/1.1 {status} X\r\n\r\n"));
    vec![
        one("100 before an answer", 100),
        one("102 before an answer", 102),
        one("103 before an answer", 103),
        one("104 before an answer", 104),
        one("199 before an answer", 199),
        before("100 without a reason", "HTTP/1.1 100\r\n\r\n".to_owned()),
        before("100 twice", CONTINUE.repeat(2)),
        before("100 and 103", CONTINUE.to_owned() + HINTS),
        row("103 with fields", HINTS.to_owned() + ANSWER, ok("hi").lacks("link")),
        before("100 with a length of 0", "HTTP/1.1 100 X\r\nContent-Length: 0\r\n\r\n".to_owned()),
        before("103 with a length", "HTTP/1.1 103 X\r\nContent-Length: 9\r\n\r\n".to_owned()).either(),
        before("103 with chunks", "HTTP/1.1 103 X\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned()).either(),
        before("103 that seems to end", "HTTP/1.1 103 X\r\nConnection: close\r\n\r\n".to_owned()).either(),
        before("a thousand 103", HINTS.repeat(1_000)).whole(),
        before("ten thousand 103", HINTS.repeat(10_000)).whole(),
        before("twenty thousand 100", CONTINUE.repeat(20_000)).whole(),
        row(
            "100 before a 404",
            CONTINUE.to_owned() + "HTTP/1.1 404 X\r\nContent-Length: 2\r\n\r\nno",
            answered(404, "no"),
        ),
        row("100 before a 204", CONTINUE.to_owned() + "HTTP/1.1 204 X\r\n\r\n", answered(204, "")),
        row("100 to a HEAD", CONTINUE.to_owned() + "HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n", ok(""))
            .to(Request::head()),
        row("100 to a POST", CONTINUE.to_owned() + ANSWER, ok("hi")).to(Request::post().bytes("a body")),
        ends("100 and a body to the end", CONTINUE.to_owned() + "HTTP/1.1 200 OK\r\n\r\nhi", ok("hi")),
        ends("100 and no answer", CONTINUE, fails(Closed)),
        ends("103 and no answer", HINTS, fails(Closed)),
        ends("103 and a part of an answer", HINTS.to_owned() + "HTTP/1.1 20", fails(Closed)),
        ends("100 and nonsense", CONTINUE.to_owned() + "nonsense\r\n\r\n", fails(Protocol)),
        ends("100 and 101", CONTINUE.to_owned() + "HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n" + ANSWER, fails(Protocol)),
        ends("101 before an answer", "HTTP/1.1 101 X\r\n\r\n".to_owned() + ANSWER, fails(Protocol)),
        ends("103 with a head that is too large", large(), fails(Protocol).says("262144 bytes")).whole(),
    ]
}

fn large() -> String {
    format!("HTTP/1.1 103 X\r\nLink: {}\r\n\r\n{ANSWER}", "a".repeat(1 << 20))
}

#[test]
fn informational_answers_are_passed_over() {
    crate::check(&rows());
}
