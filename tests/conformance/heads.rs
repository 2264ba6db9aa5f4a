//! The line with the status, the ends of lines, and limits (RFC 9112, sections 2.2 and 4).

use haul::model::ErrorKind::{Closed, Protocol, Reset};

use crate::row::{Row, answer, answered, ends, fails, ok, row};
use crate::server::Step;

pub(crate) fn rows() -> Vec<Row> {
    [status_lines(), statuses(), no_heads(), line_ends(), limits()].concat()
}

/// An answer with this first line, and two bytes.
fn line(line: impl AsRef<[u8]>) -> Vec<u8> {
    [line.as_ref(), b"\r\nContent-Length: 2\r\n\r\nhi"].concat()
}

fn status_lines() -> Vec<Row> {
    let bad = |name, text: &str| ends(name, line(text), fails(Protocol));
    vec![
        row("a status without a reason", line("HTTP/1.1 200 "), ok("hi")),
        row("a status without a blank after it", line("HTTP/1.1 200"), ok("hi")),
        row("a reason of many words", line("HTTP/1.1 200 It is all right, \t thank you: 404"), ok("hi")),
        row("a reason that is not ASCII", line("HTTP/1.1 200 Ça va"), ok("hi")),
        row("a reason that is not UTF-8", line(b"HTTP/1.1 200 \xc7a va"), ok("hi")),
        row("HTTP/1.2", line("HTTP/1.2 200 OK"), ok("hi")),
        row("HTTP/1.9", line("HTTP/1.9 200 OK"), ok("hi")),
        bad("HTTP/2", "HTTP/2 200 OK"),
        bad("HTTP/2.0", "HTTP/2.0 200 OK"),
        bad("HTTP/0.9", "HTTP/0.9 200 OK"),
        bad("HTTP/1", "HTTP/1 200 OK"),
        bad("HTTP/1.", "HTTP/1. 200 OK"),
        bad("HTTP/1.10", "HTTP/1.10 200 OK"),
        bad("HTTP/11", "HTTP/11 200 OK"),
        bad("http/1.1", "http/1.1 200 OK"),
        bad("Http/1.1", "Http/1.1 200 OK"),
        bad("HTTP 1.1", "HTTP 1.1 200 OK"),
        bad("ICY", "ICY 200 OK"),
        bad("HTTPS/1.1", "HTTPS/1.1 200 OK"),
        bad("a blank before HTTP/1.1", " HTTP/1.1 200 OK"),
        bad("a blank in HTTP/1.1", "HTTP/ 1.1 200 OK"),
        bad("two blanks before a status", "HTTP/1.1  200 OK"),
        bad("a tab before a status", "HTTP/1.1\t200 OK"),
        bad("no blank before a status", "HTTP/1.1200 OK"),
        bad("no blank after a status", "HTTP/1.1 200OK"),
        bad("no status", "HTTP/1.1"),
        bad("no status, but a blank", "HTTP/1.1 "),
        bad("no status, but a reason", "HTTP/1.1 OK"),
        bad("a NUL in HTTP/1.1", "HTTP/1.1\0 200 OK"),
    ]
}

fn statuses() -> Vec<Row> {
    let status = |name, status: u16| row(name, line(format!("HTTP/1.1 {status} X")), answered(status, "hi"));
    let bad = |name, status| ends(name, line(format!("HTTP/1.1 {status} X")), fails(Protocol));
    vec![
        status("status 201", 201),
        status("status 203", 203),
        status("status 299", 299),
        status("status 300", 300),
        status("status 399", 399),
        status("status 400", 400),
        status("status 418", 418),
        status("status 500", 500),
        status("status 599", 599),
        status("status 600", 600),
        status("status 999", 999),
        bad("status 000", "000"),
        bad("status 099", "099"),
        bad("status 20", "20"),
        bad("status 2", "2"),
        bad("status 2000", "2000"),
        bad("status 20x", "20x"),
        bad("status -20", "-20"),
        bad("status +20", "+20"),
        bad("status 2 0", "2 0"),
        bad("status 20.", "20."),
        bad("a status in other digits", "\u{ff12}00"),
        row(
            "status 101 that nobody asked for",
            "HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            fails(Protocol),
        ),
        ends("status 101 without fields", "HTTP/1.1 101 X\r\n\r\nhi", fails(Protocol)),
    ]
}

fn no_heads() -> Vec<Row> {
    let cut = |name, part: &str| ends(name, part, fails(Closed));
    vec![
        ends("another protocol", "SSH-2.0-OpenSSH_9.9\r\n", fails(Protocol)),
        ends("a page without a head", "<html>HTTP/0.9 said no more than this</html>", fails(Protocol)),
        ends("a request as an answer", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", fails(Protocol)),
        ends("a TLS alert as an answer", b"\x15\x03\x01\x00\x02\x02\x46", fails(Protocol)),
        ends("HTTP/2 as an answer", b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64", fails(Protocol)),
        ends("zeros as an answer", [0; 100], fails(Protocol)),
        cut("the end instead of an answer", ""),
        cut("the end within HTTP/1.1", "HTTP/1"),
        cut("the end after HTTP/1.1", "HTTP/1.1"),
        cut("the end within a status", "HTTP/1.1 2"),
        cut("the end after a status", "HTTP/1.1 200"),
        cut("the end within a reason", "HTTP/1.1 200 O"),
        cut("the end after the first carriage return", "HTTP/1.1 200 OK\r"),
        cut("the end after the first line", "HTTP/1.1 200 OK\r\n"),
        cut("the end within a name", "HTTP/1.1 200 OK\r\nConte"),
        cut("the end after a colon", "HTTP/1.1 200 OK\r\nContent-Length:"),
        cut("the end after a length", "HTTP/1.1 200 OK\r\nContent-Length: 2"),
        cut("the end after a field", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"),
        cut("the end within the last line end of a head", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r"),
        row("a reset instead of an answer", "", fails(Reset)).then(Step::Reset),
        row("a reset within a head", "HTTP/1.1 200 OK\r\nConte", fails(Reset)).then(Step::Pause).then(Step::Reset),
    ]
}

/// What is not quite right is read, but such a server gets a connection for each request.
fn line_ends() -> Vec<Row> {
    let lax = |name, text: &str| row(name, text, ok("hi")).closed();
    vec![
        lax("bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"),
        lax("a bare line feed after the first line", "HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nhi"),
        lax("a bare line feed after a field", "HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\nhi"),
        lax("a bare line feed at the end", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nhi"),
        lax("a line end before the first line", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
        lax("two line ends before the first line", "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
        lax("a bare line feed before the first line", "\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
        ends("a bare carriage return in a reason", "HTTP/1.1 200 O\rK\r\nContent-Length: 2\r\n\r\nhi", fails(Protocol)),
    ]
}

fn limits() -> Vec<Row> {
    let fields = |count: usize| answer("x: y\r\n".repeat(count - 1) + "Content-Length: 2", "hi");
    let value = |bytes: usize| answer(format!("X-A: {}\r\nContent-Length: 2", "a".repeat(bytes)), "hi");
    let large = || fails(Protocol).says("262144 bytes");
    vec![
        row("a thousand fields", fields(1_000), ok("hi")).whole(),
        ends("a thousand and one fields", fields(1_001), fails(Protocol).says("1000 fields")).whole(),
        ends("a hundred thousand fields", fields(100_000), fails(Protocol)).whole(),
        row("a field of 200 KiB", value(200 << 10), ok("hi")).whole(),
        row("a head that is just not too large", value((256 << 10) - 100), ok("hi")).whole(),
        ends("a head that is just too large", value(256 << 10), large()).whole(),
        ends("a field of 1 MiB", value(1 << 20), large()).whole(),
        ends("a reason of 1 MiB", line(format!("HTTP/1.1 200 {}", "a".repeat(1 << 20))), large()).whole(),
        ends("a head without an end", &value(1 << 20)[..600 << 10], large()).whole(),
        ends("blank lines without an end", "\r\n".repeat(500_000), fails(Protocol)).whole(),
    ]
}

#[test]
fn heads_are_read_or_refused() {
    crate::check(&rows());
}
