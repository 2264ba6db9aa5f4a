//! Content codings (RFC 9110, section 8.4): decoded where they are known, and passed on where nobody knows them.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use haul::model::ErrorKind::{Closed, Decode};
use haul::model::Request;

use crate::row::{Row, answer, cut, ends, ok, row};

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
    encoder.write_all(bytes).unwrap();
    encoder.into_inner()
}

/// `body` with its length, under this `Content-Encoding`.
fn coded(coding: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    answer(format!("Content-Encoding: {coding}\r\nContent-Length: {}", body.len()), body)
}

pub(crate) fn rows() -> Vec<Row> {
    [known(), broken(), unknown(), none()].concat()
}

fn known() -> Vec<Row> {
    let decoded = |name, coding, body: Vec<u8>| row(name, coded(coding, body), ok("hi"));
    let zipped = gzip(b"hi");
    let chunked = [format!("{:x}\r\n", zipped.len()).as_bytes(), &zipped, b"\r\n0\r\n\r\n"].concat();
    vec![
        decoded("gzip", "gzip", zipped.clone()),
        decoded("GZip", "GZip", zipped.clone()),
        decoded("x-gzip", "x-gzip", zipped.clone()),
        decoded("gzip in two members", "gzip", [gzip(b"h"), gzip(b"i")].concat()),
        decoded("deflate", "deflate", deflate(b"hi")),
        decoded("deflate without its head", "deflate", raw_deflate(b"hi")),
        decoded("br", "br", brotli(b"hi")),
        decoded("zstd", "zstd", zstd::encode_all(&b"hi"[..], 3).unwrap()),
        decoded("identity", "identity", b"hi".to_vec()),
        decoded("an empty content coding", "", b"hi".to_vec()),
        decoded("gzip among commas", ", gzip,", zipped.clone()),
        decoded("identity, gzip", "identity, gzip", zipped.clone()),
        decoded("gzip, br", "gzip, br", brotli(&zipped)),
        row("gzip in chunks", answer("Content-Encoding: gzip\r\nTransfer-Encoding: chunked", chunked), ok("hi")),
        ends("gzip, to the end of the connection", answer("Content-Encoding: gzip", &zipped), ok("hi")),
    ]
}

/// The answer is there, as far as it could be read.
fn broken() -> Vec<Row> {
    let zipped = gzip(b"hi");
    let broken = |name, coding, body: Vec<u8>, part: &str| row(name, coded(coding, body), cut(Decode, part));
    vec![
        broken("not really gzip", "gzip", b"<h1>hi</h1>".to_vec(), "").either(),
        broken("not really br", "br", b"\xff\xff\xff\xff".to_vec(), "").either(),
        broken("not really zstd", "zstd", b"hi".to_vec(), "").either(),
        broken("a part of gzip", "gzip", zipped[..zipped.len() - 8].to_vec(), "hi").either(),
        broken("gzip with a wrong sum", "gzip", [&zipped[..zipped.len() - 8], &[0; 8]].concat(), "hi").either(),
        broken("compress", "compress", b"\x1f\x9dhi".to_vec(), "").either(),
        broken("dcb", "dcb", b"\xff\x44\x43\x42".to_vec(), "").either(),
        broken("dcz", "dcz", b"\x5e\x2a\x4d\x18".to_vec(), "").either(),
        ends(
            "a part of gzip, cut off",
            answer("Content-Encoding: gzip\r\nContent-Length: 99", &zipped),
            cut(Closed, "hi"),
        ),
    ]
}

fn unknown() -> Vec<Row> {
    let kept = |name, coding: &'static str| row(name, coded(coding, "<p>hi</p>"), ok("<p>hi</p>").noted(coding));
    vec![
        kept("content coding none", "none"),
        kept("content coding utf-8", "utf-8"),
        kept("content coding UTF-8", "UTF-8"),
        kept("content coding aws-chunked", "aws-chunked"),
        kept("content coding text/html", "text/html"),
    ]
}

/// Where there is no body, nothing is wrong with it.
fn none() -> Vec<Row> {
    vec![
        row("gzip to a HEAD", answer("Content-Encoding: gzip\r\nContent-Length: 9", ""), ok("")).to(Request::head()),
        row("gzip of nothing", answer("Content-Encoding: gzip\r\nContent-Length: 0", ""), ok("")),
        row("br of nothing", answer("Content-Encoding: br\r\nContent-Length: 0", ""), ok("")),
        row("zstd of nothing", answer("Content-Encoding: zstd\r\nContent-Length: 0", ""), ok("")),
    ]
}

#[test]
fn content_codings_are_decoded() {
    crate::check(&rows());
}
