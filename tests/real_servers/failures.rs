//! Answers other than success, and what follows from them.

use serde_json::json;

use crate::HOST;
use crate::haul::haul;
use crate::nginx::{Nginx, Way};

pub(crate) fn retry_after_is_waited_for() {
    let nginx = Nginx::start("location = /busy { add_header Retry-After 1 always; return 503; }");
    let record = haul(["--retry", "1"]).fetch_one(nginx.plain("/busy"));
    assert_eq!((&record["ok"], &record["error"], &record["status_code"]), (&json!(false), &json!(null), &json!(503)));
    assert_eq!(record["attempts"], 2);
    assert_eq!(record["retries"], json!([{"status_code": 503, "error": null, "wait_ms": 1000}]));
}

pub(crate) fn a_gateway_without_its_backend_is_asked_again() {
    let nginx = Nginx::start(&format!("location = /gateway {{ proxy_pass http://{HOST}:1; }}"));
    let record = haul(["--retry", "1"]).fetch_one(nginx.plain("/gateway"));
    assert_eq!((&record["status_code"], &record["attempts"]), (&json!(502), &json!(2)));
}

pub(crate) fn a_hang_up_is_told_as_such() {
    let nginx = Nginx::start("location = /hang-up { return 444; }");
    for url in [Nginx::plain, Nginx::tls, Nginx::http_2] {
        let record = haul(["-k", "--retry", "0"]).fetch_one(url(&nginx, "/hang-up"));
        assert!(matches!(record.kind(), Some("closed" | "reset")), "{}", record["error"]);
        assert_eq!((&record["status_code"], &record["attempts"]), (&json!(null), &json!(1)));
    }
}

pub(crate) fn redirects_lead_to_https() {
    let nginx = Nginx::start("if ($arg_to) { return 301 https://$arg_to/number/7; }");
    for (to, version) in [(Nginx::tls as Way, "1.1"), (Nginx::http_2, "2")] {
        let target = to(&nginx, "/number/7");
        let address = target.split('/').nth(2).unwrap();
        let from = nginx.plain(&format!("/old?to={address}"));
        let record = haul(["-k"]).fetch_one(from.clone());
        record.assert_ok();
        assert_eq!(record["final_url"], target);
        assert_eq!(record["http_version"], version);
        assert_eq!(record["redirects"], json!([{"url": from, "status_code": 301}]));
        assert_eq!(record["json"], json!({"number": 7}));
    }
}

pub(crate) fn redirects_lead_back_to_http_on_request_only() {
    let nginx = Nginx::start("location = /down { return 301 http://$server_addr:$arg_port/number/7; }");
    let port = nginx.plain("").rsplit(':').next().unwrap().to_owned();
    let url = nginx.tls(&format!("/down?port={port}"));
    let record = haul(["-k"]).fetch_one(url.clone());
    assert_eq!((record.kind(), &record["status_code"]), (Some("blocked"), &json!(301)));
    assert!(record["error"]["message"].as_str().is_some_and(|text| text.contains("--allow-downgrade")));
    let record = haul(["-k", "--allow-downgrade"]).fetch_one(url);
    assert_eq!((&record["ok"], &record["final_url"]), (&json!(true), &json!(nginx.plain("/number/7"))));
}

pub(crate) fn redirects_in_a_circle_end() {
    let nginx = Nginx::start("location = /circle { return 302 /circle; }");
    let record = haul([]).fetch_one(nginx.plain("/circle"));
    assert_eq!((record.kind(), &record["status_code"]), (Some("too_many_redirects"), &json!(302)));
    assert_eq!(record["redirects"].as_array().map(Vec::len), Some(10));
    assert!(record["error"]["message"].as_str().is_some_and(|text| text.contains("--max-redirs")));
}

/// The server lets eight pass early, so as many as may be under way at once: no delay on the way there matters.
pub(crate) fn a_host_rate_below_the_servers_limit_is_never_refused() {
    let nginx = Nginx::start("location = /paced { limit_req zone=paced burst=8 nodelay; try_files /number /number; }");
    nginx.publish("number", b"7");
    let urls = |count| (0..count).map(|n| nginx.plain(&format!("/paced?{n}")));
    let options = ["--host-concurrency", "8", "--retry", "0"];
    haul(options.into_iter().chain(["--host-rate", "16/s"])).fetch(urls(40)).all_ok();
    let at_full_speed = haul(options).fetch(urls(400));
    assert!(at_full_speed.iter().any(|record| record["status_code"] == 503), "the limit is one");
}
