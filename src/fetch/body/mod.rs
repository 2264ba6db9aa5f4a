//! A body as it comes in, and how a record can show it.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use serde::de::IgnoredAny;

use super::decode::{Decoder, Stop};
use crate::model::Body;
use crate::plan::BodyMode;

/// A first piece up to this long is copied: it lies in the connection's read buffer, which then need not be made anew.
const COPIED: usize = 4 << 10;

/// How far an announced length is believed before anything of it has come.
const BELIEVED: usize = 1 << 20;

/// Collects a body up to its cap, decoding as it goes.
pub(super) struct Collector {
    cap: usize,
    keep: bool,
    announced: usize,
    coding: Coding,
    encoded: u64,
    decoded: u64,
}

enum Coding {
    /// One piece is kept as it came; only a second one costs a copy.
    Identity(Bytes, Vec<u8>),
    Encoded(Box<Decoder>),
    /// No matter while nothing comes: the answers to a HEAD and a 304 name the coding that a body would have.
    Unknown(String),
}

/// A body at its end, whether reached or not.
pub(super) struct Collected {
    pub(super) bytes: Bytes,
    pub(super) encoded: u64,
    pub(super) decoded: u64,
}

impl Collector {
    /// A collector for the body that `headers` announce; unless it is to `keep` it, it only counts.
    pub(super) fn new(headers: &HeaderMap, cap: usize, keep: bool) -> Self {
        let coding = match Decoder::new(headers, cap, keep) {
            Ok(Some(decoder)) => Coding::Encoded(Box::new(decoder)),
            Ok(None) => Coding::Identity(Bytes::new(), Vec::new()),
            Err(why) => Coding::Unknown(why),
        };
        let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let announced = length.unwrap_or(0).min(cap).min(BELIEVED);
        Collector { cap, keep, announced, coding, encoded: 0, decoded: 0 }
    }

    /// Takes in a piece; says how much memory the body now holds.
    pub(super) fn push(&mut self, chunk: Bytes) -> Result<usize, Stop> {
        self.encoded += chunk.len() as u64;
        match &mut self.coding {
            Coding::Encoded(decoder) => decoder.push(&chunk).map(|()| decoder.held()),
            Coding::Unknown(why) => Err(Stop::Broken(std::mem::take(why))),
            Coding::Identity(first, rest) => {
                let room = self.cap - self.decoded as usize;
                let fits = chunk.slice(..chunk.len().min(room));
                self.decoded += fits.len() as u64;
                match (self.keep, first.is_empty()) {
                    (false, _) => {}
                    (true, true) if fits.len() <= COPIED => *first = Bytes::copy_from_slice(&fits),
                    (true, true) => *first = fits,
                    (true, false) => {
                        if rest.is_empty() {
                            rest.reserve_exact(self.announced.max(first.len() + fits.len()));
                            rest.extend_from_slice(first);
                        }
                        rest.extend_from_slice(&fits);
                    }
                }
                if chunk.len() > room { Err(Stop::TooLarge) } else { Ok(first.len().max(rest.capacity())) }
            }
        }
    }

    /// The body that came to its end, and what was wrong with that.
    pub(super) fn finish(self) -> (Collected, Option<Stop>) {
        let (encoded, mut decoded) = (self.encoded, self.decoded);
        let (bytes, stop) = match self.coding {
            Coding::Identity(first, rest) if rest.is_empty() => (first, None),
            Coding::Identity(_, rest) => (Bytes::from(rest), None),
            Coding::Unknown(_) => (Bytes::new(), None),
            Coding::Encoded(_) if encoded == 0 => (Bytes::new(), None), // as with an unknown one
            Coding::Encoded(decoder) => {
                let (out, stop) = decoder.finish();
                decoded = out.len as u64;
                (Bytes::from(out.bytes), stop)
            }
        };
        (Collected { bytes, encoded, decoded }, stop)
    }

    /// What came of a body that was cut off.
    pub(super) fn abandon(self) -> Collected {
        match self.coding {
            Coding::Encoded(decoder) => {
                let out = decoder.abandon();
                Collected { bytes: out.bytes.into(), encoded: self.encoded, decoded: out.len as u64 }
            }
            coding => Collector { coding, ..self }.finish().0,
        }
    }
}

/// Sorts a body by how a record can show it, with a remark where it is not what it is labelled.
pub(super) fn sort(mode: &BodyMode, headers: &HeaderMap, bytes: Bytes, truncated: bool) -> (Body, Option<String>) {
    if bytes.is_empty() || *mode == BodyMode::None {
        return (Body::None, None);
    }
    let as_bytes = matches!(mode, BodyMode::Base64 | BodyMode::Dir(_));
    let Some(text) = (if as_bytes { None } else { text(&bytes) }) else {
        let mislabelled = *mode == BodyMode::Auto && !truncated && is_json(headers);
        return (Body::Binary(bytes), mislabelled.then(|| "labelled as JSON, but not UTF-8 text".into()));
    };
    if *mode == BodyMode::Text || truncated || !is_json(headers) {
        return (Body::Text(bytes), None);
    }
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => (Body::Json(bytes), None),
        Err(why) => {
            let note = format!("labelled as JSON, but invalid: {why}");
            (Body::Text(bytes), Some(note))
        }
    }
}

/// UTF-8 without NUL.
fn text(bytes: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(bytes).ok().filter(|_| memchr::memchr(0, bytes).is_none())
}

/// `application/json`, or any type with the `+json` suffix (RFC 6839, section 3.1).
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim();
    let Some((_, subtype)) = essence.split_once('/') else { return false };
    subtype.eq_ignore_ascii_case("json")
        || subtype.rsplit_once('+').is_some_and(|(_, suffix)| suffix.eq_ignore_ascii_case("json"))
}

#[cfg(test)]
mod tests;
