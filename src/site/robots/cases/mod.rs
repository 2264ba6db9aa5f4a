//! Tests of the rules of a robots.txt: the examples of RFC 9309, and cases from files in the wild.

mod encoded;

use std::time::Duration;

use proptest::prelude::*;
use url::Url;

use super::{ProductToken, Rules, location};

fn rules(text: &str) -> Rules {
    Rules::parse(text.as_bytes(), ProductToken::of(b"FooBot/1.0").as_ref())
}

fn url(path: &str) -> Url {
    format!("https://h.test{path}").parse().unwrap()
}

/// Checks a robots.txt against paths that it allows and paths that it refuses.
#[track_caller]
fn check(text: &str, allowed: &[&str], refused: &[&str]) {
    let rules = rules(text);
    for path in allowed {
        assert!(rules.allow(&url(path)), "{path} is refused by {text:?}: {:?}", rules.refusal(&url(path)));
    }
    for path in refused {
        assert!(!rules.allow(&url(path)), "{path} is allowed by {text:?}");
    }
}

/// Checks which paths a single rule for all robots matches.
#[track_caller]
fn matches(pattern: &str, yes: &[&str], no: &[&str]) {
    check(&format!("User-agent: *\nDisallow: {pattern}"), no, yes);
}

#[test]
fn the_longest_rule_applies_in_any_order() {
    // RFC 9309, section 5.2
    let text = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n";
    check(text, &["/example/page/", "/example/page/x.gif"], &["/example/page/disallowed.gif"]);
    let text = "User-Agent: foobot\nDisallow: /example/page/disallowed.gif\nAllow: /example/page/\n";
    check(text, &["/example/page/", "/example/page/x.gif"], &["/example/page/disallowed.gif"]);
    check("User-agent: *\nAllow: /\nDisallow: /x/page.html\nAllow: /x/", &["/x/", "/"], &["/x/page.html"]);
}

#[test]
fn allow_wins_between_rules_of_equal_length() {
    for text in ["User-agent: *\nDisallow: /a\nAllow: /a", "User-agent: *\nAllow: /a\nDisallow: /a"] {
        check(text, &["/a", "/ab"], &[]);
    }
    check("User-agent: *\nAllow: /p\nDisallow: /", &["/page"], &["/"]);
    check("User-agent: *\nAllow: /folder\nDisallow: /folder", &["/folder/page"], &[]);
    check("User-agent: *\nAllow: /page\nDisallow: /*.htm", &[], &["/page.htm"]);
    check("User-agent: *\nAllow: /$\nDisallow: /", &["/"], &["/page.htm"]);
}

#[test]
fn rules_match_from_the_start_and_are_case_sensitive() {
    matches("/fish", &["/fish", "/fish.html", "/fish/salmon", "/fish.php?id=1"], &["/Fish", "/catfish", "/?id=fish"]);
    matches("/fish/", &["/fish/", "/fish/?id=1", "/fish/salmon"], &["/fish", "/fish.html", "/Fish/salmon"]);
    matches("/", &["/", "/a?b"], &[]);
    matches("", &[], &["/", "/a"]);
}

#[test]
fn wildcards_and_ends() {
    matches("/fish*", &["/fish", "/fish.html", "/fishheads/x"], &["/Fish", "/catfish", "/desert/fish"]);
    matches("/*.php", &["/index.php", "/a/b.php?c", "/a.php/", "/filename.php5"], &["/", "/windows.PHP"]);
    matches("/*.php$", &["/a.php", "/a/b.php"], &["/a.php?b", "/a.php/", "/a.php5"]);
    matches("/fish*.php", &["/fish.php", "/fishheads/catfish.php?x"], &["/Fish.PHP"]);
    matches("*/private", &["/private", "/a/private"], &["/public"]);
    matches("**/private/", &["/private/", "/a/private/b"], &["/private", "/xprivate/"]);
    matches("/*/private", &["/a/private"], &["/private"]);
    matches("*.gif", &["/.gif", "/a.gif"], &["/gif"]);
    check("User-agent: *\nDisallow: /\nAllow:*/public", &["/public", "/a/public"], &["/a"]);
    matches("/a**b", &["/ab", "/axb"], &["/ba"]);
    matches("/*?", &["/a?", "/a?b"], &["/a"]);
    matches("/$", &["/"], &["/a"]);
}

/// RFC 9309, section 2.2.2: the most octets count, those of leading stars among them.
#[test]
fn leading_stars_count_as_octets() {
    let decides = |text: &str, path: &str, is_allowed: bool| {
        for rules in [text.to_owned(), text.lines().rev().collect::<Vec<_>>().join("\n")] {
            let text = format!("User-agent: *\n{rules}");
            assert_eq!(self::rules(&text).allow(&url(path)), is_allowed, "{path} by {text:?}");
        }
    };
    decides("Disallow: */private\nAllow: /private", "/private", false);
    decides("Disallow: */private\nAllow: /privat", "/a/private", false);
    decides("Disallow: /private\nAllow: */private", "/private", true);
    decides("Disallow: *\nAllow: /", "/x", true);
    decides("Disallow: *\nAllow: /x", "/x", true);
    decides("Disallow: *.gif\nAllow: /.gif", "/.gif", true);
    decides("Disallow: *.gif\nAllow: /a", "/a.gif", false);
    decides("Disallow: *.gif$\nAllow: /a.gi", "/a.gif", false);
    decides("Disallow: *x\nAllow: /*x", "/x", true);
    decides("Disallow: */x\nAllow: */x", "/x", true);
    decides("Disallow: */*/x\nAllow: */x", "/a/x", false);
    decides("Disallow: /\nAllow: */public", "/public", true);
    decides("Disallow: /\nAllow: */public", "/b", false);
    let refusal = |text: &str, path: &str| rules(&format!("User-agent: *\n{text}")).refusal(&url(path)).unwrap();
    assert_eq!(refusal("Disallow: */x", "/x"), "Disallow: */x");
    assert_eq!(refusal("Disallow: */x", "/a/x"), "Disallow: */x");
    assert_eq!(refusal("Disallow: *.gif", "/a.gif"), "Disallow: *.gif");
    // A rule that begins with a star ends the names of its group.
    check("User-agent: barbot\nDisallow: *\nUser-agent: foobot\nDisallow: /a", &["/b"], &["/a"]);
    check("User-agent: foobot\nDisallow: */a\nCrawl-delay: 1\nUser-agent: barbot\nDisallow: /", &["/b"], &["/a"]);
}

/// As Google's parser has it.
#[test]
fn a_version_or_a_remark_behind_a_name_does_not_matter() {
    for name in ["FooBot/2.1", "foobot / 2", "FooBot (crawler)", "FOOBOT/", "foobot, barbot", "foobot;x", "foobot *"] {
        check(&format!("User-agent: {name}\nDisallow: /"), &[], &["/"]);
    }
    for name in ["FooBots/2.1", "foo bot", "my foobot/1", "(foobot)", "/foobot"] {
        check(&format!("User-agent: {name}\nDisallow: /"), &["/"], &[]);
    }
    check("User-agent: * (all)\nDisallow: /", &[], &["/"]);
    check("User-agent foobot/2\nDisallow /a", &["/"], &["/a"]);
}

/// RFC 9309, section 2.2.4: other records do not interfere.
#[test]
fn only_a_rule_ends_a_list_of_user_agents() {
    for other in
        ["Crawl-delay: 1", "crawldelay 2 # slow", "Crawl-delay:", "Host: h.test", "Sitemap: /s", "Noindex: /", "?"]
    {
        for end in ["\n", "\r\n", "\n\n"] {
            let list = ["User-agent: FooBot", other, "User-agent: BarBot", "Disallow: /private", ""].join(end);
            check(&list, &["/"], &["/private"]);
            let list = ["User-agent: BarBot", other, "User-agent: FooBot", "Disallow: *vate", ""].join(end);
            check(&list, &["/"], &["/private"]);
        }
    }
    let delay = |lines: &[&str]| rules(&lines.join("\n")).crawl_delay().map(|delay| delay.as_secs());
    // A delay binds the user agents above it.
    assert_eq!(delay(&["User-agent: FooBot", "Crawl-delay: 2", "User-agent: BarBot", "Disallow: /"]), Some(2));
    assert_eq!(delay(&["User-agent: BarBot", "Crawl-delay: 2", "User-agent: FooBot", "Disallow: /"]), None);
    assert_eq!(delay(&["User-agent: BarBot", "User-agent: FooBot", "Crawl-delay: 2"]), Some(2));
    assert_eq!(delay(&["User-agent: FooBot", "Disallow: *x", "Crawl-delay: 2", "Allow: /x"]), Some(2));
}

#[test]
fn fragments_are_ignored_and_robots_txt_is_always_allowed() {
    matches("/a#b", &["/a", "/a#b"], &["/b"]);
    check("User-agent: *\nDisallow: /", &["/robots.txt"], &["/robots.txt?", "/robots.txt2", "/x/robots.txt", "/$"]);
}

#[test]
fn a_specific_group_replaces_the_one_for_all() {
    let text = "User-agent: *\nDisallow: /\n\nUser-agent: foobot\nDisallow: /private";
    check(text, &["/", "/a"], &["/private"]);
    let text = "User-agent: foobot\nDisallow: /private\n\nUser-agent: *\nDisallow: /";
    check(text, &["/", "/a"], &["/private"]);
    check("User-agent: barbot\nDisallow: /", &["/"], &[]);
    check("User-agent: foobot\n\nUser-agent: *\nDisallow: /", &[], &["/"]); // only a rule ends a list of user agents
}

#[test]
fn groups_for_the_same_robot_are_merged() {
    let text =
        "User-agent: foobot\nDisallow: /a\n\nUser-agent: barbot\nDisallow: /b\n\nUser-agent: FOOBOT\nDisallow: /c";
    check(text, &["/b"], &["/a", "/c"]);
    let text = "User-agent: *\nDisallow: /a\n\nUser-agent: x\nDisallow: /b\n\nUser-agent: *\nDisallow: /c";
    check(text, &["/b"], &["/a", "/c"]);
    check("User-agent: barbot\nUser-agent: foobot\nDisallow: /a", &["/"], &["/a"]);
}

#[test]
fn names_are_compared_whole_and_case_insensitively() {
    for name in ["FooBot", "foobot", "FOOBOT", "  foobot  ", "foobot # us"] {
        check(&format!("User-agent: {name}\nDisallow: /"), &[], &["/"]);
    }
    for name in ["foo", "foobot-news", "foobots", ""] {
        check(&format!("User-agent: {name}\nDisallow: /"), &["/"], &[]);
    }
    let nameless = Rules::parse(b"User-agent: foobot\nDisallow: /\n\nUser-agent: *\nDisallow: /a", None);
    assert!(nameless.allow(&url("/")) && !nameless.allow(&url("/a")));
}

#[test]
fn any_line_ending_is_accepted() {
    for end in ["\n", "\r", "\r\n"] {
        let text = ["User-agent: *", "# a remark", "", "Disallow: /a", "Allow: /a/b", ""].join(end);
        check(&text, &["/", "/a/b"], &["/a"]);
        check(&format!("\u{feff}{text}"), &["/", "/a/b"], &["/a"]);
    }
    check("User-agent: *\nDisallow: /a", &["/"], &["/a"]); // the last line needs no line ending
}

#[test]
fn senseless_lines_are_skipped() {
    let text =
        "no colon here\nUser-agent: *\n: /x\nDisallow /a\nFoo: /d\nDisallow: /b # why\n\u{0}\u{1}\nDisallow : /c";
    check(text, &["/x", "/d"], &["/a", "/b", "/c"]);
    check("Disallow: /early\nUser-agent: *\nDisallow: /late", &["/early"], &["/late"]);
    check("user-agent: *\nDISALLOW: /a\nsitemap: https://h.test/s.xml\nallow: /a/b", &["/a/b"], &["/a"]);
    let raw = Rules::parse(b"User-agent: *\nDisallow: /\xff\xfe\nDisallow: /a", None);
    assert!(!raw.allow(&url("/a")) && raw.allow(&url("/b")) && !raw.allow(&url("/%FF%FE")));
}

#[test]
fn the_first_500_kib_count_without_a_truncated_line() {
    let filler = |bytes: usize| "#".repeat(bytes - 1) + "\n";
    let head = "User-agent: *\nDisallow: /early\n";
    let text = head.to_owned() + &filler((499 << 10) - head.len()) + "Disallow: /within\n" + &filler(200 << 10);
    assert!(text.len() > super::MAX_FILE);
    check(&(text.clone() + "Disallow: /beyond\n"), &["/beyond"], &["/early", "/within"]);
    let whole = head.to_owned() + &filler((500 << 10) - head.len() - 10) + "Disallow: /cut-here\n";
    check(&whole, &["/", "/cut-here"], &["/early"]);
}

#[test]
fn a_crawl_delay_belongs_to_its_group_and_is_capped() {
    let delay = |value: &str| rules(&format!("User-agent: *\nCrawl-delay: {value}")).crawl_delay();
    assert_eq!(delay("5"), Some(Duration::from_secs(5)));
    assert_eq!(delay("0.5"), Some(Duration::from_millis(500)));
    assert_eq!(delay("3600"), Some(Duration::from_secs(60)));
    for none in ["", "0", "-1", "soon", "nan", "inf", "1e400"] {
        assert_eq!(delay(none), None, "{none}");
    }
    let text = "User-agent: *\nCrawl-delay: 9\n\nUser-agent: foobot\nDisallow: /x";
    assert_eq!(rules(text).crawl_delay(), None, "it belongs to another group");
}

#[test]
fn the_file_is_at_the_root_of_the_origin() {
    let at = |text: &str| location(&text.parse().unwrap()).to_string();
    assert_eq!(at("https://ann:pw@h.test:8443/a/b?c#d"), "https://h.test:8443/robots.txt");
    assert_eq!(at("http://[::1]/"), "http://[::1]/robots.txt");
}

proptest! {
    /// Parsing never panics, nor do the accessors.
    #[test]
    fn takes_any_bytes(text in prop::collection::vec(any::<u8>(), 0..2000), path in ".{0,60}") {
        let rules = Rules::parse(&text, ProductToken::of(b"foobot").as_ref());
        let _ = (rules.crawl_delay(), rules.size(), rules.allow_all());
        if let Ok(url) = Url::parse(&format!("http://h.test/{path}")) {
            prop_assert_eq!(rules.allow(&url), rules.refusal(&url).is_none());
        }
    }

    /// The same for text that looks like rules. A file counts as without effect only if it refuses nothing.
    #[test]
    fn takes_any_lines(
        lines in prop::collection::vec(
            "(User-agent|Allow|Disallow|Crawl-delay|Sitemap|x)[: ]{1,2}[/a*$%2A4foobot.5ä]{0,9}(\r|\n|\r\n)", 0..40
        ),
        path in "/[a*$%2A4foobot?]{0,9}",
    ) {
        let text = format!("User-agent: *\n{}", lines.concat());
        let rules = Rules::parse(text.as_bytes(), ProductToken::of(b"foobot").as_ref());
        if let Ok(url) = Url::parse(&format!("http://h.test{path}")) {
            prop_assert!(!rules.allow_all() || rules.allow(&url));
        }
    }
}
