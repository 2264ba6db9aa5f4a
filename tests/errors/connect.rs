//! Failures on the way to a connection.

use std::net::Ipv4Addr;

use haul::plan::{Family, Fetch};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::peers::{Peer, acceptor_of_known_clients, reset, serve};
use crate::{Fetcher, LONG, SHORT, failure, get, told};

/// A name that no resolver has to ask anybody about.
#[tokio::test]
async fn dns_for_a_name_that_cannot_be() {
    let name = "a".repeat(64) + ".test";
    let attempt = get(&format!("http://mallory:hunter2@{name}/path?token=s3cret")).await;
    let told = told(&attempt);
    assert!(told.starts_with("dns in dns: cannot look up "), "{told}");
    assert!(told.contains(&format!("cannot look up {name}: ")), "{told}");
    assert!(attempt.timings.dns.is_some() && attempt.timings.connect.is_none());
    assert!(attempt.remote_addr.is_none() && attempt.head.is_none() && !attempt.truncated);
}

#[tokio::test]
async fn connect_refused() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let told = failure(|_| {}, &format!("http://mallory:hunter2@{closed}/path?token=s3cret")).await;
    insta::assert_snapshot!(told, @"connect_refused in connect: connection refused by 127.0.0.1:PORT");
    let by_name = format!("https://localhost:{}/path?token=s3cret", closed.port());
    let told = failure(|fetch| fetch.transport.family = Family::Ipv4, &by_name).await;
    insta::assert_snapshot!(told, @"connect_refused in connect: connection refused by 127.0.0.1:PORT");
}

/// Where nobody accepts, Linux lets a connection or two wait and drops what asks for more.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn connect_timeout_without_tcp() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = socket.listen(0).unwrap();
    let addr = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = tokio::time::timeout(SHORT, tokio::net::TcpStream::connect(addr)).await {
        waiting.push(stream);
    }
    let url = format!("http://mallory:hunter2@{addr}/path?token=s3cret");
    let told = failure(|fetch| fetch.connect_timeout = SHORT, &url).await; // of two timers the first one to be seen
    assert!(told.starts_with("connect_timeout in connect: no connection to "), "{told}");
    insta::assert_snapshot!(failure(|fetch| fetch.timeout = SHORT, &url).await, @"timeout in connect: no connection within 200ms");
}

#[tokio::test]
async fn connect_timeout_without_tls() {
    let peer = Peer::deaf().await.https();
    insta::assert_snapshot!(failure(|fetch| fetch.connect_timeout = SHORT, &peer.url()).await, @"connect_timeout in connect: no connection to 127.0.0.1:PORT within 200ms");
    insta::assert_snapshot!(failure(|fetch| fetch.timeout = SHORT, &peer.url()).await, @"timeout in connect: no connection within 200ms");
}

/// A server that is silent before it has accepted the connection does not cause a `read_timeout`.
#[tokio::test]
async fn read_timeout_does_not_count_the_connecting() {
    let peer = Peer::deaf().await.https();
    let limit = |fetch: &mut Fetch| (fetch.read_timeout, fetch.connect_timeout) = (Some(SHORT), 2 * SHORT);
    let told = failure(limit, &peer.url()).await;
    assert!(told.starts_with("connect_timeout in connect: "), "{told}");
}

#[tokio::test]
async fn tls_with_a_server_that_has_none() {
    let peer = Peer::tcp(|mut stream, _, _| async move {
        let _ = stream.read(&mut [0; 4096]).await?;
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await
    });
    insta::assert_snapshot!(failure(|_| {}, &peer.await.https().url()).await, @"tls in connect: the server does not speak TLS on this port");
}

#[tokio::test]
async fn tls_broken_off() {
    let peer = Peer::tcp(|mut stream, _, _| async move { stream.read(&mut [0; 4096]).await.map(|_| ()) });
    insta::assert_snapshot!(failure(|_| {}, &peer.await.https().url()).await, @"connect in connect: the server closed the connection during the TLS handshake");
    let peer = Peer::tcp(|stream, _, _| async move { reset(stream) });
    insta::assert_snapshot!(failure(|_| {}, &peer.await.https().url()).await, @"reset in connect: the server reset the connection during the TLS handshake");
}

#[tokio::test]
async fn tls_with_a_certificate_that_nobody_signed() {
    let peer = Peer::tls("http/1.1", serve).await;
    let told = failure(|fetch| fetch.insecure = false, &peer.url()).await;
    assert!(told.starts_with("tls in connect: "), "{told}");
    assert!(told.contains("certificate"), "{told}");
    assert!(peer.heads().is_empty(), "nothing is said to a stranger");

    let attempt = Fetcher::new(|fetch| fetch.insecure = true).get(&peer.url()).await;
    assert!(attempt.ok(), "{attempt:?}");
    assert!(attempt.timings.total < LONG);
}

/// In TLS 1.3 the client is connected when it hears that it should have shown a certificate.
#[tokio::test]
async fn tls_with_a_server_that_wants_our_certificate() {
    let peer = Peer::tcp(|stream, _, _| async move {
        let refused = acceptor_of_known_clients().accept(stream).into_fallible().await;
        let (_, mut stream) = refused.expect_err("a client without a certificate");
        stream.read_to_end(&mut Vec::new()).await.map(|_| ()) // what is left unread would become a reset
    });
    insta::assert_snapshot!(
        failure(|_| {}, &peer.await.https().url()).await,
        @"tls in wait: the server refused our handshake: it demands a client certificate"
    );
}
