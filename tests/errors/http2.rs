//! The same failures where requests share a connection.

use std::future::poll_fn;
use std::io;

use bytes::Bytes;
use h2::Reason;
use h2::server::{Connection, SendResponse};
use http::{Response, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::peers::{Peer, reset};
use crate::{Fetcher, SHORT, get, text, told};

type H2 = Connection<TlsStream<TcpStream>, Bytes>;

/// Does `script` to the first request of each connection.
async fn peer<F>(script: impl Fn(H2, SendResponse<Bytes>) -> F + Clone + Send + 'static) -> Peer
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    Peer::tls("h2", move |stream, _| {
        let script = script.clone();
        async move {
            let mut connection = h2::server::handshake(stream).await.map_err(io::Error::other)?;
            let Some(request) = connection.accept().await else { return Ok(()) };
            let (_, respond) = request.map_err(io::Error::other)?;
            script(connection, respond).await
        }
    })
    .await
}

/// Sends a head and a part of the body.
fn part(respond: &mut SendResponse<Bytes>) -> h2::SendStream<Bytes> {
    let mut body = respond.send_response(Response::new(()), false).unwrap();
    body.send_data(Bytes::from_static(b"part of it"), false).unwrap();
    body
}

/// Lets a connection go on for a while, so that what was said gets out.
async fn say(connection: &mut H2) -> io::Result<()> {
    let _ = tokio::time::timeout(SHORT, poll_fn(|cx| connection.poll_closed(cx))).await;
    Ok(())
}

#[tokio::test]
async fn all_is_well() {
    let peer = peer(|mut connection, mut respond| async move {
        part(&mut respond).send_data(Bytes::new(), true).unwrap();
        say(&mut connection).await
    });
    let attempt = get(&peer.await.url()).await;
    assert_eq!((attempt.ok(), text(&attempt)), (true, "part of it"), "{:?}", attempt.error);
    assert_eq!(attempt.head.unwrap().version, Version::HTTP_2);
}

#[tokio::test]
async fn reset_of_the_stream_before_the_head() {
    let mut all = Vec::new();
    for reason in [Reason::REFUSED_STREAM, Reason::INTERNAL_ERROR, Reason::ENHANCE_YOUR_CALM, Reason::NO_ERROR] {
        let peer = peer(move |mut connection, mut respond| async move {
            respond.send_reset(reason);
            say(&mut connection).await
        });
        all.push(told(&get(&peer.await.url()).await));
    }
    insta::assert_snapshot!(all.join("\n"), @r"
    reset in wait: the server reset the HTTP/2 stream with REFUSED_STREAM before it answered
    reset in wait: the server reset the HTTP/2 stream with INTERNAL_ERROR before it answered
    reset in wait: the server reset the HTTP/2 stream with ENHANCE_YOUR_CALM before it answered
    reset in wait: the server reset the HTTP/2 stream with NO_ERROR before it answered
    ");
}

#[tokio::test]
async fn reset_of_the_stream_in_the_middle() {
    let peer = peer(|mut connection, mut respond| async move {
        let mut body = part(&mut respond);
        say(&mut connection).await?;
        body.send_reset(Reason::INTERNAL_ERROR);
        say(&mut connection).await
    });
    let attempt = get(&peer.await.url()).await;
    insta::assert_snapshot!(told(&attempt), @"reset in receive: the server reset the HTTP/2 stream with INTERNAL_ERROR after 10 bytes of the body");
    assert_eq!((text(&attempt), attempt.truncated), ("part of it", true));
}

#[tokio::test]
async fn reset_by_go_away() {
    let mut all = Vec::new();
    for reason in [Reason::NO_ERROR, Reason::ENHANCE_YOUR_CALM] {
        let peer = peer(move |mut connection, respond| async move {
            let _unanswered = respond;
            connection.abrupt_shutdown(reason);
            say(&mut connection).await
        });
        all.push(told(&get(&peer.await.url()).await));
    }
    insta::assert_snapshot!(all.join("\n"), @r"
    closed in wait: the server closed the connection before it answered
    closed in wait: the server closed the connection before it answered
    ");
}

/// Whoever says goodbye may still finish what was begun.
#[tokio::test]
async fn a_graceful_go_away_is_no_failure() {
    let peer = peer(|mut connection, mut respond| async move {
        let mut body = part(&mut respond);
        connection.graceful_shutdown();
        say(&mut connection).await?;
        body.send_data(Bytes::new(), true).unwrap();
        say(&mut connection).await
    });
    let attempt = get(&peer.await.url()).await;
    assert_eq!((attempt.ok(), text(&attempt)), (true, "part of it"), "{:?}", attempt.error);
}

/// `handshake` and one request by hand, as h2 always says goodbye: then `script` has the bare stream.
async fn bare<F>(script: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + 'static) -> Peer
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    Peer::tls("h2", move |mut stream, _| {
        let script = script.clone();
        async move {
            stream.write_all(SETTINGS).await?;
            stream.flush().await?;
            let mut said = Vec::new();
            while !has_headers(&said) {
                said.push(stream.read_u8().await?);
            }
            script(stream).await
        }
    })
    .await
}

/// Whether a HEADERS frame is whole, after the preface and other frames.
fn has_headers(said: &[u8]) -> bool {
    const PREFACE: usize = 24;
    let mut rest = said.get(PREFACE..).unwrap_or_default();
    while let [a, b, c, kind, ..] = *rest {
        let frame = 9 + u32::from_be_bytes([0, a, b, c]) as usize;
        if rest.len() < frame {
            return false;
        }
        if kind == 1 {
            return true;
        }
        rest = &rest[frame..];
    }
    false
}

/// `:status: 200` and four bytes of a body.
const HEAD_AND_PART: &[u8] = &[0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88, 0, 0, 4, 0, 0, 0, 0, 0, 1, b'p', b'a', b'r', b't'];

/// GOAWAY that excludes even the first stream, with ENHANCE_YOUR_CALM.
const GO_AWAY: &[u8] = &[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11];

#[tokio::test]
async fn reset_by_a_go_away_that_excludes_the_request() {
    let peer = bare(|mut stream| async move {
        stream.write_all(GO_AWAY).await?;
        stream.flush().await?;
        std::future::pending().await
    });
    insta::assert_snapshot!(told(&get(&peer.await.url()).await), @"reset in wait: the server closed the HTTP/2 connection with ENHANCE_YOUR_CALM before it answered");
}

#[tokio::test]
async fn reset_of_the_connection() {
    let before = bare(|stream| async move { reset(stream.into_inner().0) }).await;
    let middle = bare(|mut stream| async move {
        stream.write_all(HEAD_AND_PART).await?;
        stream.flush().await?;
        tokio::time::sleep(SHORT).await;
        reset(stream.into_inner().0)
    })
    .await;
    insta::assert_snapshot!(told(&get(&before.url()).await), @"reset in wait: the server reset the connection before it answered");
    let attempt = get(&middle.url()).await;
    insta::assert_snapshot!(told(&attempt), @"reset in receive: the server reset the connection after 4 bytes of the body");
    assert_eq!((text(&attempt), attempt.truncated), ("part", true));
}

#[tokio::test]
async fn closed_with_and_without_the_end_of_tls() {
    let mut all = Vec::new();
    for (head_and_part, with_notice) in [(&b""[..], true), (b"", false), (HEAD_AND_PART, true), (HEAD_AND_PART, false)]
    {
        let peer = bare(move |mut stream| async move {
            stream.write_all(head_and_part).await?;
            stream.flush().await?;
            if with_notice { stream.shutdown().await } else { stream.get_mut().0.shutdown().await }
        });
        let attempt = get(&peer.await.url()).await;
        assert_eq!(text(&attempt), if head_and_part.is_empty() { "" } else { "part" });
        all.push(told(&attempt));
    }
    insta::assert_snapshot!(all.join("\n"), @r"
    closed in wait: the server closed the connection before it answered
    closed in wait: the connection was cut before it answered: TLS was not closed
    closed in receive: the server closed the connection after 4 bytes of the body
    closed in receive: the connection was cut after 4 bytes of the body: TLS was not closed
    ");
}

#[tokio::test]
async fn protocol() {
    let garbage = Peer::tls("h2", |mut stream, _| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
        stream.flush().await?;
        stream.read_u8().await.map(|_| ())
    });
    insta::assert_snapshot!(told(&get(&garbage.await.url()).await), @"protocol in wait: the server violated HTTP/2 before it answered: FRAME_SIZE_ERROR");

    // DATA before HEADERS.
    let order = bare(|mut stream| async move {
        stream.write_all(&HEAD_AND_PART[10..]).await?;
        stream.flush().await?;
        std::future::pending().await
    });
    insta::assert_snapshot!(told(&get(&order.await.url()).await), @"protocol in wait: the server violated HTTP/2 before it answered: PROTOCOL_ERROR");
}

#[tokio::test]
async fn silence() {
    let peer = peer(|mut connection, respond| async move {
        let _unanswered = respond;
        poll_fn(|cx| connection.poll_closed(cx)).await.map_err(io::Error::other)
    })
    .await;
    let attempt = Fetcher::new(|fetch| fetch.read_timeout = Some(SHORT)).get(&peer.url()).await;
    insta::assert_snapshot!(told(&attempt), @"read_timeout in wait: no data for 200ms");
    let attempt = Fetcher::new(|fetch| fetch.timeout = SHORT).get(&peer.url()).await;
    insta::assert_snapshot!(told(&attempt), @"timeout in wait: no answer within 200ms");
}
