//! How long the line of a record can be.

use http::header::{CONTENT_TYPE, HeaderMap};
use serde_json::value::RawValue;

use super::field::Field;
use super::key::Key;
use super::{BodyMode, Output};
use crate::guard::json::{added_by_escapes, escaped_len};
use crate::guard::redact::MASK;
use crate::jq::Outputs;
use crate::model::{Attempt, Body, Invalid, Job, MAX_SHOWN_MESSAGE, MAX_SHOWN_URL, Record, Tags};

/// All keys with their quotes, numbers, times and addresses, and the methods that HTTP knows.
const FIXED: usize = 2 << 10;

/// The longest escape of a byte: `\u0001`.
const ESCAPE: usize = 6;

/// How much longer JSON becomes whose characters are all U+0085: six bytes for two.
const LINE_ENDS: usize = 3;

/// The names and values around one redirect, retry, header field or item.
const ENTRY: usize = 96;

/// The most bytes that the JSON of a record takes in a line. It takes less: what is counted is how long things are, and not
/// what they consist of, except for bodies.
pub fn line_bound(record: &Record, format: &Output) -> usize {
    FIXED
        + match record {
            Record::Settled { job, attempt } => job_bound(job) + attempt_bound(attempt, format),
            Record::Duplicate { job, .. } => job_bound(job) + note_bound(job.tags.as_deref()),
            Record::Invalid(invalid) => invalid_bound(invalid),
        }
}

/// The most bytes that the line of an item of a page takes.
pub fn item_bound(job: &Job, item: &str) -> usize {
    ENTRY + tags_bound(job.tags.as_deref()) + LINE_ENDS * item.len()
}

fn job_bound(job: &Job) -> usize {
    let redirects = job.redirects().iter().map(|redirect| ENTRY + url_bound(redirect.url.as_str().len()));
    tags_bound(job.tags.as_deref())
        + job.given_method().as_str().len()
        + shown_bound(job.given_url(), MAX_SHOWN_URL)
        + url_bound(job.url.as_str().len())
        + redirects.sum::<usize>()
        + ENTRY * job.retries().len()
}

fn invalid_bound(invalid: &Invalid) -> usize {
    let Invalid { tags, method, url, message, .. } = invalid;
    let texts = shown_bound(url, MAX_SHOWN_URL) + shown_bound(message, MAX_SHOWN_MESSAGE);
    tags_bound(tags.as_deref()) + note_bound(tags.as_deref()) + method.as_str().len() + texts
}

fn attempt_bound(attempt: &Attempt, format: &Output) -> usize {
    let message = attempt.error.as_ref().map_or(0, |error| shown_bound(&error.message, MAX_SHOWN_MESSAGE));
    let note = attempt.note.as_ref().map_or(0, |note| shown_bound(note, MAX_SHOWN_MESSAGE));
    let headers = attempt.head.as_ref().map_or(0, |head| headers_bound(&head.headers, format));
    let next_url = attempt.paging.as_ref().and_then(|paging| paging.next_url.as_ref());
    message
        + note
        + headers
        + next_url.map_or(0, |url| url_bound(url.as_str().len()))
        + body_bound(&attempt.body, &format.body)
        + attempt.extract.as_ref().map_or(0, outputs_bound)
}

fn body_bound(body: &Body, mode: &BodyMode) -> usize {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).map_or(ESCAPE * bytes.len(), escaped_len);
    match (mode, body) {
        (BodyMode::Dir(path), _) => ESCAPE * path.as_os_str().len() + ENTRY,
        (_, Body::None) => 0,
        (_, Body::Json(json)) => json.len() + added_by_escapes(json),
        (_, Body::Text { text: bytes, .. }) => text(bytes),
        (_, Body::Binary(bytes)) => bytes.len().div_ceil(3) * 4,
    }
}

fn headers_bound(headers: &HeaderMap, format: &Output) -> usize {
    let all = format.all_headers || format.fields.iter().any(|field: &Field| field.key() == Key::Headers);
    let shown = headers.iter().filter(|(name, _)| all || *name == CONTENT_TYPE);
    shown.map(|(name, value)| ENTRY + name.as_str().len() + MASK.len() + ESCAPE * value.len()).sum()
}

fn tags_bound(tags: Option<&Tags>) -> usize {
    let json = |tag: &Option<Box<RawValue>>| tag.as_ref().map_or(0, |tag| LINE_ENDS * tag.get().len());
    let group = |tags: &Tags| tags.group.as_ref().map_or(0, |group| ESCAPE * group.len());
    tags.map_or(0, |tags| json(&tags.id) + json(&tags.meta) + group(tags))
}

fn note_bound(tags: Option<&Tags>) -> usize {
    tags.and_then(|tags| tags.note.as_ref()).map_or(0, |note| shown_bound(note, MAX_SHOWN_MESSAGE))
}

fn outputs_bound(outputs: &Outputs) -> usize {
    LINE_ENDS * outputs.size() + outputs.iter().count() // commas
}

/// A text that is masked and cut at `max` bytes.
fn shown_bound(text: &str, max: usize) -> usize {
    ESCAPE * (text.len() + MASK.len()).min(max + ESCAPE) // an ellipsis may follow
}

/// A URL, which is ASCII. A secret in it has a name, so that a mask makes it three times as long at most.
fn url_bound(len: usize) -> usize {
    3 * len + MASK.len()
}

#[cfg(test)]
mod tests;
