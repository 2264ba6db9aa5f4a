//! Where redirects lead, and what goes along.

use haul_origin::Origin;
use serde_json::{Value, json};

use crate::support::{Scripted, Site, answer};

#[test]
fn redirects_are_followed_and_recorded() {
    let site = Site::new();
    let record = site.run("haul $O/redirect/3").record();
    let hop = |path| json!({"url": site.origin.url(path), "status_code": 302});
    assert_eq!(record["redirects"], json!([hop("/redirect/3"), hop("/redirect/2"), hop("/redirect/1")]));
    assert_eq!(record["url"], site.origin.url("/redirect/3"));
    assert_eq!(record["final_url"], site.origin.url("/get"));
    assert_eq!((&record["status_code"], &record["attempts"]), (&json!(200), &json!(1)));
    let record = site.run("haul $O/absolute-redirect/2").record();
    assert_eq!(record["final_url"], site.origin.url("/get"));
}

#[test]
fn there_is_an_end_to_following() {
    let site = Site::new();
    assert_eq!(site.run("haul --max-redirs 3 $O/redirect/3").record()["ok"], true);
    for (most, hops) in [(2, 2), (0, 0)] {
        let record = site.run(&format!("haul --max-redirs {most} $O/redirect/3")).record();
        assert_eq!(record.kind(), "too_many_redirects");
        assert_eq!(record["redirects"].as_array().map_or(0, Vec::len), hops);
        assert_eq!((&record["ok"], &record["status_code"]), (&json!(false), &json!(302)));
    }
}

#[test]
fn redirects_can_be_left_alone() {
    let site = Site::new();
    let record = site.run("haul --no-location -i $O/redirect/1").record();
    assert_eq!((&record["ok"], &record["status_code"]), (&json!(true), &json!(302)));
    assert_eq!(record["headers"]["location"], json!(["/get"]));
    assert!(record.get("redirects").is_none() && record.get("final_url").is_none());
}

#[test]
fn only_web_pages_are_redirected_to() {
    let site = Site::new();
    let record = site.run("haul $O/redirect-to?url=file:///etc/passwd").record();
    assert_eq!(record.kind(), "blocked");
    let record = site.run("haul $O/redirect-to?url=http://%20/").record();
    assert_eq!(record.kind(), "protocol");
}

/// What the server saw of a request that was redirected to `to`.
fn redirected(site: &Site, options: &str, to: &str, status: u16) -> Value {
    site.run(&format!("haul {options} '{}/redirect-to?url={to}&status_code={status}'", site.origin.url(""))).record()
        ["json"]
        .clone()
}

#[test]
fn headers_stay_with_the_origin_they_were_meant_for() {
    let (site, other) = (Site::new(), Origin::spawn().unwrap());
    let options = "-H 'X-Secret: 1' -H 'Authorization: Bearer t' -H 'Cookie: a=b' -H 'Accept: text/x' -A me";
    let here = &redirected(&site, options, "/headers", 302)["headers"];
    let there = &redirected(&site, options, &other.url("/headers"), 302)["headers"];
    for name in ["X-Secret", "Authorization", "Cookie"] {
        assert!(here.get(name).is_some() && there.get(name).is_none(), "{name}: {here} {there}");
    }
    for (name, value) in [("Accept", "text/x"), ("User-Agent", "me"), ("Accept-Encoding", "gzip, deflate, br, zstd")] {
        assert_eq!([&here[name], &there[name]], [value; 2]);
    }
    let host = other.addr().to_string();
    assert_eq!(there["Host"], host.as_str());
}

#[test]
fn user_info_stays_with_its_origin_too() {
    let (site, other) = (Site::new(), Origin::spawn().unwrap());
    let start = |to: &str| format!("haul http://ann:pw@{}/redirect-to?url={to}", site.origin.addr());
    let here = site.run(&start("/headers")).record();
    assert_eq!(here["json"]["headers"]["Authorization"], "Basic YW5uOnB3");
    assert_eq!(here["final_url"], format!("http://REDACTED@{}/headers", site.origin.addr()));
    assert!(here["redirects"][0]["url"].as_str().unwrap().starts_with("http://REDACTED@"));
    let there = site.run(&start(&other.url("/headers"))).record();
    assert!(there["json"]["headers"].get("Authorization").is_none());
}

#[test]
fn user_info_goes_along_within_its_origin_however_it_is_named() {
    let (site, other) = (Site::new(), Origin::spawn().unwrap());
    let addr = site.origin.addr();
    let to = |url: &str, next: &str| format!("{url}/redirect-to?url={}", next.replace('&', "%26").replace('?', "%3F"));
    let (here, there) = (site.origin.url(""), other.url(""));
    let end = format!("{here}/headers");
    for (path, sent) in [
        (to("", &end), Some("Basic YW5uOnB3")),
        (to("", "/headers"), Some("Basic YW5uOnB3")),
        (to("", &to(&here, &end)), Some("Basic YW5uOnB3")),
        (to("", &format!("http://bob:pw2@{addr}/headers")), Some("Basic Ym9iOnB3Mg==")),
        (to("", &to(&there, &end)), None),
    ] {
        let record = site.run(&format!("haul 'http://ann:pw@{addr}{path}'")).record();
        assert_eq!(record["json"]["headers"].get("Authorization"), sent.map(|text| json!(text)).as_ref(), "{path}");
        let mask = if sent.is_some() { "REDACTED@" } else { "" };
        assert_eq!(record["final_url"], format!("http://{mask}{addr}/headers"));
        assert!(!record.to_string().contains("ann:pw") && !record.to_string().contains("pw2"), "{record:?}");
    }
}

#[test]
fn a_location_is_bytes_and_shown_as_text() {
    for (location, path, shown) in
        [(&b"/caf\xe9?q=\xe9"[..], "/caf%E9?q=%E9", "/café?q=é"), ("/café".as_bytes(), "/caf%C3%A9", "/café")]
    {
        let server = Scripted::new(move |_, n| match n {
            0 => answer(302, [b"Location: ", location, b"\r\n"].concat(), ""),
            _ => answer(200, "", ""),
        });
        let record = Site::new().run(&format!("haul http://{}/", server.addr)).record();
        assert_eq!((&record["ok"], server.paths()), (&json!(true), vec!["/".to_owned(), path.to_owned()]));
        let server = Scripted::new(move |_, _| answer(302, [b"Location: ", location, b"\r\n"].concat(), ""));
        let record = Site::new().run(&format!("haul -i --no-location http://{}/", server.addr)).record();
        assert_eq!(record["headers"]["location"], json!([shown]));
    }
}

/// Busy servers do that while they are not ready.
#[test]
fn a_redirect_to_itself_is_followed_while_it_makes_sense() {
    for fields in ["Location: /\r\n", "Location: \r\nLocation: /\r\n", "Location: /\r\nRetry-After: 1\r\n"] {
        let server = Scripted::new(move |_, n| if n == 0 { answer(302, fields, "") } else { answer(200, "", "ready") });
        let record = Site::new().run(&format!("haul http://{}/", server.addr)).record();
        if fields.starts_with("Location: \r") {
            assert_eq!((&record["status_code"], server.paths().len()), (&json!(302), 1), "the first one is empty");
        } else {
            assert_eq!((&record["ok"], &record["body"]), (&json!(true), &json!("ready")), "{fields}");
        }
    }
    let server = Scripted::new(|_, _| answer(302, "Location: /\r\n", ""));
    let record = Site::new().run(&format!("haul http://{}/", server.addr)).record();
    assert_eq!((record.kind(), server.paths().len()), ("too_many_redirects", 11));
}

#[test]
fn a_redirect_to_nowhere_is_the_answer() {
    for fields in ["", "Location:\r\n", "Location: \t \r\n"] {
        let server = Scripted::new(move |_, _| answer(302, fields, "moved"));
        let record = Site::new().run(&format!("haul http://{}/", server.addr)).record();
        assert_eq!((&record["ok"], &record["status_code"]), (&json!(true), &json!(302)), "{fields:?}");
        assert_eq!((&record["body"], record.get("redirects")), (&json!("moved"), None));
    }
}

#[test]
fn the_status_decides_on_method_and_body() {
    let (site, other) = (Site::new(), Origin::spawn().unwrap());
    for to in ["/anything".to_owned(), other.url("/anything")] {
        for status in [307, 308] {
            let echo = redirected(&site, "-d a=1", &to, status);
            assert_eq!((&echo["method"], &echo["form"]), (&json!("POST"), &json!({"a": "1"})), "{status} to {to}");
        }
        for status in [301, 302, 303] {
            let echo = redirected(&site, "-d a=1", &to, status);
            assert_eq!((&echo["method"], &echo["form"]), (&json!("GET"), &json!({})));
            assert!(echo["headers"].get("Content-Type").is_none());
        }
        assert_eq!(redirected(&site, "-X PUT -d a=1", &to, 302)["method"], "PUT");
    }
}
