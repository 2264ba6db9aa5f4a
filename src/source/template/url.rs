//! URL templates with `{column}` placeholders.

use std::mem;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Position::BeforePath;
use url::Url;

use super::braces::{ENCODED_START, LITERAL, name_of};
use super::{Inserted, Pieces, Placeholder, TemplateText, TemplateValue};
use crate::model::SettingNames;
use crate::source::line_url::{blank_inside, parse_url, redacted};

/// All but the unreserved characters (RFC 3986, section 2.3), so that a value stays within its segment or parameter.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A URL with placeholders, such as `https://api.example.com/users/{id}?q={q}`. Each value is encoded for its
/// component. A template that consists of one placeholder, such as `{link}`, takes the values of that column as whole
/// URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTemplate {
    source: Box<str>,
    text: TemplateText<UrlPlace>,
    /// The shape of the path, which no value may change.
    shape: PathShape,
    /// The column of whole URLs, if that is all there is.
    whole: Option<Box<str>>,
}

/// Where a placeholder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct UrlPlace {
    component: UrlComponent,
    /// Whether it is in two braces, for which a probe generates values.
    is_double: bool,
}

/// Which placeholders a text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Braces {
    /// `{column}`
    Single,
    /// `{{name}}`
    Double,
    Both,
}

/// The component of a URL that contains a placeholder. A query includes the fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UrlComponent {
    Scheme,
    Host,
    Path,
    Query,
}

impl UrlTemplate {
    /// Takes whole URLs from a column.
    pub fn column(name: &str) -> Self {
        let context = UrlPlace { component: UrlComponent::Scheme, is_double: false };
        let placeholder = Placeholder { literal: String::new(), column: name.to_owned(), context };
        let text = TemplateText { placeholders: vec![placeholder], tail: String::new() };
        UrlTemplate {
            source: format!("{{{name}}}").into(),
            text,
            shape: PathShape::default(),
            whole: Some(name.into()),
        }
    }

    /// Parses a template. One without a scheme and host needs a `base`, unless it is a single placeholder.
    ///
    /// # Errors
    /// A brace is unmatched, a placeholder has no name or is in the scheme or user-info, or the filled template is not
    /// a URL.
    pub fn parse(text: &str, base: Option<&Url>) -> Result<Self, String> {
        UrlTemplate::parse_with(text, base, Braces::Single)
    }

    /// Parses a template of a probe, which may have placeholders in two braces as well, such as `{{seq}}`, in its path
    /// and query: for a column, or else for what a probe generates.
    ///
    /// # Errors
    /// As for [`UrlTemplate::parse`]; or a placeholder in two braces is part of the host.
    pub fn parse_for_probe(text: &str, base: Option<&Url>) -> Result<Self, String> {
        UrlTemplate::parse_with(text, base, Braces::Both)
    }

    /// Parses the URL of a line that has placeholders in two braces.
    pub(in crate::source) fn of_line(text: &str, base: Option<&Url>, names: SettingNames) -> Result<Self, String> {
        UrlTemplate::checked(text, read(text, Braces::Double)?, base, names)
    }

    fn parse_with(text: &str, base: Option<&Url>, braces: Braces) -> Result<Self, String> {
        if let Some(name) = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}'))
            && !name.trim().is_empty()
            && !name.contains(['{', '}'])
        {
            return Ok(UrlTemplate::column(name.trim()));
        }
        let parsed = read(text, braces)?;
        if !text.contains("://") && base.is_none() {
            return Err("no scheme: begin with https://, or name one column of whole URLs, as in {link}".to_owned());
        }
        UrlTemplate::checked(text, parsed, base, SettingNames::default())
    }

    /// The template, if it is a URL once it is filled, and only placeholders in single braces are part of its host.
    fn checked(
        text: &str,
        parsed: TemplateText<UrlPlace>,
        base: Option<&Url>,
        names: SettingNames,
    ) -> Result<Self, String> {
        let with = |double: &str| {
            let filled = parsed.fill(|it| Ok(if it.context.is_double { double } else { "1" }.to_owned()))?;
            match blank_inside(&filled) {
                Some(why) => Err(why.to_owned()),
                None => parse_url(&filled, base, names),
            }
        };
        let sample = with("1")?;
        if let Some(double) = parsed.placeholders.iter().find(|it| it.context.is_double) {
            let is_in_host = with("2").map_or(true, |other| other[..BeforePath] != sample[..BeforePath]);
            if is_in_host {
                return Err(not_in_host(&double.column));
            }
        }
        Ok(UrlTemplate { source: text.into(), text: parsed, shape: shape(&sample), whole: None })
    }

    /// The text that was parsed.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The columns that it uses.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.text.columns()
    }

    /// The column whose values are whole URLs, if the template is nothing else.
    pub fn whole_column(&self) -> Option<&str> {
        self.whole.as_deref()
    }

    /// Fills the template with `values`. Returns the URL as text and parsed; if a probe still has to generate
    /// something, with examples of that.
    pub(in crate::source) fn fill<'v>(
        &self,
        base: Option<&Url>,
        values: impl Fn(&str) -> Option<TemplateValue<'v>>,
    ) -> Result<(Pieces, Url), String> {
        let encode = |placeholder: &Placeholder<UrlPlace>, value: &TemplateValue<'v>| {
            encoded(placeholder, value.text(&placeholder.column)?)
        };
        let pieces = self.text.resolve(values, encode, |place| place.is_double.then_some(Inserted::Encoded))?;
        let url = parse_url(&pieces.example(), base, SettingNames::default())?;
        if shape(&url) != self.shape {
            return Err("a path segment would be . or .., which a URL cannot contain".to_owned());
        }
        Ok((pieces, url))
    }
}

/// Reads the text of a template.
fn read(text: &str, braces: Braces) -> Result<TemplateText<UrlPlace>, String> {
    let mut component = if text.contains("://") { UrlComponent::Scheme } else { UrlComponent::Path };
    let (mut placeholders, mut rest, mut literal, mut before) = (Vec::new(), text, String::new(), String::new());
    while let Some(at) = next_brace(rest, braces) {
        literal.push_str(&rest[..at]);
        rest = &rest[at..];
        let is_double = braces != Braces::Single && rest.starts_with("{{");
        if is_double && let Some(behind) = rest.strip_prefix(LITERAL) {
            literal.push_str(ENCODED_START);
            rest = behind;
            continue;
        }
        let (column, behind) = if is_double { name_of(&rest[2..])? } else { split_placeholder(rest)? };
        before.push_str(&literal);
        component = component_after(&before, component);
        if is_double && matches!(component, UrlComponent::Scheme | UrlComponent::Host) {
            return Err(not_in_host(column));
        }
        if component == UrlComponent::Scheme {
            return Err(format!("{{{column}}} is not allowed before the host"));
        }
        if component == UrlComponent::Host && behind.split(['/', '?', '#']).next().unwrap_or_default().contains('@') {
            return Err(format!("{{{column}}} is not allowed in the user-info"));
        }
        let context = UrlPlace { component, is_double };
        placeholders.push(Placeholder { literal: mem::take(&mut literal), column: column.to_owned(), context });
        rest = behind;
    }
    Ok(TemplateText { placeholders, tail: literal + rest })
}

/// Where the next placeholder begins, or a brace that must not be there.
fn next_brace(text: &str, braces: Braces) -> Option<usize> {
    if braces == Braces::Double { text.find("{{") } else { text.find(['{', '}']) }
}

fn not_in_host(column: &str) -> String {
    format!("{{{{{column}}}}} is not allowed in the scheme, user-info, host or port")
}

/// The name of the column in the placeholder at the start of `text`, and the text after it.
fn split_placeholder(text: &str) -> Result<(&str, &str), String> {
    let Some(inner) = text.strip_prefix('{') else {
        return Err("a } without a { before it; write %7D for a literal one".to_owned());
    };
    let Some((column, behind)) = inner.split_once('}').filter(|(column, _)| !column.contains('{')) else {
        return Err("a { without a } after it; write %7B for a literal one".to_owned());
    };
    match column.trim() {
        "" => Err("{} needs the name of a column, as in {link}".to_owned()),
        column => Ok((column, behind)),
    }
}

/// The component in which `read`, the start of a URL, ends.
fn component_after(read: &str, start: UrlComponent) -> UrlComponent {
    let behind = match (start, read.split_once("://")) {
        (UrlComponent::Path | UrlComponent::Query, None) => read,
        (_, None) => return UrlComponent::Scheme,
        (_, Some((_, behind))) => match behind.find(['/', '?', '#']) {
            None => return UrlComponent::Host,
            Some(at) => &behind[at..],
        },
    };
    if behind.contains(['?', '#']) { UrlComponent::Query } else { UrlComponent::Path }
}

fn encoded(placeholder: &Placeholder<UrlPlace>, value: &str) -> Result<String, String> {
    let column = &placeholder.column;
    match placeholder.context.component {
        UrlComponent::Query => {}
        _ if value.is_empty() => return Err(format!("{column:?} is empty, but is used in the host or path")),
        UrlComponent::Path => {}
        UrlComponent::Host | UrlComponent::Scheme => {
            let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
            return match value.bytes().all(is_allowed) {
                true => Ok(value.to_owned()),
                false => {
                    Err(format!("{column:?} has a character that is not allowed in a host: {:?}", redacted(value)))
                }
            };
        }
    }
    Ok(utf8_percent_encode(value, RESERVED).to_string())
}

/// The number of segments of a path, and whether it ends with a slash. A dot-segment would change one of them.
type PathShape = (usize, bool);

fn shape(url: &Url) -> PathShape {
    (url.path().matches('/').count(), url.path().ends_with('/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fill(template: &str, value: &str) -> Result<String, String> {
        let template = UrlTemplate::parse(template, None)?;
        template
            .fill(None, |column| (column == "x").then_some(TemplateValue::Cell(value)))
            .map(|(_, url)| url.to_string())
    }

    #[test]
    fn values_are_encoded_for_their_component() {
        for (template, value, url) in [
            ("http://a/{x}", "b/c?d#e f%", "http://a/b%2Fc%3Fd%23e%20f%25"),
            ("http://a/?q={x}&r=1", "b&c=d+e ä#", "http://a/?q=b%26c%3Dd%2Be%20%C3%A4%23&r=1"),
            ("http://a/?q={x}", "", "http://a/?q="),
            ("http://a/#{x}", "b c", "http://a/#b%20c"),
            ("http://{x}.example/", "eu-1", "http://eu-1.example/"),
            ("http://a:{x}/{ x }", "8080", "http://a:8080/8080"),
            ("http://a/..{x}", "...", "http://a/....."),
        ] {
            assert_eq!(fill(template, value).as_deref(), Ok(url), "{template} {value}");
        }
    }

    #[test]
    fn a_value_cannot_leave_its_component() {
        for (template, value, reason) in [
            ("http://{x}/", "evil.example/", "not allowed in a host"),
            ("http://{x}.good.example/", "evil.example#", "not allowed in a host"),
            ("http://{x}/", "u@evil", "not allowed in a host"),
            ("http://a/{x}/b", "..", "would be . or .."),
            ("http://a/{x}", ".", "would be . or .."),
            ("http://a/{x}{x}/b", ".", "would be . or .."),
            ("http://a/{x}/b", "", "is empty"),
            ("http://a/{y}", "", "no \"y\""),
        ] {
            let refused = fill(template, value).unwrap_err();
            assert!(refused.contains(reason), "{template} {value}: {refused}");
        }
    }

    #[test]
    fn a_template_that_cannot_become_a_url_is_refused() {
        for template in [
            "",
            "{x}/y",
            "//{x}/",
            "{x}{y}",
            "{}",
            "{x}://a/",
            "http://{x}:pw@a/",
            "http://a/{",
            "http://a/}",
            "http://a/{}",
            "http://a/{{x}}",
            "/{x}",
        ] {
            assert!(UrlTemplate::parse(template, None).is_err(), "{template}");
        }
        for (template, why) in [
            ("{link", "a { without a } after it"),
            ("{a{b}", "a { without a } after it"),
            ("link}", "a } without a { before it"),
            ("http://a/{x}}", "a } without a { before it"),
            ("{}", "{} needs the name of a column"),
            ("http://a/{ }", "{} needs the name of a column"),
            ("{x}/y", "no scheme"),
        ] {
            let refused = UrlTemplate::parse(template, None).unwrap_err();
            assert!(refused.starts_with(why), "{template}: {refused}");
        }
        let base = Url::parse("http://a/b/").unwrap();
        let template = UrlTemplate::parse("c/{x}?{y}", Some(&base)).unwrap();
        assert_eq!(template.columns().collect::<Vec<_>>(), ["x", "y"]);
        let filled = template.fill(Some(&base), |_| Some(TemplateValue::Json("1"))).unwrap();
        assert_eq!((filled.0.example().as_str(), filled.1.as_str()), ("c/1?1", "http://a/b/c/1?1"));
    }

    proptest! {
        #[test]
        fn a_value_reads_back(value in "\\PC{1,20}|[./%?#&=+ ]{1,5}") {
            let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
            let url = Url::parse(&fill("http://a/s/{x}x/t?q={x}&r=1#f", &value).unwrap()).unwrap();
            prop_assert_eq!(url.host_str(), Some("a"));
            let path: Vec<_> = url.path_segments().unwrap().map(decoded).collect();
            prop_assert_eq!(path, ["s".to_owned(), format!("{value}x"), "t".to_owned()]);
            let query: Vec<_> = url.query_pairs().map(|(_, value)| value.into_owned()).collect();
            prop_assert_eq!(query, [value, "1".to_owned()]);
            prop_assert_eq!(url.fragment(), Some("f"));
        }

        #[test]
        fn parsing_never_panics(text in "(http://|[a{}:/?#@.])*", value: String) {
            let _ = fill(&text, &value);
        }
    }
}
