//! How the certificates of servers are verified.

#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::validity;
use crate::plan::{Fetch, Roots};

/// The verifier that `plan` asks for.
pub(super) fn verifier(plan: &Fetch, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let provider = Arc::clone(provider);
    Ok(match &plan.transport.roots {
        _ if plan.insecure => Arc::new(NoVerification(provider)),
        None => Arc::new(PlatformVerifier { provider, loaded: OnceLock::new() }),
        Some(roots) => Arc::new(GivenRoots::new(roots, provider)?),
    })
}

/// Trusts what the authorities in a file have signed, and the certificates in it themselves.
///
/// webpki accepts no authority as a server. But a certificate that a server has signed for itself, as `openssl req
/// -x509` makes it, is that of an authority, and whoever puts it into the file trusts it.
#[derive(Debug)]
struct GivenRoots {
    authorities: Arc<WebPkiServerVerifier>,
    certificates: Arc<[CertificateDer<'static>]>,
}

impl GivenRoots {
    fn new(roots: &Roots, provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots.store), provider).build();
        Ok(GivenRoots {
            authorities: authorities.map_err(|why| Error::General(why.to_string()))?,
            certificates: Arc::clone(&roots.certificates),
        })
    }
}

/// Whether a certificate is for another purpose than servers, which being trusted does not change.
fn is_of_purpose(error: &Error) -> bool {
    use CertificateError::{InvalidPurpose, InvalidPurposeContext};
    matches!(error, Error::InvalidCertificate(InvalidPurpose | InvalidPurposeContext { .. }))
}

impl ServerCertVerifier for GivenRoots {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let signed = self.authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match signed {
            Err(error) if self.certificates.contains(end_entity) && !is_of_purpose(&error) => {
                validity::check(end_entity, now)?;
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            signed => signed,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// The platform's verifier. It loads the roots at the first certificate, so a run over plain HTTP never does.
#[derive(Debug)]
struct PlatformVerifier {
    provider: Arc<CryptoProvider>,
    loaded: OnceLock<Result<Verifier, Error>>,
}

impl PlatformVerifier {
    fn loaded(&self) -> Result<&Verifier, Error> {
        let loaded = self.loaded.get_or_init(|| Verifier::new(Arc::clone(&self.provider)));
        loaded.as_ref().map_err(Clone::clone)
    }
}

impl ServerCertVerifier for PlatformVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.loaded()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.loaded()?.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.loaded()?.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Accepts any certificate, and does not check that the server has its key: that would prove nothing.
#[derive(Debug)]
struct NoVerification(Arc<CryptoProvider>);

impl ServerCertVerifier for NoVerification {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
