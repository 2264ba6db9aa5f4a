//! Where hyper and what a head says part ways over the end of a body.

use http::header::{HeaderMap, TRANSFER_ENCODING};
use http::{Method, StatusCode, Version};

use crate::fetch::client::TransferCoding;
use crate::fetch::framing::{content_length, transfer_codings};
use crate::model::{ErrorKind, Failure, Head, Phase};

/// What has to be decoded of a body besides chunks, if hyper takes for the body what `head` says it is.
///
/// # Errors
/// It takes something else for it, or nobody can tell what it is.
pub(super) fn check(head: &Head) -> Result<Vec<TransferCoding>, String> {
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        return Err("the server switched to another protocol without being asked".to_owned());
    }
    if head.version >= Version::HTTP_2 {
        return Ok(Vec::new());
    }
    let codings = transfer_codings(&head.headers)?;
    let length = content_length(&head.headers)?;
    let ignores_length = codings.is_given && !codings.chunked && codings.codings.is_empty() && length.is_some();
    if codings.chunked != hyper_reads_chunks(&head.headers) || ignores_length {
        return Err("the transfer coding is written in a way that is only read without a proxy".to_owned());
    }
    Ok(codings.codings)
}

/// It looks at the last word of the last line alone.
fn hyper_reads_chunks(headers: &HeaderMap) -> bool {
    let last = headers.get_all(TRANSFER_ENCODING).iter().next_back();
    let word = last.and_then(|line| line.as_bytes().rsplit(|byte| *byte == b',').next());
    word.is_some_and(|word| word.trim_ascii().eq_ignore_ascii_case(b"chunked"))
}

/// How long the body is that `head` announces, where hyper does not see to that itself: in HTTP/2 it takes the reset of
/// a stream that states no error for the end of the body.
pub(super) fn announced(head: &Head, method: &Method) -> Option<u64> {
    let has_body = method != Method::HEAD && ![StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&head.status);
    if has_body && head.version == Version::HTTP_2 { content_length(&head.headers).ok()? } else { None }
}

/// The failure of a body that ended `missing` bytes too early.
pub(super) fn too_short(missing: u64) -> Failure {
    let message = format!("the body ended {missing} bytes before its announced length");
    Failure::new(ErrorKind::Closed, message).during(Phase::Receive)
}
