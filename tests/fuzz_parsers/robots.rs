//! robots.txt: a rule is found or not, whatever the line ends are.

use std::time::Duration;

use haul::site::robots::{ProductToken, Rules};
use url::Url;

/// The last line is the path that is asked for.
pub(crate) fn check(input: &[u8]) {
    let at = input.iter().rposition(|&byte| byte == b'\n').unwrap_or(input.len());
    let path = String::from_utf8_lossy(input.get(at + 1..).unwrap_or_default());
    let Ok(url) = Url::parse("http://a/").expect("a URL").join(&format!("/{}", path.trim_start_matches(['/', '\\'])))
    else {
        return;
    };
    let text = &input[..at];
    let token = ProductToken::new("haul").expect("a token");
    for token in [None, Some(&token)] {
        let rules = Rules::parse(text, token);
        let refusal = rules.refusal(&url);
        assert!(refusal.as_ref().is_none_or(|line| line.starts_with("Disallow: ")), "{refusal:?}");
        assert!(!rules.allow_all() || refusal.is_none(), "all is allowed, but not {url}");
        assert!(rules.crawl_delay().is_none_or(|delay| delay <= Duration::from_secs(60)));
        assert!(rules.allow(&Url::parse("http://a/robots.txt").expect("a URL")));
        let lines: Vec<u8> = text.iter().map(|&byte| if byte == b'\r' { b'\n' } else { byte }).collect();
        let crlf: Vec<u8> = lines.split(|&byte| byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
        let (one, other) = (Rules::parse(&lines, token), Rules::parse(&crlf, token));
        assert_eq!(one.refusal(&url), other.refusal(&url), "line ends matter");
    }
}
