//! `Set-Cookie`: what is stored may be set, can be sent, and survives its file.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use haul::site::cookies::{Jar, MAX_COOKIE, netscape};
use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

const NOW: Duration = Duration::from_secs(1_700_000_000);

/// Each line is the value of a field.
pub(crate) fn check(input: &[u8]) {
    let values = input.split(|&byte| byte == b'\n').filter_map(|value| HeaderValue::from_bytes(value).ok());
    let head: HeaderMap = values.map(|value| (SET_COOKIE, value)).collect();
    let now: SystemTime = UNIX_EPOCH + NOW;
    for text in ["https://www.example.co.uk/a/b", "http://127.0.0.1/", "https://localhost/x"] {
        let url = Url::parse(text).expect("a URL");
        let mut jar = Jar::default();
        jar.take(&url, &head, now);
        let host = url.host_str().expect("a host").to_owned();
        for cookie in jar.iter() {
            let domain = &*cookie.domain;
            assert!(host == domain || host.ends_with(&format!(".{domain}")), "a cookie of another host: {cookie:?}");
            assert!(cookie.host_only || domain == "example.co.uk" || domain == host, "too wide: {cookie:?}");
            assert!(!cookie.has_expired(now) && cookie.path.starts_with('/'), "{cookie:?}");
            assert!(!cookie.secure || url.scheme() == "https", "a secure cookie over http: {cookie:?}");
            let bytes = [&cookie.name[..], &cookie.value].concat();
            assert!(bytes.len() <= MAX_COOKIE && !bytes.iter().any(u8::is_ascii_control), "{cookie:?}");
        }
        let file = netscape::render(&jar, b"");
        let read = Jar::new(netscape::parse(&file).expect("our own file").cookies, now);
        let shown = |jar: &Jar| jar.iter().map(|cookie| format!("{cookie:?} {:?}", cookie.value)).collect::<Vec<_>>();
        assert_eq!(shown(&read), shown(&jar), "its file holds something else");
        jar.matching(&url, now);
    }
    let _ = netscape::parse(input);
}
