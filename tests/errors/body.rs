//! Failures in the middle of a response: what came before them is kept.

use std::io::Write;
use std::time::Instant;

use haul::model::{Attempt, Body, ErrorKind, Request};
use http::Method;
use tokio::io::AsyncWriteExt;

use crate::peers::{Peer, reset};
use crate::{Fetcher, SHORT, get, text, told};

const PART: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\npart of it";

/// Holds for every response that broke off after "part of it".
fn check_part(attempt: &Attempt) {
    assert_eq!((attempt.status().unwrap().as_u16(), attempt.ok()), (200, false));
    assert_eq!((text(attempt), attempt.truncated), ("part of it", true));
    assert_eq!((attempt.encoded_size, attempt.decoded_size), (10, 10));
    let timings = attempt.timings;
    assert!(timings.wait.unwrap() + timings.receive.unwrap() <= timings.total);
}

#[tokio::test]
async fn timeout() {
    let peer = Peer::saying_no_more_than(PART).await;
    let attempt = Fetcher::new(|fetch| fetch.timeout = SHORT).get(&peer.url()).await;
    insta::assert_snapshot!(told(&attempt), @"timeout in receive: no complete answer within 200ms");
    check_part(&attempt);
}

#[tokio::test]
async fn read_timeout() {
    let peer = Peer::saying_no_more_than(PART).await;
    let attempt = Fetcher::new(|fetch| fetch.read_timeout = Some(SHORT)).get(&peer.url()).await;
    insta::assert_snapshot!(told(&attempt), @"read_timeout in receive: no data for 200ms");
    check_part(&attempt);
}

/// As long as something comes now and then, the server is not silent.
#[tokio::test]
async fn slow_is_not_silent() {
    let peer = Peer::tcp(|mut stream, _, heads| async move {
        heads.read(&mut stream).await?;
        for piece in ["HTTP/1.1 200 OK\r\n", "content-length: 4\r\n\r\n", "s", "l", "o", "w"] {
            tokio::time::sleep(SHORT / 2).await;
            stream.write_all(piece.as_bytes()).await?;
        }
        Ok(())
    });
    let attempt = Fetcher::new(|fetch| fetch.read_timeout = Some(3 * SHORT)).get(&peer.await.url()).await;
    assert_eq!((attempt.ok(), text(&attempt)), (true, "slow"), "{:?}", attempt.error);
}

#[tokio::test]
async fn reset_in_the_middle() {
    let peer = Peer::tcp(|mut stream, _, heads| async move {
        heads.read(&mut stream).await?;
        stream.write_all(PART.as_bytes()).await?;
        tokio::time::sleep(SHORT).await; // a reset overtakes what has not been read
        reset(stream)
    });
    let attempt = get(&peer.await.url()).await;
    insta::assert_snapshot!(told(&attempt), @"reset in receive: the server reset the connection after 10 of 100 bytes of the body");
    check_part(&attempt);
}

#[tokio::test]
async fn closed_before_the_announced_end() {
    let attempt = get(&Peer::saying(PART).await.url()).await;
    insta::assert_snapshot!(told(&attempt), @"closed in receive: the server closed the connection after 10 of 100 bytes of the body");
    check_part(&attempt);
}

#[tokio::test]
async fn closed_between_chunks_and_within_one() {
    for cut in ["a\r\npart of it\r\n", "a\r\npart of it", "64\r\npart of it", "a\r\npart of it\r\n0\r\n"] {
        let answer = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{cut}");
        let attempt = get(&Peer::saying(answer).await.url()).await;
        let told = told(&attempt);
        assert!(
            told.starts_with("closed in receive: the server closed the connection before the last chunk of the body"),
            "{told}"
        );
        check_part(&attempt);
    }
}

#[tokio::test]
async fn protocol_in_the_chunks() {
    for junk in ["no number\r\n", "fffffffffffffffff\r\n", "-1\r\n"] {
        let answer = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\npart of it\r\n{junk}");
        let attempt = get(&Peer::saying(answer).await.url()).await;
        let told = told(&attempt);
        assert!(told.starts_with("protocol in receive: "), "{told}");
        assert!(told.contains("chunk size"), "{told}");
        check_part(&attempt);
    }
}

/// Without a length, the end of the connection is the end of the body: nobody can tell whether it is whole.
#[tokio::test]
async fn a_body_without_a_length_ends_with_the_connection() {
    let attempt = get(&Peer::saying("HTTP/1.0 200 OK\r\n\r\npart of it").await.url()).await;
    assert_eq!((attempt.ok(), text(&attempt), attempt.truncated), (true, "part of it", false));
}

/// But TLS tells.
#[tokio::test]
async fn closed_before_the_end_of_tls() {
    let peer = Peer::tls("http/1.1", |mut stream, heads| async move {
        heads.read(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\npart of it").await?;
        stream.flush().await?;
        stream.get_mut().0.shutdown().await
    });
    let attempt = get(&peer.await.url()).await;
    insta::assert_snapshot!(told(&attempt), @"closed in receive: the connection was cut within the body: TLS was not closed");
    check_part(&attempt);
}

fn encode(coding: &str, plain: &[u8]) -> Vec<u8> {
    let level = flate2::Compression::fast();
    let mut encoded = Vec::new();
    match coding {
        "gzip" => flate2::write::GzEncoder::new(&mut encoded, level).write_all(plain).unwrap(),
        "deflate" => flate2::write::ZlibEncoder::new(&mut encoded, level).write_all(plain).unwrap(),
        "br" => brotli::CompressorWriter::new(&mut encoded, 4096, 1, 20).write_all(plain).unwrap(),
        _ => encoded = zstd::encode_all(plain, 1).unwrap(),
    }
    encoded
}

fn answer(coding: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn decode() {
    let plain = "all of it, ".repeat(100);
    let mut all = Vec::new();
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let encoded = encode(coding, plain.as_bytes());
        let attempt = get(&Peer::saying(answer(coding, &encoded)).await.url()).await;
        assert!(attempt.ok() && text(&attempt) == plain, "{coding}: {attempt:?}");
        assert_eq!((attempt.encoded_size, attempt.decoded_size), (encoded.len() as u64, plain.len() as u64));

        let attempt = get(&Peer::saying(answer(coding, b"<html>not encoded at all</html>")).await.url()).await;
        all.push(format!("{coding}, garbage: {}", told(&attempt)));
        assert_eq!((attempt.truncated, attempt.encoded_size), (true, 31));

        let cut = &encoded[..encoded.len() - 1];
        let attempt = get(&Peer::saying(answer(coding, cut)).await.url()).await;
        all.push(format!("{coding}, cut short: {}", told(&attempt)));
        assert!(attempt.truncated && plain.starts_with(text(&attempt)));
        assert_eq!(attempt.decoded_size, text(&attempt).len() as u64);
    }
    let attempt = get(&Peer::saying(answer("compress", b"whatever")).await.url()).await;
    all.push(format!("unsupported: {}", told(&attempt)));
    assert!(attempt.truncated && attempt.body == Body::None);
    insta::assert_snapshot!(all.join("\n"), @r#"
    gzip, garbage: decode in receive: invalid gzip header
    gzip, cut short: decode in receive: corrupt gzip stream does not have a matching checksum
    deflate, garbage: decode in receive: corrupt deflate stream
    deflate, cut short: decode in receive: incomplete deflate stream
    br, garbage: decode in receive: corrupt brotli stream
    br, cut short: decode in receive: the encoded body ends early
    zstd, garbage: decode in receive: Unknown frame descriptor
    zstd, cut short: decode in receive: the encoded body ends early
    unsupported: decode in receive: the content coding "compress" is not supported
    "#);
}

#[tokio::test]
async fn an_unknown_coding_is_none() {
    for coding in ["sdch", "UTF-8", "gzip, none"] {
        let attempt = get(&Peer::saying(answer(coding, b"whatever")).await.url()).await;
        assert!(attempt.ok() && text(&attempt) == "whatever", "{coding}: {:?}", attempt.error);
        assert!(attempt.note.unwrap().ends_with(": the body is as received"), "{coding}");
        let cut = answer(coding, b"whatever");
        let attempt = get(&Peer::saying(&cut[..cut.len() - 1]).await.url()).await;
        assert_eq!((told(&attempt).split(':').next(), text(&attempt)), (Some("closed in receive"), "whateve"));
    }
}

/// What was decoded before an encoded body broke off is there too.
#[tokio::test]
async fn an_encoded_body_that_breaks_off_is_kept_as_far_as_it_came() {
    let plain: String = (0..60_000).map(|n| format!("{n}, ")).collect();
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let whole = answer(coding, &encode(coding, plain.as_bytes()));
        let attempt = get(&Peer::saying(&whole[..whole.len() * 3 / 4]).await.url()).await;
        assert_eq!(attempt.error.as_ref().unwrap().kind, ErrorKind::Closed, "{coding}");
        assert!(attempt.truncated && plain.starts_with(text(&attempt)) && !text(&attempt).is_empty(), "{coding}");
    }
}

/// The head of a response to HEAD is that of a body that does not come.
#[tokio::test]
async fn what_has_no_body_cannot_be_broken() {
    for coding in ["gzip", "br", "aws-chunked"] {
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: 100\r\n\r\n");
        let request = Request { method: Method::HEAD, ..Request::default() };
        let attempt = Fetcher::new(|_| {}).send(&Peer::saying(answer).await.url(), request).await;
        assert!(attempt.ok() && !attempt.truncated, "{coding}: {:?}", attempt.error);
    }
}

#[tokio::test]
async fn too_large() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n0123456789abcdefghij";
    let limited = |limit| Fetcher::new(move |fetch| fetch.max_filesize = limit);
    let attempt = limited(10).get(&Peer::saying(answer).await.url()).await;
    insta::assert_snapshot!(told(&attempt), @"too_large in receive: the body is larger than 10 bytes");
    assert_eq!((text(&attempt), attempt.truncated, attempt.decoded_size), ("0123456789", true, 10));

    let attempt = limited(20).get(&Peer::saying(answer).await.url()).await;
    assert!(attempt.ok() && !attempt.truncated && text(&attempt).len() == 20);
}

/// 256 MiB in 280 KB: as many gzip members as there are MiB.
#[tokio::test]
async fn too_large_once_decoded() {
    const LIMIT: usize = 1 << 20;
    let bomb = encode("gzip", &vec![b'0'; LIMIT]).repeat(256);
    let peer = Peer::saying(answer("gzip", &bomb)).await;
    let begun = Instant::now();
    let attempt = Fetcher::new(|fetch| fetch.max_filesize = LIMIT).get(&peer.url()).await;
    insta::assert_snapshot!(told(&attempt), @"too_large in receive: the body is larger than 1048576 bytes");
    assert_eq!((attempt.decoded_size, attempt.body.len(), attempt.truncated), (LIMIT as u64, LIMIT, true));
    assert!(attempt.encoded_size <= bomb.len() as u64);
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}
