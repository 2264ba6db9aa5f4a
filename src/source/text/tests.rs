use std::sync::Arc;

use http::Method;
use proptest::prelude::*;
use url::Url;

use super::{TextParser, content, parse_line};
use crate::model::{Invalid, LinePosition, MAX_SHOWN_URL};
use crate::source::lines::{InputLine, LineContext, MAX_LINE};
use crate::source::{Entry, ListOptions};

fn entry(line: impl AsRef<[u8]>, base: Option<&str>) -> Option<Entry> {
    let base_url = base.map(|base| Url::parse(base).unwrap());
    let line = InputLine { text: line.as_ref(), end: b"\n", number: 12, offset: 345 };
    let context = LineContext { list: 3, line_name: "urls.txt line", seq: 7 };
    TextParser::new(&ListOptions { base_url, ..ListOptions::default() }).entry(line, context)
}

fn invalid(line: impl AsRef<[u8]>, base: Option<&str>) -> Invalid {
    match entry(line, base) {
        Some(Entry::Invalid(invalid)) => *invalid,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_line_is_a_request() {
    for (line, method, url, given) in [
        ("https://example.com/a", "GET", "https://example.com/a", None),
        ("\u{feff}https://example.com/a", "GET", "https://example.com/a", None),
        (" \thttps://example.com/a \r", "GET", "https://example.com/a", None),
        ("https://Example.com", "GET", "https://example.com/", Some("https://Example.com")),
        ("https://example.com/ä", "GET", "https://example.com/%C3%A4", Some("https://example.com/ä")),
        ("DELETE https://example.com/a", "DELETE", "https://example.com/a", None),
        ("M-SEARCH \t http://example.com/", "M-SEARCH", "http://example.com/", None),
    ] {
        let Some(Entry::Job(job)) = entry(line, None) else { panic!("{line}") };
        assert_eq!((job.request.method.as_str(), job.url.as_str()), (method, url));
        assert_eq!(job.given.as_deref(), given);
        assert_eq!((job.seq, job.place), (7, LinePosition { list: 3, line: 12, offset: 345 }));
    }
}

#[test]
fn a_relative_reference_is_resolved() {
    for (line, url) in [
        ("b?c=d", "https://example.com/a/b?c=d"),
        ("//example.org/b", "https://example.org/b"),
        ("http://example.org/", "http://example.org/"),
    ] {
        let Some(Entry::Job(job)) = entry(line, Some("https://example.com/a/")) else { panic!("{line}") };
        assert_eq!((job.url.as_str(), job.given_url()), (url, line));
    }
}

#[test]
fn blank_lines_and_comments_are_skipped() {
    let comment = format!("# {}", "x".repeat(MAX_LINE));
    for line in ["", " \t\r", "# https://example.com/", "  #", "\u{feff}", "\u{feff}#", &comment] {
        assert!(entry(line, None).is_none(), "{line}");
    }
}

#[test]
fn an_invalid_line_says_what_is_wrong() {
    const BASE: Option<&str> = Some("https://example.com/");
    for (line, base, reason) in [
        ("ftp://example.com/", None, r#"scheme "ftp" is not http or https"#),
        ("mailto:ann@example.com", None, r#"scheme "mailto" is not http or https"#),
        ("sk-live:@a.example/x", None, "no scheme"),
        ("sk-live:@example.com/x", None, "no scheme: did you mean https://REDACTED@example.com/x ?"),
        ("1", None, "no scheme: relative URLs need a base"),
        ("1.5", None, "no scheme: relative URLs need a base"),
        ("1,http://h/", None, "no scheme: relative URLs need a base"),
        ("1,example.com", None, "no scheme: relative URLs need a base"),
        ("url=http://example.com/", None, "no scheme: relative URLs need a base"),
        ("index.html", None, "no scheme: relative URLs need a base"),
        ("users/7", None, "no scheme: relative URLs need a base"),
        ("192.0.2.1/x", None, "no scheme: did you mean http://192.0.2.1/x ? Relative URLs need a base"),
        ("api:8080/x", None, "no scheme: did you mean http://api:8080/x ?"),
        ("api.internal:8080/x", None, "no scheme"),
        ("sk-live:@[h", None, "no scheme"),
        ("data:x", BASE, r#"scheme "data" is not http or https"#),
        ("https://", None, "no host"),
        ("https://example.com:99999/", None, "not a URL: invalid port number"),
        ("https://exa<mple.com/", None, "not a URL: invalid international domain name"),
        ("http://example.com/a b", None, "a URL cannot contain a space; write %20, or one URL per line"),
        ("GET https://example.com/ 200", None, "a URL cannot contain a space; write %20, or one URL per line"),
        ("https://example.com/\t200", None, "a URL cannot contain a tab; write one URL per line"),
        ("GET https://example.com/\t200", None, "a URL cannot contain a tab; write one URL per line"),
        ("https://example.com/ # comment", None, "a comment needs a line of its own"),
        ("GET https://example.com/\t# comment", None, "a comment needs a line of its own"),
        ("https://example.com/ GET", None, "the method goes before the URL: GET URL"),
        ("https://example.com/\tPOST", None, "the method goes before the URL: POST URL"),
        ("- https://example.com/", None, "write one URL per line, with at most a method before it"),
        ("https://a.example/ http://b.example/", None, "write one URL per line, with at most a method before it"),
        ("get https://a/", None, r#""get" is not a method; methods are in capitals, such as GET"#),
        ("example.com/x", None, "no scheme: did you mean https://example.com/x ? Relative URLs need a base"),
        ("//example.com/x", None, "no scheme: did you mean https://example.com/x ? Relative URLs need a base"),
        ("/x", None, "no scheme: relative URLs need a base"),
        ("localhost:8080/x", None, "no scheme: did you mean http://localhost:8080/x ?"),
        ("127.0.0.1:80/x", None, "no scheme: did you mean http://127.0.0.1/x ? Relative URLs need a base"),
        ("localhost:8080/x", BASE, "no scheme: did you mean http://localhost:8080/x ?"),
    ] {
        assert_eq!(invalid(line, base).message, format!("urls.txt line 12: {reason}"), "{line}");
    }
}

#[test]
fn an_invalid_line_is_shown_as_written() {
    let shown = |line: &[u8]| {
        let invalid = invalid(line, None);
        (invalid.method, invalid.url)
    };
    assert_eq!(shown(b"DELETE ftp://a/"), (Method::DELETE, "ftp://a/".to_owned()));
    assert_eq!(shown(b"get ftp://a/"), (Method::GET, "get ftp://a/".to_owned()));
    assert_eq!(shown(b"https://a/\xff"), (Method::GET, "https://a/\u{fffd}".to_owned()));
    assert_eq!(shown(b"PUT ftp://u:p@a/?sig=1").1, "ftp://REDACTED@a/?sig=REDACTED");
}

#[test]
fn a_long_line_is_truncated_at_a_character_boundary() {
    let fits = format!("https://a/{}", "x".repeat(MAX_LINE - 10));
    assert!(matches!(entry(&fits, None), Some(Entry::Job(_))));
    let long = invalid(format!("https://u:p@a/xx{}", "ä".repeat(MAX_LINE / 2)), None);
    assert_eq!(long.message, "urls.txt line 12: longer than 64 KiB");
    assert_eq!(long.url.len(), MAX_SHOWN_URL - 1);
    assert!(long.url.starts_with("https://REDACTED@a/xxä"));
    assert_eq!(invalid(" ".repeat(MAX_LINE + 1), None).url, "");
}

#[test]
fn messages_are_redacted() {
    let suggestion = invalid("example.com/?token=hunter2", None);
    assert!(suggestion.message.contains("https://example.com/?token=REDACTED "), "{}", suggestion.message);
    let long = invalid(format!("https://u:{}@a/", "p".repeat(2 * MAX_SHOWN_URL)).replace("https", "ftp"), None);
    assert_eq!(long.url, "ftp://REDACTED@a/");
}

#[test]
fn jobs_with_the_same_method_share_a_request() {
    let mut parser = TextParser::new(&ListOptions::default());
    let mut request = |method: &str| {
        let line = format!("{method} https://example.com/");
        let context = LineContext { list: 0, line_name: "", seq: 0 };
        match parser.entry(InputLine { text: line.as_bytes(), end: b"\n", number: 1, offset: 0 }, context) {
            Some(Entry::Job(job)) => job.request,
            other => panic!("{other:?}"),
        }
    };
    assert!(Arc::ptr_eq(&request("GET"), &request("")));
    assert!(Arc::ptr_eq(&request("DELETE"), &request("DELETE")));
    assert_eq!(request("DELETE").headers, request("GET").headers);
    for n in 0..100 {
        request(&"X".repeat(n));
    }
    assert_eq!(request(&"X".repeat(99)).method.as_str().len(), 99);
    assert!(parser.requests.others.len() < 20);
}

proptest! {
    #[test]
    fn parsing_never_panics(line: Vec<u8>, text in ".*", relative: bool) {
        let base = relative.then(|| Url::parse("https://example.com/a").unwrap());
        for line in [&line[..], text.as_bytes()] {
            let _ = parse_line(line, base.as_ref(), Default::default());
        }
    }

    #[test]
    fn a_normalised_url_is_unchanged(path in "[a-z0-9/._~-]{0,40}", query in "[a-z0-9=&%]{0,20}") {
        let url = Url::parse(&format!("https://example.com/{path}?{query}")).unwrap();
        let Some(Entry::Job(job)) = entry(url.as_str(), None) else { panic!("{url}") };
        prop_assert!(job.given.is_none());
        prop_assert_eq!(job.url, url);
    }

    #[test]
    fn an_entry_is_recognised_without_parsing(
        start in "(\u{feff}|#|[ \t\r]){0,3}",
        middle in prop_oneof![Just(0), 0..20usize, MAX_LINE - 3..MAX_LINE + 4, MAX_LINE..3 * MAX_LINE],
        filler in prop_oneof![Just(b' '), Just(b'#'), Just(b'x'), any::<u8>()],
        end: Vec<u8>,
    ) {
        let line = [start.as_bytes(), &vec![filler; middle], &end].concat();
        prop_assert_eq!(content(&line).is_some(), entry(&line, None).is_some());
        // The answer does not depend on how much of a long line is in the buffer.
        prop_assert_eq!(content(&line).is_some(), content(&line[..line.len().min(MAX_LINE + 1)]).is_some());
    }
}
