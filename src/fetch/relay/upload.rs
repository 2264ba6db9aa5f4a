//! Files to send, as reqwest takes them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::fetch::upload::Upload;

/// `upload` as a body for reqwest.
pub(super) fn body(upload: Upload) -> reqwest::Body {
    reqwest::Body::wrap(UploadBody(upload))
}

struct UploadBody(Upload);

impl Body for UploadBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let chunk = self.0.poll_chunk(cx);
        chunk.map(|chunk| chunk.map(|chunk| chunk.map(Frame::data).map_err(io::Error::other)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.remaining() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.remaining())
    }
}
