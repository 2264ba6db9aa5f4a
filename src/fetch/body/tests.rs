//! How a body is collected.

use http::header::{CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue};

use super::BodyBuffer;
use crate::fetch::client::TransferCoding;
use crate::fetch::decode::BodyError;
use crate::plan::BodyMode;

fn header(name: HeaderName, value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
}

/// Pushes `chunks` and ends the body. Returns its bytes, both sizes, and the error if any.
fn collect(
    headers: &HeaderMap,
    cap: usize,
    mode: BodyMode,
    chunks: &[&'static [u8]],
) -> (Vec<u8>, u64, u64, Option<BodyError>) {
    let mut buffer = BodyBuffer::new(headers, &[], cap, mode != BodyMode::None);
    for chunk in chunks {
        if let Err(stop) = buffer.push(chunk) {
            let it = buffer.into_partial();
            return (it.bytes.to_vec(), it.encoded_size, it.decoded_size, Some(stop));
        }
    }
    let (it, stop) = buffer.finish();
    (it.bytes.to_vec(), it.encoded_size, it.decoded_size, stop)
}

#[test]
fn a_plain_body_is_kept_up_to_the_cap_and_counted_beyond_it() {
    let plain = HeaderMap::new();
    for (chunks, cap) in [(&[&b"abcdef"[..]][..], 6), (&[b"abc", b"", b"d", b"ef"], 6), (&[b"", b"abcdef"], 10)] {
        let (bytes, encoded, decoded, stop) = collect(&plain, cap, BodyMode::Auto, chunks);
        assert!(stop.is_none());
        assert_eq!((&bytes[..], encoded, decoded), (&b"abcdef"[..], 6, 6));
    }
    for chunks in [&[&b"abcdef"[..]][..], &[b"abc", b"def"], &[b"abcd", b"ef"], &[b"a", b"b", b"c", b"d", b"e", b"f"]] {
        let (bytes, encoded, decoded, stop) = collect(&plain, 4, BodyMode::Auto, chunks);
        assert!(matches!(stop, Some(BodyError::TooLarge)));
        assert_eq!((&bytes[..], decoded), (&b"abcd"[..], 4));
        assert!((5..=6).contains(&encoded));
    }
}

#[test]
fn a_body_that_is_not_kept_is_counted_and_held_to_the_cap() {
    let chunks = [&b"abc"[..], b"def"];
    let (bytes, encoded, decoded, stop) = collect(&HeaderMap::new(), 6, BodyMode::None, &chunks);
    assert!(bytes.is_empty() && stop.is_none());
    assert_eq!((encoded, decoded), (6, 6));
    let (bytes, _, decoded, stop) = collect(&HeaderMap::new(), 4, BodyMode::None, &chunks);
    assert!(bytes.is_empty() && matches!(stop, Some(BodyError::TooLarge)));
    assert_eq!(decoded, 4);
}

/// Responses to HEAD and 304 responses name the coding that a body would have.
#[test]
fn an_empty_body_is_in_any_coding() {
    for coding in ["gzip", "deflate", "br", "zstd", "aws-chunked", "gzip, gzip, gzip, gzip, gzip"] {
        let (bytes, encoded, decoded, stop) = collect(&header(CONTENT_ENCODING, coding), 10, BodyMode::Auto, &[]);
        assert!(bytes.is_empty() && stop.is_none(), "{coding}: {stop:?}");
        assert_eq!((encoded, decoded), (0, 0));
    }
}

#[test]
fn a_body_in_an_unsupported_coding_fails_at_its_first_byte() {
    for coding in ["compress", "gzip, dcz", "none, compress"] {
        let (bytes, encoded, decoded, stop) = collect(&header(CONTENT_ENCODING, coding), 10, BodyMode::Auto, &[b"abc"]);
        assert!(matches!(stop, Some(BodyError::Corrupt(why)) if why.ends_with("is not supported")), "{coding}");
        assert_eq!((&bytes[..], encoded, decoded), (&b""[..], 3, 0));
    }
}

#[test]
fn a_body_in_an_unknown_coding_is_as_received_and_noted_unless_it_is_empty() {
    for coding in ["none", "utf-8", "gzip, none"] {
        let headers = header(CONTENT_ENCODING, coding);
        for (cap, whole) in [(6, true), (5, false)] {
            let (bytes, encoded, decoded, stop) = collect(&headers, cap, BodyMode::Auto, &[b"abc", b"def"]);
            assert_eq!((&bytes[..], encoded, decoded, stop.is_none()), (&b"abcdef"[..cap], 6, cap as u64, whole));
        }
        let note = |chunks: &[&[u8]]| {
            let mut buffer = BodyBuffer::new(&headers, &[], 10, false);
            chunks.iter().for_each(|chunk| assert!(buffer.push(chunk).is_ok()));
            buffer.finish().0.note
        };
        assert!(note(&[b"abc"]).is_some_and(|note| note.ends_with("the body is as received")), "{coding}");
        assert_eq!((note(&[b""]), note(&[])), (None, None), "{coding}");
    }
}

/// Also of a body that is cut off within its transfer coding.
#[test]
fn an_unknown_coding_below_a_transfer_coding_is_noted() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, b"whole").unwrap();
    let encoded = encoder.finish().unwrap();
    let pushed = || {
        let mut buffer = BodyBuffer::new(&header(CONTENT_ENCODING, "br, none"), &[TransferCoding::Gzip], 10, true);
        buffer.push(&encoded).unwrap();
        buffer
    };
    let (whole, stop) = pushed().finish();
    assert!(stop.is_none());
    for it in [whole, pushed().into_partial()] {
        assert_eq!((&it.bytes[..], it.encoded_size, it.decoded_size), (&b"whole"[..], encoded.len() as u64, 5));
        assert!(it.note.is_some_and(|note| note.starts_with("unknown content coding \"none\"")));
    }
}

#[test]
fn the_memory_that_a_body_holds_is_returned_as_it_grows() {
    let mut buffer = BodyBuffer::new(&HeaderMap::new(), &[], 1 << 20, true);
    for pieces in 1..=50 {
        let held = buffer.push(&[b'x'; 1000]).unwrap();
        assert!((1000 * pieces..=2000 * pieces).contains(&held), "{held} bytes after {pieces} pieces");
    }
    let mut dropped = BodyBuffer::new(&HeaderMap::new(), &[], 1 << 20, false);
    assert_eq!(dropped.push(&[b'x'; 1000]).unwrap(), 0);
}
