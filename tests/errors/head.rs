//! Failures between the request and the head of its response.

use haul::model::ErrorKind;
use tokio::io::AsyncWriteExt;

use crate::peers::{Peer, reset, serve};
use crate::{Fetcher, SHORT, failure, get, told};

#[tokio::test]
async fn timeout() {
    let peer = Peer::saying_no_more_than("").await;
    insta::assert_snapshot!(failure(|fetch| fetch.timeout = SHORT, &peer.url()).await, @"timeout in wait: no answer within 200ms");
    let peer = Peer::saying_no_more_than("HTTP/1.1 200 OK\r\ncontent-").await;
    insta::assert_snapshot!(failure(|fetch| fetch.timeout = SHORT, &peer.url()).await, @"timeout in wait: no answer within 200ms");
}

#[tokio::test]
async fn read_timeout() {
    let peer = Peer::saying_no_more_than("").await;
    let attempt = Fetcher::new(|fetch| fetch.read_timeout = Some(SHORT)).get(&peer.url()).await;
    insta::assert_snapshot!(told(&attempt), @"read_timeout in wait: no data for 200ms");
    assert_eq!(attempt.remote_addr, Some(peer.addr()));
}

#[tokio::test]
async fn reset_before_the_head() {
    let peer = Peer::tcp(|mut stream, _, heads| async move {
        heads.read(&mut stream).await?;
        reset(stream)
    });
    insta::assert_snapshot!(failure(|_| {}, &peer.await.url()).await, @"reset in wait: the server reset the connection before it answered");
}

#[tokio::test]
async fn closed_before_the_head() {
    insta::assert_snapshot!(failure(|_| {}, &Peer::saying("").await.url()).await, @"closed in wait: the server closed the connection before it answered");
    insta::assert_snapshot!(failure(|_| {}, &Peer::saying("HTTP/1.1 200 OK\r\ncont").await.url()).await, @"closed in wait: the server closed the connection within the head of its answer");
}

/// TLS says when it ends; here it does not.
#[tokio::test]
async fn closed_before_the_head_and_before_the_end_of_tls() {
    let peer = Peer::tls("http/1.1", |mut stream, heads| async move {
        heads.read(&mut stream).await?;
        stream.get_mut().0.shutdown().await
    });
    insta::assert_snapshot!(failure(|_| {}, &peer.await.url()).await, @"closed in wait: the connection was cut before it answered: TLS was not closed");
}

#[tokio::test]
async fn protocol() {
    let told = async |answer: String| {
        let peer = Peer::saying(answer).await;
        let attempt = get(&peer.url()).await;
        assert_eq!(attempt.remote_addr, Some(peer.addr()));
        assert!(attempt.head.is_none() && attempt.error.is_some(), "{attempt:?}");
        assert!(attempt.timings.wait.is_none() && attempt.timings.connect.is_some());
        told(&attempt)
    };
    let many = "x: y\r\n".repeat(1_001);
    let large = "y".repeat(1 << 20);
    let mut all = Vec::new();
    for answer in [
        "SSH-2.0-OpenSSH_9.9\r\n".to_owned(),
        "<html>HTTP/0.9 said no more than this</html>".to_owned(),
        "HTTP/1.1 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 2000 OK\r\n\r\n".to_owned(),
        "HTTP/3.0 200 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\n{many}\r\n"),
        format!("HTTP/1.1 200 OK\r\nx: {large}\r\n\r\n"),
    ] {
        let started: String = answer.chars().take(40).collect();
        all.push(format!("{started:?} {}", told(answer).await));
    }
    insta::assert_snapshot!(all.join("\n"), @r#"
    "SSH-2.0-OpenSSH_9.9\r\n" protocol in wait: the answer is not HTTP/1: it begins with "SSH-2.0-OpenSSH_9.9"
    "<html>HTTP/0.9 said no more than this</h" protocol in wait: the answer is not HTTP/1: it begins with "<html>HTTP/0.9 said no m"
    "HTTP/1.1 OK\r\n\r\n" protocol in wait: the status line is invalid
    "HTTP/1.1 2000 OK\r\n\r\n" protocol in wait: the status line is invalid
    "HTTP/3.0 200 OK\r\n\r\n" protocol in wait: the answer is not HTTP/1: it begins with "HTTP/3.0 200 OK"
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncont" protocol in wait: the answer has two different content lengths
    "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n" protocol in wait: "-1" is not a content length
    "HTTP/1.1 200 OK\r\nx: y\r\nx: y\r\nx: y\r\nx: y\r" protocol in wait: the head has more than 1000 fields
    "HTTP/1.1 200 OK\r\nx: yyyyyyyyyyyyyyyyyyyy" protocol in wait: the head is larger than 262144 bytes
    "#);
}

#[tokio::test]
async fn a_thousand_header_fields_are_not_too_many() {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{}\r\n", "x: y\r\n".repeat(999));
    let attempt = get(&Peer::saying(head).await.url()).await;
    assert!(attempt.ok(), "{:?}", attempt.error);
    assert_eq!(attempt.head.unwrap().headers.len(), 1_000);
}

/// What comes before the final head does not count as an answer.
#[tokio::test]
async fn informational_heads_are_passed_over() {
    let answer = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    assert!(get(&Peer::saying(answer).await.url()).await.ok());
}

/// A kept connection that the server has closed meanwhile.
#[tokio::test]
async fn a_connection_that_has_gone_stale_is_no_failure() {
    let peer = Peer::tcp(|mut stream, n, heads| async move {
        if n > 0 {
            return serve(stream, heads).await;
        }
        heads.read(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood").await
    })
    .await;
    let fetcher = Fetcher::new(|_| {});
    for n in 0..3 {
        let attempt = fetcher.get(&peer.url()).await;
        assert!(attempt.ok(), "{n}: {:?}", attempt.error);
        tokio::time::sleep(SHORT).await;
    }
}

/// Unlike one that the server closes in answer to a request: that may have been acted upon.
#[tokio::test]
async fn a_request_that_was_read_is_not_sent_again() {
    let peer = Peer::tcp(|mut stream, n, heads| async move {
        heads.read(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood").await?;
        if n == 0 {
            heads.read(&mut stream).await?;
        }
        Ok(())
    })
    .await;
    let fetcher = Fetcher::new(|_| {});
    assert!(fetcher.get(&peer.url()).await.ok());
    assert_eq!(fetcher.get(&peer.url()).await.error.unwrap().kind, ErrorKind::Closed);
    assert_eq!(peer.heads().len(), 2);
}
