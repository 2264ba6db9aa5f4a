//! What an attempt paid for and what it did not, and whom it talked to.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use haul::model::{Attempt, ErrorKind, Phase, Request, Timings};
use haul::plan::ClientKind;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use http::{Response, Version};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;

use crate::peers::{Peer, acceptor, serve};
use crate::{Fetcher, LONG, SHORT, get};

/// That the parts make up the whole.
fn check(attempt: &Attempt) -> Timings {
    assert!(attempt.ok(), "{:?}", attempt.error);
    let it = attempt.timings;
    let parts = [it.dns.unwrap_or_default(), it.connect.unwrap_or_default(), it.wait.unwrap(), it.receive.unwrap()];
    let sum: Duration = parts.iter().sum();
    assert_eq!(sum, it.total, "{it:?}");
    it
}

/// Answers every HTTP/2 request.
async fn serve_h2(stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let mut connection = h2::server::handshake(stream).await.map_err(io::Error::other)?;
    while let Some(request) = connection.accept().await {
        let (_, mut respond) = request.map_err(io::Error::other)?;
        let mut body = respond.send_response(Response::new(()), false).map_err(io::Error::other)?;
        body.send_data(Bytes::from_static(b"good"), true).map_err(io::Error::other)?;
    }
    Ok(())
}

#[tokio::test]
async fn only_a_fresh_connection_is_paid_for() {
    for (peer, version) in [
        (Peer::good().await, Version::HTTP_11),
        (Peer::tls("http/1.1", serve).await, Version::HTTP_11),
        (Peer::tls("h2", |stream, _| serve_h2(stream)).await, Version::HTTP_2),
    ] {
        let fetcher = Fetcher::new(|_| {});
        let first = fetcher.get(&peer.url_by_name()).await;
        let timings = check(&first);
        assert!(timings.dns.is_none() && timings.connect.is_some(), "localhost needs no look-up: {timings:?}");
        for _ in 0..2 {
            let again = fetcher.get(&peer.url_by_name()).await;
            let timings = check(&again);
            assert!(timings.dns.is_none() && timings.connect.is_none(), "{timings:?}");
            assert_eq!(again.head.unwrap().version, version);
            assert_eq!(again.remote_addr, Some(peer.addr()));
        }
        assert_eq!(first.remote_addr, Some(peer.addr()));
    }
}

#[tokio::test]
async fn an_address_is_not_looked_up() {
    let timings = check(&get(&Peer::good().await.url()).await);
    assert!(timings.dns.is_none() && timings.connect.is_some());
}

#[tokio::test]
async fn each_part_has_its_time() {
    let peer = Peer::tcp(|stream, _, heads| async move {
        tokio::time::sleep(SHORT).await;
        let mut stream = acceptor("http/1.1").accept(stream).await?;
        heads.read(&mut stream).await?;
        tokio::time::sleep(2 * SHORT).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n").await?;
        stream.flush().await?;
        tokio::time::sleep(3 * SHORT).await;
        stream.write_all(b"good").await?;
        stream.shutdown().await
    });
    let it = check(&get(&peer.await.https().url_by_name()).await);
    assert!(it.connect.unwrap() >= SHORT && it.wait.unwrap() >= 2 * SHORT, "{it:?}");
    assert!(it.receive.unwrap() >= 3 * SHORT - SHORT / 4 && it.total >= 6 * SHORT && it.total < LONG, "{it:?}");
}

/// What becomes of two requests at once to a server whose first connection both have to use: it does not open the
/// second one before the second request has come over the first.
#[derive(Clone, Copy, PartialEq)]
enum Play {
    /// The second connection is open before the second answer comes.
    Opens,
    /// It never is; so with the others.
    Hangs,
    /// And the second request is answered by hanging up.
    Closes,
    /// And the second request is not answered.
    Ignores,
}

async fn contended(play: Play) -> Peer {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let gates = Arc::new([(); 3].map(|()| Semaphore::new(0)));
    let peer = Peer::tcp(move |stream, n, heads| {
        let gates = Arc::clone(&gates);
        async move {
            let [both_there, both_sent, both_open] = &*gates;
            let pass = async |gate: &Semaphore| gate.acquire().await.unwrap().forget();
            if n > 0 {
                both_there.add_permits(1);
                pass(both_sent).await;
                if play != Play::Opens {
                    return pending().await;
                }
                let stream = acceptor("http/1.1").accept(stream).await?;
                tokio::time::sleep(SHORT / 4).await; // the client's side of the handshake ends a little later
                both_open.add_permits(1);
                return serve(stream, heads).await;
            }
            let mut stream = acceptor("http/1.1").accept(stream).await?;
            heads.read(&mut stream).await?;
            pass(both_there).await;
            stream.write_all(ANSWER).await?;
            heads.read(&mut stream).await?;
            both_sent.add_permits(1);
            match play {
                Play::Opens => pass(both_open).await,
                Play::Hangs => {}
                Play::Closes => return stream.shutdown().await,
                Play::Ignores => return pending().await,
            }
            stream.write_all(ANSWER).await?;
            serve(stream, heads).await
        }
    });
    peer.await.https()
}

#[tokio::test]
async fn a_connection_that_another_request_gets_is_not_paid_for() {
    for play in [Play::Opens, Play::Hangs] {
        let (peer, fetcher) = (contended(play).await, Fetcher::new(|fetch| fetch.client = ClientKind::Relay));
        let url = peer.url_by_name();
        let (one, other) = tokio::join!(fetcher.get(&url), fetcher.get(&url));
        let (one, other, third) = (check(&one), check(&other), check(&fetcher.get(&url).await));
        let (first, second) = if one.connect.is_some() { (one, other) } else { (other, one) };
        assert!(first.connect.is_some(), "{first:?}");
        assert!(second.dns.is_none() && second.connect.is_none(), "{second:?}");
        assert!(third.dns.is_none() && third.connect.is_none(), "{third:?}");
    }
}

#[tokio::test]
async fn what_fails_on_another_connection_did_not_fail_to_connect() {
    for (play, kind) in [(Play::Closes, ErrorKind::Closed), (Play::Ignores, ErrorKind::ReadTimeout)] {
        let peer = contended(play).await;
        let fetcher = Fetcher::new(|fetch| {
            (fetch.connect_timeout, fetch.read_timeout) = (3 * SHORT, Some(SHORT));
            fetch.client = ClientKind::Relay;
        });
        let url = peer.url_by_name();
        let (one, other) = tokio::join!(fetcher.get(&url), fetcher.get(&url));
        let (first, second) = if one.ok() { (one, other) } else { (other, one) };
        assert!(first.ok(), "{first:?}");
        let error = second.error.unwrap();
        assert_eq!((error.kind, error.phase), (kind, Some(Phase::Wait)), "{}", error.message);
        assert!(second.timings.dns.is_none() && second.timings.connect.is_none(), "{:?}", second.timings);
    }
}

#[tokio::test]
async fn user_info_is_sent_as_basic_authentication() {
    let peer = Peer::good().await;
    for (user_info, credentials) in [
        ("ann:hunter2@", "YW5uOmh1bnRlcjI="),   // ann:hunter2
        ("ann@", "YW5uOg=="),                   // ann:
        (":hunter2@", "Omh1bnRlcjI="),          // :hunter2
        ("a%40b:p%3Aq%C3%A4@", "YUBiOnA6ccOk"), // a@b:p:qä
    ] {
        let url = peer.url().replace("mallory:hunter2@", user_info);
        assert!(get(&url).await.ok());
        let head = peer.heads().pop().unwrap();
        assert!(head.starts_with("GET /path?token=s3cret HTTP/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("authorization: Basic {credentials}\r\n")), "{user_info}: {head}");
        assert!(head.contains(&format!("host: {}\r\n", peer.addr())), "{head}");
        assert!(!head.contains('@') && !head.contains("#part"), "{head}");
    }
}

#[tokio::test]
async fn an_authorization_that_was_asked_for_goes_before_user_info() {
    let peer = Peer::good().await;
    let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer mine"))]);
    Fetcher::new(|_| {}).send(&peer.url(), Request { headers, ..Request::default() }).await;
    let head = peer.heads().pop().unwrap();
    assert!(head.contains("authorization: Bearer mine\r\n") && !head.contains("Basic"), "{head}");
}
