//! Whether an answer is one page of several, and how the next is found.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use crate::jq::{CompileError, Filter};

/// The most pages of one input, unless the run says otherwise: a server that always knows of a further page must not
/// hold up a run for ever.
pub const DEFAULT_MAX_PAGES: NonZeroU64 = NonZeroU64::new(1000).expect("it is not zero");

/// How the pages of an input are followed.
#[derive(Debug, Clone)]
pub struct Paginate {
    /// How the next page is found.
    pub by: NextPage,
    /// The most pages of one input.
    pub max: NonZeroU64,
}

/// Where the next page is.
#[derive(Debug, Clone)]
pub enum NextPage {
    /// Where the `Link` field says `rel="next"` ([RFC 8288](https://www.rfc-editor.org/rfc/rfc8288)).
    Link,
    /// One further on in a query parameter that counts pages.
    Page {
        /// Its name.
        param: String,
        /// The number of the first page, where the input does not name one.
        start: u64,
    },
    /// So many further on in a query parameter that counts items.
    Offset {
        /// Its name.
        param: String,
        /// The items of a page.
        size: NonZeroU64,
    },
    /// Where a query parameter is what a filter picks out of the body.
    Cursor {
        /// Its name.
        param: String,
        /// What picks its value.
        filter: Filter,
    },
    /// At the URL that a filter picks out of the body.
    Url(Filter),
}

/// Why a text does not say where the next page is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaginateError {
    /// It begins with no way that there is.
    #[error("expected link, page=PARAM[:START], offset=PARAM:SIZE, cursor=PARAM:FILTER or next=FILTER")]
    Unknown,
    /// It names no query parameter.
    #[error("{0}= needs the name of a query parameter, as in {1}")]
    NoParam(&'static str, &'static str),
    /// It has something else where a number belongs.
    #[error("{0:?} is not a whole number{1}")]
    NoNumber(String, &'static str),
    /// Its filter is none.
    #[error("{0}")]
    Filter(#[from] CompileError),
}

impl NextPage {
    /// The filter that it has, if it has one.
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
        let (way, rest) = text.split_once('=').unwrap_or((text, ""));
        let (param, value) = rest.split_once(':').map_or((rest, None), |(param, value)| (param, Some(value)));
        let named = |way, example| match param {
            "" => Err(PaginateError::NoParam(way, example)),
            param => Ok(param.to_owned()),
        };
        match way {
            "link" if text == "link" => Ok(NextPage::Link),
            "page" => {
                let param = named("page", "page=p or page=p:0")?;
                let wrong = |value: &str| PaginateError::NoNumber(value.to_owned(), "");
                let start = value.map_or(Ok(1), |value| value.parse().map_err(|_| wrong(value)))?;
                Ok(NextPage::Page { param, start })
            }
            "offset" => {
                let param = named("offset", "offset=skip:100")?;
                let value = value.unwrap_or_default();
                let wrong = |_| PaginateError::NoNumber(value.to_owned(), " of at least 1: write offset=PARAM:SIZE");
                Ok(NextPage::Offset { param, size: value.parse().map_err(wrong)? })
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

/// As it is written.
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

    fn read(text: &str) -> Result<String, String> {
        text.parse().map(|how: NextPage| how.to_string()).map_err(|why| why.to_string())
    }

    #[test]
    fn every_way_is_read() {
        for (text, shown) in [
            ("link", "link"),
            ("page=p", "page=p:1"),
            ("page=p:0", "page=p:0"),
            ("offset=skip:100", "offset=skip:100"),
            ("cursor=after:.meta | .next", "cursor=after:.meta | .next"),
            ("cursor=a:{a:1}.a", "cursor=a:{a:1}.a"),
            ("next=.links[] | select(.rel==\"next\").href", "next=.links[] | select(.rel==\"next\").href"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(shown));
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_a_way_out() {
        let ways = "expected link, page=PARAM[:START], offset=PARAM:SIZE, cursor=PARAM:FILTER or next=FILTER";
        for (text, message) in [
            ("", ways),
            ("links", ways),
            ("link=next", ways),
            ("page", "page= needs the name of a query parameter, as in page=p or page=p:0"),
            ("page=:2", "page= needs the name of a query parameter, as in page=p or page=p:0"),
            ("page=p:two", "\"two\" is not a whole number"),
            ("offset=skip", "\"\" is not a whole number of at least 1: write offset=PARAM:SIZE"),
            ("offset=skip:0", "\"0\" is not a whole number of at least 1: write offset=PARAM:SIZE"),
            ("cursor=:.a", "cursor= needs the name of a query parameter, as in cursor=after:.next_cursor"),
            ("cursor=a:.b |", "expected term, but the filter ends\n    .b |\n        ^"),
            ("next=nope", "undefined filter nope/0\n    nope\n    ^"),
        ] {
            assert_eq!(read(text).unwrap_err(), message, "{text}");
        }
    }
}
