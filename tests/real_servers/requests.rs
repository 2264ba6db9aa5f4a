//! What haul asks for, as httpbin understands it.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::haul::haul;
use crate::httpbin::Httpbin;

/// What httpbin makes of a request with these options.
fn echo(httpbin: &Httpbin, options: &[&str]) -> Value {
    let record = haul(options.iter().copied()).fetch_one(httpbin.url("/anything/at?z=1"));
    record.assert_ok();
    record["json"].clone()
}

pub(crate) fn methods() {
    let httpbin = Httpbin::start();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        assert_eq!(echo(&httpbin, &["-X", method])["method"], method);
        let own = httpbin.url(&format!("/{}", method.to_lowercase()));
        haul(["-X", method]).fetch_one(own.clone()).assert_ok();
        let wrong = if method == "GET" { "PUT" } else { "GET" };
        assert_eq!(haul(["-X", wrong]).fetch_one(own)["status_code"], 405);
    }
    let head = haul(["-X", "HEAD"]).fetch_one(httpbin.url("/get"));
    assert_eq!((&head["status_code"], &head["decoded_body_size"]), (&json!(200), &json!(0)));
    let options = haul(["-X", "OPTIONS", "-i"]).fetch_one(httpbin.url("/get"));
    assert_eq!((&options["status_code"], &options["headers"]["allow"][0].is_string()), (&json!(200), &true));
}

pub(crate) fn bodies_of_options() {
    let (httpbin, dir) = (Httpbin::start(), TempDir::new().unwrap());
    let file = dir.path().join("whale.txt");
    fs::write(&file, "~~~\n").unwrap();
    let at_file = format!("@{}", file.display());
    let echo = |options: &[&str]| echo(&httpbin, options);

    let sent = echo(&["--json", r#"{"name": "Änn", "n": [1.50]}"#]);
    assert_eq!((&sent["method"], &sent["json"]), (&json!("POST"), &json!({"name": "Änn", "n": [1.5]})));
    assert_eq!(sent["data"], r#"{"name": "Änn", "n": [1.50]}"#);
    assert_eq!(sent["headers"]["Content-Type"], "application/json");

    let fields = json!({"a": "1 & 2", "b": ["ä", "="], "c": ""});
    assert_eq!(echo(&["--form", "a=1 & 2", "--form", "b=ä", "--form", "b==", "--form", "c="])["form"], fields);
    assert_eq!(echo(&["-d", "a=1", "-d", "b=2"])["form"], json!({"a": "1", "b": "2"}));

    let sent = echo(&["-F", "title=a; b", "-F", &format!("picture={at_file};filename=q\".txt")]);
    assert_eq!((&sent["form"], &sent["files"]), (&json!({"title": "a; b"}), &json!({"picture": "~~~\n"})));

    let sent = echo(&["--data-binary", &at_file, "-X", "PUT", "-H", "Content-Type: text/plain"]);
    assert_eq!((&sent["method"], &sent["data"]), (&json!("PUT"), &json!("~~~\n")));
    assert_eq!(sent["headers"]["Content-Length"], "4");
}

pub(crate) fn parameters_and_headers() {
    let httpbin = Httpbin::start();
    let sent = echo(&httpbin, &["--param", "q=whale song", "--param", "tag=a&b", "--param", "tag=ä"]);
    assert_eq!(sent["args"], json!({"z": "1", "q": "whale song", "tag": ["a&b", "ä"]}));
    let sent = echo(&httpbin, &["-H", "X-Trace: 7", "-A", "me/1", "-H", "Accept: application/json", "-H", "X-None;"]);
    let headers = &sent["headers"];
    assert_eq!([&headers["X-Trace"], &headers["User-Agent"], &headers["X-None"]], ["7", "me/1", ""]);
    assert_eq!(headers["Accept"], "application/json");
}

pub(crate) fn lines_with_requests_of_their_own() {
    let (httpbin, dir) = (Httpbin::start(), TempDir::new().unwrap());
    let file = dir.path().join("whale.bin");
    fs::write(&file, b"~\xff~".repeat(30_000)).unwrap();
    let picture = json!({"file": file, "filename": "whale.png", "type": "image/png"});
    let url = httpbin.url("/anything");
    let lines = [
        json!({"url": url, "params": {"q": ["a b", 2], "n": 1.5}, "headers": {"X-A": "line"}}),
        json!({"url": url, "json": {"a": [1, null]}, "method": "PATCH"}),
        json!({"url": url, "form": {"a": "1&2", "b": ["x", "y"]}}),
        json!({"url": url, "multipart": {"title": "whale", "picture": picture}}),
        json!({"url": url, "body": "plain", "headers": {"Content-Type": "text/plain"}}),
        json!({"url": url, "body_base64": "/w=="}),
        json!({"url": url, "body_file": file, "auth": ["ann", "pw"]}),
        json!({"url": url, "cookies": {"c": "3"}, "auth": {"bearer": "t0ken"}}),
    ];
    let records = haul(["--input-format", "ndjson", "-H", "X-A: run"]).fetch(lines.map(|line| line.to_string()));
    let records = records.all_ok();
    let [params, json, form, multipart, body, base64, from_file, cookies] =
        &Vec::from_iter(records.iter().map(|record| &record["json"]))[..]
    else {
        panic!("eight records")
    };
    assert_eq!((&params["args"], &params["headers"]["X-A"]), (&json!({"q": ["a b", "2"], "n": "1.5"}), &json!("line")));
    assert_eq!((&json["method"], &json["json"]), (&json!("PATCH"), &json!({"a": [1, null]})));
    assert_eq!((&form["form"], &form["headers"]["X-A"]), (&json!({"a": "1&2", "b": ["x", "y"]}), &json!("run")));
    assert_eq!(multipart["form"], json!({"title": "whale"}));
    let bytes = "data:image/png;base64,fv9+fv9+";
    assert!(multipart["files"]["picture"].as_str().unwrap().starts_with(bytes), "{}", multipart["files"]);
    assert_eq!((&body["method"], &body["data"]), (&json!("POST"), &json!("plain")));
    assert_eq!(base64["data"], "data:application/octet-stream;base64,/w==");
    assert_eq!(from_file["headers"]["Content-Length"], "90000");
    assert_eq!(from_file["headers"]["Authorization"], "Basic YW5uOnB3");
    assert_eq!((&cookies["headers"]["Cookie"], &cookies["method"]), (&json!("c=3"), &json!("GET")));
    assert_eq!(cookies["headers"]["Authorization"], "Bearer t0ken");
}

pub(crate) fn credentials() {
    let (httpbin, dir) = (Httpbin::start(), TempDir::new().unwrap());
    let basic = httpbin.url("/basic-auth/ann/s3cret");
    for (who, status) in [("ann:s3cret", 200), ("ann:wrong", 401)] {
        assert_eq!(haul(["-u", who]).fetch_one(basic.clone())["status_code"], status);
    }
    assert_eq!(haul([]).fetch_one(basic.clone())["status_code"], 401);
    let netrc = dir.path().join("netrc");
    fs::write(&netrc, format!("machine {} login ann password s3cret\n", crate::HOST)).unwrap();
    let record = haul(["--netrc-file", netrc.to_str().unwrap()]).fetch_one(basic);
    assert_eq!(record["json"], json!({"authenticated": true, "user": "ann"}));

    for algorithm in ["MD5", "SHA-256"] {
        let digest = || httpbin.url(&format!("/digest-auth/auth/ann/s3cret/{algorithm}"));
        let records = haul(["--digest", "-u", "ann:s3cret", "--host-concurrency", "1"]).fetch((0..3).map(|_| digest()));
        assert!(records.all_ok().iter().all(|record| record["json"]["user"] == "ann"));
        assert_eq!(haul(["--digest", "-u", "ann:wrong"]).fetch_one(digest())["status_code"], 401);
        assert_eq!(haul(["-u", "ann:s3cret"]).fetch_one(digest())["status_code"], 401);
    }

    let record = haul(["--bearer", "t0ken"]).fetch_one(httpbin.url("/bearer"));
    assert_eq!(record["json"], json!({"authenticated": true, "token": "t0ken"}));
    assert_eq!(haul([]).fetch_one(httpbin.url("/bearer"))["status_code"], 401);
}

pub(crate) fn cookies() {
    let httpbin = Httpbin::start();
    let record = haul(["-b", "theme=dark; n=2"]).fetch_one(httpbin.url("/cookies"));
    assert_eq!(record["json"], json!({"cookies": {"theme": "dark", "n": "2"}}));
}

pub(crate) fn sessions() {
    let (httpbin, dir) = (Httpbin::start(), TempDir::new().unwrap());
    let jar = dir.path().join("jar");
    let session = ["--session", jar.to_str().unwrap(), "-c", "1"];
    let paths = ["/cookies/set?a=1&b=2", "/cookies", "/cookies/delete?a", "/cookies"];
    let records = haul(session).fetch(paths.map(|path| httpbin.url(path))).all_ok();
    let seen: Vec<_> = records.iter().map(|record| &record["json"]["cookies"]).collect();
    let (both, one) = (json!({"a": "1", "b": "2"}), json!({"b": "2"}));
    assert_eq!(seen, [&both, &both, &one, &one]);
    assert_eq!(haul(session).fetch_one(httpbin.url("/cookies"))["json"]["cookies"], one);

    let login = dir.path().join("login.ndjson");
    let request = json!({"url": httpbin.url("/anything"), "json": {"token": "t0ken"}, "auth": ["ann", "pw"]});
    fs::write(&login, request.to_string()).unwrap();
    let options = ["--login", login.to_str().unwrap(), "--login-token", ".json.token"];
    let records = haul(options).fetch([httpbin.url("/bearer"), httpbin.url("/headers")]).all_ok();
    let [bearer, headers] = &Vec::from_iter(records.iter())[..] else { panic!("two records") };
    assert_eq!(bearer["json"]["token"], "t0ken");
    assert_eq!(headers["json"]["headers"]["Authorization"], "Bearer t0ken");
}

pub(crate) fn redirects() {
    let httpbin = Httpbin::start();
    for path in ["/redirect/3", "/relative-redirect/3", "/absolute-redirect/3"] {
        let record = haul([]).fetch_one(httpbin.url(path));
        assert_eq!((&record["status_code"], &record["final_url"]), (&json!(200), &json!(httpbin.url("/get"))));
        let hops = record["redirects"].as_array().unwrap();
        assert_eq!((hops.len(), &hops[0]["url"], &hops[2]["status_code"]), (3, &record["url"], &json!(302)));
    }
    assert_eq!(haul(["--max-redirs", "2"]).fetch_one(httpbin.url("/redirect/3")).kind(), Some("too_many_redirects"));
    assert_eq!(haul(["--no-location"]).fetch_one(httpbin.url("/redirect/3"))["status_code"], 302);

    // RFC 9110, section 15.4: who keeps method and body.
    for (status, method, data) in
        [(301, "GET", ""), (302, "GET", ""), (303, "GET", ""), (307, "POST", "a"), (308, "POST", "a")]
    {
        let url = httpbin.url(&format!("/redirect-to?url=/anything&status_code={status}"));
        let record = haul(["-d", "a", "-H", "Content-Type: text/plain"]).fetch_one(url);
        assert_eq!((&record["json"]["method"], &record["json"]["data"]), (&json!(method), &json!(data)), "{status}");
        assert_eq!(record["redirects"][0]["status_code"], status);
    }
}

pub(crate) fn codings() {
    let httpbin = Httpbin::start();
    for (path, key, coding) in
        [("/gzip", "gzipped", "gzip"), ("/deflate", "deflated", "deflate"), ("/brotli", "brotli", "br")]
    {
        let record = haul(["-i"]).fetch_one(httpbin.url(path));
        record.assert_ok();
        assert_eq!((&record["json"][key], &record["headers"]["content-encoding"]), (&json!(true), &json!([coding])));
        assert_ne!(record["encoded_body_size"], record["decoded_body_size"]);
    }
    let text = haul([]).fetch_one(httpbin.url("/encoding/utf8"));
    assert!(text["body"].as_str().unwrap().contains("∮ E⋅da = Q"));
    let picture = haul([]).fetch_one(httpbin.url("/image/png"));
    assert!(picture["body_base64"].as_str().unwrap().starts_with("iVBORw0KGgo"));
    let lines = haul([]).fetch_one(httpbin.url("/stream/20"));
    assert_eq!(lines["body"].as_str().unwrap().lines().count(), 20);
}

pub(crate) fn statuses() {
    let httpbin = Httpbin::start();
    let statuses = [200, 201, 204, 304, 400, 403, 404, 418, 429, 500, 503];
    let urls = statuses.map(|status| httpbin.url(&format!("/status/{status}")));
    let records = haul(["--retry", "0"]).fetch(urls);
    for (record, status) in records.iter().zip(statuses) {
        assert_eq!((record.kind(), &record["status_code"]), (None, &json!(status)));
        assert_eq!(record["ok"], status < 400);
    }
    let cached = haul(["-H", "If-None-Match: tag"]).fetch_one(httpbin.url("/etag/tag"));
    assert_eq!(cached["status_code"], 304);
}

pub(crate) fn deadlines() {
    let httpbin = Httpbin::start();
    let slow = httpbin.url("/delay/5");
    assert_eq!(haul(["--retry", "0", "--timeout", "300ms"]).fetch_one(slow.clone()).kind(), Some("timeout"));
    let drip = httpbin.url("/drip?duration=10&numbytes=2&delay=0");
    let silent = haul(["--retry", "0", "--read-timeout", "300ms"]).fetch_one(drip);
    assert_eq!((silent.kind(), &silent["status_code"]), (Some("read_timeout"), &json!(200)));
    let line = json!({"url": slow, "timeout": 0.3}).to_string();
    let own = haul(["--retry", "0", "--input-format", "ndjson"]).fetch_one(line);
    assert_eq!((own.kind(), &own["error"]["phase"]), (Some("timeout"), &json!("wait")));
    haul(["--timeout", "20s"]).fetch_one(httpbin.url("/delay/1")).assert_ok();
}
