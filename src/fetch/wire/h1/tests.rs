//! The head of a response: what is read, mended and refused.

use proptest::prelude::*;

use super::ProtocolError;
use super::head::{Framing, HeadReader, ParsedHead};
use crate::fetch::client::TransferCoding;

/// Reads `bytes` in pieces: the head, and what follows it.
fn read_in<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> Result<Option<(ParsedHead, Vec<u8>)>, ProtocolError> {
    let mut reader = HeadReader::default();
    let mut pieces = pieces.into_iter();
    while let Some(piece) = pieces.next() {
        if let Some((head, used)) = reader.read(piece, false)? {
            let rest = [&piece[used..]].into_iter().chain(pieces).collect::<Vec<_>>().concat();
            return Ok(Some((head, rest)));
        }
    }
    Ok(None)
}

fn read(text: &str) -> Result<ParsedHead, String> {
    match read_in([text.as_bytes()]) {
        Ok(Some((head, rest))) => {
            assert!(rest.is_empty(), "{text:?}");
            Ok(head)
        }
        Ok(None) => Err("incomplete".to_owned()),
        Err(ProtocolError(why)) => Err(why),
    }
}

/// The framing of a response with these fields, and whether its connection stays open.
fn framed(status: &str, fields: &str) -> Result<(Framing, bool), String> {
    read(&format!("HTTP/1.1 {status}\r\n{fields}\r\n")).map(|head| (head.framing, head.is_persistent))
}

#[test]
fn the_head_says_where_the_body_ends() {
    for (status, fields, framing, is_persistent) in [
        ("200 OK", "Content-Length: 5\r\n", Framing::Length(5), true),
        ("200", "content-length:5\r\n", Framing::Length(5), true),
        ("200 OK", "Content-Length: 5\r\nContent-Length: 5\r\n", Framing::Length(5), true),
        ("200 OK", "Transfer-Encoding: chunked\r\n", Framing::Chunked, true),
        ("200 OK", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", Framing::Chunked, false),
        ("200 OK", "Transfer-Encoding: identity\r\nContent-Length: 5\r\n", Framing::Length(5), false),
        ("200 OK", "Transfer-Encoding: gzip\r\n", Framing::Close, false),
        ("200 OK", "", Framing::Close, false),
        ("204 No Content", "Content-Length: 5\r\n", Framing::Length(0), true),
        ("304 Not Modified", "Transfer-Encoding: chunked\r\n", Framing::Length(0), true),
        ("200 OK", "Content-Length: 5\r\nConnection: close\r\n", Framing::Length(5), false),
        ("200 OK", "Content-Length: 5\r\nConnection: x, CLOSE\r\n", Framing::Length(5), false),
        ("200 OK", "Content-Length: 5\r\nConnection: keep-alive\r\n", Framing::Length(5), true),
    ] {
        assert_eq!(framed(status, fields), Ok((framing, is_persistent)), "{status} {fields:?}");
    }
    for wrong in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: five\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: five\r\n",
        "Transfer-Encoding: unknown, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    ] {
        assert!(framed("200 OK", wrong).is_err(), "{wrong:?}");
    }
    let coded = read("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n").unwrap();
    assert_eq!(coded.transfer_codings, [TransferCoding::Gzip]);
}

#[test]
fn only_version_1_1_stays_open_by_itself() {
    let persistent = |head: &str| read(&format!("{head}\r\nContent-Length: 0\r\n\r\n")).unwrap().is_persistent;
    assert!(persistent("HTTP/1.1 200 OK"));
    assert!(!persistent("HTTP/1.0 200 OK"));
    assert!(persistent("HTTP/1.0 200 OK\r\nConnection: Keep-Alive"));
    assert!(!persistent("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nTransfer-Encoding: chunked"));
}

/// What is tolerated is not trusted: the connection is used no more.
#[test]
fn leniency_closes_the_connection() {
    for text in [
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: 1\r\n 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA : 1\r\n\r\n",
    ] {
        let head = read(text).unwrap_or_else(|why| panic!("{text:?}: {why}"));
        assert!(!head.is_persistent && head.head.status == 200, "{text:?}");
    }
}

#[test]
fn informational_heads_are_passed_over() {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(1_000);
    let head = read(&format!("HTTP/1.1 100 Continue\r\n\r\n{hints}HTTP/1.1 200 OK\r\nA: 1\r\n\r\n")).unwrap();
    assert_eq!((head.head.status.as_u16(), head.head.headers.len()), (200, 1));
    assert!(read("HTTP/1.1 101 Switching Protocols\r\n\r\n").unwrap_err().contains("without being asked"));
}

#[test]
fn what_is_not_http_is_refused_at_once() {
    for (text, why) in [
        ("SSH-2.0-OpenSSH_9.9\r\n", "begins with \"SSH-2.0-OpenSSH_9.9\""),
        ("<html>", "begins with \"<html>\""),
        ("HTTP/2", "begins with \"HTTP/2\""),
        ("http/1.1 200 OK\r\n", "begins with \"http/1.1 200 OK\""),
        ("\r\nICY 200 OK\r\n", "begins with \"ICY 200 OK\""),
        ("HTTP/1.1 20 OK\r\n\r\n", "status line"),
        ("HTTP/1.1 2000 OK\r\n\r\n", "status line"),
        ("HTTP/1.1 099 OK\r\n\r\n", "status line"),
        ("HTTP/1.x 200 OK\r\n\r\n", "version"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(why), "{text:?}: {error}");
    }
}

#[test]
fn heads_are_limited() {
    let fields = |number: usize| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(number));
    assert_eq!(read(&fields(1_000)).unwrap().head.headers.len(), 1_000);
    assert!(read(&fields(1_001)).unwrap_err().contains("1000 fields"));
    let endless = format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(300_000));
    assert!(read(&endless).unwrap_err().contains("larger than"));
    assert!(read(&"\r\n".repeat(200_000)).unwrap_err().contains("blank lines"));
}

#[test]
fn values_are_bytes() {
    let (head, _) = read_in([&b"HTTP/1.1 200 OK\r\nLocation: /caf\xe9\r\nEmpty:\r\n\r\n"[..]]).unwrap().unwrap();
    assert_eq!(head.head.headers["location"].as_bytes(), b"/caf\xe9");
    assert_eq!(head.head.headers["empty"].as_bytes(), b"");
}

fn heads() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        Just("Content-Length: 3".to_owned()),
        Just("Transfer-Encoding: chunked".to_owned()),
        Just("A: 1\r\n folded".to_owned()),
        Just("B : 2".to_owned()),
        "[a-z]{1,8}: ?[ -~]{0,20}",
    ];
    let end = prop_oneof![Just("\r\n"), Just("\n")];
    (prop::collection::vec(field, 0..6), end, any::<bool>(), any::<bool>()).prop_map(|(fields, end, hints, blank)| {
        let mut head = if blank { "\r\n".to_owned() } else { String::new() };
        if hints {
            head += "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
        }
        head + "HTTP/1.1 200 OK\r\n" + &fields.iter().map(|field| format!("{field}{end}")).collect::<String>() + end
    })
}

proptest! {
    /// However the bytes are split, the head and what follows are the same.
    #[test]
    fn any_split_reads_the_same(head in heads(), rest: Vec<u8>, cuts: Vec<prop::sample::Index>) {
        let bytes = [head.as_bytes(), &rest].concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).chain([0, bytes.len()]).collect();
        cuts.sort_unstable();
        let split = read_in(cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]));
        let whole = read_in([&bytes[..]]);
        let told = |read: Result<Option<(ParsedHead, Vec<u8>)>, ProtocolError>| {
            read.map(|read| read.map(|(head, rest)| (format!("{head:?}"), rest)))
        };
        prop_assert_eq!(told(split), told(whole));
    }

    #[test]
    fn reading_never_panics(bytes: Vec<u8>) {
        let _ = read_in([&b"HTTP/1.1 200 OK\r\n"[..], &bytes]);
        let _ = read_in([&bytes[..]]);
    }
}
