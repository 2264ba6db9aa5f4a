//! What TLS failed of, in plain sentences.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, OtherError, PeerIncompatible};

use crate::guard::text::shorten;

/// How many names of a certificate are told.
const NAMES: usize = 3;

/// How many columns of each are shown.
const NAME_WIDTH: usize = 80;

/// Why TLS with `host` failed, in one sentence. `host` may be a description, such as "the proxy".
pub(in crate::fetch) fn describe(error: &Error, host: &str) -> String {
    match error {
        Error::InvalidCertificate(why) => of_certificate(why, host),
        Error::AlertReceived(alert) => of_alert(*alert, host),
        Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
            "the server does not speak TLS on this port".to_owned()
        }
        Error::InvalidMessage(why) => format!("the server sent a malformed TLS message ({})", words(why)),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "the server sent a TLS message out of order".to_owned()
        }
        Error::NoCertificatesPresented => "the server sent no certificate".to_owned(),
        Error::UnsupportedNameType => format!("no certificate can be for {host}"),
        Error::DecryptError => "what the server sent cannot be decrypted: it was changed on its way".to_owned(),
        Error::PeerIncompatible(why) => of_incompatibility(why),
        Error::PeerMisbehaved(why) => format!("the server violates the TLS protocol ({})", words(why)),
        Error::PeerSentOversizedRecord => "the server sent a TLS record that is too large".to_owned(),
        Error::NoApplicationProtocol => of_alert(AlertDescription::NoApplicationProtocol, host),
        Error::InvalidCertRevocationList(_) => "a list of revoked certificates is not valid".to_owned(),
        Error::FailedToGetCurrentTime => "the system does not tell the time".to_owned(),
        Error::FailedToGetRandomBytes => "the system gives no random numbers".to_owned(),
        Error::InconsistentKeys(_) => "the client certificate and its key do not match".to_owned(),
        Error::General(why) => format!("TLS failed: {why}"),
        Error::Other(OtherError(why)) => format!("TLS failed: {why}"),
        // Only a bug in haul could cause these.
        why @ (Error::EncryptError
        | Error::HandshakeNotComplete
        | Error::BadMaxFragmentSize
        | Error::InvalidEncryptedClientHello(_)) => format!("TLS failed: {}", words(why)),
        why => format!("TLS failed: {why}"),
    }
}

fn of_certificate(error: &CertificateError, host: &str) -> String {
    #[allow(deprecated)] // rustls still returns UnsupportedSignatureAlgorithm
    let what = match error {
        CertificateError::NotValidForName => return format!("the certificate is not for {host}"),
        CertificateError::NotValidForNameContext { expected, presented } => {
            return of_names(presented, &expected.to_str());
        }
        CertificateError::BadSignature => {
            return format!(
                "the certificate of {host}, or the proof that the server has its key, has a wrong signature"
            );
        }
        CertificateError::InvalidOcspResponse => return "the server's OCSP response is not valid".to_owned(),
        CertificateError::BadEncoding => "cannot be read".to_owned(),
        CertificateError::Expired => "has expired".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => format!("has expired (on {})", date(*not_after)),
        CertificateError::NotValidYet => "is not valid yet".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("is not valid yet (but from {})", date(*not_before))
        }
        CertificateError::Revoked => "has been revoked".to_owned(),
        CertificateError::UnhandledCriticalExtension => "has a critical extension that is not supported".to_owned(),
        CertificateError::UnknownIssuer => "is signed by an authority that is not trusted".to_owned(),
        CertificateError::UnknownRevocationStatus
        | CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => "may have been revoked: nothing tells".to_owned(),
        CertificateError::UnsupportedSignatureAlgorithm
        | CertificateError::UnsupportedSignatureAlgorithmContext { .. } => {
            "is signed with an algorithm that is not supported".to_owned()
        }
        CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "is signed with an algorithm that the key of its authority is not for".to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "is not for servers".to_owned()
        }
        CertificateError::ApplicationVerificationFailure => "was refused".to_owned(),
        CertificateError::Other(OtherError(why)) => match why.downcast_ref::<webpki::Error>() {
            Some(why) => of_path(why),
            None => format!("cannot be verified: {why}"),
        },
        why => format!("cannot be verified: {}", words(why)),
    };
    format!("the certificate of {host} {what}")
}

/// What is wrong with the path from a certificate to an authority.
fn of_path(error: &webpki::Error) -> String {
    use webpki::Error;
    match error {
        Error::CaUsedAsEndEntity => "is for an authority, not for a server".to_owned(),
        Error::EndEntityUsedAsCa => "is signed by a certificate that is not an authority's".to_owned(),
        Error::NameConstraintViolation => "is signed by an authority that must not sign for it".to_owned(),
        Error::PathLenConstraintViolated | Error::MaximumPathDepthExceeded => {
            "is too far from a trusted authority".to_owned()
        }
        Error::UnsupportedCertVersion => "has a version that is not supported".to_owned(),
        Error::MaximumPathBuildCallsExceeded
        | Error::MaximumSignatureChecksExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => "takes too long to verify".to_owned(),
        why => format!("cannot be verified ({})", words(why)),
    }
}

/// `presented` are names as webpki shows them, such as `DnsName("a.test")`.
fn of_names(presented: &[String], expected: &str) -> String {
    let bare = |name: &String| {
        let (kind, name) = name.split_once('(')?;
        let name = name.strip_suffix(')')?.trim_matches('"');
        matches!(kind, "DnsName" | "IpAddress").then(|| shorten(name, NAME_WIDTH))
    };
    let mut names: Vec<_> = presented.iter().filter_map(bare).collect();
    let more = names.len().saturating_sub(NAMES);
    names.truncate(NAMES);
    match (names.join(", "), more) {
        (none, _) if none.is_empty() => format!("the certificate is for no host, so not for {expected}"),
        (names, 0) => format!("the certificate is for {names}, not for {expected}"),
        (names, more) => format!("the certificate is for {names} and {more} more, not for {expected}"),
    }
}

fn of_incompatibility(error: &PeerIncompatible) -> String {
    match error {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::SupportedVersionsExtensionRequired => {
            "the server does not support our versions of TLS".to_owned()
        }
        PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            "the server does not support the key of our client certificate".to_owned()
        }
        why => format!("the server supports no TLS that we support ({})", words(why)),
    }
}

/// What the server says before it closes the connection. It also does so after the handshake.
fn of_alert(alert: AlertDescription, host: &str) -> String {
    let why = match alert {
        AlertDescription::ProtocolVersion => "it does not support our versions of TLS".to_owned(),
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            "it finds none of our ciphers and keys good enough".to_owned()
        }
        AlertDescription::UnrecognisedName => format!("it does not know the name {host}"),
        AlertDescription::NoApplicationProtocol => "it does not speak the version of HTTP that we offer".to_owned(),
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            "it demands a client certificate".to_owned()
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown => {
            "it does not accept our client certificate, or lack of one".to_owned()
        }
        AlertDescription::CertificateRevoked => "our client certificate has been revoked".to_owned(),
        AlertDescription::CertificateExpired => "our client certificate has expired".to_owned(),
        AlertDescription::UnknownCA => "it does not trust the authority of our client certificate".to_owned(),
        AlertDescription::AccessDenied => "it denies us access".to_owned(),
        AlertDescription::Unknown(code) => return format!("the server ended TLS with the unknown alert {code}"),
        alert => return format!("the server ended TLS with an alert: {}", words(alert)),
    };
    format!("the server refused our handshake: {why}")
}

/// The day of a time, in UTC.
fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    seconds.map_or_else(|| "a day far away".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}

/// The name of a variant as words: `UnknownPSKIdentity` is "unknown psk identity", without what it holds.
fn words(variant: impl std::fmt::Debug) -> String {
    let name = format!("{variant:?}");
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let mut words = String::with_capacity(name.len() + 8);
    let next = name.chars().skip(1).map(Some).chain([None]);
    for (c, next) in name.chars().zip(next) {
        let ends_acronym = next.is_some_and(|next| next.is_ascii_lowercase());
        if c.is_ascii_uppercase() && (words.ends_with(|last: char| last.is_ascii_lowercase()) || ends_acronym) {
            words.push(' ');
        }
        words.push(c);
    }
    words.trim_start().to_ascii_lowercase()
}
