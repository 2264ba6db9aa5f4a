//! Transfer codings (RFC 9112, sections 6.1 and 7): decoded, or refused, and never passed on as the body.

use haul::model::ErrorKind::{Decode, Protocol};

use crate::codings::{deflate, gzip};
use crate::row::{Row, answer, cut, ends, fails, ok, row};

pub(crate) fn rows() -> Vec<Row> {
    [names(), codings(), refused(), with_lengths(), old()].concat()
}

/// `body` as one chunk, under this `Transfer-Encoding`.
fn coded(coding: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    answer(format!("Transfer-Encoding: {coding}"), chunks(body.as_ref()))
}

fn chunks(body: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n0\r\n\r\n"].concat()
}

fn names() -> Vec<Row> {
    let reads = |name, coding| row(name, coded(coding, "hi"), ok("hi"));
    vec![
        reads("chunked, capitalised", "Chunked"),
        reads("chunked in upper case", "CHUNKED"),
        reads("chunked with blanks around it", " \t chunked \t "),
        reads("chunked and a comma", "chunked,").either(),
        reads("a comma and chunked", ", chunked").either(),
        reads("chunked among commas", " ,, chunked , ,").either(),
        reads("identity and chunked", "identity, chunked").either(),
        reads("chunked and identity", "chunked, identity").either(),
        row(
            "chunked after an empty line",
            answer("Transfer-Encoding:\r\nTransfer-Encoding: chunked", chunks(b"hi")),
            ok("hi"),
        )
        .either(),
        row(
            "chunked before an empty line",
            answer("Transfer-Encoding: chunked\r\nTransfer-Encoding:", chunks(b"hi")),
            ok("hi"),
        )
        .either(),
        row("chunked in lower case", answer("transfer-encoding: chunked", chunks(b"hi")), ok("hi")),
        ends("identity, to the end", answer("Transfer-Encoding: identity", "hi"), ok("hi")),
        ends("an empty coding, to the end", answer("Transfer-Encoding:", "hi"), ok("hi")),
    ]
}

fn codings() -> Vec<Row> {
    let (zipped, deflated) = (gzip(b"hi"), deflate(b"hi"));
    let two = "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked";
    let both = "Content-Encoding: gzip\r\nTransfer-Encoding: gzip, chunked";
    vec![
        row("gzip, chunked", coded("gzip, chunked", &zipped), ok("hi")),
        row("x-gzip, chunked", coded("x-gzip, chunked", &zipped), ok("hi")),
        row("GZIP,Chunked", coded("GZIP,Chunked", &zipped), ok("hi")),
        row("deflate, chunked", coded("deflate, chunked", &deflated), ok("hi")),
        row("gzip, deflate, chunked", coded("gzip, deflate, chunked", deflate(&zipped)), ok("hi")),
        row("identity, gzip, chunked", coded("identity, gzip, chunked", &zipped), ok("hi")).either(),
        row("gzip and chunked in two lines", answer(two, chunks(&zipped)), ok("hi")),
        row("gzip as a content coding and a transfer coding", answer(both, chunks(&gzip(&zipped))), ok("hi")),
        ends("gzip, to the end", answer("Transfer-Encoding: gzip", &zipped), ok("hi")),
        ends("a hundred times gzip, chunked", coded(&("gzip, ".repeat(100) + "chunked"), &zipped), cut(Decode, "")),
        ends("not really gzip, chunked", coded("gzip, chunked", "hi"), cut(Decode, "")),
        ends("a part of gzip, chunked", coded("gzip, chunked", &zipped[..zipped.len() - 4]), cut(Decode, "hi")),
    ]
}

fn refused() -> Vec<Row> {
    let bad = |name, coding| ends(name, coded(coding, "hi"), fails(Protocol));
    vec![
        bad("an unknown coding", "foo"),
        bad("an unknown coding, and chunked", "foo, chunked"),
        bad("a coding that is for contents only, and chunked", "br, chunked"),
        bad("compress, chunked", "compress, chunked"),
        bad("chunked and an unknown coding", "chunked, foo"),
        bad("chunked, gzip", "chunked, gzip"),
        bad("gzip, chunked, gzip", "gzip, chunked, gzip"),
        bad("chunked, chunked", "chunked, chunked"),
        bad("chunked, identity, chunked", "chunked, identity, chunked"),
        bad("chunked with a parameter", "chunked;a=b"),
        bad("chunked in quotes", "\"chunked\""),
        bad("chunked in two words", "chunked chunked"),
        bad("chunked with a semicolon for a comma", "gzip; chunked"),
        bad("chunked with a vertical tab", "\x0bchunked"),
        bad("chunked with a control character", "chunked\x01"),
        bad("chunked with a NUL", "chunked\0"),
        bad("chunked with a byte that is not ASCII", "chunked\u{a0}"),
        bad("a word that begins as chunked", "chunkedd"),
        bad("a word that ends as chunked", "xchunked"),
        ends(
            "chunked twice",
            answer("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", chunks(b"hi")),
            fails(Protocol),
        ),
        ends(
            "a blank before the colon of a coding",
            answer("Transfer-Encoding : chunked", chunks(b"hi")),
            fails(Protocol),
        ),
        ends(
            "a tab before the colon of a coding",
            answer("Transfer-Encoding\t: chunked", chunks(b"hi")),
            fails(Protocol),
        ),
        ends("a blank before a coding", answer(" Transfer-Encoding: chunked", chunks(b"hi")), fails(Protocol)),
        ends("a coding without a colon", answer("Transfer-Encoding chunked", chunks(b"hi")), fails(Protocol)),
    ]
}

fn with_lengths() -> Vec<Row> {
    let both = |name, fields, expect| row(name, answer(fields, chunks(b"hi")), expect);
    vec![
        both("a length and chunks", "Content-Length: 3\r\nTransfer-Encoding: chunked", ok("hi")).closed(),
        both("chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 3", ok("hi")).closed(),
        both("a length that fits chunks", "Content-Length: 12\r\nTransfer-Encoding: chunked", ok("hi")).closed(),
        both("chunks and a bad length", "Transfer-Encoding: chunked\r\nContent-Length: x", fails(Protocol)),
        both(
            "chunks and two lengths",
            "Transfer-Encoding: chunked\r\nContent-Length: 1\r\nContent-Length: 2",
            fails(Protocol),
        ),
        row("identity and a length", answer("Transfer-Encoding: identity\r\nContent-Length: 2", "hi"), ok("hi"))
            .closed(),
        row("an empty coding and a length", answer("Transfer-Encoding:\r\nContent-Length: 2", "hi"), ok("hi")).closed(),
        both("an unknown coding and a length", "Transfer-Encoding: foo\r\nContent-Length: 12", fails(Protocol)),
    ]
}

/// HTTP/1.0 has no transfer codings: its framing is not to be trusted for another answer.
fn old() -> Vec<Row> {
    let says = |fields: &str, rest: &str| format!("HTTP/1.0 200 OK\r\n{fields}\r\n\r\n{rest}");
    let chunked = "2\r\nhi\r\n0\r\n\r\n";
    vec![
        row("chunks in HTTP/1.0", says("Transfer-Encoding: chunked", chunked), ok("hi")).closed(),
        row(
            "chunks in HTTP/1.0 that goes on",
            says("Connection: keep-alive\r\nTransfer-Encoding: chunked", chunked),
            ok("hi"),
        )
        .closed(),
        row(
            "identity and a length in HTTP/1.0",
            says("Transfer-Encoding: identity\r\nContent-Length: 2", "hi"),
            ok("hi"),
        )
        .closed(),
        row(
            "a length and chunks in HTTP/1.0",
            says("Content-Length: 3\r\nTransfer-Encoding: chunked", chunked),
            ok("hi"),
        )
        .closed(),
    ]
}

#[test]
fn transfer_codings_are_decoded_or_refused() {
    crate::check(&rows());
}
