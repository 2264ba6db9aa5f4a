//! Certificates and private keys in PEM form.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, RootCertStore};

/// The trusted certificate authorities.
#[derive(Debug, Clone)]
pub struct Roots {
    pub(crate) store: Arc<RootCertStore>,
    /// The same, and those that cannot be authorities: a server may have one of them for its own.
    pub(crate) certificates: Arc<[CertificateDer<'static>]>,
}

impl Roots {
    /// Reads all certificates of a PEM file that can be used as authorities.
    ///
    /// # Errors
    /// The file does not contain a usable certificate.
    pub fn from_pem(pem: &[u8]) -> Result<Self, String> {
        let mut store = RootCertStore::empty();
        let certificates = certificates(pem)?;
        let (usable, unusable) = store.add_parsable_certificates(certificates.iter().cloned());
        match (usable, unusable) {
            (0, 0) => Err("it has no certificate in PEM format".to_owned()),
            (0, _) => Err("none of its certificates can be used".to_owned()),
            _ => Ok(Roots { store: Arc::new(store), certificates: certificates.into() }),
        }
    }
}

/// A client certificate with its chain and private key.
#[derive(Debug, Clone)]
pub struct Identity(pub(crate) Arc<CertifiedKey>);

/// An invalid [`Identity`], by the file that is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The certificate file.
    #[error("the certificate: {0}")]
    Certificate(String),
    /// The key file.
    #[error("the key: {0}")]
    Key(String),
}

impl Identity {
    /// Reads a certificate chain, with the client certificate first, and its private key. Both may be the same file.
    ///
    /// # Errors
    /// A file is not valid PEM, cannot be used, or the key does not match the certificate.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let chain = certificates(certificate).map_err(IdentityError::Certificate)?;
        if chain.is_empty() {
            return Err(IdentityError::Certificate("it has no certificate in PEM format".to_owned()));
        }
        let key = private_key(key).map_err(IdentityError::Key)?;
        let certified = CertifiedKey::from_der(chain, key, &default_provider());
        certified.map(|certified| Identity(Arc::new(certified))).map_err(|why| match why {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                IdentityError::Key("it does not match the certificate".to_owned())
            }
            rustls::Error::InvalidCertificate(why) => IdentityError::Certificate(format!("it cannot be used: {why:?}")),
            why => IdentityError::Key(format!("it cannot be used: {why}")),
        })
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|why| describe(&why))
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|why| match why {
        pem::Error::NoItemsFound if memchr::memmem::find(pem, b"BEGIN ENCRYPTED PRIVATE KEY").is_some() => {
            "its private key is encrypted: decrypt it first".to_owned()
        }
        pem::Error::NoItemsFound => "it has no private key in PEM format".to_owned(),
        why => describe(&why),
    })
}

/// Describes an error without the message of the library, which may quote the file.
fn describe(why: &pem::Error) -> String {
    match why {
        pem::Error::MissingSectionEnd { .. } => "its PEM data is incomplete".to_owned(),
        pem::Error::IllegalSectionStart { .. } => "its PEM data has an invalid section header".to_owned(),
        pem::Error::Base64Decode(_) => "its PEM data is not valid base64".to_owned(),
        _ => "it is not a PEM file".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};

    use super::*;

    fn pair() -> (String, String) {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".into()]).unwrap();
        (cert.pem(), signing_key.serialize_pem())
    }

    fn identity(certificate: &str, key: &str) -> Result<usize, String> {
        let made = Identity::from_pem(certificate.as_bytes(), key.as_bytes());
        made.map(|identity| identity.0.cert.len()).map_err(|why| why.to_string())
    }

    #[test]
    fn a_certificate_and_its_key_form_an_identity() {
        let (certificate, key) = pair();
        assert_eq!(identity(&certificate, &key), Ok(1));
        assert_eq!(identity(&(certificate.clone() + &pair().0), &key), Ok(2));
        let both = certificate + &key;
        assert_eq!(identity(&both, &both), Ok(1));
    }

    #[test]
    fn errors_name_the_file_at_fault() {
        let (certificate, key) = pair();
        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        let unrelated = KeyPair::generate().unwrap().serialize_pem();
        let truncated = &key[..key.len() / 2];
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (certificate, key, message) in [
            ("", &*key, "the certificate: it has no certificate in PEM format"),
            (&key, &key, "the certificate: it has no certificate in PEM format"),
            (&certificate.replace('M', "*"), &key, "the certificate: its PEM data is not valid base64"),
            (nonsense, &key, "the certificate: it cannot be used: BadEncoding"),
            (&certificate, "", "the key: it has no private key in PEM format"),
            (&certificate, &certificate, "the key: it has no private key in PEM format"),
            (&certificate, &encrypted, "the key: its private key is encrypted: decrypt it first"),
            (&certificate, truncated, "the key: its PEM data is incomplete"),
            (&certificate, &unrelated, "the key: it does not match the certificate"),
        ] {
            assert_eq!(identity(certificate, key), Err(message.to_owned()));
        }
    }

    #[test]
    fn at_least_one_authority_must_be_usable() {
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let roots = |pem: &str| Roots::from_pem(pem.as_bytes()).map(|roots| roots.store.len());
        assert_eq!(roots(&(pair().0 + nonsense + &pair().0)), Ok(2));
        assert_eq!(roots(nonsense), Err("none of its certificates can be used".to_owned()));
        assert_eq!(roots(&pair().1), Err("it has no certificate in PEM format".to_owned()));
        assert_eq!(roots("\0\u{fffd}"), Err("it has no certificate in PEM format".to_owned()));
    }
}
