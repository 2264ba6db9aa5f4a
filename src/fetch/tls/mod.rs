//! The TLS configuration, built once for all fetchers: trusted roots, client certificate, protocols offered.

mod message;
mod provider;
mod validity;
mod verify;

use std::sync::{Arc, OnceLock};

use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, SupportedProtocolVersion};

use crate::plan::{ConnectionOptions, Fetch, HttpVersion, TlsVersion};

pub(super) use message::describe;

/// The TLS configuration that all fetchers share.
#[derive(Debug, Clone, Default)]
pub(super) struct Tls(Arc<OnceLock<ClientConfig>>);

impl Tls {
    /// The configuration for `plan`. It is built by the first call.
    pub(super) fn config(&self, plan: &Fetch) -> Result<ClientConfig, rustls::Error> {
        if let Some(config) = self.0.get() {
            return Ok(config.clone());
        }
        let config = config(plan)?;
        Ok(self.0.get_or_init(|| config).clone())
    }
}

fn config(plan: &Fetch) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(provider::provider());
    let verifier = verify::verifier(plan, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions(&plan.transport))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match &plan.transport.identity {
        Some(identity) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&identity.0)))),
        None => builder.with_no_client_auth(),
    };
    let offered: &[&[u8]] = match plan.transport.http {
        HttpVersion::Negotiated => &[b"h2", b"http/1.1"],
        HttpVersion::Http1 => &[b"http/1.1"],
        HttpVersion::Http2 => &[b"h2"],
    };
    config.alpn_protocols = offered.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(config)
}

fn versions(options: &ConnectionOptions) -> Vec<&'static SupportedProtocolVersion> {
    let known = [(TlsVersion::Tls13, &TLS13), (TlsVersion::Tls12, &TLS12)];
    known.into_iter().filter(|(version, _)| options.admits_tls(*version)).map(|(_, version)| version).collect()
}
