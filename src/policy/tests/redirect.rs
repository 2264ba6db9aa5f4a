use std::sync::Arc;

use http::Method;
use http::header::{HeaderValue, LOCATION};
use url::Url;

use super::{answered, facts, headers, job, next};
use crate::model::{ErrorKind, Failure, Job, MAX_SHOWN_URL, Request, Setting};
use crate::plan::{Cookies, Plan, Redirect};
use crate::policy::{Next, Policy, RedirectRequest};
use crate::site::access::Access;
use crate::site::cookies::Jar;

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
        // User-info stays with its host.
        ("http://ann:pw@a.test/x", "/z", "http://ann:pw@a.test/z"),
        ("http://ann:pw@a.test/x", "//b.test/z", "http://b.test/z"),
    ] {
        assert_eq!(redirected(&job(Method::GET, from), 302, location).url.as_str(), to, "{from} to {location}");
    }
}

#[test]
fn a_location_in_utf8_is_understood_and_other_bytes_are_not() {
    let mut attempt = answered(302, []);
    let mut lead = |bytes: &[u8]| {
        let value = HeaderValue::from_bytes(bytes).unwrap();
        attempt.head.as_mut().unwrap().headers.insert(LOCATION, value);
        next(&job(Method::GET, "http://a.test/"), &attempt)
    };
    assert!(matches!(lead("/ä".as_bytes()), Next::Follow(redirect) if redirect.url.as_str() == "http://a.test/%C3%A4"));
    assert!(matches!(lead(b"/\xe4"), Next::Fail(failure) if failure.kind == ErrorKind::Protocol));
}

#[test]
fn without_a_location_there_is_nowhere_to_go() {
    for status in [300, 301, 302, 303, 304, 307, 308] {
        assert_eq!(next(&job(Method::GET, "http://a.test/"), &answered(status, [])), Next::Settle, "{status}");
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

/// What becomes of a job that is led through `locations`, with a cookie on the way or not: hops, and how it ended.
fn follow_all(first: Job, plan: &Plan, locations: &[(u16, &str, bool)]) -> (usize, Option<Failure>) {
    let (policy, mut job) = (Policy::new(plan), first);
    for (status, location, sets) in locations {
        let mut attempt = answered(*status, [("location", location)]);
        if *sets {
            attempt.head.as_mut().unwrap().headers.insert("set-cookie", HeaderValue::from_static("a=1"));
        }
        match policy.decide(&job, &attempt, &facts(0.5)).next {
            Next::Follow(redirect) => job.follow(&attempt, redirect),
            Next::Fail(failure) => return (job.redirects().len(), Some(failure)),
            next => panic!("{next:?}"),
        }
    }
    (job.redirects().len(), None)
}

#[test]
fn a_loop_ends_where_it_closes() {
    let get = || job(Method::GET, "http://a.test/0");
    let plan = Plan::default();
    let back = "redirected in a loop: back to http://a.test/";
    for (locations, hops, end) in [
        (&[(302, "/0", false)][..], 0, Some("0")),
        (&[(302, "", false)], 0, Some("0")),
        (&[(302, "/0#top", false)], 0, Some("0#top")),
        (&[(302, "/1", false), (302, "/2", false), (302, "/1", false)], 2, Some("1")),
        (&[(302, "/1", false), (302, "//b.test/0", false), (302, "http://a.test:80/0", false)], 2, Some("0")),
        (&[(302, "/0?1", false), (302, "/0?2", false)], 2, None),
        (&[(302, "/1", true), (302, "/0", false)], 1, Some("0")),
    ] {
        let end = end.map(|end| Failure::new(ErrorKind::TooManyRedirects, format!("{back}{end}")));
        assert_eq!(follow_all(get(), &plan, locations), (hops, end), "{locations:?}");
    }
    // Another method is another request.
    let post = || job(Method::POST, "http://a.test/0");
    assert_eq!(follow_all(post(), &plan, &[(303, "/0", false)]), (1, None));
    assert_eq!(follow_all(post(), &plan, &[(303, "/0", false), (303, "/0", false)]).0, 1);
    assert_eq!(follow_all(post(), &plan, &[(307, "/0", false)]).0, 0);
}

#[test]
fn who_got_a_cookie_may_come_back() {
    let plan = Plan { cookies: Cookies { kept: Some(Jar::default()), ..Cookies::default() }, ..Plan::default() };
    let get = || job(Method::GET, "http://a.test/0");
    let (set, unset) = ((302, "/0", true), (302, "/0", false));
    assert_eq!(follow_all(get(), &plan, &[set]), (1, None));
    assert_eq!(follow_all(get(), &plan, &[(302, "/1", false), set]), (2, None));
    assert_eq!(follow_all(get(), &plan, &[(302, "/1", true), unset]), (2, None));
    assert_eq!(follow_all(get(), &plan, &[unset]).0, 0);
    let (hops, end) = follow_all(get(), &plan, &[set, unset]);
    assert_eq!((hops, end.unwrap().message.as_str()), (1, "redirected in a loop: back to http://a.test/0"));
    // A new cookie each time is not a loop, but it ends all the same.
    let (hops, end) = follow_all(get(), &plan, &[set; 11]);
    assert_eq!((hops, end.unwrap().message.as_str()), (10, "redirected more than 10 times"));
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
    let access = Access { deny_private: true, allow, deny };
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
