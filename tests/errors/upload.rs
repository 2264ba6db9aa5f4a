//! Files on their way to a server.

use std::fs::File;
use std::io;
use std::time::Duration;

use haul::model::ErrorKind;
use haul::model::request::{Multipart, Request};
use tokio::io::AsyncReadExt;

use crate::peers::Peer;
use crate::{Fetcher, text, told};

/// More than the system holds between two ends of a connection.
const LARGE: u64 = 64 << 20;

#[tokio::test]
async fn a_file_that_becomes_shorter_is_not_sent_for_whole() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(LARGE).unwrap();
    let path = file.path().to_owned();
    let peer = Peer::tcp(move |mut stream, _, heads| {
        let path = path.clone();
        async move {
            heads.read(&mut stream).await?;
            File::options().write(true).open(path)?.set_len(0)?;
            while stream.read(&mut [0; 4096]).await? > 0 {}
            Ok(())
        }
    })
    .await;
    let form = Multipart::new().file("f", file.path());
    let attempt = Fetcher::new(|_| {}).send(&peer.url(), Request::post().multipart(form).unwrap()).await;
    let shown = told(&attempt).replace(file.path().to_str().unwrap(), "FILE");
    insta::assert_snapshot!(shown, @"invalid_input in wait: cannot read FILE: it shrank while it was sent");
    assert_eq!(attempt.error.unwrap().kind, ErrorKind::InvalidInput);
}

#[tokio::test]
async fn over_http2_too_a_file_is_announced_and_sent_whole() {
    let peer = Peer::tls("h2", |stream, _| async move {
        let mut connection = h2::server::handshake(stream).await.map_err(io::Error::other)?;
        let (request, mut respond) = connection.accept().await.unwrap().map_err(io::Error::other)?;
        tokio::spawn(async move { while connection.accept().await.is_some() {} }); // which moves the bytes
        let announced = request.headers()["content-length"].to_str().unwrap().to_owned();
        let (mut body, mut got) = (request.into_body(), 0);
        while let Some(chunk) = body.data().await {
            let size = chunk.unwrap().len();
            got += size;
            body.flow_control().release_capacity(size).unwrap();
        }
        let mut answer = respond.send_response(http::Response::new(()), false).unwrap();
        answer.send_data(format!("{got} of {announced}").into(), true).map_err(io::Error::other)
    })
    .await;
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(1_000_000).unwrap();
    let attempt = Fetcher::new(|_| {}).send(&peer.url(), Request::put().file(file.path())).await;
    assert_eq!(text(&attempt), "1000000 of 1000000", "{:?}", attempt.error);
}

#[tokio::test]
async fn a_file_that_is_not_there_costs_no_connection() {
    let peer = Peer::tcp(|_, _, _| async { panic!("nobody should come") }).await;
    let attempt = Fetcher::new(|_| {}).send(&peer.url(), Request::post().file("/missing/file")).await;
    let error = attempt.error.unwrap();
    assert_eq!((error.kind, error.phase), (ErrorKind::InvalidInput, None));
    assert_eq!(error.message, "cannot read /missing/file: No such file or directory");
    assert!(attempt.remote_addr.is_none());
}

#[tokio::test]
async fn a_request_may_have_a_time_of_its_own() {
    let peer = Peer::saying_no_more_than("").await;
    let attempt = Fetcher::new(|_| {}).send(&peer.url(), Request::get().timeout(Duration::from_millis(100))).await;
    insta::assert_snapshot!(told(&attempt), @"timeout in wait: no answer within 100ms (its own timeout)");
}
