//! Parses the URLs of lines, and explains what is wrong with those that are not URLs.

use url::{ParseError, Url};

use crate::guard::redact::Redact;
use crate::model::{Setting, SettingNames, shown_url, with_scheme};

/// Parses `target`, relative to `base` if there is one. An error names settings by `names`.
pub(super) fn parse_url(target: &str, base: Option<&Url>, names: SettingNames) -> Result<Url, String> {
    let parsed = match base {
        Some(base) => base.join(target),
        None => Url::parse(target),
    };
    match parsed {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) => Err(match meant(target).filter(|_| has_port(target) || has_user(target, &url)) {
            Some(meant) => format!("no scheme: did you mean {meant} ?"),
            None if has_port(target) || has_user(target, &url) => "no scheme".to_owned(),
            None => format!("scheme {:?} is not http or https", redacted(url.scheme())),
        }),
        Err(ParseError::RelativeUrlWithoutBase) => {
            let mut why = match meant(target) {
                Some(meant) => format!("no scheme: did you mean {meant} ? Relative URLs need a base"),
                None => "no scheme: relative URLs need a base".to_owned(),
            };
            names.append(&mut why, Setting::BaseUrl);
            Err(why)
        }
        Err(ParseError::EmptyHost) => Err("no host".to_owned()),
        Err(error) => Err(format!("not a URL: {error}")),
    }
}

/// What is wrong with a URL that has a blank inside, if it does.
pub(super) fn blank_inside(target: &str) -> Option<&'static str> {
    Some(match target.chars().find(|c| matches!(c, ' ' | '\t' | '\r' | '\n'))? {
        ' ' => "a URL cannot contain a space; write %20",
        '\t' => "a URL cannot contain a tab",
        _ => "a URL cannot contain a line break",
    })
}

/// `target` with a scheme in front, if it starts with what looks like a host.
fn meant(target: &str) -> Option<String> {
    let target = target.strip_prefix("//").unwrap_or(target);
    let end = target.find(['/', '?', '#']).unwrap_or(target.len());
    let host = target[..end].rfind('@').map_or(0, |at| at + 1);
    let guess = with_scheme(&target[host..])?;
    let (scheme, _) = guess.split_once("://")?;
    Url::parse(&format!("{scheme}://{target}")).ok().map(|url| redacted(url.as_str()))
}

/// Whether the apparent scheme is a host, as in `localhost:8080`.
fn has_port(target: &str) -> bool {
    target.split_once(':').is_some_and(|(_, rest)| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// Whether the apparent scheme is a user name, which may be a secret, as in `sk_live:@api.example.com`.
fn has_user(target: &str, url: &Url) -> bool {
    url.cannot_be_a_base() && url.scheme() != "mailto" && target.contains('@')
}

/// A part of a line, redacted for a message whatever the run's setting: the record shows it in full if it may.
pub(super) fn redacted(text: &str) -> String {
    shown_url(text, Redact::Secrets).into_owned()
}
