//! Digest authentication.

use serde_json::json;

use crate::support::{Site, answer, canned};

#[test]
fn a_challenge_is_answered_and_the_answer_reused() {
    for algorithm in ["MD5", "SHA-256"] {
        let site = Site::new();
        let list: String = (0..5).map(|n| format!("$O/digest-auth/ann/p%3Aw?n={n}&algorithm={algorithm}\n")).collect();
        site.file("list.txt", &list);
        let run = site.run("haul -c 1 --digest -u ann:p%3Aw list.txt").exits(0);
        assert_eq!(run.all("status_code"), [200; 5]);
        let counts: Vec<_> = run.records.iter().map(|record| record["json"]["nonce_count"].as_u64().unwrap()).collect();
        assert_eq!(counts, [1, 2, 3, 4, 5]);
        let first = &run.records[0];
        assert_eq!(first["retries"], json!([{"status_code": 401, "error": null, "wait_ms": 0}]));
        assert_eq!(first["attempts"], 2);
        assert!(run.records[1].get("retries").is_none());
        assert_eq!(site.origin.stats().requests, 6);
    }
}

#[test]
fn a_body_goes_again_and_an_answer_is_no_retry() {
    let site = Site::new();
    let record = site.run("haul --retry 0 --digest -u ann:pw -d a=1 $O/digest-auth/ann/pw").record();
    assert_eq!((&record["status_code"], &record["method"]), (&json!(200), &json!("POST")));
    assert_eq!(site.origin.stats().requests, 2);
}

#[test]
fn who_is_not_known_is_told_once() {
    let site = Site::new();
    let record = site.run("haul --digest -u ann:wrong $O/digest-auth/ann/pw").record();
    assert_eq!((&record["status_code"], &record["attempts"]), (&json!(401), &json!(2)));
    assert_eq!(site.origin.stats().requests, 2);
    let record = site.run("haul $O/digest-auth/ann/pw").record();
    assert_eq!((&record["status_code"], &record["attempts"]), (&json!(401), &json!(1)));
}

#[test]
fn an_answer_that_is_stale_is_given_again() {
    let site = Site::new();
    site.file("list.txt", &"$O/digest-auth/ann/pw?uses=1\n".repeat(4));
    let run = site.run("haul -c 1 --digest -u ann:pw list.txt").exits(0);
    assert_eq!(run.all("status_code"), [200; 4]);
    assert_eq!(run.all("attempts"), [2; 4]);
    // All at once: what others have used up in between is stale as well.
    let run = site.run("haul --digest -u ann:pw list.txt").exits(0);
    assert!(run.records.iter().all(|record| record["attempts"].as_u64().unwrap() <= 3), "{run:#?}");
}

#[test]
fn what_was_tried_with_basic_is_not_tried_with_digest() {
    let site = Site::new();
    let record = site.run("haul --digest -u ann:pw $O/basic-auth/ann/pw").record();
    assert_eq!((&record["status_code"], &record["attempts"]), (&json!(401), &json!(1)));
    assert_eq!(site.run("haul -u ann:pw $O/basic-auth/ann/pw").record()["status_code"], 200);
    let record = site.run("haul -u ann:pw $O/digest-auth/ann/pw").record();
    assert_eq!((&record["status_code"], &record["attempts"]), (&json!(401), &json!(1)));
}

#[test]
fn a_challenge_that_cannot_be_answered_is_noted() {
    for (field, why) in [
        ("", Some("the response has no challenge in WWW-Authenticate")),
        ("WWW-Authenticate: Basic realm=x\r\n", Some("the server offers only Basic")),
        ("WWW-Authenticate: Digest realm=x, nonce=n, qop=\"auth-int\"\r\n", Some("qop \"auth-int\" is not supported")),
        (
            "WWW-Authenticate: Digest realm=x, nonce=n, algorithm=SHA-9\r\n",
            Some("algorithm \"SHA-9\" is not supported"),
        ),
        ("WWW-Authenticate: Digest nonce=n\r\n", Some("the challenge has no realm")),
        ("WWW-Authenticate: Digest realm=x\r\n", Some("the challenge has no nonce")),
        ("WWW-Authenticate: Digest realm=x, nonce=n\r\n", None), // answered, and refused
    ] {
        let server = canned(answer(401, field, "no"));
        let site = Site::new().with("S", format!("http://{server}"));
        let record = site.run("haul --retry 0 --digest -u ann:pw $S/").record();
        let note = why.map_or(json!(null), |why| json!(format!("digest authentication failed: {why}")));
        assert_eq!(
            (&record["status_code"], record.get("note").unwrap_or(&json!(null))),
            (&json!(401), &note),
            "{field}"
        );
        let record = site.run("haul --retry 0 -u ann:pw $S/").record();
        assert_eq!(record.get("note"), None, "{field}");
    }
}

#[test]
fn credentials_make_sense_or_are_refused() {
    let site = Site::new();
    site.run("haul --digest $O/get").fails(2, &["--user"]);
    site.run("haul -u ann $O/get").fails(2, &["--user: cannot prompt for a password", "write USER:PASSWORD"]);
    site.run("haul -u ann:pw -H 'Authorization: x' $O/get").fails(2, &["give only one of them"]);
    assert_eq!(site.origin.stats().requests, 0);
}
