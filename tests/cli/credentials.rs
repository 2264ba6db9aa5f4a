//! Who asks, and who is told.

use std::fs;

use haul_origin::Origin;
use serde_json::json;

use crate::support::{Run, Site};

fn authorization(run: Run) -> String {
    run.record()["json"]["headers"]["Authorization"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn user_and_password_are_basic_authentication() {
    let site = Site::new();
    assert_eq!(site.run("haul -u ann:s3:cret $O/basic-auth/ann/s3:cret").record()["status_code"], 200);
    assert_eq!(site.run("haul -u 'ann:' $O/headers").record()["json"]["headers"]["Authorization"], "Basic YW5uOg==");
    site.run("haul -u ann $O/get").fails(2, &["--user: cannot prompt for a password without a terminal"]);
}

#[test]
fn a_token_is_typed_read_or_in_the_environment() {
    let site = Site::new();
    fs::write(site.path("token"), "from-file\n").unwrap();
    for (line, token) in [
        ("haul --bearer typed $O/headers", "Bearer typed"),
        ("haul --bearer @token $O/headers", "Bearer from-file"),
        ("HAUL_BEARER=env haul $O/headers", "Bearer env"),
        ("HAUL_BEARER=env haul --bearer typed $O/headers", "Bearer typed"),
        ("HAUL_BEARER=env haul -u a:b $O/headers", "Basic YTpi"),
        ("haul -H 'Authorization: own' $O/headers", "own"),
        ("HAUL_BEARER= haul $O/headers", ""),
    ] {
        assert_eq!(authorization(site.run(line)), token, "{line}");
    }
}

#[test]
fn what_is_wrong_with_credentials_is_said_without_them() {
    let site = Site::new();
    fs::write(site.path("netrc"), "machine a\nlogin \"hunter2\n").unwrap();
    for (line, words) in [
        ("haul -u 'a\nhunter2:b' $O/get", &["--user: user and password cannot contain control characters"][..]),
        ("haul --bearer 'hunter2 hunter2' $O/get", &["--bearer: the bearer token must be ASCII text without spaces"]),
        ("HAUL_BEARER='hunter2 ' haul --bearer @missing $O/get", &["--bearer: cannot read missing"]),
        (
            "HAUL_BEARER='hun ter2' haul $O/get",
            &["--bearer: the bearer token", "(--bearer comes from the variable HAUL_BEARER)"],
        ),
        ("haul -u a:b --bearer c $O/get", &["'--user <USER[:PASSWORD]>' cannot be used with '--bearer <TOKEN|@FILE>'"]),
        (
            "haul -H 'Authorization: hunter2' --bearer c $O/get",
            &["--header Authorization cannot be used with --bearer"],
        ),
        ("haul --netrc-file netrc $O/get", &["--netrc-file netrc: line 2: unclosed quote"]),
        ("haul --netrc-file missing $O/get", &["--netrc-file missing: No such file"]),
        ("haul --base-url 'http://u:hunter2@[x/' $O/get", &["invalid value 'http://REDACTED@[x/' for '--base-url"]),
        ("haul --login 'http://u:hunter2@a/' $O/get", &["--login http://REDACTED@a/: cannot read the file"]),
    ] {
        let run = site.run(line);
        assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
        run.fails(2, words);
    }
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn netrc_has_them_by_host_where_there_are_no_others() {
    let site = Site::new();
    let home = "machine 127.0.0.1 login ann password pw";
    fs::write(site.path(".netrc"), home).unwrap();
    fs::write(site.path("other"), "machine other.example login ann password pw").unwrap();
    let basic = "Basic YW5uOnB3";
    let inside = site.origin.url("/headers").replace("http://", "http://bob:pw@");
    for (line, sent) in [
        ("haul --netrc-file .netrc $O/headers", basic),
        ("HOME=. haul --netrc $O/headers", basic),
        ("NETRC=other HOME=. haul --netrc $O/headers", ""),
        ("haul --netrc-file other $O/headers", ""),
        ("haul --netrc-file .netrc --bearer t $O/headers", "Bearer t"),
        (&format!("haul --netrc-file .netrc {inside}"), "Basic Ym9iOnB3"),
        ("haul $O/headers", ""),
    ] {
        assert_eq!(authorization(site.run(line)), sent, "{line}");
    }
    site.run("haul --netrc --netrc-file x $O/get").fails(2, &["cannot be used with"]);
}

/// Each way to give credentials, to an origin that redirects to itself or elsewhere.
#[test]
fn credentials_stay_with_the_origin_they_are_for() {
    let (site, other) = (Site::new(), Origin::spawn().unwrap());
    fs::write(site.path("netrc"), "default login ann password pw").unwrap();
    let secret = ["Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key"];
    let line = |more: &str, to: &str, status: u16| {
        let url = site.origin.url(&format!("/redirect-to?url={to}&status_code={status}"));
        format!("{{\"url\": \"{url}\"{more}}}\n")
    };
    for (flags, more, sent) in [
        ("-u ann:pw", "", "Authorization"),
        ("--bearer t", "", "Authorization"),
        ("--netrc-file netrc", "", "Authorization"),
        ("-b a=1", "", "Cookie"),
        ("-H 'Proxy-Authorization: Basic x'", "", "Proxy-Authorization"),
        ("", r#","auth":["ann","pw"]"#, "Authorization"),
        ("", r#","auth":{"bearer":"t"}"#, "Authorization"),
        ("", r#","cookies":{"a":1}"#, "Cookie"),
        ("", r#","headers":{"X-Api-Key":"k"}"#, "X-Api-Key"),
    ] {
        for status in [302, 307] {
            let back = site.origin.url("/headers");
            let list = [
                line(more, &back, status),
                line(more, &other.url("/headers"), status),
                line(more, &other.url(&format!("/redirect-to?url={back}")), status),
            ];
            fs::write(site.path("list.ndjson"), list.concat()).unwrap();
            let run = site.run(&format!("haul {flags} list.ndjson")).exits(0);
            let headers = |n: usize| run.records[n]["json"]["headers"].as_object().unwrap();
            assert!(headers(0).contains_key(sent), "{flags} {more} {status}: {:?}", headers(0));
            for n in [1, 2] {
                for name in secret {
                    assert!(!headers(n).contains_key(name), "{flags} {more} {status} {n}: {:?}", headers(n));
                }
            }
            assert_eq!(headers(1)["Host"], json!(other.addr().to_string()));
            assert_eq!(headers(2)["Host"], json!(site.origin.addr().to_string()));
        }
    }
}
