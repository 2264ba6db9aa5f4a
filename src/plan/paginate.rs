//! Settings for pagination: how the next page is found.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use crate::jq::{CompileError, Filter};
use crate::model::host_glob::HostGlob;

/// The default maximum number of pages per input. It stops servers that always return another page.
pub const DEFAULT_MAX_PAGES: NonZeroU64 = NonZeroU64::new(1000).expect("it is not zero");

/// How pagination is followed.
#[derive(Debug, Clone)]
pub struct Paginate {
    /// How the next page is found.
    pub by: NextPage,
    /// The most pages per input.
    pub max: NonZeroU64,
    /// Hosts that a next page may be on, besides the origin of the page that names it.
    pub hosts: Vec<HostGlob>,
}

impl Paginate {
    /// Up to [`DEFAULT_MAX_PAGES`] pages, all on the same origin.
    pub fn new(by: NextPage) -> Self {
        Paginate { by, max: DEFAULT_MAX_PAGES, hosts: Vec::new() }
    }
}

/// How the next page is found.
#[derive(Debug, Clone)]
pub enum NextPage {
    /// By the `Link` header field with `rel="next"` ([RFC 8288](https://www.rfc-editor.org/rfc/rfc8288)).
    Link,
    /// By incrementing a query parameter that counts pages.
    Page {
        /// The name of the query parameter.
        param: String,
        /// The number of the first page, unless the input has one.
        start: u64,
    },
    /// By adding the page size to a query parameter that counts items.
    Offset {
        /// The name of the query parameter.
        param: String,
        /// The number of items per page.
        size: NonZeroU64,
    },
    /// By setting a query parameter to a cursor from the body.
    Cursor {
        /// The name of the query parameter.
        param: String,
        /// Extracts the cursor.
        filter: Filter,
    },
    /// By a URL that a filter extracts from the body.
    Url(Filter),
}

/// A text that does not describe how to find the next page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaginateError {
    /// The method is unknown.
    #[error("expected link, page=PARAM[:START], offset=PARAM:SIZE, cursor=PARAM:FILTER or next=FILTER")]
    Unknown,
    /// The name of the query parameter is missing.
    #[error("{0}= needs the name of a query parameter, as in {1}")]
    NoParam(&'static str, &'static str),
    /// A number is missing or invalid.
    #[error("{0:?} is not a whole number{1}")]
    NoNumber(String, &'static str),
    /// The filter does not compile.
    #[error("{0}")]
    Filter(#[from] CompileError),
}

impl NextPage {
    /// Whether a parameter counts the pages. Then only an empty page ends them: no page says whether there is a next.
    pub(crate) fn is_counted(&self) -> bool {
        matches!(self, NextPage::Page { .. } | NextPage::Offset { .. })
    }

    /// The filter, if the method has one.
    pub fn filter(&self) -> Option<&Filter> {
        match self {
            NextPage::Cursor { filter, .. } | NextPage::Url(filter) => Some(filter),
            NextPage::Link | NextPage::Page { .. } | NextPage::Offset { .. } => None,
        }
    }
}

impl FromStr for NextPage {
    type Err = PaginateError;

    fn from_str(text: &str) -> Result<Self, PaginateError> {
        let (method, rest) = text.split_once('=').unwrap_or((text, ""));
        let (param, value) = rest.split_once(':').map_or((rest, None), |(param, value)| (param, Some(value)));
        let named = |method, example| match param {
            "" => Err(PaginateError::NoParam(method, example)),
            param => Ok(param.to_owned()),
        };
        match method {
            "link" if text == "link" => Ok(NextPage::Link),
            "page" => {
                let param = named("page", "page=p or page=p:0")?;
                let invalid = |value: &str| PaginateError::NoNumber(value.to_owned(), "");
                let start = value.map_or(Ok(1), |value| value.parse().map_err(|_| invalid(value)))?;
                Ok(NextPage::Page { param, start })
            }
            "offset" => {
                let param = named("offset", "offset=skip:100")?;
                let value = value.unwrap_or_default();
                let invalid = |_| PaginateError::NoNumber(value.to_owned(), " of at least 1: write offset=PARAM:SIZE");
                Ok(NextPage::Offset { param, size: value.parse().map_err(invalid)? })
            }
            "cursor" => {
                let param = named("cursor", "cursor=after:.next_cursor")?;
                Ok(NextPage::Cursor { param, filter: Filter::compile(value.unwrap_or_default())? })
            }
            "next" => Ok(NextPage::Url(Filter::compile(rest)?)),
            _ => Err(PaginateError::Unknown),
        }
    }
}

/// In the form that it is parsed from.
impl fmt::Display for NextPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NextPage::Link => f.write_str("link"),
            NextPage::Page { param, start } => write!(f, "page={param}:{start}"),
            NextPage::Offset { param, size } => write!(f, "offset={param}:{size}"),
            NextPage::Cursor { param, filter } => write!(f, "cursor={param}:{}", filter.code()),
            NextPage::Url(filter) => write!(f, "next={}", filter.code()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NextPage;

    fn parsed(text: &str) -> Result<String, String> {
        text.parse().map(|how: NextPage| how.to_string()).map_err(|why| why.to_string())
    }

    #[test]
    fn every_method_is_parsed() {
        for (text, shown) in [
            ("link", "link"),
            ("page=p", "page=p:1"),
            ("page=p:0", "page=p:0"),
            ("offset=skip:100", "offset=skip:100"),
            ("cursor=after:.meta | .next", "cursor=after:.meta | .next"),
            ("cursor=a:{a:1}.a", "cursor=a:{a:1}.a"),
            ("next=.links[] | select(.rel==\"next\").href", "next=.links[] | select(.rel==\"next\").href"),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(shown));
        }
    }

    #[test]
    fn errors_suggest_a_correction() {
        let methods = "expected link, page=PARAM[:START], offset=PARAM:SIZE, cursor=PARAM:FILTER or next=FILTER";
        for (text, message) in [
            ("", methods),
            ("links", methods),
            ("link=next", methods),
            ("page", "page= needs the name of a query parameter, as in page=p or page=p:0"),
            ("page=:2", "page= needs the name of a query parameter, as in page=p or page=p:0"),
            ("page=p:two", "\"two\" is not a whole number"),
            ("offset=skip", "\"\" is not a whole number of at least 1: write offset=PARAM:SIZE"),
            ("offset=skip:0", "\"0\" is not a whole number of at least 1: write offset=PARAM:SIZE"),
            ("cursor=:.a", "cursor= needs the name of a query parameter, as in cursor=after:.next_cursor"),
            ("cursor=a:.b |", "expected term, but the filter ends\n    .b |\n        ^"),
            ("next=nope", "undefined filter nope/0\n    nope\n    ^"),
        ] {
            assert_eq!(parsed(text).unwrap_err(), message, "{text}");
        }
    }
}
