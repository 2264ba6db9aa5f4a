//! A fetcher's client: reqwest without anything that would wait, follow or decode behind our back. It repeats only
//! what an HTTP/2 server says it has not looked at (RFC 9113, section 8.7): that is part of one attempt.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::connect::Timed;
use super::resolve::Resolver;
use crate::plan::Plan;

/// How long a connection that nobody uses is kept. An idle one costs about 20 KB.
const POOL_IDLE: Duration = Duration::from_secs(15);

/// The most header fields of an HTTP/1 response.
const MAX_HEADERS: usize = 1_000;

/// The most bytes of an HTTP/2 response's header fields. More kills the connection, so it is not tight.
const MAX_HEADER_LIST: u32 = 1 << 20;

pub(super) fn build(plan: &Plan, resolver: &Arc<Resolver>, tls: &Tls) -> io::Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .referer(false)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(plan.fetch.connect_timeout)
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(plan.limits.host_concurrency.get())
        .http1_max_headers(MAX_HEADERS)
        .http2_max_header_list_size(MAX_HEADER_LIST)
        .dns_resolver(Arc::clone(resolver))
        .connector_layer(Timed);
    if let Some(silence) = plan.fetch.read_timeout {
        builder = builder.read_timeout(silence);
    }
    builder = if plan.fetch.insecure {
        builder.tls_danger_accept_invalid_certs(true)
    } else {
        builder.tls_backend_preconfigured(tls.config().map_err(io::Error::other)?)
    };
    builder.build().map_err(io::Error::other)
}

/// The TLS set-up that all fetchers share.
#[derive(Debug, Clone, Default)]
pub(super) struct Tls(Arc<OnceLock<ClientConfig>>);

impl Tls {
    fn config(&self) -> Result<ClientConfig, rustls::Error> {
        if let Some(config) = self.0.get() {
            return Ok(config.clone());
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = LazyVerifier { provider: Arc::clone(&provider), loaded: OnceLock::new() };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(self.0.get_or_init(|| config).clone())
    }
}

/// The platform's verifier, its roots loaded once, at the first certificate: a run over plain HTTP never pays for it.
#[derive(Debug)]
struct LazyVerifier {
    provider: Arc<CryptoProvider>,
    loaded: OnceLock<Result<Verifier, rustls::Error>>,
}

impl LazyVerifier {
    fn loaded(&self) -> Result<&Verifier, rustls::Error> {
        let loaded = self.loaded.get_or_init(|| Verifier::new(Arc::clone(&self.provider)));
        loaded.as_ref().map_err(Clone::clone)
    }
}

impl ServerCertVerifier for LazyVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.loaded()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.loaded()?.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.loaded()?.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
