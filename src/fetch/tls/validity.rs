//! From when to when a certificate is valid.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rustls::CertificateError;
use rustls::pki_types::{CertificateDer, UnixTime};

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// The tag of the version, which a certificate of version 1 leaves out.
const VERSION: u8 = 0xa0;

/// Fails unless `certificate` is valid at `now`.
pub(super) fn check(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), CertificateError> {
    match validity(certificate).ok_or(CertificateError::BadEncoding)? {
        (not_before, _) if now < not_before => Err(CertificateError::NotValidYetContext { time: now, not_before }),
        (_, not_after) if now > not_after => Err(CertificateError::ExpiredContext { time: now, not_after }),
        _ => Ok(()),
    }
}

/// The field `validity` of a certificate (RFC 5280, section 4.1): its first and its last second.
fn validity(certificate: &[u8]) -> Option<(UnixTime, UnixTime)> {
    let mut rest = element(&mut &*certificate, SEQUENCE)?;
    let mut rest = element(&mut rest, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        element(&mut rest, VERSION)?;
    }
    for ahead in [INTEGER, SEQUENCE, SEQUENCE] {
        element(&mut rest, ahead)?; // the serial number, the algorithm of the signature, the issuer
    }
    let mut validity = element(&mut rest, SEQUENCE)?;
    Some((time(&mut validity)?, time(&mut validity)?))
}

/// Takes one element with this tag off the front of `der`, and returns its content.
fn element<'a>(der: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (&[found, len], rest) = der.split_first_chunk()?;
    let (len, rest) = match len {
        0..=0x7f => (usize::from(len), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(len & 0x7f))?;
            (bytes.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(len)?;
    *der = rest;
    (found == tag).then_some(content)
}

/// A time with seconds and in UTC, as RFC 5280 demands. A year of two digits is one from 1950 to 2049.
fn time(der: &mut &[u8]) -> Option<UnixTime> {
    let (century, text) = match *der.first()? {
        UTC_TIME => {
            let text = std::str::from_utf8(element(der, UTC_TIME)?).ok()?;
            (if text.get(..2)? < "50" { "20" } else { "19" }, text)
        }
        _ => ("", std::str::from_utf8(element(der, GENERALIZED_TIME)?).ok()?),
    };
    let digits = text.strip_suffix('Z').filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    let digits = format!("{century}{digits}");
    if digits.len() != "YYYYMMDDhhmmss".len() {
        return None;
    }
    let part = |at: usize| digits[at..at + 2].parse::<i8>().ok();
    let year = digits[..4].parse().ok()?;
    let civil = DateTime::new(year, part(4)?, part(6)?, part(8)?, part(10)?, part(12)?, 0).ok()?;
    let seconds = civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds.max(0).unsigned_abs())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn der(from: (i32, u8, u8), until: (i32, u8, u8)) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    fn seconds(text: &str) -> u64 {
        text.parse::<jiff::Timestamp>().unwrap().as_second().unsigned_abs()
    }

    #[test]
    fn the_times_of_a_certificate_are_read() {
        for (from, until, first, last) in [
            ((2024, 2, 29), (2025, 12, 31), "2024-02-29T00:00:00Z", "2025-12-31T00:00:00Z"),
            ((1975, 1, 1), (4096, 1, 1), "1975-01-01T00:00:00Z", "4096-01-01T00:00:00Z"),
            ((1999, 12, 31), (2049, 12, 31), "1999-12-31T00:00:00Z", "2049-12-31T00:00:00Z"),
            ((2050, 1, 1), (9999, 12, 30), "2050-01-01T00:00:00Z", "9999-12-30T00:00:00Z"),
        ] {
            let (not_before, not_after) = validity(&der(from, until)).unwrap();
            assert_eq!((not_before.as_secs(), not_after.as_secs()), (seconds(first), seconds(last)));
        }
        assert_eq!(validity(&der((1955, 1, 1), (2025, 1, 1))).unwrap().0.as_secs(), 0, "before the epoch");
    }

    #[test]
    fn both_ends_count_as_valid() {
        let certificate = CertificateDer::from(der((2024, 1, 1), (2025, 1, 1)));
        let at = |text| check(&certificate, UnixTime::since_unix_epoch(Duration::from_secs(seconds(text))));
        assert!(matches!(at("2023-12-31T23:59:59Z"), Err(CertificateError::NotValidYetContext { .. })));
        assert_eq!(at("2024-01-01T00:00:00Z"), Ok(()));
        assert_eq!(at("2025-01-01T00:00:00Z"), Ok(()));
        assert!(matches!(at("2025-01-01T00:00:01Z"), Err(CertificateError::ExpiredContext { .. })));
    }

    #[test]
    fn times_that_are_none_are_refused() {
        let read = |tag, text: &str| time(&mut &[&[tag, text.len() as u8], text.as_bytes()].concat()[..]);
        assert!(read(UTC_TIME, "240229000000Z").is_some() && read(GENERALIZED_TIME, "20240229000000Z").is_some());
        for (tag, text) in [
            (UTC_TIME, ""),
            (UTC_TIME, "Z"),
            (UTC_TIME, "230229000000Z"),
            (UTC_TIME, "2402290000Z"),
            (UTC_TIME, "240229000000+0100"),
            (UTC_TIME, "20240229000000Z"),
            (GENERALIZED_TIME, "240229000000Z"),
            (GENERALIZED_TIME, "20240229000000.5Z"),
            (GENERALIZED_TIME, "20241301000000Z"),
            (INTEGER, "240229000000Z"),
        ] {
            assert_eq!(read(tag, text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn damage_never_panics(at: prop::sample::Index, byte: u8, len: prop::sample::Index) {
            let mut damaged = der((2024, 1, 1), (2025, 1, 1));
            let at = at.index(damaged.len());
            damaged[at] = byte;
            damaged.truncate(1 + len.index(damaged.len()));
            let _ = validity(&damaged);
        }
    }
}
