use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use proptest::prelude::*;
use url::Url;

use super::*;

const NOW: u64 = 1_800_000_000;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn set(jar: &mut Jar, from: &str, field: impl AsRef<[u8]>) {
    let mut head = HeaderMap::new();
    head.append(SET_COOKIE, HeaderValue::from_bytes(field.as_ref()).unwrap());
    jar.take(&url(from), &head, at(NOW));
}

fn sent_at(jar: &mut Jar, to: &str, now: u64) -> String {
    let cookies = jar.matching(&url(to), at(now));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let pairs = cookies.iter().map(|cookie| format!("{}={}", text(&cookie.name), text(&cookie.value)));
    pairs.collect::<Vec<_>>().join("; ")
}

fn sent(jar: &mut Jar, to: &str) -> String {
    sent_at(jar, to, NOW)
}

/// The cookies sent to `to` after `from` has set `field`.
fn after(from: &str, field: &str, to: &str) -> String {
    let mut jar = Jar::default();
    set(&mut jar, from, field);
    sent(&mut jar, to)
}

#[test]
fn a_cookie_is_sent_to_matching_hosts() {
    for (from, domain, to, goes) in [
        ("http://a.test/", "", "http://a.test/", true),
        ("http://a.test/", "", "https://a.test:8443/", true),
        ("http://a.test/", "", "http://www.a.test/", false),
        ("http://a.test/", "; Domain=", "http://www.a.test/", false),
        ("http://a.test/", "; Domain=a.test", "http://www.a.test/", true),
        ("http://www.a.test/", "; Domain=.A.Test", "http://x.y.a.test/", true),
        ("http://www.a.test/", "; Domain=a.test", "http://b.test/", false),
        ("http://www.a.test/", "; Domain=a.test", "http://aa.test/", false),
        ("http://www.a.test/", "; Domain=www.a.test", "http://a.test/", false),
        ("http://a.test/", "; Domain=www.a.test", "http://www.a.test/", false),
        ("http://a.test/", "; Domain=b.test", "http://b.test/", false),
        ("http://a.test/", "; Domain=b.test", "http://a.test/", false),
        ("http://bücher.test/", "; Domain=bücher.test", "http://www.xn--bcher-kva.test/", true),
        ("http://127.0.0.1/", "", "http://127.0.0.1:81/", true),
        ("http://127.0.0.1/", "; Domain=127.0.0.1", "http://127.0.0.1/", true),
        ("http://127.0.0.1/", "; Domain=0.0.1", "http://127.0.0.1/", false),
        ("http://[::1]/", "; Domain=[::1]", "http://[::1]/", true),
        ("http://localhost/", "; Domain=localhost", "http://localhost/", true),
    ] {
        let to = after(from, &format!("a=1{domain}"), to);
        assert_eq!(to, if goes { "a=1" } else { "" }, "{from} {domain}");
    }
}

#[test]
fn cookies_for_a_public_suffix_are_refused() {
    for (from, domain, below) in [
        ("http://a.co.uk/", "co.uk", "http://b.co.uk/"),
        ("http://a.github.io/", "github.io", "http://b.github.io/"),
        ("http://a.test/", "test", "http://b.test/"),
        ("http://a.xn--55qx5d.cn/", "公司.cn", "http://b.xn--55qx5d.cn/"),
    ] {
        let field = format!("a=1; Domain={domain}");
        assert_eq!(after(from, &field, below), "", "{domain}");
        assert_eq!(after(from, &field, from), "", "{domain}");
    }
    // A public suffix that is itself a host can set cookies for itself.
    assert_eq!(after("http://github.io/", "a=1; Domain=github.io", "http://github.io/"), "a=1");
    assert_eq!(after("http://github.io/", "a=1; Domain=github.io", "http://a.github.io/"), "");
}

#[test]
fn a_cookie_is_sent_to_matching_paths() {
    for (from, path, to, goes) in [
        ("/", "", "/x", true),
        ("/a/b", "", "/a", true),
        ("/a/b", "", "/a/c?d", true),
        ("/a/b", "", "/ab", false),
        ("/a/b", "", "/", false),
        ("/a/b", "; Path=/", "/", true),
        ("/a/b", "; Path=relative", "/a", true),
        ("/", "; Path=/a/", "/a", false),
        ("/", "; Path=/a/", "/a/b", true),
        ("/", "; Path=/a", "/a/b", true),
        ("/", "; Path=/a", "/a%2Fb", false),
    ] {
        let to = after(&format!("http://a.test{from}"), &format!("a=1{path}"), &format!("http://a.test{to}"));
        assert_eq!(to, if goes { "a=1" } else { "" }, "{from} {path}");
    }
}

#[test]
fn secure_cookies_need_https_and_prefixes_are_enforced() {
    for (from, field, goes) in [
        ("https://a.test/", "a=1; Secure", true),
        ("http://a.test/", "a=1; Secure", false),
        ("https://a.test/", "__Secure-a=1; Secure", true),
        ("https://a.test/", "__Secure-a=1", false),
        ("https://a.test/", "__Host-a=1; Secure; Path=/", true),
        ("https://a.test/", "__Host-a=1; Secure", false),
        ("https://a.test/", "__host-a=1; Secure", false),
        ("https://a.test/", "__Host-a=1; Secure; Path=/; Domain=a.test", false),
        ("https://a.test/", "__Host-a=1; Path=/", false),
        ("https://a.test/", "a=1; SameSite=Strict; HttpOnly", true),
    ] {
        assert_eq!(!after(from, field, "https://a.test/").is_empty(), goes, "{from} {field}");
    }
    assert_eq!(after("https://a.test/", "a=1; Secure", "http://a.test/"), "");

    // Cookies set over http cannot replace or shadow those set over https.
    let mut jar = Jar::default();
    set(&mut jar, "https://www.a.test/", "id=right; Secure; Path=/");
    for field in ["id=wrong", "id=wrong; Path=/", "id=wrong; Domain=a.test; Path=/x", "id=; Max-Age=0; Path=/"] {
        set(&mut jar, "http://www.a.test/", field);
        assert_eq!(sent(&mut jar, "https://www.a.test/x"), "id=right", "{field}");
    }
    set(&mut jar, "https://www.a.test/", "id=new; Path=/");
    assert_eq!(sent(&mut jar, "http://www.a.test/x"), "id=new");
}

#[test]
fn a_cookie_expires() {
    let date = |seconds| httpdate::fmt_http_date(at(seconds));
    for (field, lives) in [
        ("a=1".to_owned(), 1_000_000),
        ("a=1; Max-Age=100".to_owned(), 99),
        (format!("a=1; Expires={}", date(NOW + 100)), 99),
        (format!("a=1; Max-Age=100; Expires={}", date(NOW - 1)), 99),
        ("a=1; Max-Age=nonsense; Expires=never".to_owned(), 1_000_000),
        ("a=1; Max-Age=99999999999999999999".to_owned(), MAX_AGE.as_secs() - 1),
    ] {
        let mut jar = Jar::default();
        set(&mut jar, "http://a.test/", &field);
        assert_eq!(sent_at(&mut jar, "http://a.test/", NOW + lives), "a=1", "{field}");
        if lives != 1_000_000 {
            assert_eq!(sent_at(&mut jar, "http://a.test/", NOW + lives + 1), "", "{field}");
        }
    }
    for field in [
        "a=; Max-Age=0",
        "a=; Max-Age=-1",
        "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "a=; Expires=Thu, 1 Jan 1970 00:00:00 UTC",
        "a=; Expires=Thursday, 01-Jan-1970 00:00:00 +0000",
    ] {
        let mut jar = Jar::default();
        set(&mut jar, "http://a.test/", "a=1");
        set(&mut jar, "http://a.test/", field);
        assert_eq!((sent(&mut jar, "http://a.test/").as_str(), jar.len()), ("", 0), "{field}");
    }
}

#[test]
fn longer_paths_and_then_older_cookies_come_first() {
    let mut jar = Jar::default();
    for field in ["new=1; Path=/", "long=1; Path=/x/y", "other=1; Path=/", "new=2; Path=/", "long=2; Path=/x"] {
        set(&mut jar, "http://a.test/", field);
    }
    assert_eq!(sent(&mut jar, "http://a.test/x/y"), "long=1; long=2; new=2; other=1");
}

#[test]
fn invalid_cookies_are_ignored() {
    let long = format!("a={}", "x".repeat(MAX_COOKIE));
    for field in ["", "a", "=1", "; a=1", "a=\t1\t2", long.as_str()] {
        assert_eq!(after("http://a.test/", field, "http://a.test/"), "", "{field}");
    }
    assert_eq!(after("http://a.test/", "a=\"b c\"; x=y", "http://a.test/"), "a=\"b c\"");
}

/// What servers set is bytes, and so is what they get back, after a file as well.
#[test]
fn a_cookie_is_bytes() {
    for (field, name, value) in [
        (&b"a=caf\xe9"[..], &b"a"[..], &b"caf\xe9"[..]),
        (b"a=\xe0; Path=/", b"a", b"\xe0"),
        (b"\xa0=\x85\xa0", b"\xa0", b"\x85\xa0"),
        ("ä= à ".as_bytes(), "ä".as_bytes(), "à".as_bytes()),
        (b" a\t=\t\xff ", b"a", b"\xff"),
        (b"a=b=\xe9; \xe9=\xe9; Secure", b"a", b"b=\xe9"),
    ] {
        let mut jar = Jar::default();
        set(&mut jar, "https://a.test/", field);
        let again = Jar::new(netscape::parse(&netscape::render(&jar, b"")).unwrap().cookies, at(NOW));
        for mut jar in [jar, again] {
            let cookies = jar.matching(&url("https://a.test/"), at(NOW));
            assert_eq!(cookies.iter().map(|c| (&*c.name, &*c.value)).collect::<Vec<_>>(), [(name, value)], "{field:?}");
        }
    }
    for field in [&b"a=1; Domain=a.t\xe9st"[..], b"a=1; Path=/\xe9", b"\xe9"] {
        let mut jar = Jar::default();
        set(&mut jar, "https://a.test/", field);
        assert!(jar.is_empty(), "{field:?}");
    }
}

/// Of an attribute that is repeated the last one counts, and one that cannot be read does not (section 5.6).
#[test]
fn attributes_are_read_in_any_notation() {
    for (field, goes) in [
        ("a=1; DOMAIN = a.test ;path=/", true),
        ("a=1; Domain=b.test; Domain=a.test", true),
        ("a=1; Domain=a.test; Domain=b.test", false),
        ("a=1; Domain=a.test; Domain=", false),
        ("a=1; Domain=a.test; Path=/x; Path=/", true),
        ("a=1; Domain=a.test; Max-Age=0; Max-Age=9", true),
        ("a=1; Domain=a.test; Max-Age=9; Max-Age=0", false),
        ("a=1; Domain=a.test; Max-Age=9; Max-Age=0.5", true),
        ("a=1; Domain=a.test; Max-Age=+0", true),
        ("a=1; Domain=a.test; Max-Age=-99999999999999999999", false),
        ("a=1; Domain=a.test; Max-Age=-", true),
        ("a=1; Domain=a.test; Expires=Thu, 01-Jan-1970 00:00:00 UTC; Expires=soon", false),
        ("a=1; Domain=a.test;;; unknown; =; HttpOnly=no", true),
    ] {
        assert_eq!(after("http://a.test/x", field, "http://www.a.test/"), if goes { "a=1" } else { "" }, "{field}");
    }
    assert_eq!(after("http://a.test/", "a=1; Domain=.", "http://a.test/"), "a=1");
}

#[test]
fn a_full_site_evicts_and_keeps_secure_cookies() {
    let mut jar = Jar::default();
    set(&mut jar, "https://a.test/", "first=1; Secure");
    for n in 0..2 * MAX_SITE_COOKIES {
        set(&mut jar, &format!("http://{n}.a.test/"), format!("c{n}=1; Domain=a.test"));
        sent(&mut jar, "http://a.test/"); // uses all but the secure one
    }
    assert_eq!(jar.len(), MAX_SITE_COOKIES);
    let left = sent(&mut jar, "https://a.test/");
    assert!(left.contains("first=1") && left.contains(&format!("c{}=1", 2 * MAX_SITE_COOKIES - 1)), "{left}");
}

#[test]
fn a_full_jar_evicts_the_least_recently_used() {
    let mut jar = Jar::default();
    for n in 0..3 * MAX_COOKIES {
        set(&mut jar, &format!("http://h{n}.test/"), "a=1");
        sent(&mut jar, "http://h0.test/");
        assert!(jar.len() <= MAX_COOKIES);
    }
    assert!(jar.len() > MAX_COOKIES * 9 / 10);
    assert_eq!(jar.iter().count(), jar.len());
    for (host, kept) in [(0, true), (3 * MAX_COOKIES - 1, true), (1, false)] {
        assert_eq!(!sent(&mut jar, &format!("http://h{host}.test/")).is_empty(), kept, "{host}");
    }
}

#[test]
fn the_file_is_compatible_with_curl() {
    let mut jar = Jar::default();
    set(&mut jar, "https://www.a.test/x/y", "sid=1%20 2; HttpOnly; Secure");
    set(&mut jar, "https://www.a.test/", "b=; Domain=a.test; Path=/; Max-Age=60");
    insta::assert_snapshot!(String::from_utf8(netscape::render(&jar, b"")).unwrap().replace('\t', "|"), @r"
    # Netscape HTTP Cookie File
    # Kept by haul. Whoever reads it can act in your name.

    #HttpOnly_www.a.test|FALSE|/x|TRUE|0|sid|1%20 2
    .a.test|TRUE|/|FALSE|1800000060|b|
    ");
    let file =
        b"# a comment\r\n\r\n.A.test\ttrue\t/\tfalse\t0\ta\tb=c d\r\n#HttpOnly_b.test\tFALSE\t/x\tTRUE\t12\tn\t\n";
    let parsed = netscape::parse(file).unwrap().cookies;
    assert_eq!(
        parsed.iter().map(|c| (&*c.domain, c.host_only, &*c.value)).collect::<Vec<_>>(),
        [("a.test", false, &b"b=c d"[..]), ("b.test", true, b"")]
    );
    assert_eq!(parsed[1].expires, Some(12));
    assert_eq!(Jar::new(parsed, at(NOW)).len(), 1, "one has expired");
}

#[test]
fn an_invalid_file_is_refused_by_line() {
    for (text, message) in [
        ("http://a.test/\n", "line 1: a cookie needs seven fields, separated by tabs"),
        ("# x\n\na.test\tFALSE\t/\tFALSE\tsoon\ta\tb\n", "line 3: its expiry is not a number of seconds"),
        ("a.test\tx\t/\tFALSE\t0\ta\tb\n", "line 1: its second and fourth fields must be TRUE or FALSE"),
        ("a.test\tFALSE\tx\tFALSE\t0\ta\tb\n", "line 1: its path is invalid"),
        ("a b\tFALSE\t/\tFALSE\t0\ta\tb\n", "line 1: its domain is invalid"),
        ("a.test\tFALSE\t/\tFALSE\t0\t\tb\n", "line 1: it has no name"),
        ("a.test\tFALSE\t/\tFALSE\t0\ta\tb;c=d\n", "line 1: it contains a separator"),
    ] {
        assert_eq!(netscape::parse(text.as_bytes()).unwrap_err().to_string(), message, "{text:?}");
    }
}

#[test]
fn what_other_programs_write_is_read() {
    let row = |expires: &str| format!("a.test\tFALSE\t/\tFALSE\t{expires}\ta\tb\n");
    let expiry = |expires: &str| netscape::parse(row(expires).as_bytes()).unwrap().cookies[0].expires;
    for (written, read) in [
        ("", None),
        ("0", None),
        ("-1", None),
        ("-1.0", None),
        ("0.0", None),
        (" 12 ", Some(12)),
        ("12", Some(12)),
        ("12.", Some(12)),
        ("12.75", Some(12)),
        ("4102444800.123456", Some(4_102_444_800)),
        ("-62135596800", Some(0)),
        ("253402300800", Some(253_402_300_800)),
        ("99999999999999999999999", Some(u64::MAX)),
    ] {
        assert_eq!(expiry(written), read, "{written:?}");
    }
    for (line, domain, host_only, value) in [
        ("a.test\tFALSE\t/\tFALSE\t0\ta\tb", "a.test", true, "b"),
        (".a.test\tFALSE\t/\tFALSE\t0\ta\tb", "a.test", true, "b"),
        ("a.test\tTRUE\t/\tFALSE\t0\ta\tb", "a.test", false, "b"),
        (".a.test\ttrue \t/\tfalse\t0\ta\tb\r", "a.test", false, "b"),
        ("#HttpOnly_.a.test\tTRUE\t/\tFALSE\t0\ta\tb", "a.test", false, "b"),
        ("a.test\tFALSE\t\tFALSE\t0\ta\tb", "a.test", true, "b"),
        ("a.test\tFALSE\t/\tFALSE\t0\ta", "a.test", true, ""),
        ("a.test\tFALSE\t/\tFALSE\t0\ta\t", "a.test", true, ""),
    ] {
        let read = netscape::parse(line.as_bytes()).unwrap();
        let cookie = &read.cookies[0];
        assert_eq!(
            (&*cookie.domain, cookie.host_only, &*cookie.value),
            (domain, host_only, value.as_bytes()),
            "{line}"
        );
        assert_eq!(&*cookie.path, "/", "{line}");
    }
}

#[test]
fn a_bad_line_costs_that_line() {
    let good = "a.test\tFALSE\t/\tFALSE\t0\ta\tb\n";
    for (text, cookies, skipped) in [
        (format!("no cookie at all\n{good}"), 1, &[1][..]),
        (format!("{good}a.test FALSE / FALSE 0 c d\n{good}\n<html>"), 2, &[2, 5]),
        (format!("# c\n  # c\n$ c\n{good}"), 1, &[]),
        ("# Netscape HTTP Cookie File\nnonsense\n".to_owned(), 0, &[2]),
        ("# Netscape HTTP Cookie File\n".to_owned(), 0, &[]),
        (String::new(), 0, &[]),
    ] {
        let read = netscape::parse(text.as_bytes()).unwrap();
        let lines: Vec<_> = read.skipped.iter().map(|bad| bad.line).collect();
        assert_eq!((read.cookies.len(), &lines[..]), (cookies, skipped), "{text:?}");
    }
    let lwp = netscape::parse(b"#LWP-Cookies-2.0\nSet-Cookie3: a=b\n").unwrap_err();
    assert!(lwp.to_string().contains("the format of LWP is not supported"), "{lwp}");
}

fn cookies() -> impl Strategy<Value = Cookie> {
    let host = "[a-z]{1,3}(\\.[a-z]{1,3}){0,2}\\.test|127\\.0\\.0\\.[1-9]|\\[::1\\]|localhost";
    let value =
        proptest::collection::vec(any::<u8>().prop_filter("no value", |b| !b.is_ascii_control() && *b != b';'), 0..12);
    let text = ("[!-:<>-~][ -:<>-~ä]{0,8}", value, host, "/[!-:<-~]{0,9}");
    (text, any::<[bool; 3]>(), proptest::option::of(NOW + 1..4 * NOW)).prop_map(
        |((name, value, domain, path), [host_only, secure, http_only], expires)| Cookie {
            name: name.trim().as_bytes().into(),
            value: value.into(),
            domain: domain.into(),
            host_only,
            path: path.into(),
            secure,
            http_only,
            expires,
        },
    )
}

proptest! {
    /// Writing and reading keeps the order.
    #[test]
    fn a_written_jar_reads_back(cookies in proptest::collection::vec(cookies(), 0..30)) {
        let jar = Jar::new(cookies, at(NOW));
        let text = netscape::render(&jar, b"");
        let again = Jar::new(netscape::parse(&text).unwrap().cookies, at(NOW));
        prop_assert!(jar.iter().eq(again.iter()));
        prop_assert_eq!(netscape::render(&again, b""), text);
    }

    /// Parsing never panics, and what it accepts can be sent and written.
    #[test]
    fn any_file_is_parsed_or_refused(text in "([a-z.]{1,9}\t(TRUE|FALSE)\t/\\PC{0,3}\t(TRUE|FALSE)\t[0-9]{1,21}\t\\PC{0,4}\t\\PC{0,9}\n|\\PC{0,20}\n){0,4}") {
        if let Ok(read) = netscape::parse(text.as_bytes()) {
            let jar = Jar::new(read.cookies, at(0));
            let again = netscape::parse(&netscape::render(&jar, b"")).unwrap();
            prop_assert!(again.skipped.is_empty() && jar.iter().eq(&again.cookies));
        }
    }

    /// Whatever a server sets stays within its site and is a valid header value.
    #[test]
    fn cookies_stay_within_their_site(field in "\\PC{0,12}|a=b(; ?(Domain=\\.?(a|b|www\\.a)?\\.?test|Path=/?x?|Secure|Max-Age=-?[0-9]{0,20}|\\PC{0,9})){0,5}") {
        let mut jar = Jar::default();
        set(&mut jar, "https://www.a.test/x/y", &field);
        for other in ["https://b.test/x/y", "https://test/x/y", "https://www.b.test/x/y", "https://aa.test/x/y"] {
            prop_assert_eq!(sent(&mut jar, other), "");
        }
        prop_assert!(HeaderValue::from_bytes(sent(&mut jar, "https://www.a.test/x/y").as_bytes()).is_ok());
    }
}

#[test]
fn lines_that_are_not_cookies_stay() {
    let jar = Jar::new(netscape::parse(b"a.example\tFALSE\t/\tFALSE\t0\ta\t1").unwrap().cookies, at(NOW));
    let before = "# Netscape HTTP Cookie File\r\n# Edit at will\r\n\r\nbroken\r\n#HttpOnly_x\ty\r\n\
        old.example\tFALSE\t/\tFALSE\t0\tb\t2\r\n$ comment\r\n";
    let first = netscape::render(&jar, before.as_bytes());
    let text = String::from_utf8(first.clone()).unwrap();
    let kept = "\n\n# Edit at will\nbroken\n#HttpOnly_x\ty\n$ comment\na.example\t";
    assert!(text.contains(kept) && !text.contains("old.example"), "{text}");
    assert_eq!(netscape::render(&jar, &first), first, "nothing is added by another run");
    let read = netscape::parse(&first).unwrap();
    assert_eq!((read.cookies.len(), read.skipped.len(), read.has_header), (1, 2, true));
}
