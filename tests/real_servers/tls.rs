//! Whom haul trusts, and what it speaks with them.

use crate::certs::Identity;
use crate::haul::{Haul, haul};
use crate::nginx::Nginx;
use crate::peers::Peer;

pub(crate) fn an_unknown_authority_is_not_trusted() {
    let nginx = Nginx::start("");
    for record in haul([]).fetch([nginx.tls("/number/1"), nginx.http_2("/number/2")]).iter() {
        assert_eq!((record.kind(), &record["attempts"]), (Some("tls"), &1.into()));
        assert_eq!(record["error"]["phase"], "connect");
    }
}

pub(crate) fn insecure_trusts_anyone() {
    let nginx = Nginx::start("");
    assert_both_are_fetched(haul(["-k"]), &nginx);
}

pub(crate) fn ssl_cert_file_is_trusted() {
    let nginx = Nginx::start("");
    assert_both_are_fetched(haul([]).env("SSL_CERT_FILE", nginx.authority()), &nginx);
}

/// By each version of HTTP that can be negotiated.
fn assert_both_are_fetched(haul: Haul, nginx: &Nginx) {
    let records = haul.fetch([nginx.tls("/number/1"), nginx.http_2("/number/2")]).all_ok();
    let versions: Vec<_> = records.iter().map(|record| record["http_version"].as_str()).collect();
    assert_eq!(versions, [Some("1.1"), Some("2")]);
}

pub(crate) fn another_hosts_certificate_is_not_trusted() {
    let nginx = Nginx::start_as(|_, dir| Identity::of("other.example", dir), "");
    let record = haul([]).env("SSL_CERT_FILE", nginx.authority()).fetch_one(nginx.http_2("/number/1"));
    assert_eq!(record.kind(), Some("tls"));
}

pub(crate) fn an_expired_certificate_is_not_trusted() {
    let nginx = Nginx::start_as(Identity::expired, "");
    let record = haul([]).env("SSL_CERT_FILE", nginx.authority()).fetch_one(nginx.http_2("/number/1"));
    assert_eq!(record.kind(), Some("tls"));
}

pub(crate) fn old_versions_are_not_spoken() {
    let nginx = Nginx::start("ssl_protocols TLSv1.1; ssl_ciphers DEFAULT:@SECLEVEL=0;");
    let record = haul(["-k"]).fetch_one(nginx.tls("/number/1"));
    assert_eq!((record.kind(), &record["attempts"]), (Some("tls"), &1.into()));
}

/// TLS to a port without it fails in the handshake; plain HTTP to a port with TLS gets an answer.
pub(crate) fn ports_mixed_up() {
    let nginx = Nginx::start("");
    let tls_to_plain = haul(["-k"]).fetch_one(nginx.plain("/").replace("http:", "https:"));
    assert_eq!(tls_to_plain.kind(), Some("tls"));
    let plain_to_tls = haul([]).fetch_one(nginx.tls("/").replace("https:", "http:"));
    assert_eq!((plain_to_tls.kind(), &plain_to_tls["status_code"]), (None, &400.into()));
}

pub(crate) fn openssl_1_2_and_1_3() {
    for (option, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let openssl = Peer::openssl(&[option]);
        let url = format!("https://{}/", openssl.authority());
        let records = haul(["-k"]).fetch(std::iter::repeat_n(url, 20)).all_ok();
        assert_eq!(Vec::from_iter(records.http_versions()), ["1.0"]);
        let spoken = format!("Protocol  : {version}");
        for record in records.iter() {
            assert!(record["body"].as_str().is_some_and(|page| page.contains(&spoken)), "{}", record["body"]);
        }
    }
}
