use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, date_time_ymd,
};
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::{default_provider, sign};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConnection, ServerConfig, ServerConnection, SupportedProtocolVersion};

use crate::fetch::tls::{Tls, describe};
use crate::plan::{ConnectionOptions, Fetch, Roots};

/// The certificate of an authority that is also a server, as `openssl req -x509` makes it, unless it is changed.
fn self_signed(key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
    let mut params = CertificateParams::new(["dev.test".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    params.self_signed(key).unwrap()
}

/// Connects to `name`, where a server has this certificate and key, and returns what our side says.
fn connect_over(
    version: &'static SupportedProtocolVersion,
    trusted: &[&Certificate],
    (certificate, key): (&Certificate, &KeyPair),
    name: &str,
) -> Result<(), String> {
    let pem: String = trusted.iter().map(|certificate| certificate.pem()).collect();
    let roots = Some(Roots::from_pem(pem.as_bytes()).unwrap());
    let plan = Fetch { transport: ConnectionOptions { roots, ..ConnectionOptions::default() }, ..Fetch::default() };
    let mut config = Tls::default().config(&plan).unwrap();
    config.resumption = Resumption::disabled();
    let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from(name.to_owned()).unwrap()).unwrap();

    let key = sign::any_supported_type(&PrivateKeyDer::try_from(key.serialize_der()).unwrap()).unwrap();
    let certified = CertifiedKey::new(vec![certificate.der().clone()], key); // which need not match
    let server = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    while client.is_handshaking() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        let mut sent = &wire[..];
        while !sent.is_empty() {
            server.read_tls(&mut sent).unwrap();
            server.process_new_packets().unwrap();
        }
        wire.clear();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut sent = &wire[..];
        while !sent.is_empty() {
            client.read_tls(&mut sent).unwrap();
            client.process_new_packets().map_err(|error| describe(&error, name))?;
        }
    }
    Ok(())
}

/// The same over both versions of TLS, which must say the same.
fn connect(trusted: &[&Certificate], server: (&Certificate, &KeyPair), name: &str) -> Result<(), String> {
    let said = [&TLS12, &TLS13].map(|version| connect_over(version, trusted, server, name));
    assert_eq!(said[0], said[1]);
    said.into_iter().last().unwrap()
}

#[test]
fn a_trusted_certificate_is_that_of_its_server() {
    let key = KeyPair::generate().unwrap();
    let own = self_signed(&key, |_| {});
    assert_eq!(connect(&[&own], (&own, &key), "dev.test"), Ok(()));
    let refused = |server, name| connect(&[&own], server, name).unwrap_err();
    assert_eq!(refused((&own, &key), "other.test"), "the certificate is for dev.test, not for other.test");
    assert_eq!(refused((&own, &key), "127.0.0.1"), "the certificate is for dev.test, not for 127.0.0.1");

    let thief = KeyPair::generate().unwrap();
    assert_eq!(
        refused((&own, &thief), "dev.test"),
        "the certificate of dev.test, or the proof that the server has its key, has a wrong signature"
    );
    let forged = self_signed(&thief, |_| {});
    assert_eq!(
        refused((&forged, &thief), "dev.test"),
        "the certificate of dev.test is for an authority, not for a server"
    );
    let renewed = self_signed(&key, |params| params.not_after = date_time_ymd(2100, 1, 1));
    assert!(refused((&renewed, &key), "dev.test").ends_with("is for an authority, not for a server"));
}

#[test]
fn a_trusted_certificate_is_valid_for_its_time_and_purpose() {
    let key = KeyPair::generate().unwrap();
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let refused = |change: &dyn Fn(&mut CertificateParams)| {
            let own = self_signed(&key, |params| {
                params.is_ca = is_ca;
                change(params);
            });
            connect(&[&own], (&own, &key), "dev.test").err()
        };
        assert_eq!(refused(&|_| {}), None);
        let expired = refused(&|params| params.not_after = date_time_ymd(2020, 2, 29));
        assert_eq!(expired.unwrap(), "the certificate of dev.test has expired (on 2020-02-29)");
        let early = refused(&|params| params.not_before = date_time_ymd(2999, 1, 1));
        assert_eq!(early.unwrap(), "the certificate of dev.test is not valid yet (but from 2999-01-01)");
        let nameless = refused(&|params| params.subject_alt_names.clear());
        assert_eq!(nameless.unwrap(), "the certificate is for no host, so not for dev.test");
    }
    let for_clients = self_signed(&key, |params| {
        params.is_ca = IsCa::NoCa;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let refused = connect(&[&for_clients], (&for_clients, &key), "dev.test").unwrap_err();
    assert_eq!(refused, "the certificate of dev.test is not for servers");
}

#[test]
fn what_an_authority_signs_is_trusted_and_one_certificate_may_be_without_it() {
    let [key, authority_key] = [0; 2].map(|_| KeyPair::generate().unwrap());
    let authority = self_signed(&authority_key, |_| {});
    let mut params = CertificateParams::new(["a.test".to_owned(), "*.b.test".to_owned()]).unwrap();
    let issuer = Issuer::new(
        {
            let mut params = CertificateParams::new(["dev.test".to_owned()]).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
        },
        authority_key,
    );
    let signed = params.signed_by(&key, &issuer).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let below = params.signed_by(&key, &issuer).unwrap();
    for trusted in [&[&authority][..], &[&signed], &[&authority, &signed]] {
        assert_eq!(connect(trusted, (&signed, &key), "a.test"), Ok(()));
        assert_eq!(connect(trusted, (&signed, &key), "x.b.test"), Ok(()));
        let refused = connect(trusted, (&signed, &key), "dev.test").unwrap_err();
        assert_eq!(refused, "the certificate is for a.test, *.b.test, not for dev.test");
    }
    let refused = connect(&[&authority], (&below, &key), "a.test").unwrap_err();
    assert_eq!(refused, "the certificate of a.test is for an authority, not for a server");
    let stranger = self_signed(&KeyPair::generate().unwrap(), |params| {
        params.distinguished_name.push(rcgen::DnType::CommonName, "stranger");
    });
    let refused = connect(&[&stranger], (&signed, &key), "a.test").unwrap_err();
    assert_eq!(refused, "the certificate of a.test is signed by an authority that is not trusted");
}
