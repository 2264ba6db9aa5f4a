//! Request bodies that are read from files while they are sent.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::spawn_blocking;

use crate::model::request::{self, BodyFileError, Piece};
use crate::model::{ErrorKind, Failure};

/// How much of a file is read at once.
const CHUNK: usize = 64 << 10;

/// Opens all files of a body, because its length must be known before it is sent.
pub(super) async fn open(pieces: Arc<[Piece]>) -> Result<reqwest::Body, Failure> {
    let opened = spawn_blocking(move || pieces.iter().map(OpenPiece::new).collect::<Result<_, _>>()).await;
    match opened {
        Ok(Ok(pieces)) => Ok(reqwest::Body::wrap(Upload { pieces })),
        Ok(Err(unreadable)) => Err(Failure::new(ErrorKind::InvalidInput, BodyFileError::to_string(&unreadable))),
        Err(why) => Err(Failure::new(ErrorKind::Internal, format!("cannot open the files to send: {why}"))),
    }
}

/// The pieces that are still to be sent.
struct Upload {
    pieces: VecDeque<OpenPiece>,
}

/// A piece that is ready to be sent.
enum OpenPiece {
    Bytes(Bytes),
    File {
        path: PathBuf,
        file: File,
        /// The bytes still to be sent: the length has been announced.
        remaining: u64,
    },
}

impl OpenPiece {
    fn new(piece: &Piece) -> Result<Self, BodyFileError> {
        Ok(match piece {
            Piece::Bytes(bytes) => OpenPiece::Bytes(bytes.clone()),
            Piece::File(path) => {
                let (file, remaining) = request::open(path)?;
                OpenPiece::File { path: path.clone(), file: File::from_std(file), remaining }
            }
        })
    }

    fn remaining(&self) -> u64 {
        match self {
            OpenPiece::Bytes(bytes) => bytes.len() as u64,
            OpenPiece::File { remaining, .. } => *remaining,
        }
    }

    /// The next bytes, or none at the end.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyFileError>>> {
        let (path, file, remaining) = match self {
            OpenPiece::Bytes(bytes) if bytes.is_empty() => return Poll::Ready(None),
            OpenPiece::Bytes(bytes) => return Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            OpenPiece::File { remaining: 0, .. } => return Poll::Ready(None),
            OpenPiece::File { path, file, remaining } => (path, file, remaining),
        };
        let mut chunk = vec![0; (*remaining).min(CHUNK as u64) as usize];
        let mut buffer = ReadBuf::new(&mut chunk);
        let read = ready!(Pin::new(file).poll_read(cx, &mut buffer)).map(|()| buffer.filled().len());
        let failed = |reason: String| Poll::Ready(Some(Err(BodyFileError { path: path.clone(), reason })));
        match read {
            Ok(0) => failed("it shrank while it was sent".to_owned()),
            Ok(read) => {
                *remaining -= read as u64;
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
        self.pieces.iter().all(|piece| piece.remaining() == 0)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.pieces.iter().map(OpenPiece::remaining).sum())
    }
}
