//! What hyper makes of an answer.

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use crate::{Case, End, Verdict};

pub(crate) async fn read(case: &Case) -> Verdict {
    let (client, server) = duplex(1 << 20);
    let playing = tokio::task::spawn_local(play(server, case.clone()));
    let verdict = ask(client, case.to_head).await;
    playing.abort();
    verdict
}

/// Says the pieces of an answer, each when the one before had a chance to be read.
async fn play(mut server: DuplexStream, case: Case) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        server.read_buf(&mut request).await?;
    }
    for piece in case.pieces() {
        server.write_all(piece).await?;
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
    }
    server.shutdown().await?;
    std::future::pending().await
}

async fn ask(client: DuplexStream, to_head: bool) -> Verdict {
    let mut builder = http1::Builder::new();
    builder.max_headers(1_000);
    let (mut sender, connection) = builder.handshake::<_, Empty>(TokioIo::new(client)).await.unwrap();
    let connection = tokio::task::spawn_local(connection);
    let method = if to_head { "HEAD" } else { "GET" };
    let request = http::Request::builder().method(method).uri("/").header("host", "a").body(Empty).unwrap();
    let verdict = match sender.send_request(request).await {
        Ok(response) => {
            let status = response.status().as_u16();
            let (body, end) = collect(response.into_body()).await;
            Verdict { status: Some(status), body, end }
        }
        Err(error) => Verdict::no_head(end_of(&error)),
    };
    connection.abort();
    verdict
}

async fn collect(mut body: hyper::body::Incoming) -> (Vec<u8>, End) {
    let mut bytes = Vec::new();
    loop {
        match poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            None => return (bytes, End::Complete),
            Some(Ok(frame)) => bytes.extend(frame.into_data().unwrap_or_default()),
            Some(Err(error)) => return (bytes, end_of(&error)),
        }
    }
}

fn end_of(error: &hyper::Error) -> End {
    let cut = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    let is_cut = cut.is_some_and(|cause| cause.kind() == io::ErrorKind::UnexpectedEof);
    if error.is_incomplete_message() || is_cut { End::Closed } else { End::Protocol }
}

/// No body.
struct Empty;

impl Body for Empty {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<io::Result<Frame<Bytes>>>> {
        std::task::Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(0)
    }
}
