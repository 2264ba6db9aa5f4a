//! How connections are made, and to where.

use std::fs;

use rustls::version::{TLS12, TLS13};
use serde_json::{Value, json};

use crate::relays::{Front, Relay, unix_socket};
use crate::support::Site;

#[test]
fn the_version_of_http_can_be_chosen() {
    let (site, front) = (Site::new(), Front::new());
    front.write(|name| site.path(name));
    let both = Relay::tls(&front, &["h2", "http/1.1"], site.origin.addr());
    let old = Relay::tls(&front, &["http/1.1"], site.origin.addr());
    let site = site.with("BOTH", format!("https://{}", both.addr())).with("OLD", format!("https://{}", old.addr()));
    for (line, version, agreed) in [
        ("$BOTH/get", "2", "h2"),
        ("--http1.1 $BOTH/get", "1.1", "http/1.1"),
        ("--http2 $BOTH/get", "2", "h2"),
        ("-k --http1.1 $BOTH/get", "1.1", "http/1.1"),
    ] {
        let record = site.run(&format!("haul --cacert ca.pem {line}")).record();
        assert_eq!((&record["status_code"], &record["http_version"]), (&json!(200), &json!(version)), "{line}");
        assert_eq!(both.asked().last().unwrap(), agreed, "{line}");
    }
    let refused = site.run("haul --cacert ca.pem --http2 $OLD/get").record();
    assert_eq!((refused.kind(), old.asked()), ("tls", vec![]));

    for (line, version) in [("$O/get", "1.1"), ("--http1.1 $O/get", "1.1"), ("--http2 $O/get", "2")] {
        assert_eq!(site.run(&format!("haul {line}")).record()["http_version"], version, "{line}");
    }
    let cold = site.run("yes $O/get | head -n 100 | haul --http2 --threads 1 --host-concurrency 64").exits(0);
    assert_eq!(cold.records.iter().filter(|record| record["http_version"] == "2").count(), 100);
    site.run("haul --http1.1 --http2 $O/get").fails(2, &["cannot be used with"]);
}

#[test]
fn the_versions_of_tls_can_be_limited() {
    let (site, old, new) = (Site::new(), Front::new().with_version(&TLS12), Front::new().with_version(&TLS13));
    old.write(|name| site.path(&format!("old-{name}")));
    new.write(|name| site.path(&format!("new-{name}")));
    let [old, new] = [old, new].map(|front| Relay::tls(&front, &["http/1.1"], site.origin.addr()));
    let site = site.with("OLD", format!("old-ca.pem https://{}/get", old.addr()));
    let site = site.with("NEW", format!("new-ca.pem https://{}/get", new.addr()));
    for options in ["", "--tls-min 1.2 --tls-max 1.3", "--tls-min 1.2", "--tls-max 1.2"] {
        assert_eq!(site.run(&format!("haul {options} --cacert $OLD")).record()["status_code"], 200, "{options}");
    }
    for options in ["", "--tls-min 1.3", "--tls-min 1.3 --tls-max 1.3", "--tls-max 1.3"] {
        assert_eq!(site.run(&format!("haul {options} --cacert $NEW")).record()["status_code"], 200, "{options}");
    }
    for line in ["--tls-min 1.3 --cacert $OLD", "-k --tls-min 1.3 --cacert $OLD", "--tls-max 1.2 --cacert $NEW"] {
        assert_eq!(site.run(&format!("haul {line}")).record().kind(), "tls", "{line}");
    }
    site.run("haul --tls-min 1.3 --tls-max 1.2 $O/get").fails(2, &["haul: --tls-min must not exceed --tls-max"]);
    site.run("haul --tls-min 1.1 $O/get").fails(2, &["invalid value '1.1'", "[possible values: 1.2, 1.3]"]);
}

#[test]
fn without_keep_alive_each_request_has_a_connection_of_its_own() {
    let (site, front) = (Site::new(), Front::new());
    front.write(|name| site.path(name));
    let old = Relay::tls(&front, &["http/1.1"], site.origin.addr());
    let new = Relay::tls(&front, &["h2"], site.origin.addr());
    let site =
        site.with("OLD", format!("https://{}/get", old.addr())).with("NEW", format!("https://{}/get", new.addr()));
    for (options, url, server, connections, field) in [
        ("", "$OLD", &old, 1, Value::Null),
        ("--max-idle 0", "$OLD", &old, 3, Value::Null),
        ("--no-keepalive", "$OLD", &old, 3, json!("close")),
        ("", "$NEW", &new, 1, Value::Null),
        ("--no-keepalive", "$NEW", &new, 3, Value::Null),
    ] {
        let before = server.asked().len();
        let run = site.run(&format!("yes {url} | head -n 3 | haul --cacert ca.pem --host-concurrency 1 {options}"));
        let run = run.exits(0);
        assert_eq!(run.all("status_code"), [200; 3], "{options} {url}");
        assert!(run.records.iter().all(|record| record["json"]["headers"]["Connection"] == field), "{options} {url}");
        assert_eq!(server.asked().len() - before, connections, "{options} {url}");
    }
}

#[test]
fn a_pinned_name_is_not_looked_up() {
    let site = Site::new();
    let port = site.origin.addr().port();
    let site = site.with("PORT", port);
    let record =
        site.run("haul --resolve Example.invalid:$PORT:[::1],127.0.0.1 http://example.INVALID:$PORT/get").record();
    assert_eq!((&record["status_code"], &record["timings_ms"]["dns"]), (&json!(200), &Value::Null));
    assert_eq!(record["json"]["headers"]["Host"], format!("example.invalid:{}", site.origin.addr().port()));
    let last =
        "haul --resolve a.invalid:$PORT:127.0.0.9 --resolve a.invalid:$PORT:127.0.0.1 http://a.invalid:$PORT/get";
    assert_eq!(site.run(last).record()["remote_addr"], site.origin.addr().to_string());

    let nowhere = format!("{}.test", "a".repeat(64)); // no resolver has to ask anybody about it
    let other_port = format!("haul --retry 0 --resolve {nowhere}:1:127.0.0.1 http://{nowhere}:$PORT/get");
    assert_eq!(site.run(&other_port).record().kind(), "dns");
    let other_family = site.run("haul -6 --resolve a.invalid:$PORT:127.0.0.1 http://a.invalid:$PORT/get").record();
    assert_eq!((other_family.kind(), &other_family["error"]["phase"]), ("dns", &json!("dns")));
    assert!(other_family["error"]["message"].as_str().unwrap().contains("a.invalid has no IPv6 address (--ipv6)"));

    // By way of a proxy it is the proxy that is looked up.
    let proxy = Relay::http_proxy(None);
    let port = proxy.addr().port();
    let record = site.run(&format!("haul --resolve p.invalid:{port}:127.0.0.1 -x p.invalid:{port} $O/get")).record();
    assert_eq!(record["remote_addr"], proxy.addr().to_string());
}

#[test]
fn addresses_of_the_other_family_are_not_used() {
    let site = Site::new();
    let port = site.origin.addr().port();
    let site = site.with("PORT", port);
    let record = site.run("haul -4 http://localhost:$PORT/get").record();
    assert_eq!(record["remote_addr"], site.origin.addr().to_string());
    // Names below it are this machine too, whoever is asked for them.
    for name in ["a.localhost", "LOCALHOST.", "a.b.localhost"] {
        let record = site.run(&format!("haul --verbose-records http://{name}:$PORT/get")).record();
        assert_eq!((&record["ok"], &record["timings_ms"]["dns"]), (&json!(true), &json!(null)), "{name}");
    }
    let pinned = site.run("haul --resolve a.localhost:1:127.0.0.1 --retry 0 http://a.localhost:1/").record();
    assert_eq!(pinned.kind(), "connect_refused");
    let record = site.run("haul -6 --retry 0 $O/get").record();
    assert_eq!((record.kind(), &record["error"]["phase"]), ("dns", &json!("dns")));
    assert_eq!(record["error"]["message"], "127.0.0.1 is not an IPv6 address (--ipv6)");
    assert_eq!(site.run("haul -4 'http://[::1]/'").record()["error"]["message"], "::1 is not an IPv4 address (--ipv4)");
    assert_eq!(site.origin.stats().requests, 4);
    site.run("haul -4 -6 $O/get").fails(2, &["cannot be used with"]);
}

#[test]
fn a_socket_of_this_machine_answers_for_every_url() {
    let (site, front) = (Site::new(), Front::new());
    front.write(|name| site.path(name));
    unix_socket(&site.path("origin.sock"), site.origin.addr());
    let run =
        site.run("http_proxy=$O haul --unix-socket origin.sock http://a.invalid/headers http://b.invalid/headers");
    let hosts: Vec<_> = run.exits(0).records.iter().map(|record| record["json"]["headers"]["Host"].clone()).collect();
    assert_eq!(hosts, ["a.invalid", "b.invalid"]);
    let record = site.run("haul --verbose-records --unix-socket origin.sock http://a.invalid/get").record();
    assert_eq!((&record["remote_addr"], &record["timings_ms"]["dns"]), (&Value::Null, &Value::Null));

    let tls = Relay::tls(&front, &["h2"], site.origin.addr());
    unix_socket(&site.path("tls.sock"), tls.addr());
    let record = site.run("haul --cacert ca.pem --unix-socket tls.sock https://localhost/get").record();
    assert_eq!((&record["status_code"], &record["http_version"]), (&json!(200), &json!("2")));

    site.run("haul --unix-socket none.sock $O/get").fails(2, &["--unix-socket none.sock: No such file"]);
    site.run("haul --unix-socket ca.pem $O/get").fails(2, &["--unix-socket ca.pem: not a socket"]);
    site.run("haul --unix-socket origin.sock -x $O $O/get").fails(2, &["cannot be used with '--proxy <URL>'"]);
}

#[test]
fn connections_come_from_where_they_are_told_to() {
    let site = Site::new();
    let seen = |options: &str| {
        let record = site.run(&format!("haul {options} $O/ip")).record();
        record["json"]["origin"].as_str().unwrap().to_owned()
    };
    assert_eq!(seen("--interface 127.0.0.3"), "127.0.0.3");
    #[cfg(target_os = "linux")]
    assert_eq!(seen("--interface lo"), "127.0.0.1");
    for nowhere in ["192.0.2.1", "nowhere0", "../lo", "''"] {
        site.run(&format!("haul --interface {nowhere} $O/get")).fails(2, &["haul: --interface"]);
    }
}

#[test]
fn a_server_that_asks_for_a_certificate_gets_ours() {
    let (site, front) = (Site::new(), Front::new().for_known_clients());
    front.write(|name| site.path(name));
    let tls = Relay::tls(&front, &["http/1.1"], site.origin.addr());
    let site = site.with("T", format!("https://{}", tls.addr()));
    assert_eq!(site.run("haul --cacert ca.pem $T/get").record().kind(), "tls");
    for identity in ["--cert cert.pem --key key.pem", "--cert both.pem", "-k --cert both.pem"] {
        let record = site.run(&format!("haul --cacert ca.pem {identity} $T/get")).record();
        assert_eq!(record["status_code"], 200, "{identity}");
    }
}

/// As `openssl req -x509` makes it, which is the certificate of an authority.
#[test]
fn a_server_may_be_trusted_by_its_own_certificate() {
    let (site, front) = (Site::new(), Front::self_signed());
    front.write(|name| site.path(name));
    let tls = Relay::tls(&front, &["http/1.1"], site.origin.addr());
    let site = site.with("PORT", tls.addr().port());
    let own = "--cacert ca.pem https://localhost:$PORT/get";
    let other_name = "--cacert ca.pem --resolve other.test:$PORT:127.0.0.1 https://other.test:$PORT/get";
    let other_key = "--cacert other-ca.pem https://localhost:$PORT/get";
    Front::self_signed().write(|name| site.path(&format!("other-{name}")));
    for haul in ["haul", "HAUL_CLIENT=reqwest haul"] {
        assert_eq!(site.run(&format!("{haul} {own}")).record()["status_code"], 200);
        assert_eq!(site.run(&format!("{haul} {other_name}")).record().kind(), "tls");
        assert_eq!(site.run(&format!("{haul} {other_key}")).record().kind(), "tls");
    }
    let said = |line| site.run(&format!("haul {line}")).record()["error"]["message"].clone();
    assert_eq!(said(other_name), "the certificate is for localhost, 127.0.0.1, not for other.test");
    assert_eq!(said(other_key), "the certificate of localhost is for an authority, not for a server");
}

#[test]
fn files_that_are_none_are_refused_by_name() {
    let (site, front) = (Site::new(), Front::new());
    front.write(|name| site.path(name));
    fs::write(site.path("text.txt"), "hello").unwrap();
    Front::new().write(|name| site.path(&format!("other-{name}")));
    for (options, reason) in [
        ("--cacert none.pem", "haul: --cacert none.pem: No such file"),
        ("--cacert text.txt", "haul: --cacert text.txt: it has no certificate in PEM format"),
        ("--cacert /dev/zero", "haul: --cacert /dev/zero: too large for a PEM file"),
        ("--cert none.pem", "haul: --cert none.pem: No such file"),
        ("--cert text.txt", "haul: --cert text.txt: it has no certificate in PEM format"),
        (
            "--cert cert.pem",
            "haul: --cert cert.pem: it has no private key in PEM format (use --key if it is in another file)",
        ),
        ("--cert cert.pem --key none.pem", "haul: --key none.pem: No such file"),
        ("--cert cert.pem --key cert.pem", "haul: --key cert.pem: it has no private key in PEM format"),
        ("--cert cert.pem --key other-key.pem", "haul: --key other-key.pem: it does not match the certificate"),
        ("--key key.pem", "--cert <FILE>"),
        ("--resolve a:b", "haul: --resolve a:b: expected HOST:PORT:ADDR[,ADDR]"),
        ("--resolve a:0:127.0.0.1", "haul: --resolve a:0:127.0.0.1: \"0\" is not a port"),
        ("--connect-to a:80:b", "invalid value 'a:80:b' for '--connect-to <HOST:PORT:HOST:PORT>': expected HOST:PORT:"),
        ("--connect-to a:80:b:0", "for '--connect-to <HOST:PORT:HOST:PORT>': \"0\" is not a port"),
        ("--connect-to a:80:b:1 -x p:1", "haul: --connect-to cannot be used with --proxy: the proxy connects"),
        (
            "--connect-to a:80:b:1 --unix-socket s",
            "'--connect-to <HOST:PORT:HOST:PORT>' cannot be used with '--unix-socket <PATH>'",
        ),
        ("-x ftp://ann:s3cret@a/", "haul: --proxy: ftp:// is not a supported proxy scheme"),
    ] {
        let run = site.run(&format!("haul $O/get {options}"));
        assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
        run.fails(2, &[reason]);
    }
    let run = site.run("http_proxy=p:1 haul --connect-to a:80:b:1 $O/get");
    run.fails(2, &["haul: --connect-to cannot be used with the proxy in the variable http_proxy: the proxy connects"]);
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn what_proves_nothing_is_warned_of_once() {
    let site = Site::new();
    let run = site.run("haul -q -k $O/get $O/get").exits(0);
    assert_eq!(run.stderr, "haul: warning: --insecure accepts any certificate: nothing proves who answers\n");
    assert_eq!(site.run("haul -q $O/get").exits(0).stderr, "");
}
