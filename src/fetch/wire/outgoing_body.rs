//! The body of a request, piece by piece.

use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::fetch::upload::Upload;
use crate::model::{ErrorKind, Failure, Phase};

/// What is still to be sent of a body: a piece at hand and the rest.
#[derive(Debug, Default)]
pub(super) struct OutgoingBody {
    pub(super) piece: Bytes,
    upload: Option<Box<Upload>>,
}

impl OutgoingBody {
    pub(super) fn new(piece: Bytes, upload: Option<Upload>) -> Self {
        OutgoingBody { piece, upload: upload.map(Box::new) }
    }

    /// How much of the files is still to be sent, if there are files.
    pub(super) fn upload_len(&self) -> Option<u64> {
        self.upload.as_ref().map(|upload| upload.remaining())
    }

    /// Makes sure that there is a piece. False if nothing more follows.
    pub(super) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Failure>> {
        while self.piece.is_empty() {
            let Some(upload) = &mut self.upload else { return Poll::Ready(Ok(false)) };
            match ready!(upload.poll_chunk(cx)) {
                Some(Ok(chunk)) => self.piece = chunk,
                Some(Err(unreadable)) => {
                    let failure = Failure::new(ErrorKind::InvalidInput, unreadable.to_string());
                    return Poll::Ready(Err(failure.during(Phase::Wait)));
                }
                None => self.upload = None,
            }
        }
        Poll::Ready(Ok(true))
    }
}
