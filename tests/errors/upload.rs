//! Files on their way to a server.

use std::fs::File;
use std::time::Duration;

use haul::outcome::ErrorKind;
use haul::request::{Multipart, Request};
use tokio::io::AsyncReadExt;

use crate::peers::Peer;
use crate::{Fetcher, told};

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
    insta::assert_snapshot!(shown, @"invalid_input in wait: client error (SendRequest): error from user's Body stream: request or response body error: cannot read FILE: it became shorter while it was sent");
    assert_eq!(attempt.error.unwrap().kind, ErrorKind::InvalidInput);
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
