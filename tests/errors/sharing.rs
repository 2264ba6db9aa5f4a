//! Requests that could share a connection, and do not know yet whether they can.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::future::join_all;
use haul::fetch::Transport;
use http::Response;
use tokio::net::TcpStream;

use crate::peers::{Peer, acceptor, reset, serve};
use crate::{Fetcher, SHORT};

/// Answers every request of an HTTP/2 connection.
async fn serve_http2(stream: TcpStream) -> io::Result<()> {
    let stream = acceptor("h2").accept(stream).await?;
    let mut connection = h2::server::handshake(stream).await.map_err(io::Error::other)?;
    while let Some(request) = connection.accept().await {
        let (_, mut respond) = request.map_err(io::Error::other)?;
        let mut body = respond.send_response(Response::new(()), false).map_err(io::Error::other)?;
        body.send_data(Bytes::from_static(b"good"), true).map_err(io::Error::other)?;
    }
    poll_fn(|cx| connection.poll_closed(cx)).await.map_err(io::Error::other)
}

/// A server that speaks HTTP/2 on all connections but the first `bad`, which it does `first` to. Counts connections.
async fn server<F>(bad: usize, first: impl Fn(TcpStream) -> F + Copy + Send + 'static) -> (Peer, Arc<AtomicUsize>)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let peer = Peer::tcp(move |stream, n, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move { if n < bad { first(stream).await } else { serve_http2(stream).await } }
    });
    (peer.await.https(), count)
}

#[tokio::test]
async fn of_concurrent_requests_one_opens_the_connection() {
    let (peer, connections) = server(0, |stream| async move { reset(stream) }).await;
    let (fetcher, url) = (Fetcher::new(|_| {}), peer.url());
    let attempts = join_all((0..50).map(|_| fetcher.get(&url))).await;
    assert!(attempts.iter().all(|attempt| attempt.ok()), "{:?}", attempts[0].error);
    let paid = attempts.iter().filter(|attempt| attempt.timings.connect.is_some()).count();
    assert_eq!((connections.load(Ordering::SeqCst), paid), (1, 1), "only one has paid for the connection");
}

#[tokio::test]
async fn if_the_one_that_connects_fails_the_next_one_connects() {
    let (peer, connections) = server(2, |stream| async move { reset(stream) }).await;
    let (fetcher, url) = (Fetcher::new(|_| {}), peer.url());
    let attempts = join_all((0..10).map(|_| fetcher.get(&url))).await;
    let ok = attempts.iter().filter(|attempt| attempt.ok()).count();
    assert_eq!((ok, connections.load(Ordering::SeqCst)), (8, 3));
}

#[tokio::test]
async fn if_the_one_that_connects_is_cancelled_the_next_one_connects() {
    let hang = |stream: TcpStream| async move {
        let _open = stream;
        std::future::pending().await
    };
    let (peer, connections) = server(1, hang).await;
    let (fetcher, url) = (Fetcher::new(|_| {}), peer.url());
    let cancelled = tokio::time::timeout(SHORT, fetcher.get(&url));
    let (cancelled, other) = tokio::join!(cancelled, async {
        tokio::task::yield_now().await;
        fetcher.get(&url).await
    });
    assert!(cancelled.is_err() && other.ok(), "{:?}", other.error);
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

/// A server that turns out to speak HTTP/1.1 gets a connection for each request.
#[tokio::test]
async fn where_nothing_is_shared_nobody_waits() {
    let peer = Peer::tls("http/1.1", serve).await;
    let (fetcher, url) = (Fetcher::new(|_| {}), peer.url());
    let attempts = join_all((0..20).map(|_| fetcher.get(&url))).await;
    assert!(attempts.iter().all(|attempt| attempt.ok()), "{:?}", attempts[0].error);
    assert!(attempts.iter().all(|attempt| attempt.timings.connect.is_some()));
    assert_eq!(peer.heads().len(), 20);
}

/// Idle connections of HTTP/2 count, too. A fetcher sweeps now and then.
#[tokio::test]
async fn no_more_sessions_idle_than_may() {
    for (max_idle, expected) in [(Some(0), 2), (None, 1)] {
        let (peer, connections) = server(0, |stream| async move { reset(stream) }).await;
        let (fetcher, url) = (Fetcher::new(|fetch| fetch.transport.max_idle = max_idle), peer.url());
        for _ in 0..2 {
            assert!(fetcher.get(&url).await.ok());
            fetcher.http.sweep(&fetcher.client);
        }
        assert_eq!(connections.load(Ordering::SeqCst), expected, "{max_idle:?}");
    }
}
