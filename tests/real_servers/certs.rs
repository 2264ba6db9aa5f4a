//! Certificates of an authority that nobody knows.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

/// A server's certificate and key, and the authority that vouches for it, as PEM files.
pub(crate) struct Identity {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) authority: PathBuf,
}

impl Identity {
    /// An identity for `host`, its files in `dir`.
    pub(crate) fn of(host: &str, dir: &Path) -> Self {
        Identity::issue(CertificateParams::new([host.to_owned()]).unwrap(), dir)
    }

    /// One that was good once.
    pub(crate) fn expired(host: &str, dir: &Path) -> Self {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.not_after = date_time_ymd(2020, 1, 1);
        Identity::issue(params, dir)
    }

    fn issue(server: CertificateParams, dir: &Path) -> Self {
        let (key, authority_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut authority = CertificateParams::default();
        // Its own name: one whose issuer has the same is taken for self-signed.
        authority.distinguished_name.push(DnType::CommonName, "an authority that nobody knows");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
        let certificate = server.signed_by(&key, &Issuer::new(authority, authority_key)).unwrap();
        let write = |name: &str, pem: String| {
            let path = dir.join(name);
            fs::write(&path, pem).unwrap();
            path
        };
        Identity {
            certificate: write("certificate.pem", certificate.pem()),
            key: write("key.pem", key.serialize_pem()),
            authority: write("authority.pem", authority_pem),
        }
    }
}
