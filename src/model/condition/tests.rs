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
        Ok(condition) => condition.unmet(&answer, None).unwrap().unwrap_or_else(|| "met".to_owned()),
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
    ]), @r#"
    status==203: met
    status = 203: met
    status==200: expected status==200, got 203
    status==2xx: met
    status==200, 204: expected status==200, 204, got 203
    status!=4xx,5XX: met
    status!=203: expected status!=203, got 203
    status<400: met
    status>=300: expected status>=300, got 203
    STATUS==203: met
    size>0: met
    size>=10KiB: expected size>=10KiB, got 13 bytes
    size==13: met
    time<300ms: met
    time<=0.25: met
    time>1s: expected time>1s, got 250ms
    header.content-type~json: met
    header.Content-Type==text/html: expected header.Content-Type==text/html, got "application/json"
    header.vary==accept, cookie: met
    header.x-none~.: expected header.x-none~., got none
    header.x-none!~.: met
    header.set-cookie~^x: expected header.set-cookie~^x, got "REDACTED"
    body~"up": *true: expected body~"up": *true, got "{"up": false}"
    body=~up: met
    body!~error: met
    body==: expected body==, got "{"up": false}"
    url==http://a.test/end: expected url==http://a.test/end, got "http://a.test/end?token=REDACTED"
    url~/end: met
    "#);
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
    ]), @r#"
    : ! expected a condition such as status==200, time<500ms or header.content-type~json
    200: ! expected a condition such as status==200, time<500ms or header.content-type~json
    status: ! expected a condition such as status==200, time<500ms or header.content-type~json
    status!200: ! expected a condition such as status==200, time<500ms or header.content-type~json
    status==: ! "" is not a status, such as 200, 2xx or 200,204
    status==20x: ! "20x" is not a status, such as 200, 2xx or 200,204
    status==0xx: ! "0xx" is not a status, such as 200, 2xx or 200,204
    status==99: ! "99" is not a status, such as 200, 2xx or 200,204
    status==200,: ! "" is not a status, such as 200, 2xx or 200,204
    status==+20: ! "+20" is not a status, such as 200, 2xx or 200,204
    status<2xx: ! "2xx" is not a status, such as 200, 2xx or 200,204
    status~2..: ! status cannot be compared with ~: use ==, !=, <, <=, > or >=
    size<big: ! "big" is not a size, such as 512, 10KiB or 1MB
    time==1s: ! time cannot be compared with ==: use <, <=, > or >=
    time<-1s: ! "-1s" is not a time, such as 500ms or 2s
    time<soon: ! "soon" is not a time, such as 500ms or 2s
    body<3: ! body cannot be compared with <: use ==, !=, ~ or !~
    body~(: ! invalid regular expression: regex parse error:
        (
        ^
    error: unclosed group
    url!=~x: ! expected a condition such as status==200, time<500ms or header.content-type~json
    body===x: ! expected a condition such as status==200, time<500ms or header.content-type~json
    status=>200: ! expected a condition such as status==200, time<500ms or header.content-type~json
    header.a b==1: ! unknown name "header.a b": expected status, size, time, header.NAME, body or url
    header.==1: ! unknown name "header.": expected status, size, time, header.NAME, body or url
    latency<1s: ! unknown name "latency": expected status, size, time, header.NAME, body or url
    "#);
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
    let unmet = |answer: &Answer<'_>| Condition::body("^ok$").unwrap().unmet(answer, None).unwrap().unwrap();
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
        let unmet = |text: String| text.parse::<Condition>().unwrap().unmet(&answer, None).unwrap().is_some();
        prop_assert_eq!(unmet(format!("status=={wanted}")), of != wanted);
        prop_assert_eq!(unmet(format!("status!={wanted}")), of == wanted);
        prop_assert_eq!(unmet(format!("status=={}xx", wanted / 100)), of / 100 != wanted / 100);
        prop_assert_eq!(unmet(format!("status<{wanted}")), of >= wanted);
    }
}
