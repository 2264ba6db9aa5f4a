//! From when to when a certificate is valid.

use rustls::CertificateError;
use rustls::pki_types::{CertificateDer, UnixTime};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::time::Time;

/// Fails unless `certificate` is valid at `now` (RFC 5280, section 4.1.2.5).
pub(super) fn check(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), CertificateError> {
    match validity(certificate).ok_or(CertificateError::BadEncoding)? {
        (not_before, _) if now < not_before => Err(CertificateError::NotValidYetContext { time: now, not_before }),
        (_, not_after) if now > not_after => Err(CertificateError::ExpiredContext { time: now, not_after }),
        _ => Ok(()),
    }
}

/// The first and the last second at which a certificate is valid.
fn validity(certificate: &[u8]) -> Option<(UnixTime, UnixTime)> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let validity = certificate.tbs_certificate().validity();
    let time = |time: &Time| UnixTime::since_unix_epoch(time.to_unix_duration());
    Some((time(&validity.not_before), time(&validity.not_after)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
