//! Endpoints with bodies of different types and sizes.

use std::io::{self, Write};
use std::sync::LazyLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use futures::stream::{self, StreamExt};
use hyper::header::{CONTENT_ENCODING, HeaderValue};
use serde_json::json;

use super::echo::Headers;
use super::reply::{Fault, Reply};
use super::request::Call;

const OCTETS: &str = "application/octet-stream";

const JSON: &str = r#"{
  "greeting": "Hello from the origin!",
  "why": "A body of JSON is part of its record, not a string in it: jq and its like can reach into it at once.",
  "numbers": [1, 2.5, 6.02e23, 9007199254740993],
  "kept": { "null": null, "true": true, "empty": [], "unicode": "naïve café, 東京, 🚢" },
  "next": ["/json/10000", "/paginate"]
}
"#;

const HTML: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Moby-Dick</title>
<h1>Herman Melville: Moby-Dick</h1>
<p>Call me Ishmael. Some years ago — never mind how long precisely — having little or no money in my purse,
and nothing particular to interest me on shore, I thought I would sail about a little and see the watery part
of the world.</p>
</html>
"#;

const TEXT: &str = "Text is recorded as text, whatever its script:\n\
    Füße, señor, žluťoučký kůň, Ελλάδα, Москва, שלום, 日本語, 한국어, ∮ E⋅da = Q, 🦀\n";

pub(super) fn json() -> Reply {
    Reply::whole("application/json", JSON)
}

pub(super) fn html() -> Reply {
    Reply::whole("text/html; charset=utf-8", HTML)
}

pub(super) fn text() -> Reply {
    Reply::whole("text/plain; charset=utf-8", TEXT)
}

pub(super) fn robots() -> Reply {
    Reply::whole("text/plain", "User-agent: *\nDisallow: /deny\n")
}

pub(super) fn deny() -> Reply {
    Reply::whole("text/plain", "No robot is here: see /robots.txt.\n")
}

/// The elements of arrays: objects, each on a line of its own, followed by a comma.
static ITEMS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let item = |id| format!("{{\"id\":{id},\"name\":\"item {id}\",\"even\":{}}},\n", id % 2 == 0);
    (1..=5000).map(item).collect::<String>().into_bytes()
});

/// The longest array of at most `size` bytes.
pub(super) fn json_array(size: usize) -> Reply {
    let mut body = Vec::with_capacity(size.max(2));
    body.push(b'[');
    loop {
        let left = ITEMS.len().min(size.saturating_sub(body.len()));
        let Some(end) = memchr::memrchr(b'\n', &ITEMS[..left]) else { break };
        body.extend_from_slice(&ITEMS[..=end]);
    }
    if body.ends_with(b",\n") {
        body.truncate(body.len() - 2);
    }
    body.push(b']');
    Reply::whole("application/json", body)
}

/// The period of the noise in bytes, longer than the window of compressors.
const PERIOD: usize = 1 << 20;
/// The largest chunk of noise in bytes.
const CHUNK: usize = 64 << 10;

/// One period of noise and one more chunk, so that a chunk can start anywhere in the period.
static NOISE: LazyLock<Bytes> = LazyLock::new(|| {
    let mut noise: Vec<u8> = (0..PERIOD as u64 / 8).flat_map(|n| mix(n).to_le_bytes()).collect();
    noise.extend_from_within(..CHUNK);
    noise.into()
});

/// The output function of SplitMix64.
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// `size` bytes of noise, starting at an offset derived from the seed. Does not copy.
pub(super) fn noise(seed: u64, size: u64) -> impl Iterator<Item = Bytes> + Send {
    let start = mix(seed) % PERIOD as u64;
    (0..size).step_by(CHUNK).map(move |done| {
        let from = ((start + done) % PERIOD as u64) as usize;
        NOISE.slice(from..from + (size - done).min(CHUNK as u64) as usize)
    })
}

/// Noise with a Content-Length.
pub(super) fn bytes(call: &Call, size: u64) -> Result<Reply, Fault> {
    let mut chunks = noise(seed(call)?, size);
    Ok(if size <= CHUNK as u64 {
        Reply::whole(OCTETS, chunks.next().unwrap_or_default())
    } else {
        Reply::streamed(OCTETS, Some(size), stream::iter(chunks).map(Ok))
    })
}

/// Noise without a Content-Length.
pub(super) fn stream_bytes(call: &Call, size: u64) -> Result<Reply, Fault> {
    Ok(Reply::streamed(OCTETS, None, stream::iter(noise(seed(call)?, size)).map(Ok)))
}

fn seed(call: &Call) -> Result<u64, Fault> {
    call.param_within("seed", 0, 0..=u64::MAX)
}

/// A body in the content coding of the endpoint.
pub(super) fn compressed(call: &Call, endpoint: &str) -> Reply {
    type Encode = fn(&[u8]) -> io::Result<Vec<u8>>;
    let (key, coding, encode): (_, _, Encode) = match endpoint {
        "gzip" => ("gzipped", "gzip", gzip),
        "deflate" => ("deflated", "deflate", deflate),
        "brotli" => ("brotli", "br", brotli),
        _ => ("zstd", "zstd", |body| zstd::encode_all(body, 3)),
    };
    let body = json!({ key: true, "headers": Headers(call), "method": call.method().as_str() }).to_string();
    let encoded = encode(body.as_bytes()).expect("a Vec takes all that is written");
    Reply::whole("application/json", encoded).header(CONTENT_ENCODING, HeaderValue::from_static(coding))
}

fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    encoder.finish()
}

/// In HTTP this is the zlib format: [RFC 9110, section 8.4.1.2](https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2).
fn deflate(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    encoder.finish()
}

fn brotli(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
    encoder.write_all(body)?;
    Ok(encoder.into_inner())
}
