//! What the head of an answer decides holds, whatever is wrong with a body that nobody needs.

use serde_json::json;

use crate::support::{Scripted, Site, answer};

/// Everything that may be wrong with a body: the fields and the body of an answer, and the error where it matters.
const FAULTS: [(&str, &str, &str); 6] = [
    ("Content-Length: 17\r\nContent-Encoding: gzip\r\n", "<h1>not gzip</h1>", "decode"),
    ("Content-Length: 4\r\nContent-Encoding: compress\r\n", "cold", "decode"),
    ("Content-Length: 99\r\n", "part of it", "closed"),
    ("Transfer-Encoding: chunked\r\n", "5\r\npart", "closed"),
    ("Transfer-Encoding: chunked\r\n", "no chunk\r\n", "protocol"),
    ("Content-Length: 200\r\n", LARGE, "too_large"),
];

/// More than the tests allow.
const LARGE: &str = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
                     0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";

fn broken(status: u16, fields: &str, fault: &(&str, &str, &str)) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{fields}{}\r\n{}", fault.0, fault.1).into()
}

/// Fetches `/` of `server` without retries for what went wrong on the way.
fn haul(server: &Scripted, options: &str) -> crate::record::Record {
    Site::new().run(&format!("haul --max-filesize 100 --retry-on 503 {options} http://{}/", server.addr)).record()
}

#[test]
fn a_redirect_is_followed() {
    for fault in FAULTS {
        let server = Scripted::new(move |head, _| match head.starts_with("GET / ") {
            true => broken(302, "Location: /there\r\n", &fault),
            false => answer(200, "", "there"),
        });
        let record = haul(&server, "--retry 0");
        assert_eq!((&record["ok"], &record["body"], &record["attempts"]), (&json!(true), &json!("there"), &json!(1)));
        assert_eq!(record["redirects"].as_array().map(Vec::len), Some(1), "{fault:?}");
        assert!(record.get("truncated").is_none());

        let record = haul(&server, "--retry 0 --no-location");
        assert_eq!((record.kind(), &record["truncated"]), (fault.2, &json!(true)), "{fault:?}");
        assert_eq!((&record["status_code"], &record["ok"]), (&json!(302), &json!(false)));
    }
}

#[test]
fn a_challenge_is_answered() {
    let challenge = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n";
    for fault in FAULTS {
        let server = Scripted::new(move |head, _| match head.to_lowercase().contains("\nauthorization: digest ") {
            true => answer(200, "", "in"),
            false => broken(401, challenge, &fault),
        });
        let record = haul(&server, "--retry 0 --digest -u ann:pw");
        assert_eq!((&record["ok"], &record["body"]), (&json!(true), &json!("in")), "{fault:?}");
        assert_eq!(haul(&server, "--retry 0").kind(), fault.2, "nobody answers it");
    }
}

#[test]
fn a_busy_server_is_asked_again() {
    for fault in FAULTS {
        let server = Scripted::new(move |_, n| if n == 0 { broken(503, "", &fault) } else { answer(200, "", "ok") });
        let record = haul(&server, "--retry 1 --retry-delay 1ms");
        assert_eq!((&record["ok"], &record["attempts"]), (&json!(true), &json!(2)), "{fault:?}");
        assert_eq!(record["retries"][0]["status_code"], 503);

        let server = Scripted::new(move |_, _| broken(503, "Retry-After: 100\r\n", &fault));
        let record = haul(&server, "--retry 1 --max-wait 1s");
        assert_eq!((record.kind(), &record["deferred"]), (fault.2, &json!(true)), "{fault:?}");
    }
}

#[test]
fn a_robots_txt_that_is_not_there_allows_all() {
    for fault in FAULTS {
        for status in [301, 401, 403, 404] {
            let server = Scripted::new(move |head, _| match head.starts_with("GET /robots.txt ") {
                true => broken(status, "", &fault),
                false => answer(200, "", "ok"),
            });
            let record = haul(&server, "--robots --retry 1");
            assert_eq!((&record["ok"], server.paths().len()), (&json!(true), 2), "{status}, {fault:?}");
        }
    }
}

#[test]
fn an_answer_that_is_the_result_is_as_broken_as_it_is() {
    for fault in FAULTS {
        for status in [200, 404] {
            let server = Scripted::new(move |_, _| broken(status, "", &fault));
            let record = haul(&server, "--retry 0");
            assert_eq!((record.kind(), &record["truncated"]), (fault.2, &json!(true)), "{status}, {fault:?}");
            assert_eq!((&record["status_code"], &record["ok"]), (&json!(status), &json!(false)));
        }
    }
}
