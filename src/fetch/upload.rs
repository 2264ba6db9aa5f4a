//! A body on its way out: what is in files is read as it is sent.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::Body as Outgoing;
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::spawn_blocking;

use crate::model::request::{self, BodyFileError, Piece};
use crate::model::{ErrorKind, Failure};

/// What is read of a file at once.
const CHUNK: usize = 64 << 10;

/// Opens all files of a body, so that it is known how long it is.
pub(super) async fn open(pieces: Arc<[Piece]>) -> Result<Outgoing, Failure> {
    let opened = spawn_blocking(move || pieces.iter().map(Open::new).collect::<Result<_, _>>()).await;
    match opened {
        Ok(Ok(pieces)) => Ok(Outgoing::wrap(Upload { pieces })),
        Ok(Err(unreadable)) => Err(Failure::new(ErrorKind::InvalidInput, BodyFileError::to_string(&unreadable))),
        Err(why) => Err(Failure::new(ErrorKind::Internal, format!("cannot open the files to send: {why}"))),
    }
}

/// What is still to be sent.
struct Upload {
    pieces: VecDeque<Open>,
}

enum Open {
    Bytes(Bytes),
    File {
        path: PathBuf,
        file: File,
        /// How much of it is still to come: it has been announced.
        left: u64,
    },
}

impl Open {
    fn new(piece: &Piece) -> Result<Self, BodyFileError> {
        Ok(match piece {
            Piece::Bytes(bytes) => Open::Bytes(bytes.clone()),
            Piece::File(path) => {
                let (file, left) = request::open(path)?;
                Open::File { path: path.clone(), file: File::from_std(file), left }
            }
        })
    }

    fn left(&self) -> u64 {
        match self {
            Open::Bytes(bytes) => bytes.len() as u64,
            Open::File { left, .. } => *left,
        }
    }

    /// The next bytes of it; none when there is nothing left.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyFileError>>> {
        let (path, file, left) = match self {
            Open::Bytes(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Open::Bytes(bytes) => return Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Open::File { left: 0, .. } => return Poll::Ready(None),
            Open::File { path, file, left } => (path, file, left),
        };
        let mut chunk = vec![0; (*left).min(CHUNK as u64) as usize];
        let mut buffer = ReadBuf::new(&mut chunk);
        let read = ready!(Pin::new(file).poll_read(cx, &mut buffer)).map(|()| buffer.filled().len());
        let failed = |reason: String| Poll::Ready(Some(Err(BodyFileError { path: path.clone(), reason })));
        match read {
            Ok(0) => failed("it shrank while it was sent".to_owned()),
            Ok(read) => {
                *left -= read as u64;
                chunk.truncate(read);
                Poll::Ready(Some(Ok(chunk.into())))
            }
            Err(why) => failed(why.to_string()),
        }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        while let Some(piece) = self.pieces.front_mut() {
            match ready!(piece.poll_chunk(cx)) {
                Some(chunk) => return Poll::Ready(Some(chunk.map(Frame::data).map_err(io::Error::other))),
                None => _ = self.pieces.pop_front(),
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.iter().all(|piece| piece.left() == 0)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.pieces.iter().map(Open::left).sum())
    }
}
