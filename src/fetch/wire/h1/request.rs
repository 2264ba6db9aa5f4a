//! The head of a request, serialised.

use std::sync::Arc;

use http::header::{ACCEPT, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue};
use url::Position;

use crate::fetch::client::{OutgoingRequest, expects_body};
use crate::model::Request;

/// The header lines of the request that was sent last: most requests share theirs with the one before.
#[derive(Debug, Default)]
pub(crate) struct HeaderLines {
    of: Option<Arc<Request>>,
    lines: Vec<u8>,
}

impl HeaderLines {
    /// Appends the head of `request` to `out`. `body_len` is the length of its body, if it has one.
    pub(super) fn write(
        &mut self,
        request: &OutgoingRequest<'_>,
        body_len: Option<u64>,
        close: bool,
        out: &mut Vec<u8>,
    ) {
        let (url, method) = (&request.url, request.method());
        out.extend_from_slice(method.as_str().as_bytes());
        out.push(b' ');
        out.extend_from_slice(url[Position::BeforePath..Position::AfterQuery].as_bytes());
        out.extend_from_slice(b" HTTP/1.1\r\n");
        if !request.shared.headers.contains_key(HOST) {
            let host = &url[Position::BeforeHost..Position::AfterPort];
            out.extend_from_slice(b"host: ");
            out.extend_from_slice(host.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        if request.added.is_none() {
            out.extend_from_slice(self.of_shared(request.shared));
        } else {
            write_fields(&request.headers(), out);
        }
        if let Some(len) = body_len.or_else(|| expects_body(method).then_some(0)) {
            write_length(len, out);
        }
        if close {
            out.extend_from_slice(b"connection: close\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }

    fn of_shared(&mut self, shared: &Arc<Request>) -> &[u8] {
        if !self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, shared)) {
            self.lines.clear();
            write_fields(&shared.headers_to_send(), &mut self.lines);
            self.of = Some(Arc::clone(shared));
        }
        &self.lines
    }
}

fn write_fields(headers: &HeaderMap, out: &mut Vec<u8>) {
    if !headers.contains_key(ACCEPT) {
        write_field(&ACCEPT, &HeaderValue::from_static("*/*"), out);
    }
    for (name, value) in headers.iter().filter(|(name, _)| *name != CONTENT_LENGTH) {
        write_field(name, value, out);
    }
}

fn write_field(name: &HeaderName, value: &HeaderValue, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn write_length(len: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"content-length: ");
    out.extend_from_slice(itoa::Buffer::new().format(len).as_bytes());
    out.extend_from_slice(b"\r\n");
}
