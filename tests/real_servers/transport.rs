//! Ways to a server: proxies, versions of HTTP, certificates of the client's own.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::certs::Identity;
use crate::connections::{assert_numbers, numbers};
use crate::haul::haul;
use crate::nginx::Nginx;
use crate::squid::{CREDENTIALS, Squid};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn a_proxy_leads_to_http_and_https() {
    let (nginx, squid) = (Nginx::start(""), Squid::open());
    let proxy = format!("http://{}", squid.authority());
    let options = ["-x", &proxy, "--cacert", text(nginx.authority())];
    assert_numbers(haul(options).fetch(numbers(200, |path| nginx.plain(path))), "1.1");
    assert_numbers(haul(options).fetch(numbers(200, |path| nginx.tls(path))), "1.1");
    let records = haul(options).fetch(numbers(200, |path| nginx.http_2(path)));
    assert!(records.iter().all(|record| record["remote_addr"] == *squid.authority()));
    assert_numbers(records, "2");

    let stranger = haul(["-x", &proxy]).fetch_one(nginx.http_2("/number/1"));
    assert_eq!((stranger.kind(), &stranger["error"]["phase"]), (Some("tls"), &json!("connect")));
}

pub(crate) fn a_proxy_may_speak_tls_itself() {
    let (nginx, squid) = (Nginx::start(""), Squid::open());
    let (address, authority) = squid.by_tls();
    let dir = tempfile::tempdir().unwrap();
    let both = dir.path().join("both.pem");
    fs::write(&both, [fs::read(authority).unwrap(), fs::read(nginx.authority()).unwrap()].concat()).unwrap();
    let proxy = format!("https://{address}");
    let records = haul(["-x", &proxy, "--cacert", text(&both)]).fetch([
        nginx.plain("/number/0"),
        nginx.tls("/number/1"),
        nginx.http_2("/number/2"),
    ]);
    for record in records.all_ok().iter() {
        assert_eq!(record["remote_addr"], *address);
    }
    let stranger = haul(["-x", &proxy, "--retry", "0", "--cacert", text(nginx.authority())]);
    assert_eq!(stranger.fetch_one(nginx.plain("/number/0")).kind(), Some("tls"));
}

pub(crate) fn a_proxy_lets_nobody_pass_without_credentials() {
    let (nginx, squid) = (Nginx::start(""), Squid::guarded());
    let urls = || [nginx.plain("/number/0"), nginx.tls("/number/1")];
    let known = format!("http://{CREDENTIALS}@{}", squid.authority());
    haul(["-k", "-x", &known]).fetch(urls()).all_ok();
    haul(["-k"]).env("http_proxy", &known).env("https_proxy", &known).fetch(urls()).all_ok();
    for stranger in ["", "ann:wrong@"] {
        let proxy = format!("http://{stranger}{}", squid.authority());
        let records = haul(["-k", "--retry", "0", "-x", &proxy]).fetch(urls());
        let [plain, tls] = &Vec::from_iter(records.iter())[..] else { panic!("two records") };
        assert_eq!((plain.kind(), &plain["status_code"]), (None, &json!(407)));
        assert_eq!((tls.kind(), &tls["status_code"]), (Some("connect"), &json!(null)));
        assert!(tls["error"]["message"].as_str().unwrap().ends_with("the proxy requires authentication (407)"));
    }
}

/// To plain HTTP the proxy answers itself, to a tunnel it says no.
pub(crate) fn a_proxy_tells_of_an_origin_that_is_gone() {
    let (mut nginx, squid) = (Nginx::start(""), Squid::open());
    nginx.stop();
    let proxy = squid.authority();
    let records = haul(["-k", "--retry", "0", "-x", &proxy]).fetch([nginx.plain("/"), nginx.tls("/")]);
    let [plain, tls] = &Vec::from_iter(records.iter())[..] else { panic!("two records") };
    assert_eq!((plain.kind(), &plain["status_code"]), (None, &json!(503)));
    assert_eq!((tls.kind(), &tls["error"]["phase"]), (Some("connect"), &json!("connect")));
}

pub(crate) fn the_version_of_http_can_be_chosen() {
    let nginx = Nginx::start("");
    let trusting = ["--cacert", text(nginx.authority())];
    let with = |option| trusting.into_iter().chain([option]);
    assert_numbers(haul(with("--http1.1")).fetch(numbers(50, |path| nginx.http_2(path))), "1.1");
    assert_numbers(haul(with("--http2")).fetch(numbers(50, |path| nginx.http_2(path))), "2");
    assert_eq!(haul(with("--http2")).fetch_one(nginx.tls("/number/0")).kind(), Some("tls"));
}

pub(crate) fn a_certificate_is_shown_to_a_server_that_asks() {
    let dir = tempfile::tempdir().unwrap();
    let known = Identity::of("ann.example", dir.path());
    let (cert, key) = (text(&known.certificate), text(&known.key));
    let nginx = Nginx::start(&format!("ssl_verify_client on; ssl_client_certificate {};", known.authority.display()));
    let trusting = ["--cacert", text(nginx.authority()), "--retry", "0"];
    for way in [Nginx::tls, Nginx::http_2] {
        let shown = trusting.into_iter().chain(["--cert", cert, "--key", key]);
        haul(shown).fetch_one(way(&nginx, "/number/1")).assert_ok();
        let refused = haul(trusting).fetch_one(way(&nginx, "/number/1"));
        assert_eq!((refused.kind(), &refused["status_code"]), (None, &json!(400)), "nginx says so by HTTP");
    }
}

pub(crate) fn a_pinned_name_leads_to_its_address() {
    let nginx = Nginx::start_as(|_, dir| Identity::of("pinned.example", dir), "");
    let url = nginx.http_2("/number/1").replace(crate::HOST, "pinned.example");
    let port = url.rsplit(':').next().unwrap().split('/').next().unwrap();
    let pin = format!("pinned.example:{port}:{}", crate::HOST);
    haul(["--cacert", text(nginx.authority()), "--resolve", &pin]).fetch_one(url).assert_ok();
}
