//! Bodies, parameters and headers, as flags say them.

use std::fs;

use serde_json::{Value, json};

use crate::support::Site;

/// What the server saw of the only request.
fn echo(site: &Site, line: &str) -> Value {
    site.run(line).record()["json"].clone()
}

#[test]
fn json_is_sent_as_it_is_written() {
    let site = Site::new();
    fs::write(site.path("body.json"), "{\n \"n\": 1.00 }\n").unwrap();
    for (typed, body) in [(r#"'{"n": 1.00}'"#, "{\"n\": 1.00}"), ("@body.json", "{\n \"n\": 1.00 }\n")] {
        let echo = echo(&site, &format!("haul --json {typed} $O/anything"));
        assert_eq!((&echo["method"], &echo["data"]), (&json!("POST"), &json!(body)));
        assert_eq!(echo["headers"]["Content-Type"], "application/json");
        assert_eq!(echo["headers"]["Accept"], "application/json");
    }
    let echo = echo(&site, "haul --json 1 -X PATCH -H 'Content-Type: a/b' -H 'Accept: c/d' $O/anything");
    assert_eq!(
        [&echo["method"], &echo["headers"]["Content-Type"], &echo["headers"]["Accept"]],
        ["PATCH", "a/b", "c/d"]
    );
    let before = site.origin.stats().requests;
    site.run("haul --json '{\"token\": hunter2}' $O/get").fails(2, &["--json: invalid JSON: expected value at line 1"]);
    site.run("haul --json @missing $O/get").fails(2, &["--json: cannot read missing: No such file"]);
    assert_eq!(site.origin.stats().requests, before);
}

#[test]
fn data_is_joined_and_read_from_files_as_curl_does() {
    let site = Site::new();
    fs::write(site.path("data"), "b=2\r\n&c=\n3\n").unwrap();
    let echo = |line: &str| echo(&site, line)["form"].clone();
    assert_eq!(echo("haul -d a=1 -d @data -d d=4 $O/anything"), json!({"a": "1", "b": "2", "c": "3", "d": "4"}));
    assert_eq!(echo("printf 'a=1\n' | haul -d @- $O/anything"), json!({"a": "1"}));
    for line in
        ["haul -d @- < list", "haul -d @- $O/get -", "echo t | haul -d @- --bearer @- $O/get", "haul --json @- -"]
    {
        fs::write(site.path("list"), "").unwrap();
        site.run(line).fails(2, &["standard input is already used for ", ": name a file"]);
    }
    let sent = site.run("haul --data-binary @data -H 'Content-Type: text/plain' $O/anything").record();
    assert_eq!(sent["json"]["data"], "b=2\r\n&c=\n3\n");
    assert_eq!(sent["json"]["headers"]["Content-Length"], "11");
    assert_eq!(site.run("haul --data-binary x=1 $O/anything").record()["json"]["form"], json!({"x": "1"}));
}

#[test]
fn a_form_is_encoded() {
    let site = Site::new();
    let echo = echo(&site, "haul --form 'a=1&2' --form 'a=ä =' --form b= $O/anything");
    assert_eq!((&echo["method"], &echo["form"]), (&json!("POST"), &json!({"a": ["1&2", "ä ="], "b": ""})));
    assert_eq!(echo["headers"]["Content-Type"], "application/x-www-form-urlencoded");
    site.run("haul --form hunter2 $O/get").fails(2, &["--form: write NAME=VALUE"]);
}

#[test]
fn files_are_sent_in_a_multipart_form() {
    let site = Site::new();
    let big = "x".repeat(300_000);
    fs::write(site.path("big.txt"), &big).unwrap();
    fs::write(site.path("a.png"), "PNG").unwrap();
    let echo = echo(&site, "haul -F 'n=1;2' -F f=@big.txt -F 'p=@a.png;type=a/b;filename=q\".png' $O/anything");
    let kind = echo["headers"]["Content-Type"].as_str().unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let expected = format!(
        "--B\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n1;2\r\n\
         --B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"big.txt\"\r\nContent-Type: text/plain\r\n\r\n{big}\r\n\
         --B\r\nContent-Disposition: form-data; name=\"p\"; filename=\"q%22.png\"\r\nContent-Type: a/b\r\n\r\nPNG\r\n--B--\r\n"
    );
    let data = echo["data"].as_str().unwrap();
    assert!(data.replace(boundary, "B") == expected, "{}", data.replace(&big, "BIG"));
    assert_eq!(echo["headers"]["Content-Length"], data.len().to_string());
    assert!(echo["headers"].get("Transfer-Encoding").is_none());
    let before = site.origin.stats().requests;
    site.run("haul -F f=@missing $O/get").fails(2, &["--multipart: cannot read missing: No such file"]);
    site.run("haul -F f=@/dev/null $O/get")
        .fails(2, &["/dev/null", "not a regular file, so it could not be sent again"]);
    site.run("haul -F 'f=x;type=nonsense' $O/get").fails(2, &["--multipart: the part \"f\" has an invalid type"]);
    assert_eq!(site.origin.stats().requests, before);
}

#[test]
fn a_file_is_read_anew_for_each_attempt() {
    let site = Site::new();
    fs::write(site.path("body"), "first").unwrap();
    let options = "--data-binary @body -H 'Content-Type: text/plain'";
    // A redirect that keeps the body, then one that does not.
    for (status, method, data) in [(307, "POST", "first"), (303, "GET", "")] {
        let url = format!("{}?url=/anything&status_code={status}", site.origin.url("/redirect-to"));
        let echo = echo(&site, &format!("haul {options} '{url}'"));
        assert_eq!((&echo["method"], &echo["data"]), (&json!(method), &json!(data)));
        assert_eq!(echo["headers"].get("Content-Type").is_some(), status == 307);
    }
    // A retry sends it whole again.
    let record = site.run(&format!("haul {options} -X PUT $O/flaky/2")).record();
    assert_eq!((&record["ok"], &record["attempts"]), (&json!(true), &json!(2)));

    let mut haul = site.start(&format!("haul {options} -"));
    let url = site.origin.url("/anything");
    haul.write(&format!("{url}\n"));
    assert_eq!(haul.record()["json"]["data"], "first");
    fs::write(site.path("body"), "second time").unwrap();
    haul.write(&format!("{url}\n"));
    assert_eq!(haul.record()["json"]["data"], "second time");
    fs::remove_file(site.path("body")).unwrap();
    haul.write(&format!("{url}\n"));
    let record = haul.record();
    assert_eq!((record.kind(), &record["attempts"]), ("invalid_input", &json!(1)));
    assert_eq!(record["error"]["message"], "cannot read body: No such file or directory");
    haul.end().exits(0);
}

#[test]
fn a_request_has_one_body() {
    let site = Site::new();
    for flags in ["-d a -F b=c", "--json 1 --form a=b", "--data-binary a -d b", "--data-template a --json 1"] {
        site.run(&format!("haul {flags} $O/get")).fails(2, &["a request has only one body"]);
    }
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn parameters_join_the_query() {
    let site = Site::new();
    site.file("list.txt", "$O/anything?z=1&a=0\n$O/anything\n");
    let run = site.run("haul --param 'a=1 &' --param a=2 --param 'b=ä=' list.txt").exits(0);
    let query = "a=1+%26&a=2&b=%C3%A4%3D";
    let urls = [format!("/anything?z=1&a=0&{query}"), format!("/anything?{query}")].map(|path| site.origin.url(&path));
    assert_eq!(run.all("final_url"), urls.each_ref());
    assert_eq!(run.all("url"), [&site.origin.url("/anything?z=1&a=0"), &site.origin.url("/anything")]);
    assert_eq!(run.records[0]["json"]["args"], json!({"z": "1", "a": ["0", "1 &", "2"], "b": "ä="}));
    site.run("haul --param hunter2 $O/get").fails(2, &["--param: write NAME=VALUE"]);
}

#[test]
fn headers_may_be_in_a_file_empty_or_left_out() {
    let site = Site::new();
    fs::write(site.path("headers"), "# mine\n\n  X-One: 1\r\nX-Two;\nUser-Agent:\n").unwrap();
    let echo = echo(&site, "haul -H @headers -H 'X-One:2' -H 'Accept-Encoding:' -H 'Content-Type:' -d a $O/anything");
    let headers = echo["headers"].as_object().unwrap();
    assert_eq!((&headers["X-One"], &headers["X-Two"]), (&json!("1,2"), &json!("")));
    for gone in ["User-Agent", "Accept-Encoding", "Content-Type"] {
        assert!(!headers.contains_key(gone), "{gone}");
    }
    assert_eq!(echo["data"], "a");
    let host = site.run("haul -H 'Host: other.example' $O/anything").record();
    assert_eq!(host["json"]["headers"]["Host"], "other.example");

    fs::write(site.path("bad"), "X: 1\nhunter2\n").unwrap();
    for (flag, words) in [
        ("-H @bad", &["--header bad line 2: a header needs a colon"][..]),
        ("-H @missing", &["--header: cannot read missing: No such file"]),
        ("-H 'Content-Length: 5'", &["--header: content-length cannot be set", "for each connection"]),
        ("-H 'Transfer-Encoding: chunked'", &["transfer-encoding cannot be set"]),
        ("-H Accept:", &["--header: accept is always sent and needs a value"]),
    ] {
        let run = site.run(&format!("haul {flag} $O/get"));
        assert!(!run.stderr.contains("hunter2"));
        run.fails(2, words);
    }
}

#[test]
fn cookies_are_sent_and_not_kept() {
    let site = Site::new();
    let run = site.run("haul -b 'a=1; b=x y' -b c=3 $O/cookies $O/cookies/set?d=4").exits(0);
    for record in &run.records {
        assert_eq!(record["json"]["cookies"], json!({"a": "1", "b": "x y", "c": "3"}));
    }
    site.run("haul -b jar.txt $O/get").fails(2, &["--cookie jar.txt: file not found"]);
    site.run("haul -b a=1 -H 'Cookie: b=2' $O/get").fails(2, &["--cookie cannot be used with --header Cookie"]);
}
