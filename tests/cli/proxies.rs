//! Requests by way of a proxy.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use serde_json::{Value, json};

use crate::relays::{Front, Relay};
use crate::support::Site;

/// A port where nobody listens, as far as the test can help it.
fn closed() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// A site with a TLS front, `$T`, whose authority is in `ca.pem`.
fn secure_site() -> (Site, Relay) {
    let (site, front) = (Site::new(), Front::new());
    let tls = Relay::tls(&front, &["h2", "http/1.1"], site.origin.addr());
    front.write(|name| site.path(name));
    let url = format!("https://{}", tls.addr());
    (site.with("T", url), tls)
}

#[test]
fn an_http_proxy_is_asked_for_the_whole_url() {
    let (site, proxy) = (Site::new(), Relay::http_proxy(None));
    let record = site.run(&format!("haul -x http://{} '$O/anything?a=1'", proxy.addr()).replace('\'', "\"")).record();
    assert_eq!(record["json"]["args"], json!({"a": "1"}));
    assert_eq!(record["remote_addr"], proxy.addr().to_string());
    assert_eq!(proxy.asked(), [format!("GET {}/anything?a=1 HTTP/1.1", site.origin.url(""))]);
}

#[test]
fn to_https_an_http_proxy_opens_a_tunnel() {
    let ((site, _tls), proxy) = (secure_site(), Relay::http_proxy(None));
    let site = site.with("P", proxy.addr());
    let record = site.run("haul --cacert ca.pem -x $P $T/get").record();
    assert_eq!(record["timings_ms"]["dns"], Value::Null);
    assert!(record["timings_ms"]["connect"].is_f64(), "the connection is this request's");
    assert_eq!((&record["status_code"], &record["http_version"]), (&json!(200), &json!("2")));
    assert_eq!(record["remote_addr"], proxy.addr().to_string());
    let asked = proxy.asked();
    assert!(asked.len() == 1 && asked[0].starts_with("CONNECT 127.0.0.1:"), "{asked:?}");

    let stranger = site.run("haul -x $P $T/get").record();
    assert_eq!((stranger.kind(), &stranger["error"]["phase"]), ("tls", &json!("connect")));
}

#[test]
fn an_https_proxy_is_one_by_tls() {
    let ((site, _tls), proxy) = (secure_site(), Relay::http_proxy(None));
    let front = Front::new();
    let secure = Relay::tls(&front, &["http/1.1"], proxy.addr());
    front.write(|name| site.path(&format!("proxy-{name}")));
    let site = site.with("P", format!("https://{}", secure.addr()));
    let run = site.run("cat ca.pem proxy-ca.pem > all.pem; haul --cacert all.pem -x $P $T/get $O/get").exits(0);
    assert_eq!(run.all("status_code"), [200, 200]);
    assert_eq!(proxy.asked().len(), 2);
    assert_eq!(site.run("haul --cacert ca.pem -x $P $O/get").record().kind(), "tls");
}

#[test]
fn a_socks_proxy_is_told_a_name_or_an_address() {
    let ((site, _tls), proxy) = (secure_site(), Relay::socks5(None));
    let site = site.with("P", proxy.addr());
    let port = site.origin.addr().port();
    for (scheme, host) in [("socks5", "127.0.0.1"), ("socks5h", "localhost")] {
        let run = site.run(&format!("haul -4 --cacert ca.pem -x {scheme}://$P http://localhost:{port}/get $T/get"));
        assert_eq!(run.exits(0).all("status_code"), [200, 200]);
        assert!(proxy.asked().iter().any(|asked| asked == host), "{scheme}: {:?}", proxy.asked());
    }
    assert_eq!(proxy.asked().len(), 4);
}

#[test]
fn a_proxy_gets_its_credentials_and_nobody_sees_them() {
    let (site, _tls) = secure_site();
    let http = Relay::http_proxy(Some("Basic YW5uOnMzY3JldEA=")); // ann:s3cret@
    let socks = Relay::socks5(Some("ann:s3cret@"));
    for (scheme, proxy) in [("http", &http), ("socks5h", &socks)] {
        let run = site.run(&format!(
            "haul --force --report report.json --cacert ca.pem -x {scheme}://ann:s%33cret%40@{} $O/headers $T/headers; cat report.json >&2",
            proxy.addr()
        ));
        assert_eq!(run.all("status_code"), [200, 200]);
        assert_eq!(run.all("ok"), [true, true]);
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("cret"), "{run:?}");
        let at_origin = &run.records[1]["json"]["headers"];
        assert_eq!(at_origin["Proxy-Authorization"], Value::Null, "what is behind the tunnel must not get them");
    }
}

#[test]
fn a_proxy_that_refuses_is_told_from_an_origin_that_fails() {
    let (site, _tls) = secure_site();
    let proxy = Relay::http_proxy(Some("Basic c2VjcmV0OnMzY3JldA=="));
    let record = site.run(&format!("haul --retry 0 -x {} $O/get", proxy.addr())).record();
    assert_eq!((&record["status_code"], record.kind()), (&json!(407), "none"));

    let message = |line: &str| {
        let record = site.run(&format!("haul --retry 0 {line}")).record();
        let (kind, phase) = (record.kind().to_owned(), record["error"]["phase"].as_str().unwrap().to_owned());
        format!("{kind} in {phase}: {}", record["error"]["message"].as_str().unwrap())
    };
    insta::assert_snapshot!(message(&format!("-x ann:s3cret@{} $T/get", proxy.addr())), @"connect in connect: the proxy requires authentication (407)");
    let open = Relay::http_proxy(None);
    insta::assert_snapshot!(message(&format!("-x ann:s3cret@{} https://a.invalid/get", open.addr())), @"connect in connect: the proxy refused to connect to a.invalid:443 (502 Bad Gateway)");
    let socks = Relay::socks5(Some("ann:hunter2"));
    insta::assert_snapshot!(message(&format!("-x socks5h://ann:s3cret@{} $T/get", socks.addr())), @"connect in connect: SOCKS error: credentials not accepted");
    let socks = Relay::socks5(None);
    insta::assert_snapshot!(message(&format!("-x socks5h://{} http://{}/get", socks.addr(), closed())), @"connect in connect: SOCKS error: host unreachable");
    for proxy in
        ["http://", "https://", "socks5h://", "socks5://"].map(|scheme| format!("{scheme}ann:s3cret@{}", closed()))
    {
        for url in ["$O/get", "$T/get"] {
            let told = message(&format!("-x {proxy} {url}"));
            assert!(
                told.starts_with("connect_refused in connect: the proxy ") && !told.contains("cret"),
                "{proxy} {url}: {told}"
            );
        }
    }
    let nowhere = format!("{}.test", "a".repeat(64)); // no resolver has to ask anybody about it
    for scheme in ["http", "socks5h", "socks5"] {
        let told = message(&format!("-x {scheme}://ann:s3cret@{nowhere} $T/get"));
        assert!(told.starts_with("dns in dns: ") && told.contains(&nowhere), "{scheme}: {told}");
    }
}

#[test]
fn the_environment_names_proxies_and_exceptions() {
    let ((site, _tls), proxy) = (secure_site(), Relay::http_proxy(None));
    let (site, mut before) = (site.with("P", proxy.addr()).with("Q", closed()), 0);
    let mut used = |line: &str| {
        assert_eq!(site.run(line).record()["status_code"], 200, "{line}");
        let asked = proxy.asked().len() - before;
        before += asked;
        asked
    };
    let by_way = [
        "http_proxy=$P haul $O/get",
        "http_proxy=http://$P HTTP_PROXY=$Q https_proxy=$Q haul $O/get",
        "HTTPS_PROXY=$P http_proxy=$Q haul --cacert ca.pem $T/get",
        "https_proxy=$P HTTPS_PROXY=$Q haul --cacert ca.pem $T/get",
        "all_proxy=$P haul $O/get",
        "ALL_PROXY=$P no_proxy=example.com haul --cacert ca.pem $T/get",
        "http_proxy=$Q haul -x $P $O/get",
        "http_proxy=$P no_proxy='*' haul --noproxy '' $O/get",
    ];
    for line in by_way {
        assert_eq!(used(line), 1, "{line}");
    }
    let straight = [
        "HTTP_PROXY=$P haul $O/get",
        "http_proxy= HTTPS_PROXY=$P haul $O/get",
        "http_proxy=$P no_proxy='example.com, 127.0.0.0/8' haul $O/get",
        "http_proxy=$P NO_PROXY='*' haul $O/get",
        "no_proxy=127.0.0.1 haul -x $P $O/get",
        "http_proxy=$P haul --noproxy 127.0.0.1 $O/get",
        "haul -x $P --noproxy example.com,127.0.0.1 $O/get",
        "http_proxy=$P haul -x '' $O/get",
    ];
    for line in straight {
        assert_eq!(used(line), 0, "{line}");
    }
    let run = site.run("http_proxy=gopher://ann:s3cret@$P haul $O/get");
    assert!(!run.stderr.contains("s3cret"));
    run.fails(2, &["haul: the variable http_proxy: gopher:// is not a supported proxy scheme"]);
}

#[test]
fn the_demo_takes_no_proxy() {
    let site = Site::new().with("P", closed());
    let run = site.run("http_proxy=http://$P haul demo").exits(0);
    assert_eq!(run.records[0]["ok"], true);
}
