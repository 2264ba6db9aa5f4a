//! Every coding: decoded in any chunking, stopped at the maximum size, and never taken for complete when it is not.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::{BodyError, ContentCodings, Decoder};
use crate::fetch::client::TransferCoding;

const NO_CAP: usize = usize::MAX;

type Encode = fn(&[u8]) -> Vec<u8>;

/// Each coding with an encoder for it; "deflate" has two formats.
const CODINGS: [(&str, Encode); 5] = [("gzip", gzip), ("deflate", zlib), ("deflate", bare), ("br", br), ("zstd", zstd)];

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn bare(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn br(plain: &[u8]) -> Vec<u8> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4 << 10, 1, 24);
    encoder.write_all(plain).unwrap();
    encoder.into_inner()
}

/// With a checksum, which is optional in this coding alone.
fn zstd(plain: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// Text that compresses, but not to nothing.
fn prose(len: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    let words = ["the ", "quick ", "brown ", "fox ", "jumps ", "over ", "lazy ", "dog\n"];
    let mut text: Vec<u8> =
        std::iter::from_fn(|| random.choice(words)).take(len / 4 + 1).flat_map(str::bytes).collect();
    text.truncate(len);
    text
}

#[test]
fn windows_count_while_a_body_is_decoded() {
    let (mut gzip, mut zstd) = (decoder("gzip", 1 << 20), decoder("zstd", 1 << 20));
    let plain = vec![0; 1 << 20];
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    member.write_all(&plain).unwrap();
    gzip.push(&member.finish().unwrap()).unwrap();
    zstd.push(&::zstd::encode_all(&plain[..], 1).unwrap()).unwrap();
    assert!((7 << 17..=5 << 18).contains(&gzip.held()), "{}", gzip.held());
    assert!((7 << 18..=9 << 18).contains(&zstd.held()), "{}", zstd.held());
}

fn headers(codings: &[&str]) -> HeaderMap {
    codings.iter().map(|coding| (CONTENT_ENCODING, HeaderValue::from_str(coding).unwrap())).collect()
}

fn decoder(coding: &str, cap: usize) -> Decoder {
    ContentCodings::of(&headers(&[coding]), &[], cap, true).unwrap().decoder.expect("it is encoded")
}

/// Decodes `chunks`: the output, and the error if they are not right.
fn decode<'a>(coding: &str, cap: usize, chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Option<BodyError>) {
    let mut decoder = decoder(coding, cap);
    for chunk in chunks {
        if let Err(stop) = decoder.push(chunk) {
            return (decoder.into_partial().bytes.into(), Some(stop));
        }
    }
    let (decoded, stop) = decoder.finish();
    (decoded.bytes.into(), stop)
}

/// Decodes a body that must be right.
fn valid(coding: &str, encoded: &[u8]) -> Vec<u8> {
    match decode(coding, NO_CAP, [encoded]) {
        (decoded, None) => decoded,
        (_, Some(stop)) => panic!("{coding}: {stop:?}"),
    }
}

fn corrupt(coding: &str, encoded: &[u8]) -> (Vec<u8>, String) {
    match decode(coding, NO_CAP, [encoded]) {
        (decoded, Some(BodyError::Corrupt(why))) => (decoded, why),
        (_, stop) => panic!("{coding}: {stop:?}"),
    }
}

#[test]
fn a_body_that_is_not_encoded_needs_no_decoder() {
    for codings in [&[][..], &[""], &["identity"], &["Identity, ,", "identity"]] {
        let read = ContentCodings::of(&headers(codings), &[], NO_CAP, true).unwrap();
        assert!(read.decoder.is_none() && read.note.is_none(), "{codings:?}");
    }
}

#[test]
fn names_are_read_in_any_case_and_by_their_aliases() {
    for coding in ["gzip", "GZip", "x-gzip", " gzip ,identity", ",gzip"] {
        assert_eq!(valid(coding, &gzip(b"plain")), b"plain", "{coding}");
    }
}

/// What is made of a list of codings that is not decoded.
fn undecoded(headers: &HeaderMap) -> String {
    match ContentCodings::of(headers, &[], NO_CAP, true) {
        Ok(ContentCodings { decoder: None, note: Some(note) }) => format!("note: {note}"),
        Err(why) => format!("error: {why}"),
        Ok(_) => panic!("{headers:?} is decoded"),
    }
}

#[test]
fn codings_that_are_registered_but_not_supported_and_too_many_are_refused() {
    for name in ["aes128gcm", "compress", "x-compress", "X-Compress", "dcb", "dcz", "exi", "pack200-gzip"] {
        let why = format!("error: the content coding {name:?} is not supported");
        for list in [name, &format!("gzip, {name}"), &format!("{name}, gzip"), &format!("none, {name}, utf-8")] {
            assert_eq!(undecoded(&headers(&[list])), why, "{list}");
        }
    }
    assert_eq!(undecoded(&headers(&["gzip, gzip", "gzip, gzip, gzip"])), "error: more than 4 content codings");
}

/// A name that is not registered is most likely no coding: what was received is the body, all of it.
#[test]
fn a_list_with_an_unknown_coding_is_not_decoded() {
    for name in ["none", "UTF-8", "utf-8", "aws-chunked", "binary", "sdch", "gzip;q=1", "gzipp", "\"gzip\"", "*"] {
        let note = format!("note: unknown content coding {name:?}: the body is as received");
        for list in [name, &format!("gzip, {name}"), &format!("{name},gzip"), &format!("identity, {name}, br, other")] {
            assert_eq!(undecoded(&headers(&[list])), note, "{list}");
        }
    }
    assert_eq!(
        undecoded(&headers(&["gzip", "none"])),
        "note: unknown content coding \"none\": the body is as received"
    );
    let value = |bytes: &[u8]| HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_bytes(bytes).unwrap())]);
    let named = |bytes: &[u8]| undecoded(&value(bytes)).replace(": the body is as received", "");
    assert_eq!(named(b"gz\xffip"), "note: unknown content coding \"gzÿip\"");
    assert_eq!(named("gänzip".as_bytes()), "note: unknown content coding \"gänzip\"");
    assert_eq!(named(b"a\tb"), r#"note: unknown content coding "a\tb""#);
    assert_eq!(named(&[b'x'; 41]), format!("note: unknown content coding \"{}…\"", "x".repeat(40)));
}

#[test]
fn stacked_codings_are_decoded_from_the_last() {
    let plain = prose(100_000);
    assert_eq!(valid("gzip, br", &br(&gzip(&plain))), plain);
    assert_eq!(valid("zstd, deflate", &bare(&zstd(&plain))), plain);
    let encoded = gzip(&br(&zlib(&zstd(&plain))));
    assert_eq!(valid("zstd, deflate, br, gzip", &encoded), plain);

    let codings = ContentCodings::of(&headers(&["zstd, deflate", "br", "gzip"]), &[], NO_CAP, true).unwrap();
    let mut decoder = codings.decoder.expect("it is encoded");
    decoder.push(&encoded).unwrap();
    assert!(matches!(decoder.finish(), (decoded, None) if decoded.bytes == plain));
}

#[test]
fn members_and_frames_follow_each_other() {
    let both = [prose(70_000), prose(10)].concat();
    assert_eq!(valid("gzip", &[gzip(&prose(70_000)), gzip(&prose(10))].concat()), both);
    assert_eq!(valid("zstd", &[zstd(&prose(70_000)), zstd(&prose(10))].concat()), both);
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, b'x', b'y', b'z'];
    assert_eq!(valid("zstd", &[&zstd(&both)[..], &skippable].concat()), both);
}

#[test]
fn an_encoded_empty_body_is_valid_and_a_missing_one_is_not() {
    for (coding, encode) in CODINGS {
        assert_eq!(valid(coding, &encode(b"")), b"", "{coding}");
        corrupt(coding, b"");
    }
}

#[test]
fn an_early_end_is_noticed_at_every_byte() {
    let plain = prose(600);
    for (coding, encode) in CODINGS {
        let encoded = encode(&plain);
        for end in 0..encoded.len() {
            let (decoded, _) = corrupt(coding, &encoded[..end]);
            assert!(plain.starts_with(&decoded), "{coding} cut at {end}");
        }
        assert_eq!(valid(coding, &encoded), plain);
    }
}

#[test]
fn an_early_end_is_noticed_in_each_layer_and_in_each_member() {
    let plain = prose(600);
    for (coding, encoded) in [
        ("gzip", [gzip(&plain), gzip(&plain)].concat()),
        ("zstd", [zstd(&plain), zstd(&plain)].concat()),
        ("gzip, br", br(&gzip(&plain))),
        ("br, zstd", zstd(&br(&plain))),
        ("zstd, deflate", zlib(&zstd(&plain))),
    ] {
        let first = if coding.contains(',') { 0 } else { encoded.len() / 2 };
        for end in (0..encoded.len()).filter(|&end| end != first || first == 0) {
            corrupt(coding, &encoded[..end]);
        }
    }
    for (coding, encoded) in [
        ("gzip, br", br(cut(&gzip(&plain)))),
        ("br, zstd", zstd(cut(&br(&plain)))),
        ("zstd, deflate", zlib(cut(&zstd(&plain)))),
        ("deflate, gzip", gzip(cut(&zlib(&plain)))),
        ("deflate, gzip", gzip(cut(&bare(&plain)))),
    ] {
        corrupt(coding, &encoded);
    }
}

fn cut(encoded: &[u8]) -> &[u8] {
    &encoded[..encoded.len() - 1]
}

#[test]
fn data_after_the_end_is_an_error_and_what_came_before_is_kept() {
    let plain = prose(5_000);
    for (coding, encode) in CODINGS {
        for junk in [&b"\0"[..], b"junk that is neither member nor frame"] {
            assert_eq!(corrupt(coding, &[&encode(&plain), junk].concat()).0, plain, "{coding}");
        }
    }
    assert_eq!(corrupt("br", &[br(b"x"), br(b"x")].concat()).1, "the encoded body continues after its end");
}

#[test]
fn data_that_is_not_encoded_is_an_error() {
    for (coding, _) in CODINGS {
        for page in [&b"<!doctype html><title>Hello</title>"[..], &[0xff; 64], b"{\"a\": [1, 2, 3]}"] {
            corrupt(coding, page);
        }
    }
}

#[test]
fn a_flipped_bit_is_noticed_if_the_coding_has_a_checksum() {
    let plain = prose(3_000);
    for (coding, encode) in [("gzip", gzip as Encode), ("deflate", zlib), ("zstd", zstd)] {
        let mut encoded = encode(&plain);
        let middle = encoded.len() / 2;
        encoded[middle] ^= 0x10;
        corrupt(coding, &encoded);
    }
}

#[test]
fn the_maximum_size_holds_to_the_byte_within_a_chunk() {
    let plain = prose(100_000);
    for (coding, encode) in CODINGS {
        let encoded = encode(&plain);
        let (decoded, stop) = decode(coding, plain.len(), [&encoded[..]]);
        assert!(stop.is_none() && decoded == plain, "{coding}: {stop:?}");
        for cap in [0, 1, 50_000, plain.len() - 1] {
            let (decoded, stop) = decode(coding, cap, [&encoded[..]]);
            assert!(matches!(stop, Some(BodyError::TooLarge)), "{coding}: {stop:?}");
            assert!(decoded == plain[..cap], "{coding}: {} bytes of {cap}", decoded.len());
        }
    }
}

#[test]
fn a_bomb_ends_at_the_maximum_size() {
    const CAP: usize = 64 << 10;
    for (coding, encode) in CODINGS {
        let encoded = encode(&vec![0; 1 << 20]);
        let mut decoder = decoder(coding, CAP);
        assert!(matches!(decoder.push(&encoded), Err(BodyError::TooLarge)), "{coding}");
        assert!(decoder.held() <= 3 * CAP);
        assert_eq!(decoder.into_partial().bytes.len(), CAP, "{coding}");
    }
}

#[test]
fn a_bomb_that_only_an_inner_coding_sees_ends_too() {
    let nothing = gzip(b"").repeat(4 << 10);
    assert_eq!(valid("gzip", &nothing), b"");
    for (coding, encoded) in [("gzip, br", br(&nothing)), ("gzip, gzip, zstd", zstd(&gzip(&nothing)))] {
        assert!(matches!(decode(coding, 1 << 10, [&encoded[..]]), (_, Some(BodyError::TooLarge))), "{coding}");
        assert_eq!(valid(coding, &encoded), b"");
    }
}

#[test]
fn an_encoded_layer_may_be_a_little_larger_than_its_content() {
    let mut random = fastrand::Rng::with_seed(7);
    for cap in [0, 1, 100, 50_000, 200_000] {
        let noise: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(cap).collect();
        let (decoded, stop) = decode("gzip, deflate", cap, [&zlib(&gzip(&noise))[..]]);
        assert!(stop.is_none() && decoded == noise, "{cap}: {stop:?}");
    }
}

#[test]
fn decoded_bytes_are_not_held_back() {
    let plain = prose(500_000);
    for (coding, encode) in CODINGS {
        let encoded = encode(&plain);
        let half = &encoded[..encoded.len() / 2];
        let kept = |pieces: usize| {
            let mut decoder = decoder(coding, NO_CAP);
            half.chunks(pieces).for_each(|piece| decoder.push(piece).unwrap());
            decoder.into_partial().bytes
        };
        let decoded = kept(half.len());
        assert!(plain.starts_with(&decoded), "{coding}");
        // The block that is not complete is missing: 128 KiB with zstd, less with the others.
        assert!(decoded.len() > plain.len() / 2 - (130 << 10), "{coding}: {} bytes", decoded.len());
        assert_eq!(decoded.len(), kept(7).len(), "{coding}");
    }
}

/// A zstd block that repeats one byte takes four bytes, and decodes to more than one buffer holds.
#[test]
fn bytes_decoded_from_the_last_byte_are_not_held_back() {
    const SIZE: usize = 128 << 10;
    let header = [0x28, 0xb5, 0x2f, 0xfd, 0, 13 << 3];
    let block = [&((SIZE as u32) << 3 | 1 << 1).to_le_bytes()[..3], b"x"].concat();
    let mut decoder = decoder("zstd", NO_CAP);
    decoder.push(&[&header[..], &block].concat()).unwrap();
    assert_eq!(decoder.into_partial().bytes.len(), SIZE);
}

/// RFC 7932 limits the window to 16 MiB, RFC 9659 to 8 MiB: a server must not decide how much memory is used.
#[test]
fn a_window_larger_than_the_standard_allows_is_refused() {
    let frame = |window: u8| [&[0x28, 0xb5, 0x2f, 0xfd, 0, window, 5 << 3 | 1, 0, 0], &b"hello"[..]].concat();
    assert_eq!(valid("zstd", &frame(13 << 3)), b"hello");
    assert_eq!(corrupt("zstd", &frame(14 << 3)).1, "Frame requires too much memory for decoding");

    let large = brotli::enc::BrotliEncoderParams { large_window: true, lgwin: 30, quality: 1, ..Default::default() };
    let mut encoder = brotli::CompressorWriter::with_params(Vec::new(), 4 << 10, &large);
    encoder.write_all(b"hello").unwrap();
    corrupt("br", &encoder.into_inner());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_chunking_gives_the_same(
        plain in prop_oneof![prop::collection::vec(any::<u8>(), 0..2_000), (0usize..100_000).prop_map(prose)],
        cuts in prop::collection::vec(1usize..5_000, 1..40),
        cap in prop_oneof![Just(NO_CAP), 0usize..100_000],
    ) {
        for (coding, encode) in CODINGS {
            let encoded = encode(&plain);
            let (mut rest, mut chunks) = (&encoded[..], Vec::new());
            for &cut in cuts.iter().cycle().take_while(|_| !encoded.is_empty()) {
                let (chunk, others) = rest.split_at(cut.min(rest.len()));
                chunks.push(chunk);
                rest = others;
                if rest.is_empty() {
                    break;
                }
            }
            let (decoded, stop) = decode(coding, cap, chunks);
            prop_assert_eq!(matches!(stop, Some(BodyError::TooLarge)), plain.len() > cap, "{}: {:?}", coding, &stop);
            prop_assert!(stop.is_none() || plain.len() > cap);
            prop_assert!(decoded == plain[..cap.min(plain.len())], "{}: {} of {}", coding, decoded.len(), plain.len());
        }
    }

    #[test]
    fn noise_neither_panics_nor_hangs(noise in prop::collection::vec(any::<u8>(), 0..4_000), chunk in 1usize..500) {
        for coding in ["gzip", "deflate", "br", "zstd", "gzip, br", "br, zstd, deflate"] {
            let (decoded, _) = decode(coding, 1 << 20, noise.chunks(chunk));
            prop_assert!(decoded.len() <= 1 << 20);
        }
    }
}

/// A transfer coding was applied to what the content codings made, whether those are known or not.
#[test]
fn transfer_codings_are_decoded_first() {
    let plain = b"all of it".repeat(20);
    for (content, encoded) in [("", gzip(&plain)), ("br", gzip(&br(&plain))), ("none", gzip(&plain))] {
        let codings = ContentCodings::of(&headers(&[content]), &[TransferCoding::Gzip], NO_CAP, true).unwrap();
        assert_eq!(codings.note.is_some(), content == "none");
        let mut decoder = codings.decoder.expect("it is encoded");
        decoder.push(&encoded).unwrap();
        assert!(matches!(decoder.finish(), (decoded, None) if decoded.bytes == plain), "{content}");
    }
}
