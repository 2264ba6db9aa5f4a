use http::header::{CONTENT_TYPE, HeaderValue, SET_COOKIE, VARY};
use proptest::prelude::*;

use super::*;

/// What `condition` says of a JSON answer of 13 bytes after 250 ms.
fn said(condition: &str) -> String {
    let url = Url::parse("http://a.test/end?token=abc").unwrap();
    let headers: HeaderMap =
        [(CONTENT_TYPE, "application/json"), (VARY, "accept"), (VARY, "cookie"), (SET_COOKIE, "sid=secret")]
            .into_iter()
            .map(|(name, value)| (name, HeaderValue::from_static(value)))
            .collect();
    let body = b"{\"up\": false}";
    let answer = Answer {
        status: 203,
        url: &url,
        headers: &headers,
        body,
        size: body.len() as u64,
        time: Duration::from_millis(250),
        redact: Redact::Secrets,
    };
    match condition.parse::<Condition>() {
        Ok(condition) => condition.unmet(&answer).unwrap_or_else(|| "met".to_owned()),
        Err(why) => format!("! {why}"),
    }
}

fn table(conditions: &[&str]) -> String {
    conditions.iter().map(|condition| format!("{condition}: {}\n", said(condition))).collect()
}

#[test]
fn answers_meet_conditions_or_not() {
    insta::assert_snapshot!(table(&[
        "status==203",
        "status = 203",
        "status==200",
        "status==2xx",
        "status==200, 204",
        "status!=4xx,5XX",
        "status!=203",
        "status<400",
        "status>=300",
        "STATUS==203",
        "size>0",
        "size>=10KiB",
        "size==13",
        "time<300ms",
        "time<=0.25",
        "time>1s",
        "header.content-type~json",
        "header.Content-Type==text/html",
        "header.vary==accept, cookie",
        "header.x-none~.",
        "header.x-none!~.",
        "header.set-cookie~^x",
        "body~\"up\": *true",
        "body=~up",
        "body!~error",
        "body==",
        "url==http://a.test/end",
        "url~/end",
    ]), @"");
}

#[test]
fn what_is_no_condition_is_refused() {
    insta::assert_snapshot!(table(&[
        "",
        "200",
        "status",
        "status!200",
        "status==",
        "status==20x",
        "status==0xx",
        "status==99",
        "status==200,",
        "status==+20",
        "status<2xx",
        "status~2..",
        "size<big",
        "time==1s",
        "time<-1s",
        "time<soon",
        "body<3",
        "body~(",
        "url!=~x",
        "body===x",
        "status=>200",
        "header.a b==1",
        "header.==1",
        "latency<1s",
    ]), @"");
}

#[test]
fn long_values_are_cut() {
    let url = Url::parse("http://a.test/").unwrap();
    let body = [b'a'; 1000];
    let answer = Answer {
        status: 200,
        url: &url,
        headers: &HeaderMap::new(),
        body: &body,
        size: 1000,
        time: Duration::ZERO,
        redact: Redact::Secrets,
    };
    let unmet = |answer: &Answer<'_>| Condition::body("^ok$").unwrap().unmet(answer).unwrap();
    assert_eq!(unmet(&answer), format!("expected body~^ok$, got \"{}…\"", "a".repeat(MAX_QUOTED - 1)));
    assert_eq!(unmet(&Answer { body: b"", ..answer }), "expected body~^ok$, got no body");
    assert_eq!(unmet(&Answer { body: b"\x1b[31m\xff\n", ..answer }), "expected body~^ok$, got \"\\u{1b}[31m�\"");
}

proptest! {
    #[test]
    fn parsing_never_panics(text in "(status|size|time|body|url|header[.]a)?[=!<>~]{0,2}\\PC{0,8}") {
        let _ = text.parse::<Condition>();
    }

    #[test]
    fn a_status_equals_itself_alone(of in 100u16..1000, wanted in 100u16..1000) {
        let url = Url::parse("http://a.test/").unwrap();
        let headers = HeaderMap::new();
        let (body, size, time, redact) = (&b""[..], 0, Duration::ZERO, Redact::Secrets);
        let answer = Answer { status: of, url: &url, headers: &headers, body, size, time, redact };
        let unmet = |text: String| text.parse::<Condition>().unwrap().unmet(&answer).is_some();
        prop_assert_eq!(unmet(format!("status=={wanted}")), of != wanted);
        prop_assert_eq!(unmet(format!("status!={wanted}")), of == wanted);
        prop_assert_eq!(unmet(format!("status=={}xx", wanted / 100)), of / 100 != wanted / 100);
        prop_assert_eq!(unmet(format!("status<{wanted}")), of >= wanted);
    }
}
