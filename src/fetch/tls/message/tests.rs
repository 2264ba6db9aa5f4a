use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ContentType, Error, HandshakeType, InconsistentKeys, InvalidMessage,
    OtherError, PeerIncompatible, PeerMisbehaved,
};

use super::describe;

#[test]
fn each_failure_is_one_plain_sentence() {
    let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let names = |names: &[&str]| CertificateError::NotValidForNameContext {
        expected: ServerName::try_from("a.test").unwrap(),
        presented: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let path = |error: webpki::Error| CertificateError::Other(OtherError(Arc::new(error)));
    let long = format!("DnsName(\"{}\")", "x".repeat(300));
    let table: Vec<(Error, &str)> = [
        (CertificateError::BadEncoding, "the certificate of a.test cannot be read"),
        (CertificateError::Expired, "the certificate of a.test has expired"),
        (
            CertificateError::ExpiredContext { time: at(1 << 40), not_after: at(1_700_000_000) },
            "the certificate of a.test has expired (on 2023-11-14)",
        ),
        (
            CertificateError::ExpiredContext { time: at(0), not_after: at(u64::MAX) },
            "the certificate of a.test has expired (on a day far away)",
        ),
        (CertificateError::NotValidYet, "the certificate of a.test is not valid yet"),
        (CertificateError::Revoked, "the certificate of a.test has been revoked"),
        (
            CertificateError::UnhandledCriticalExtension,
            "the certificate of a.test has a critical extension that is not supported",
        ),
        (CertificateError::UnknownIssuer, "the certificate of a.test is signed by an authority that is not trusted"),
        (CertificateError::UnknownRevocationStatus, "the certificate of a.test may have been revoked: nothing tells"),
        (
            CertificateError::UnsupportedSignatureAlgorithmContext {
                signature_algorithm_id: vec![1],
                supported_algorithms: vec![],
            },
            "the certificate of a.test is signed with an algorithm that is not supported",
        ),
        (
            CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
                signature_algorithm_id: vec![1],
                public_key_algorithm_id: vec![2],
            },
            "the certificate of a.test is signed with an algorithm that the key of its authority is not for",
        ),
        (CertificateError::NotValidForName, "the certificate is not for a.test"),
        (names(&["DirectoryName", "Unsupported(0x00)"]), "the certificate is for no host, so not for a.test"),
        (names(&["DnsName(\"b.test\")"]), "the certificate is for b.test, not for a.test"),
        (
            names(&["DnsName(\"*.b.test\")", "IpAddress(::1)", "DnsName(\"c\")", "DnsName(\"d\")", "DnsName(\"e\")"]),
            "the certificate is for *.b.test, ::1, c and 2 more, not for a.test",
        ),
        (names(&["DnsName(\"\u{1b}[1m\")"]), "the certificate is for \\u{1b}[1m, not for a.test"),
        (CertificateError::InvalidPurpose, "the certificate of a.test is not for servers"),
        (CertificateError::InvalidOcspResponse, "the server's OCSP response is not valid"),
        (CertificateError::ApplicationVerificationFailure, "the certificate of a.test was refused"),
        (path(webpki::Error::CaUsedAsEndEntity), "the certificate of a.test is for an authority, not for a server"),
        (
            path(webpki::Error::EndEntityUsedAsCa),
            "the certificate of a.test is signed by a certificate that is not an authority's",
        ),
        (
            path(webpki::Error::NameConstraintViolation),
            "the certificate of a.test is signed by an authority that must not sign for it",
        ),
        (
            path(webpki::Error::PathLenConstraintViolated),
            "the certificate of a.test is too far from a trusted authority",
        ),
        (path(webpki::Error::UnsupportedCertVersion), "the certificate of a.test has a version that is not supported"),
        (path(webpki::Error::MaximumSignatureChecksExceeded), "the certificate of a.test takes too long to verify"),
        (
            path(webpki::Error::SignatureAlgorithmMismatch),
            "the certificate of a.test cannot be verified (signature algorithm mismatch)",
        ),
        (
            CertificateError::Other(OtherError(Arc::new(std::io::Error::other("the system says no")))),
            "the certificate of a.test cannot be verified: the system says no",
        ),
    ]
    .into_iter()
    .map(|(error, said)| (Error::InvalidCertificate(error), said))
    .chain(others())
    .collect();
    for (error, said) in table {
        assert_eq!(describe(&error, "a.test"), said, "{error:?}");
    }
    let shortened = describe(&Error::InvalidCertificate(names(&[&long])), "a.test");
    assert!(shortened.len() < 150 && shortened.contains("xxx…, not for a.test"), "{shortened}");
}

fn others() -> Vec<(Error, &'static str)> {
    let alerts = [
        (AlertDescription::ProtocolVersion, "it does not support our versions of TLS"),
        (AlertDescription::HandshakeFailure, "it finds none of our ciphers and keys good enough"),
        (AlertDescription::InsufficientSecurity, "it finds none of our ciphers and keys good enough"),
        (AlertDescription::UnrecognisedName, "it does not know the name a.test"),
        (AlertDescription::NoApplicationProtocol, "it does not speak the version of HTTP that we offer"),
        (AlertDescription::CertificateRequired, "it demands a client certificate"),
        (AlertDescription::BadCertificate, "it does not accept our client certificate, or lack of one"),
        (AlertDescription::CertificateUnknown, "it does not accept our client certificate, or lack of one"),
        (AlertDescription::CertificateRevoked, "our client certificate has been revoked"),
        (AlertDescription::CertificateExpired, "our client certificate has expired"),
        (AlertDescription::UnknownCA, "it does not trust the authority of our client certificate"),
        (AlertDescription::AccessDenied, "it denies us access"),
    ];
    let refused = |why: &str| format!("the server refused our handshake: {why}").leak() as &str;
    let alerts = alerts.into_iter().map(|(alert, why)| (Error::AlertReceived(alert), refused(why)));
    let plain = [
        (Error::AlertReceived(AlertDescription::InternalError), "the server ended TLS with an alert: internal error"),
        (Error::AlertReceived(AlertDescription::BadRecordMac), "the server ended TLS with an alert: bad record mac"),
        (
            Error::AlertReceived(AlertDescription::UnknownPSKIdentity),
            "the server ended TLS with an alert: unknown psk identity",
        ),
        (Error::AlertReceived(AlertDescription::Unknown(99)), "the server ended TLS with the unknown alert 99"),
        (Error::InvalidMessage(InvalidMessage::InvalidContentType), "the server does not speak TLS on this port"),
        (
            Error::InvalidMessage(InvalidMessage::MissingData("Random")),
            "the server sent a malformed TLS message (missing data)",
        ),
        (
            Error::InappropriateMessage {
                expect_types: vec![ContentType::Handshake],
                got_type: ContentType::ApplicationData,
            },
            "the server sent a TLS message out of order",
        ),
        (
            Error::InappropriateHandshakeMessage { expect_types: vec![], got_type: HandshakeType::Finished },
            "the server sent a TLS message out of order",
        ),
        (Error::NoCertificatesPresented, "the server sent no certificate"),
        (Error::UnsupportedNameType, "no certificate can be for a.test"),
        (Error::DecryptError, "what the server sent cannot be decrypted: it was changed on its way"),
        (Error::EncryptError, "TLS failed: encrypt error"),
        (
            Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13),
            "the server does not support our versions of TLS",
        ),
        (
            Error::PeerIncompatible(PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon),
            "the server does not support the key of our client certificate",
        ),
        (
            Error::PeerIncompatible(PeerIncompatible::NoKxGroupsInCommon),
            "the server supports no TLS that we support (no kx groups in common)",
        ),
        (
            Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedApplicationProtocol),
            "the server violates the TLS protocol (selected unoffered application protocol)",
        ),
        (Error::PeerSentOversizedRecord, "the server sent a TLS record that is too large"),
        (
            Error::NoApplicationProtocol,
            "the server refused our handshake: it does not speak the version of HTTP that we offer",
        ),
        (Error::FailedToGetCurrentTime, "the system does not tell the time"),
        (Error::FailedToGetRandomBytes, "the system gives no random numbers"),
        (Error::InconsistentKeys(InconsistentKeys::KeyMismatch), "the client certificate and its key do not match"),
        (Error::General("no roots".to_owned()), "TLS failed: no roots"),
        (Error::HandshakeNotComplete, "TLS failed: handshake not complete"),
    ];
    alerts.chain(plain).collect()
}

#[test]
fn a_certificate_that_is_none_cannot_be_read() {
    let error = rustls::server::ParsedCertificate::try_from(&CertificateDer::from(vec![0x30])).err().unwrap();
    assert_eq!(describe(&error, "a.test"), "the certificate of a.test cannot be read");
}
