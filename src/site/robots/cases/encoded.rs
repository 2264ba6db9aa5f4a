//! Encoded characters in rules and URLs.

use proptest::prelude::*;
use url::Position;

use super::{check, matches, rules, url};

#[test]
fn reserved_characters_match_their_encoded_form() {
    let both = ["/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https%3a//foo.bar"];
    both.iter().for_each(|rule| matches(rule, &both, &["/foo/bar?baz=", "/foo/bar"]));
    for (plain, encoded) in
        [("/a:b", "/a%3Ab"), ("/a@b", "/a%40b"), ("/a(b)", "/a%28b%29"), ("/a,b;c=d", "/a%2Cb%3Bc%3Dd")]
    {
        matches(plain, &[plain, encoded], &["/a"]);
        matches(encoded, &[plain, encoded], &["/a"]);
    }
    // In a path, an encoded slash or question mark is part of a name.
    matches("/a%2Fb", &["/a%2Fb", "/a%2fb"], &["/a/b"]);
    matches("/a/b", &["/a/b"], &["/a%2Fb"]);
    matches("/a%3Fb", &["/a%3Fb"], &["/a?b"]);
    matches("/a?b%3Fc", &["/a?b?c", "/a?b%3fc"], &["/a?bc"]);
    matches("*/a%3Ab", &["/a:b", "/x/a%3ab"], &["/ab"]);
    matches("/%", &["/%"], &["/a"]);
}

/// A star may stand for the question mark, too.
#[test]
fn a_star_reaches_into_the_query() {
    let both = ["/s?u=a%2Fb", "/s?u=a/b", "/s?u=a%2fb&v", "/x/y?u=a%2Fb"];
    for rule in ["/*u=a%2Fb", "*u=a%2Fb", "*u=a/b", "/*?u=a%2fb", "/*s*u=a%2Fb", "*%75=a%2Fb"] {
        matches(rule, &both[..if rule.contains('s') { 3 } else { 4 }], &["/s?u=a", "/s?u=ab"]);
    }
    matches("*u=a%2Fb$", &["/s?u=a%2Fb", "/s?u=a/b", "/u=a%2Fb"], &["/s?u=a%2Fb&v", "/u=a/b"]);
    matches("*url=https%3A%2F%2Fevil", &["/go?url=https%3A%2F%2Fevil.test", "/go?url=https://evil.test"], &["/go"]);
    matches("/go*next=%2Fadmin", &["/go?next=%2Fadmin", "/go?next=/admin", "/go/next=%2Fadmin"], &["/go/next=/admin"]);
    matches("/go*next=%3Fx", &["/go?next=%3Fx", "/go?next=?x", "/gonext=%3Fx"], &["/gonext=?x"]);
    matches("/*b%2F?x%2Fy", &["/a?b%2F?x%2Fy", "/a?b/?x/y", "/b%2F?x/y"], &["/b/?x/y"]);
    matches("/*%2F*%2F", &["/a?%2F/", "/a%2F?/", "/a%2Fb%2F"], &["/a/b/", "/a%2F/", "/a%2F?"]);
    matches("/*%3F", &["/a%3F", "/a?b?", "/a?%3F"], &["/a?", "/a?b"]);
    matches("/*/x", &["/a/x", "/a?b/x", "/a?b%2Fx"], &["/a%2Fx"]);
    check("User-agent: *\nDisallow: *u=a%2Fb\nAllow: *u=a%2Fb/c", &["/s?u=a%2Fb%2Fc"], &["/s?u=a%2Fb"]);
}

#[test]
fn encoded_and_plain_punctuation_match() {
    for plain in ["|", "^", "$", "\"", "<", ">", "`", "{", "}", "~", "!", "'", "+", ";", "*", "%"] {
        let encoded = format!("%{:02X}", plain.as_bytes()[0]);
        let [of_plain, of_encoded] = [plain, &encoded].map(|it| format!("/a{it}b"));
        if plain != "*" {
            matches(&of_plain, &[&of_plain, &of_encoded], &["/a", "/ab"]);
        }
        matches(&of_encoded, &[&of_plain, &of_encoded, &of_encoded.to_lowercase()], &["/a", "/ab", "/axb"]);
        matches(&format!("*{encoded}b"), &[&of_plain, &of_encoded], &["/a", "/ab"]);
        let equal = format!("User-agent: *\nDisallow: {of_encoded}\nAllow: {of_plain}");
        check(&equal, &[&of_plain, &of_encoded], &[]);
    }
    matches("/a$*b", &["/a$b", "/a%24xb"], &["/ab"]);
    matches("/a$$", &["/a$", "/a%24"], &["/a", "/a$b"]);
    matches("/a%24$", &["/a$"], &["/a", "/a$b"]);
    matches("/a b", &["/a%20b"], &["/ab"]);
    matches("/a?b\\c", &["/a?b\\c", "/a?b%5Cc"], &["/a?bc"]);
}

#[test]
fn encoded_and_plain_characters_match() {
    // RFC 9309, section 2.2.2
    matches("/foo/bar?baz=quz", &["/foo/bar?baz=quz"], &["/foo/bar"]);
    matches("/foo/bar?baz=https://foo.bar", &["/foo/bar?baz=https://foo.bar"], &[]);
    matches("/foo/bar/ツ", &["/foo/bar/%E3%83%84", "/foo/bar/ツ", "/foo/bar/%e3%83%84"], &[]);
    matches("/foo/bar/%E3%83%84", &["/foo/bar/%E3%83%84", "/foo/bar/ツ"], &[]);
    matches("/foo/bar/%62%61%7A", &["/foo/bar/baz", "/foo/bar/%62%61%7A"], &["/foo/bar/bay"]);
    matches("/a%2Fb", &["/a%2Fb", "/a%2fb"], &["/a/b"]);
    matches("/100%", &["/100%"], &["/100"]);
}

#[test]
fn special_characters_can_be_encoded() {
    // RFC 9309, section 2.2.3
    matches("/path/file-with-a-%2A.html", &["/path/file-with-a-*.html"], &["/path/file-with-a-x.html"]);
    matches("/path/foo-%24", &["/path/foo-$", "/path/foo-$.html"], &["/path/foo-"]);
    check("User-agent: *\nDisallow: /a\nAllow: /a%2A", &["/a*"], &["/ax"]);
    check("User-agent: *\nAllow: /a*b\nDisallow: /a", &["/a*b", "/axb"], &["/a*", "/a$"]);
    assert_eq!(rules("User-agent: *\nDisallow: /a%2a").refusal(&url("/a*")).unwrap(), "Disallow: /a%2A");
}

proptest! {
    /// RFC 9309, section 2.2.2: a URL matches the rule that is written like it, and the one with a star for any part.
    #[test]
    fn identical_octets_match(
        path in "/([a-c/?&=|^~:]|%2F|%3f|%2A|%24|%25|%41|%C3%A4|%zz){0,12}", star in (0_usize..40, 0_usize..40),
    ) {
        let url = url(&path);
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let (from, to) = (star.0.min(star.1).min(path.len()), star.0.max(star.1).min(path.len()));
        // A star may not divide an encoded octet.
        let is_inside = |at: usize| path.as_bytes()[at.saturating_sub(2)..at].contains(&b'%');
        prop_assume!(!is_inside(from) && !is_inside(to));
        for rule in [path.to_owned(), format!("{}*{}", &path[..from], &path[to..])] {
            for rule in [format!("{rule}$"), rule] {
                let text = format!("User-agent: *\nDisallow: {rule}");
                prop_assert!(rules(&text).refusal(&url).is_some(), "{} by {}", path, rule);
            }
        }
    }
}
