//! `--login`: a request before all others.

use haul_origin::Origin;
use serde_json::json;

use crate::support::{Site, canned, wait_for};

#[test]
fn the_cookies_of_a_login_go_with_all_others() {
    let site = Site::new();
    site.file("login.txt", "# how to get in\n\n$O/cookies/set?sid=17\n");
    site.file("list.txt", "$O/cookies\n$O/cookies\n");
    let run = site.run("haul --login login.txt list.txt --report report.json").exits(0);
    assert_eq!(run.records.len(), 2);
    for record in &run.records {
        assert_eq!(record["json"]["cookies"], json!({"sid": "17"}));
    }
    assert_eq!(site.origin.stats().requests, 4, "the login and its hop, and the list");
    assert_eq!(site.json("report.json")["totals"]["records"], 2);

    site.run("haul --login login.txt --session jar $O/cookies").exits(0);
    assert_eq!(site.run("haul --session jar $O/cookies").record()["json"]["cookies"], json!({"sid": "17"}));
}

#[test]
fn a_login_is_sent_as_its_file_says() {
    let site = Site::new();
    let token = "--login-token '[.method, .url, .headers.\"X-A\", .headers[\"User-Agent\"], .headers[\"Content-Type\"], \
                 .headers.Authorization, (.form | tojson), (.json | tojson), .data] | map(. // \"-\") | join(\"|\") | gsub(\" \"; \"\")'";
    for (file, echo) in [
        ("$O/anything", "GET|$O/anything|-|me|-|-|{}|null|"),
        ("POST $O/anything", "POST|$O/anything|-|me|-|-|{}|null|"),
        (
            r#"{"url": "$O/anything?a=1", "params": {"b": ["x y", 2]}, "headers": {"X-A": "1", "User-Agent": "you"}}"#,
            "GET|$O/anything?a=1&b=x+y&b=2|1|you|-|-|{}|null|",
        ),
        (
            r#"{"url": "$O/anything", "form": {"user": "ann", "pw": "a&b"}}"#,
            r#"POST|$O/anything|-|me|application/x-www-form-urlencoded|-|{"pw":"a&b","user":"ann"}|null|"#,
        ),
        (
            "{\"url\": \"$O/anything\", \"method\": \"PUT\",\n \"json\": {\"n\": 1.50}, \"auth\": [\"ann\", \"pw\"]}\n",
            r#"PUT|$O/anything|-|me|application/json|BasicYW5uOnB3|{}|{"n":1.50}|{"n":1.50}"#,
        ),
        (
            r#"{"url": "$O/anything", "body": "x", "auth": {"bearer": "t"}}"#,
            "POST|$O/anything|-|me|-|Bearert|{}|null|x",
        ),
    ] {
        site.file("login", file);
        site.file("echo", echo);
        // What the run sends is not for the login.
        let record =
            site.run(&format!("haul -A me -X PATCH -d run -H 'X-Run: 1' --login login {token} $O/anything")).record();
        let sent = record["json"]["headers"]["Authorization"].as_str().unwrap();
        assert_eq!(sent, format!("Bearer {}", site.read("echo").replace(' ', "")));
    }
}

#[test]
fn the_token_of_a_login_goes_to_its_origin_only() {
    let (site, other) = (Site::new(), Origin::spawn().unwrap());
    let site = site.with("P", other.url(""));
    site.file("login", r#"{"url": "$O/anything", "json": {"access": {"token": "t0ken"}}}"#);
    site.file("list.txt", "$O/headers\n$P/headers\n$O/redirect-to?url=$P/headers\n$P/redirect-to?url=$O/headers\n");
    for body in ["auto", "text"] {
        let line = format!("haul --login login --login-token .json.access.token --body {body} list.txt");
        let run = site.run(&line).exits(0);
        let shown: Vec<_> = run.stdout.lines().map(|line| line.contains("Bearer t0ken")).collect();
        assert_eq!(shown.iter().filter(|shown| **shown).count(), 1, "{}", run.stdout);
        assert!(run.records[0].to_string().contains("Bearer t0ken"));
    }
    // However the bodies of the list are recorded, the login's is looked into.
    let run = site.run("haul --login login --login-token .json.access.token --body none $O/bearer $O/bearer").exits(0);
    assert_eq!(run.all("status_code"), [200, 200]);
    let record = site
        .run("haul --login login --login-token .json.access.token -H 'Authorization: Bearer own' $O/bearer")
        .record();
    assert_eq!(record["json"]["token"], "own");
}

#[test]
fn a_login_that_fails_is_the_end() {
    let site = Site::new();
    let nobody = canned("");
    site.file("list.txt", "$O/get\n$O/get\n");
    for (login, words) in [
        ("$O/status/403", &["$O/status/403 returned status 403 Forbidden"][..]),
        ("$O/redirect-to?url=/status/500", &["$O/status/500 returned status 500"]),
        ("$O/redirect-to?url=ftp://x/", &["blocked: redirected to ftp://x/"]),
        ("http://$D/?token=s3cret", &["http://$D/?token=REDACTED: closed: "]),
        ("$O/delay/9", &["timeout: no answer within 1s (--timeout)"]),
    ] {
        let site = Site::new().with("D", nobody);
        site.file("list.txt", "$O/get\n$O/get\n");
        site.file("login", login);
        let words: Vec<_> = words
            .iter()
            .map(|words| words.replace("$O", &site.origin.url("")).replace("$D", &nobody.to_string()))
            .collect();
        let words: Vec<_> = ["haul: login failed: "].into_iter().chain(words.iter().map(String::as_str)).collect();
        let run = site.run("haul --retry 0 --timeout 1s --session jar --login login list.txt");
        assert!(!run.stderr.contains("s3cret"));
        run.fails(1, &words);
        assert!(!site.path("jar").exists());
        assert!(site.origin.stats().requests <= 2);
    }
    for (filter, why) in [
        (".json.none", "what .json.none finds is not a string"),
        ("empty", "the filter empty finds nothing in its JSON"),
        (".json[]", "the filter .json[] finds more than one value in its JSON"),
        (".json.blank", "what .json.blank finds is empty or not allowed in a token"),
        (".json.a | error", "the filter .json.a | error fails on its JSON"),
    ] {
        site.file("login", r#"{"url": "$O/anything", "json": {"a": "s3cret", "blank": "a b"}}"#);
        let before = site.origin.stats().requests;
        let run = site.run(&format!("haul --login login --login-token '{filter}' list.txt"));
        assert!(!run.stderr.contains("s3cret"));
        run.fails(1, &[&format!("haul: login failed: {} returned no token: {why}", site.origin.url("/anything"))]);
        assert_eq!(site.origin.stats().requests, before + 1);
    }
    let line = "haul --login login --max-memory 12MiB --login-token '[range(1000000)] | length' list.txt";
    site.run(line).fails(1, &["returned no token: the filter needs more than 6 MiB of memory (--max-memory)"]);
    site.file("login", "$O/text");
    site.run("haul --login login --login-token .a list.txt").fails(1, &["returned no token: the body is not JSON"]);
}

#[test]
fn a_login_is_tried_again_as_others_are() {
    let site = Site::new();
    site.file("login", "$O/retry-after/0?key=login");
    site.run("haul --login login $O/get").record();
    assert_eq!(site.origin.stats().requests, 3);
}

#[test]
fn a_login_that_is_none_is_refused_before_anything_is_sent() {
    let site = Site::new();
    for (login, words) in [
        ("", "no request found"),
        ("$O/get\n$O/get\n", "more than one request"),
        ("not a url\n", "login line 1: "),
        ("{\"url\": \"$O/get\"", "login line 1: not JSON: EOF"),
        ("{\"url\": \"$O/get\"}\n{\"url\": \"$O/get\"}\n", "login line 1: not JSON: trailing characters"),
        ("{\"url\": \"$O/get\", \"pasword\": \"s3cret\"}", "login line 1: \"pasword\": unknown key"),
        ("{\"url\": \"$O/get\", \"method\": 17}", "login line 1: \"method\": must be a string"),
        ("{\"url\": \"$O/get\", \"auth\": \"s3cret\"}", "login line 1: \"auth\": must be [\"user\", \"password\"]"),
        ("{\"url\": \"$O/get\", \"headers\": {\"A\": \"s3cret\\n\"}}", "login line 1: \"headers\": a: its value"),
        ("{\"url\": \"/get\"}", "login line 1: \"url\": no scheme"),
    ] {
        site.file("login", login);
        let run = site.run("haul --login login $O/get");
        assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
        run.fails(2, &["haul: --login login: ", words]);
    }
    site.run("haul --login none $O/get").fails(2, &["--login none: cannot read the file: No such file"]);
    site.run("haul --login login --login-token '.a |' $O/get").fails(2, &["--login"]);
    site.run("haul --login-token .a $O/get").fails(2, &["--login <FILE>"]);
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn a_login_that_is_stopped_lets_nothing_go() {
    // One is on the wire and ends well, one waits to be tried again.
    for (login, in_flight) in [("$O/delay/0.5", 1), ("$O/retry-after/30?key=stopped", 0)] {
        let site = Site::new();
        site.file("login", login);
        let running = site.start("haul --login login $O/get");
        wait_for("the login", || (site.origin.stats().requests, site.origin.stats().in_flight) == (1, in_flight));
        running.signal("INT");
        let run = running.end().exits(130);
        assert_eq!((run.stdout.as_str(), site.origin.stats().requests), ("", 1));
    }
}

#[test]
fn the_cookies_of_a_login_stay_with_its_origin() {
    let (site, other) = (Site::new(), Origin::spawn().unwrap());
    let site = site.with("P", other.url(""));
    site.file("login", "$O/cookies/set?sid=17");
    let run = site.run("haul --login login $O/cookies $P/cookies \"$O/redirect-to?url=$P/cookies\"").exits(0);
    assert_eq!(run.all("json"), [&json!({"cookies": {"sid": "17"}}), &json!({"cookies": {}}), &json!({"cookies": {}})]);
}
