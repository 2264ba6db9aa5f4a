use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::header::{HeaderValue, LOCATION};
use url::Url;

use super::{answered, facts, headers, job, next};
use crate::model::{ErrorKind, Failure, Job, MAX_SHOWN_URL, MAX_URL, Request, Setting};
use crate::plan::{Plan, Redirect};
use crate::policy::{Next, Policy, RedirectRequest};
use crate::site::access::Access;

fn redirected(job: &Job, status: u16, location: &str) -> RedirectRequest {
    match next(job, &answered(status, [("location", location)])) {
        Next::Follow(redirect) => redirect,
        next => panic!("{location}: {next:?}"),
    }
}

fn failure(from: &str, location: &str) -> Failure {
    match next(&job(Method::GET, from), &answered(302, [("location", location)])) {
        Next::Fail(failure) => failure,
        next => panic!("{location}: {next:?}"),
    }
}

/// A job that sends a body and every sort of header.
pub(super) fn upload(method: Method) -> Job {
    let headers = headers([
        ("user-agent", "haul"),
        ("accept", "text/html"),
        ("accept-encoding", "gzip"),
        ("accept-language", "de"),
        ("authorization", "Bearer secret"),
        ("cookie", "id=secret"),
        ("host", "virtual.test"),
        ("x-api-key", "secret"),
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
        ("content-length", "4"),
        ("content-digest", "sha-256=:AA==:"),
        ("digest", "sha-256=AA=="),
        ("transfer-encoding", "chunked"),
    ]);
    let request = Request { method, headers, ..Request::default() }.bytes("body");
    Job::new(0, Url::parse("https://a.test/from").unwrap(), Arc::new(request))
}

fn names(request: &Request) -> String {
    request.headers.keys().map(|name| name.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_method_and_the_body_after_each_status() {
    let mut table = String::new();
    for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let after = [301, 302, 303, 307, 308].map(|status| {
            let RedirectRequest { request, .. } = redirected(&upload(method.clone()), status, "/to");
            format!("{status} {}{}", request.method, if request.body.is_some() { "+body" } else { "" })
        });
        table += &format!("{method}: {}\n", after.join(", "));
    }
    insta::assert_snapshot!(table, @r"
    GET: 301 GET+body, 302 GET+body, 303 GET+body, 307 GET+body, 308 GET+body
    HEAD: 301 HEAD+body, 302 HEAD+body, 303 HEAD+body, 307 HEAD+body, 308 HEAD+body
    POST: 301 GET, 302 GET, 303 GET, 307 POST+body, 308 POST+body
    PUT: 301 PUT+body, 302 PUT+body, 303 GET, 307 PUT+body, 308 PUT+body
    PATCH: 301 PATCH+body, 302 PATCH+body, 303 GET, 307 PATCH+body, 308 PATCH+body
    DELETE: 301 DELETE+body, 302 DELETE+body, 303 GET, 307 DELETE+body, 308 DELETE+body
    ");
}

#[test]
fn at_home_everything_goes_along() {
    let job = upload(Method::PUT);
    for location in ["/to", "https://a.test/to", "https://A.test:443/to", "//a.test/to", "https://ann:pw@a.test/"] {
        assert!(Arc::ptr_eq(&redirected(&job, 307, location).request, &job.request), "{location}");
    }
}

#[test]
fn without_its_body_a_request_does_not_describe_it() {
    let sent = redirected(&upload(Method::POST), 303, "/to").request;
    assert_eq!(names(&sent), "user-agent accept accept-encoding accept-language authorization cookie host x-api-key");
}

#[test]
fn elsewhere_nothing_personal_goes_along() {
    for location in ["https://b.test/", "https://a.test:8443/", "//b.test", "https://www.a.test", "https://a.test."] {
        let sent = redirected(&upload(Method::POST), 302, location).request;
        assert_eq!(names(&sent), "user-agent accept accept-encoding accept-language", "{location}");
        assert_eq!((&sent.method, &sent.body), (&Method::GET, &None));

        let sent = redirected(&upload(Method::POST), 307, location).request;
        assert_eq!(
            names(&sent),
            "user-agent accept accept-encoding accept-language content-type content-encoding content-length \
             content-digest digest transfer-encoding",
            "{location}"
        );
        assert_eq!((&sent.method, &sent.body), (&Method::POST, &Request::post().bytes("body").body));
    }
}

#[test]
fn where_a_location_leads() {
    for (from, location, to) in [
        ("http://a.test/x/y?q=1", "z", "http://a.test/x/z"),
        ("http://a.test/x/y?q=1", "/z", "http://a.test/z"),
        ("http://a.test/x/y?q=1", "?r=2", "http://a.test/x/y?r=2"),
        ("http://a.test/x/y", "../../../z", "http://a.test/z"),
        ("https://a.test/x", "//b.test/z", "https://b.test/z"),
        ("http://a.test:80/x", "http://a.test", "http://a.test/"),
        ("http://a.test:8080/x", "/z", "http://a.test:8080/z"),
        ("http://a.test/x", "/a b", "http://a.test/a%20b"),
        ("http://a.test/x", "http://a.test:80/z", "http://a.test/z"),
        // RFC 9110, section 10.2.2: a fragment is inherited unless there is a new one.
        ("http://a.test/x#here", "/z", "http://a.test/z#here"),
        ("http://a.test/x#here", "http://b.test/z", "http://b.test/z#here"),
        ("http://a.test/x#here", "/z#there", "http://a.test/z#there"),
        ("http://a.test/x#here", "/z#", "http://a.test/z#"),
        // User-info stays with its origin, and gives way to that of the location.
        ("http://ann:pw@a.test/x", "/z", "http://ann:pw@a.test/z"),
        ("http://ann:pw@a.test/x", "http://a.test/z", "http://ann:pw@a.test/z"),
        ("http://ann:pw@a.test/x", "http://A.test:80/z", "http://ann:pw@a.test/z"),
        ("http://ann:pw@a.test/x", "//a.test", "http://ann:pw@a.test/"),
        ("http://ann:pw@a.test/x", "//@a.test", "http://ann:pw@a.test/"),
        ("http://ann@a.test/x", "//a.test", "http://ann@a.test/"),
        ("http://:pw@a.test/x", "//a.test", "http://:pw@a.test/"),
        ("http://ann:pw@a.test/x", "//bob@a.test/z", "http://bob@a.test/z"),
        ("http://ann:pw@a.test/x", "//:pw2@a.test/z", "http://:pw2@a.test/z"),
        ("http://a.test/x", "//bob:pw2@a.test/z", "http://bob:pw2@a.test/z"),
        ("http://ann:pw@a.test/x", "//b.test/z", "http://b.test/z"),
        ("http://ann:pw@a.test/x", "https://a.test/z", "https://a.test/z"),
        ("http://ann:pw@a.test/x", "//a.test:81/z", "http://a.test:81/z"),
        ("http://ann:pw@a.test/x", "//www.a.test/z", "http://www.a.test/z"),
        ("http://ann:pw@a.test/x", "//a.test./z", "http://a.test./z"),
    ] {
        assert_eq!(redirected(&job(Method::GET, from), 302, location).url.as_str(), to, "{from} to {location}");
    }
}

/// The job after a redirect to these bytes, or why there is none.
fn led(from: &str, location: &[u8]) -> Result<String, Failure> {
    let mut attempt = answered(302, []);
    attempt.head.as_mut().unwrap().headers.insert(LOCATION, HeaderValue::from_bytes(location).unwrap());
    match next(&job(Method::GET, from), &attempt) {
        Next::Follow(redirect) => Ok(redirect.url.into()),
        Next::Fail(failure) => Err(failure),
        next => panic!("{location:?}: {next:?}"),
    }
}

#[test]
fn a_location_is_bytes() {
    for (location, to) in [
        (&b"/caf\xe9"[..], "http://a.test/caf%E9"),
        (b"/caf\xe9?q=\xe9#\xe9", "http://a.test/caf%E9?q=%E9#%E9"),
        (b"http://a.test/\xe9\xff\x80", "http://a.test/%E9%FF%80"),
        (b"\xe9", "http://a.test/%E9"),
        (b"?\xe9&a=%20b c", "http://a.test/?%E9&a=%20b%20c"),
        ("/ä".as_bytes(), "http://a.test/%C3%A4"),
        (b"/\xc3\xa4\xe4", "http://a.test/%C3%A4%E4"), // not all of it is UTF-8
        ("http://bücher.test/ä".as_bytes(), "http://xn--bcher-kva.test/%C3%A4"),
        (b"http://\xe9:\xe8@a.test/", "http://%E9:%E8@a.test/"),
    ] {
        assert_eq!(led("http://a.test/", location).as_deref(), Ok(to), "{location:?}");
    }
    let why = led("http://a.test/", b"http://b\xfccher.test/").unwrap_err();
    assert_eq!(why.kind, ErrorKind::Protocol);
    assert!(why.message.starts_with("redirected to an invalid URL: http://bücher.test/: "), "{}", why.message);
}

#[test]
fn where_no_request_can_go_no_redirect_leads() {
    for location in ["http://a{b.test/", "http://\"a\".test/", &format!("/{}", "x".repeat(MAX_URL))] {
        let why = led("http://a.test/", location.as_bytes()).unwrap_err();
        assert_eq!(why.kind, ErrorKind::Protocol);
        assert!(why.message.starts_with("redirected to an invalid URL: "), "{}", why.message);
    }
}

#[test]
fn without_a_location_there_is_nowhere_to_go() {
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let to = |attempt| next(&job(Method::GET, "http://a.test/"), &attempt);
        assert_eq!(to(answered(status, [])), Next::Settle, "{status}");
        for empty in ["", " ", "\t "] {
            assert_eq!(to(answered(status, [("location", empty)])), Next::Settle, "{status} {empty:?}");
        }
    }
}

#[test]
fn user_info_goes_from_hop_to_hop_and_does_not_come_back() {
    let policy = Policy::new(&Plan::default());
    let mut job = job(Method::GET, "http://ann:pw@a.test/");
    for (location, to) in [
        ("http://a.test/1", "http://ann:pw@a.test/1"),
        ("/2", "http://ann:pw@a.test/2"),
        ("http://a.test/3", "http://ann:pw@a.test/3"),
        ("http://b.test/4", "http://b.test/4"),
        ("http://a.test/5", "http://a.test/5"),
        ("/6", "http://a.test/6"),
    ] {
        let attempt = answered(302, [("location", location)]);
        let Next::Follow(redirect) = policy.decide(&job, &attempt, &facts(0.5)).next else { panic!("{location}") };
        job.follow(&attempt, redirect);
        assert_eq!(job.url.as_str(), to);
    }
}

#[test]
fn what_is_not_followed_is_said_without_its_secrets() {
    let of = |location| {
        let failure = failure("http://a.test/", location);
        format!("{}: {}", failure.kind, failure.message)
    };
    let messages = [
        "ftp://ann:pw@b.test/x?token=secret",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://ann:pw@:80/?token=secret",
        "http://b.test:99999/",
        "https://",
    ]
    .map(of);
    insta::assert_snapshot!(messages.join("\n"), @r"
    blocked: redirected to ftp://REDACTED@b.test/x?token=REDACTED, but only http and https are supported
    blocked: redirected to javascript:alert(1), but only http and https are supported
    blocked: redirected to file:///etc/passwd, but only http and https are supported
    protocol: redirected to an invalid URL: http://REDACTED@:80/?token=REDACTED: empty host
    protocol: redirected to an invalid URL: http://b.test:99999/: invalid port number
    protocol: redirected to an invalid URL: https://: empty host
    ");
}

#[test]
fn the_hops_are_counted() {
    let plan = Plan { redirect: Redirect { max: 3, ..Redirect::default() }, ..Plan::default() };
    let policy = Policy::new(&plan);
    let mut job = job(Method::POST, "http://a.test/0");
    for n in 1..=3 {
        let attempt = answered(302, [("location", &format!("/{n}"))]);
        let Next::Follow(redirect) = policy.decide(&job, &attempt, &facts(0.5)).next else { panic!("hop {n}") };
        job.follow(&attempt, redirect);
        assert_eq!((job.redirects().len(), job.url.path()), (n, &*format!("/{n}")));
    }
    let Next::Fail(failure) = policy.decide(&job, &answered(302, [("location", "/4")]), &facts(0.5)).next else {
        panic!()
    };
    assert_eq!(
        failure,
        Failure::new(ErrorKind::TooManyRedirects, "redirected more than 3 times").by(Setting::MaxRedirects)
    );
    assert_eq!(policy.decide(&job, &answered(200, []), &facts(0.5)).next, Next::Settle);

    assert_eq!((job.given_url(), job.given_method()), ("http://a.test/0", &Method::POST));
    assert_eq!(job.request.method, Method::GET);
    assert_eq!(job.redirects()[0].url.as_str(), "http://a.test/0");
    assert_eq!(job.redirects()[0].status_code, 302);
}

#[test]
fn whoever_does_not_follow_gets_the_redirect_itself() {
    let plan = Plan { redirect: Redirect { follow: false, ..Redirect::default() }, ..Plan::default() };
    for location in ["/to", "ftp://b.test/", "https://"] {
        let verdict = Policy::new(&plan).decide(
            &job(Method::GET, "http://a.test/"),
            &answered(301, [("location", location)]),
            &facts(0.5),
        );
        assert_eq!(verdict.next, Next::Settle);
    }
}

#[test]
fn from_https_to_http_leads_only_who_wants_it() {
    let (job, attempt) = (job(Method::GET, "https://a.test/"), answered(301, [("location", "http://a.test/?token=x")]));
    let Next::Fail(failure) = next(&job, &attempt) else { panic!() };
    let message = "redirected from https to http://a.test/?token=REDACTED, which is not encrypted";
    assert_eq!(failure, Failure::new(ErrorKind::Blocked, message).by(Setting::AllowDowngrade));
    let plan = Plan { redirect: Redirect { allow_downgrade: true, ..Redirect::default() }, ..Plan::default() };
    let Next::Follow(redirect) = Policy::new(&plan).decide(&job, &attempt, &facts(0.5)).next else { panic!() };
    assert_eq!(redirect.url.as_str(), "http://a.test/?token=x");
}

/// Servers redirect back after they have set a cookie, or until they are ready: only the number of hops ends a loop.
#[test]
fn a_loop_is_followed_up_to_the_limit() {
    let policy = Policy::new(&Plan::default());
    for locations in [&["/"][..], &[".", "#top"], &["/1", "/"], &["//b.test/", "//a.test/"], &["/1", "/2", "/1"]] {
        let mut job = job(Method::GET, "http://a.test/");
        for location in locations.iter().cycle().take(10) {
            let attempt = answered(302, [("location", location)]);
            let Next::Follow(redirect) = policy.decide(&job, &attempt, &facts(0.5)).next else { panic!("{location}") };
            assert_eq!(redirect.wait, Duration::ZERO);
            job.follow(&attempt, redirect);
        }
        let attempt = answered(302, [("location", locations[0])]);
        let Next::Fail(failure) = policy.decide(&job, &attempt, &facts(0.5)).next else { panic!("{locations:?}") };
        assert_eq!((failure.kind, &*failure.message), (ErrorKind::TooManyRedirects, "redirected more than 10 times"));
    }
    let Next::Follow(later) =
        next(&job(Method::GET, "http://a.test/"), &answered(302, [("location", "/"), ("retry-after", "1")]))
    else {
        panic!()
    };
    assert_eq!(later.wait, Duration::from_secs(1));
}

#[test]
fn a_long_location_is_cut_in_the_message() {
    for location in [format!("ftp://{}/", "x".repeat(5_000)), format!("https://{}", "%".repeat(5_000))] {
        let message = failure("http://a.test/", &location).message;
        assert!(message.len() < MAX_SHOWN_URL + 200, "{}", message.len());
    }
}

#[test]
fn a_hop_to_a_host_that_is_denied_is_blocked() {
    let deny = vec!["*.deny.test".parse().unwrap()];
    let allow = vec!["*.test".parse().unwrap(), "127.*".parse().unwrap()];
    let access = Access { deny_private: true, allow, deny, load: None };
    let policy = Policy::new(&Plan { access, ..Plan::default() });
    let from = job(Method::GET, "https://a.test/");
    for (location, why) in [
        ("https://0x7f.1/?token=s3cret", "127.0.0.1/?token=REDACTED: 127.0.0.1 is not public: Loopback, 127.0.0.0/8"),
        ("//u:p@127.1", "REDACTED@127.0.0.1/: 127.0.0.1 is not public"),
        ("//b.deny.test/x", "b.deny.test/x: b.deny.test is refused by the rule *.deny.test"),
        ("//other.example/", "other.example/: other.example is not an allowed host"),
    ] {
        let Next::Fail(failure) = policy.decide(&from, &answered(302, [("location", location)]), &facts(0.5)).next
        else {
            panic!("{location} is followed");
        };
        assert_eq!(failure.kind, ErrorKind::Blocked);
        assert!(failure.message.starts_with(&format!("redirected to https://{why}")), "{}", failure.message);
    }
    let near = policy.decide(&from, &answered(302, [("location", "//b.test/")]), &facts(0.5)).next;
    assert!(matches!(near, Next::Follow(_)));
    assert_eq!(policy.admit(&from), Ok(()));
    let refused = policy.admit(&job(Method::GET, "http://localhost./")).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Blocked);
}
