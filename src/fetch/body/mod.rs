//! The body of a response as it comes in, and how a record can show it.

mod classify;
mod declared;
mod json;
mod label;
#[cfg(test)]
mod tests;
mod text;
mod v1;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderMap};

use super::client::TransferCoding;
use super::collector::Collector;
use super::decode::{BodyError, ContentCodings, Decoder};

pub(super) use classify::{classify, searched, size_of_text};
pub(super) use json::{json_text, undecoded};

/// Collects a body up to its maximum size and decodes it on the way.
pub(super) struct BodyBuffer {
    max_size: usize,
    keep: bool,
    announced: usize,
    content: BodyContent,
    encoded_size: u64,
    decoded_size: u64,
    /// A remark on its coding.
    note: Option<String>,
}

enum BodyContent {
    /// In no coding, or none that is known: the bytes as they came.
    Identity(Collector),
    Encoded(Box<Decoder>),
    /// An error, and why, as soon as a byte comes: a response to HEAD or a 304 names the coding that a body would have.
    Unsupported(String),
}

/// A body at its end, or as far as it came.
pub(super) struct ReceivedBody {
    pub(super) bytes: Bytes,
    pub(super) encoded_size: u64,
    pub(super) decoded_size: u64,
    /// A remark on its coding, unless it is empty.
    pub(super) note: Option<String>,
}

impl BodyBuffer {
    /// A buffer for the body that `headers` announce. Without `keep` the bytes are only counted.
    pub(super) fn new(headers: &HeaderMap, transfer: &[TransferCoding], max_size: usize, keep: bool) -> Self {
        let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let announced = length.unwrap_or(0).min(max_size);
        let decoded = |decoder: Option<Decoder>| match decoder {
            Some(decoder) => BodyContent::Encoded(Box::new(decoder)),
            None => BodyContent::Identity(Collector::expecting(announced)),
        };
        let (content, note) = match ContentCodings::of(headers, transfer, max_size, keep) {
            Ok(ContentCodings { decoder, note }) => (decoded(decoder), note),
            Err(why) => (BodyContent::Unsupported(why), None),
        };
        BodyBuffer { max_size, keep, announced, content, encoded_size: 0, decoded_size: 0, note }
    }

    /// How much memory the body will hold, as far as its head says.
    pub(super) fn announced(&self) -> usize {
        if self.keep && matches!(self.content, BodyContent::Identity(_)) { self.announced } else { 0 }
    }

    /// Whether a chunk of it may become much larger.
    pub(super) fn is_encoded(&self) -> bool {
        matches!(self.content, BodyContent::Encoded(_))
    }

    /// Whether it takes memory: its bytes are kept, or those that its decoder needs.
    pub(super) fn takes_memory(&self) -> bool {
        self.keep || self.is_encoded()
    }

    /// Takes in a chunk. Returns how much memory the body now holds.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<usize, BodyError> {
        self.encoded_size += chunk.len() as u64;
        match &mut self.content {
            BodyContent::Encoded(decoder) => decoder.push(chunk).map(|()| decoder.held()),
            BodyContent::Unsupported(why) => Err(BodyError::Corrupt(std::mem::take(why))),
            BodyContent::Identity(bytes) => {
                let free = self.max_size - self.decoded_size as usize;
                let fitting = &chunk[..chunk.len().min(free)];
                self.decoded_size += fitting.len() as u64;
                if self.keep {
                    bytes.push(fitting);
                }
                if chunk.len() > free { Err(BodyError::TooLarge) } else { Ok(bytes.held()) }
            }
        }
    }

    /// The body that came to its end, and what was wrong with it.
    pub(super) fn finish(self) -> (ReceivedBody, Option<BodyError>) {
        let (encoded_size, mut decoded_size) = (self.encoded_size, self.decoded_size);
        let note = self.note.filter(|_| encoded_size > 0);
        let (bytes, error) = match self.content {
            BodyContent::Identity(bytes) => (bytes.join(), None),
            BodyContent::Unsupported(_) => (Bytes::new(), None),
            BodyContent::Encoded(_) if encoded_size == 0 => (Bytes::new(), None), // as if unsupported
            BodyContent::Encoded(decoder) => {
                let (decoded, error) = decoder.finish();
                decoded_size = decoded.len as u64;
                (decoded.bytes, error)
            }
        };
        (ReceivedBody { bytes, encoded_size, decoded_size, note }, error)
    }

    /// What has come of a body that was cut off.
    pub(super) fn into_partial(self) -> ReceivedBody {
        match self.content {
            BodyContent::Encoded(decoder) => {
                let decoded = decoder.into_partial();
                let decoded_size = decoded.len as u64;
                let (encoded_size, note) = (self.encoded_size, self.note);
                ReceivedBody { bytes: decoded.bytes, encoded_size, decoded_size, note }
            }
            BodyContent::Identity(_) | BodyContent::Unsupported(_) => self.finish().0,
        }
    }
}
