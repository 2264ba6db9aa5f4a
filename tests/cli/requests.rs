//! What is sent.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use crate::support::Site;

#[test]
fn a_request_is_as_its_options_say() {
    let site = Site::new();
    let record = site.run("haul -X PUT -H 'X-One: 1' -H 'x-one:2' -d 'a=1&b=two words' -A me/1 $O/anything").record();
    let echo = &record["json"];
    assert_eq!(record["method"], "PUT");
    assert_eq!(echo["method"], "PUT");
    assert_eq!(echo["form"], json!({"a": "1", "b": "two words"}));
    assert_eq!(echo["headers"]["X-One"], "1,2");
    assert_eq!(echo["headers"]["User-Agent"], "me/1");
    assert_eq!(site.run("haul -H 'X-Name: Zoë' $O/headers").record()["json"]["headers"]["X-Name"], "Zoë");
}

/// Servers that are not told answer 411 (RFC 9110, section 8.6).
#[test]
fn what_could_have_a_body_says_that_it_has_none() {
    let site = Site::new();
    site.file("empty", "");
    site.file("post.ndjson", r#"{"url": "$O/anything", "method": "POST"}"#);
    site.file("empty.ndjson", r#"{"url": "$O/anything", "method": "PUT", "body": ""}"#);
    let sent = |options: &str| {
        let headers = site.run(&format!("haul {options}")).record()["json"]["headers"].clone();
        assert_eq!(headers.get("Transfer-Encoding"), None, "{options}");
        headers.get("Content-Length").cloned()
    };
    for options in [
        "-X POST $O/anything",
        "-X PUT $O/anything",
        "-X PATCH $O/anything",
        "-d '' $O/anything",
        "--data-binary '' -X PATCH $O/anything",
        "-d @empty $O/anything",
        "--data-binary @empty $O/anything",
        "-X PUT --data-binary @empty $O/anything",
        "post.ndjson",
        "empty.ndjson",
        "-X POST '$O/redirect-to?url=/anything&status_code=307'",
    ] {
        assert_eq!(sent(&options.replace("'$O", "$O'")), Some(json!("0")), "{options}");
    }
    for options in ["$O/anything", "-X DELETE $O/anything", "-X OPTIONS $O/anything", "-X propfind $O/anything"] {
        assert_eq!(sent(options), None, "{options}");
    }
    for options in ["-d a=1", "-X PUT -d a=1", "-X DELETE -d a=1"] {
        assert_eq!(sent(&format!("{options} $O/anything")), Some(json!("3")), "{options}");
    }
}

#[test]
fn data_implies_post_and_a_content_type() {
    let site = Site::new();
    site.file("list.txt", "$O/anything\nPATCH $O/anything\n");
    let run = site.run(r#"haul -d '{"a":1}' -H 'Content-Type: application/json' list.txt"#).exits(0);
    assert_eq!(run.all("method"), ["POST", "PATCH"]);
    for record in &run.records {
        assert_eq!(record["json"]["json"], json!({"a": 1}));
        assert_eq!(record["json"]["headers"]["Content-Type"], "application/json");
        assert_eq!(record["json"]["headers"]["Content-Length"], "7");
    }
    let record = site.run("haul -d a=1 -X GET $O/anything").record();
    assert_eq!((&record["method"], &record["json"]["form"]), (&json!("GET"), &json!({"a": "1"})));
}

#[test]
fn by_default_a_request_says_who_asks_and_what_can_be_decoded() {
    let site = Site::new();
    let record = site.run("haul $O/headers").record();
    let sent = json!({
        "Accept": "*/*",
        "Accept-Encoding": "gzip, deflate, br, zstd",
        "Host": site.origin.addr().to_string(),
        "User-Agent": format!("haul/{}", env!("CARGO_PKG_VERSION")),
    });
    assert_eq!(record["json"]["headers"], sent);
    let record = site.run("haul -H 'Accept-Encoding: identity' -H 'User-Agent: me' $O/headers").record();
    assert_eq!(record["json"]["headers"]["Accept-Encoding"], "identity");
    assert_eq!(record["json"]["headers"]["User-Agent"], "me");
}

#[test]
fn user_info_is_sent_as_basic_auth_and_shown_nowhere() {
    let site = Site::new();
    let host = site.origin.addr();
    let run = site.run(&format!("haul --report report.json http://ann:s%33cret@{host}/headers"));
    assert!(!run.stderr.contains("cret"), "{}", run.stderr);
    assert!(!site.read("report.json").contains("cret"));
    let record = run.record();
    assert_eq!(record["url"], format!("http://REDACTED@{host}/headers"));
    assert_eq!(record["json"]["headers"]["Authorization"], "Basic YW5uOnMzY3JldA==");

    let run = site.run(&format!("haul http://ann:s3cret@{host}/basic-auth/ann/s3cret http://{host}/basic-auth/a/b"));
    assert_eq!(run.all("status_code"), [200, 401]);

    let long = "s3cret".repeat(500);
    let record = site.run(&format!("haul --body none http://ann:{long}@{host}/get")).record();
    assert_eq!(record["url"], format!("http://REDACTED@{host}/get"));
}

#[test]
fn what_no_header_can_hold_is_refused() {
    let site = Site::new();
    for (header, reason) in [
        ("nonsense", "needs a colon: write 'Name: value'"),
        ("bad name: x", "\"bad name\" is not a header name"),
        (": x", "\"\" is not a header name"),
        ("Name: a\nb", "name: its value has a character that is not allowed in a header"),
    ] {
        site.run(&format!("haul -H '{header}' $O/get")).fails(2, &["haul: --header", reason]);
    }
    site.run("haul -A 'a\nb' $O/get").fails(2, &["--user-agent"]);
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_accepted_on_request_only() {
    let site = Site::new().with("TLS", format!("https://{}", tls_server()));
    let record = site.run("haul $TLS/").record();
    assert_eq!((record.kind(), &record["error"]["phase"]), ("tls", &json!("connect")));
    assert_eq!(record["attempts"], 1);
    let record = site.run("haul -k $TLS/").record();
    assert_eq!(record["body"], "secret");
}

/// A server with a certificate of its own making, that says the same to everyone.
fn tls_server() -> SocketAddr {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).unwrap();
    let (listener, config) = (TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(config));
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret");
        }
    });
    addr
}

#[test]
fn methods_that_everyone_knows_are_in_capitals() {
    let site = Site::new();
    assert_eq!(site.run("haul -X get $O/get").record()["method"], "GET");
    assert_eq!(site.run("haul -X propfind $O/anything").record()["method"], "propfind");
}

/// Editors on Windows put a byte order mark before text; what is sent as bytes keeps it.
#[test]
fn given_files_may_begin_with_a_byte_order_mark() {
    let site = Site::new();
    let cookies = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\ta\t1\n";
    for utf16 in [false, true] {
        let write = |name: &str, text: &str| {
            let text = format!("\u{feff}{text}");
            let utf16 = utf16.then(|| text.encode_utf16().flat_map(u16::to_le_bytes).collect());
            fs::write(site.path(name), utf16.unwrap_or_else(|| text.into_bytes())).unwrap();
        };
        write("headers", "X-A: 1\r\nX-B: ä\r\n");
        write("json", "{\"n\": 1}");
        write("token", "t0ken\r\n");
        write("form", "a=1\r\n");
        write("cookies", cookies);
        write("netrc", "machine 127.0.0.1 login u password p\n");
        write("haul.toml", "user-agent = \"from the file\"\n");
        write("template.json", "{\"n\": {{n}}}");
        write("t.csv", "url,n\n$O/anything,5\n".replace("$O", &site.origin.url("")).as_str());
        write("login", &site.origin.url("/get\n"));
        let sent = |options: &str| site.run(&format!("haul {options} $O/anything")).record()["json"].clone();
        assert_eq!(sent("-H @headers")["headers"]["X-A"], "1");
        assert_eq!(sent("--json @json")["data"], "{\"n\": 1}");
        assert_eq!(sent("--bearer @token")["headers"]["Authorization"], "Bearer t0ken");
        assert_eq!(sent("-d @form")["form"], json!({"a": "1"}));
        assert_eq!(sent("-b cookies")["headers"]["Cookie"], "a=1");
        assert_eq!(sent("--netrc-file netrc")["headers"]["Authorization"], "Basic dTpw");
        assert_eq!(sent("--config haul.toml")["headers"]["User-Agent"], "from the file");
        assert_eq!(sent("--login login")["method"], "GET");
        let run = site.run("haul --data-template @template.json t.csv").exits(0);
        assert_eq!(run.records[0]["json"]["data"], "{\"n\": 5}");
    }
    fs::write(site.path("bytes"), b"\xef\xbb\xbfa=1").unwrap();
    assert_eq!(
        site.run("haul --data-binary @bytes -H 'Content-Type: text/plain' $O/anything").record()["json"]["data"],
        "\u{feff}a=1"
    );
    fs::write(site.path("latin1"), b"X-A: caf\xe9\n").unwrap();
    site.run("haul -H @latin1 $O/get").fails(2, &["--header: @latin1 is not UTF-8"]);
}

#[test]
fn a_file_of_headers_may_have_any_line_end() {
    let site = Site::new();
    for end in ["\n", "\r\n", "\r"] {
        site.file("headers", &["X-A: 1", "# comment", "X-B: 2", ""].join(end));
        let record = site.run("haul -H @headers $O/anything").record();
        let headers = &record["json"]["headers"];
        assert_eq!((&headers["X-A"], &headers["X-B"]), (&json!("1"), &json!("2")), "{end:?}");
        site.file("headers", &["X-A: 1", "", "no colon"].join(end));
        site.run("haul -H @headers $O/anything").fails(2, &["--header headers line 3: a header needs a colon"]);
    }
}
