//! Request bodies that are read from files while they are sent.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::spawn_blocking;

use crate::model::request::{self, BodyFileError, Piece};
use crate::model::{ErrorKind, Failure};

/// How much of a file is read at once.
const CHUNK: usize = 64 << 10;

/// Opens all files of a body, because its length must be known before it is sent.
pub(super) async fn open(pieces: Arc<[Piece]>) -> Result<Upload, Failure> {
    let opened = spawn_blocking(move || pieces.iter().map(OpenPiece::new).collect::<Result<_, _>>()).await;
    match opened {
        Ok(Ok(pieces)) => Ok(Upload { pieces }),
        Ok(Err(unreadable)) => Err(Failure::new(ErrorKind::InvalidInput, BodyFileError::to_string(&unreadable))),
        Err(why) => Err(Failure::new(ErrorKind::Internal, format!("cannot open the files to send: {why}"))),
    }
}

/// The pieces that are still to be sent.
#[derive(Debug)]
pub(super) struct Upload {
    pieces: VecDeque<OpenPiece>,
}

impl Upload {
    /// The bytes still to be sent.
    pub(super) fn remaining(&self) -> u64 {
        self.pieces.iter().map(OpenPiece::remaining).sum()
    }

    /// The next bytes, or none at the end.
    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyFileError>>> {
        while let Some(piece) = self.pieces.front_mut() {
            match ready!(piece.poll_chunk(cx)) {
                Some(chunk) => return Poll::Ready(Some(chunk)),
                None => _ = self.pieces.pop_front(),
            }
        }
        Poll::Ready(None)
    }
}

/// A piece that is ready to be sent.
#[derive(Debug)]
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
