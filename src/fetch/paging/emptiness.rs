//! Whether a page has anything on it.
//!
//! Only the body tells: a filter may drop every element of a full page. Where it cannot tell, a page counts as full:
//! then another one is requested, and `--max-pages` bounds that, while an end that is taken for granted loses pages.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// Keys whose value is the page, wherever they occur, in lower case.
const HOLDERS: [&str; 18] = [
    "_embedded",
    "content",
    "contents",
    "data",
    "edges",
    "elements",
    "entries",
    "hits",
    "items",
    "list",
    "nodes",
    "objects",
    "records",
    "resources",
    "response",
    "result",
    "results",
    "rows",
];

/// `value` holds the page in OData, and `values` elsewhere; elsewhere they are scalars, which decide nothing.
const WEAK_HOLDERS: [&str; 2] = ["value", "values"];

/// Keys of what is said about a page, in lower case. Their values are not the page.
const ASIDES: [&str; 33] = [
    "_links",
    "_meta",
    "_metadata",
    "_shards",
    "aggregations",
    "aggs",
    "columns",
    "context",
    "cursor",
    "cursors",
    "debug",
    "error",
    "errors",
    "extensions",
    "facets",
    "fields",
    "filters",
    "included",
    "includes",
    "info",
    "links",
    "messages",
    "meta",
    "metadata",
    "notices",
    "page",
    "pageinfo",
    "pagination",
    "paging",
    "query_params",
    "sort",
    "suggest",
    "warnings",
];

/// How far objects are nested around the items.
const MAX_DEPTH: usize = 8;

/// What a value tells of its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fill {
    Empty,
    Full,
    /// It has content, but no list from which to tell.
    Unknown,
}

/// What `body` tells of its page. `place` leads to the value that the items come from, if that is known.
pub(super) fn of(body: &[u8], place: Option<&[String]>) -> Fill {
    if body.trim_ascii().is_empty() {
        return Fill::Empty;
    }
    let Ok(json) = serde_json::from_slice::<&RawValue>(body) else { return Fill::Unknown };
    match place.map(|names| names.iter().try_fold(json.get(), |value, name| member(value, name))) {
        Some(None) => Fill::Empty,
        Some(Some(value)) => of_value(value, 0),
        None => of_value(json.get(), 0),
    }
}

/// The member of an object, unless it is null or there is none.
fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(object).ok()?;
    members.get(name).map(|value| value.get()).filter(|value| *value != "null")
}

fn of_value(json: &str, depth: usize) -> Fill {
    match json.as_bytes().first() {
        Some(b'n') => Fill::Empty,
        Some(b'[') if json[1..json.len() - 1].trim_ascii().is_empty() => Fill::Empty,
        Some(b'[') => Fill::Full,
        Some(b'{') if depth < MAX_DEPTH => {
            serde_json::from_str(json).map_or(Fill::Unknown, |members| of_object(&members, depth))
        }
        _ => Fill::Unknown,
    }
}

/// The members that hold the page decide; if none is known to, all but asides do, and of these the lists.
fn of_object(members: &BTreeMap<Cow<'_, str>, &RawValue>, depth: usize) -> Fill {
    if members.is_empty() {
        return Fill::Empty;
    }
    let named = || members.iter().map(|(name, value)| (name.to_lowercase(), value.get()));
    let is_nested = |json: &str| json.starts_with(['[', '{']);
    let holds = |(name, json): &(String, &str)| {
        let name = name.as_str();
        HOLDERS.contains(&name) && (is_nested(json) || *json == "null")
            || WEAK_HOLDERS.contains(&name) && is_nested(json)
    };
    let mut held = named().filter(holds).map(|(_, json)| of_value(json, depth + 1)).peekable();
    if held.peek().is_some() {
        return held.reduce(Fill::fuller).unwrap_or(Fill::Unknown);
    }
    let is_aside = |name: &str| name.starts_with(['@', '$']) || ASIDES.contains(&name);
    let others = named().filter(|(name, json)| is_nested(json) && *json != "{}" && !is_aside(name));
    let others: Vec<_> = others.map(|(_, json)| of_value(json, depth + 1)).collect();
    let any = |fill| others.contains(&fill).then_some(fill);
    any(Fill::Full).or(any(Fill::Empty)).unwrap_or(Fill::Unknown)
}

impl Fill {
    fn fuller(self, other: Fill) -> Fill {
        match (self, other) {
            (Fill::Full, _) | (_, Fill::Full) => Fill::Full,
            (Fill::Unknown, _) | (_, Fill::Unknown) => Fill::Unknown,
            (Fill::Empty, Fill::Empty) => Fill::Empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fill::{self, Empty, Full, Unknown};

    fn of(body: &str) -> Fill {
        super::of(body.as_bytes(), None)
    }

    /// Bodies as APIs send them, with items and without.
    #[test]
    fn pages_of_every_shape_are_judged() {
        for (body, fill) in [
            // Plain
            ("", Empty),
            (" \n", Empty),
            ("null", Empty),
            (" [ ] ", Empty),
            ("{}", Empty),
            ("[0]", Full),
            ("[[]]", Full),
            ("[null]", Full),
            ("0", Unknown),
            ("\"\"", Unknown),
            ("[]]", Unknown),
            ("<html>", Unknown),
            (r#"{"id":1}"#, Unknown),
            (r#"{"orders":[],"total":0}"#, Empty),
            (r#"{"orders":[1],"total":0}"#, Full),
            (r#"{"items":[[]]}"#, Full),
            (r#"{"items":[],"total":0,"links":{"self":["x"]}}"#, Empty),
            (r#"{"items":[],"links":["x"]}"#, Empty),
            (r#"{"users":[],"groups":[]}"#, Empty),
            (r#"{"users":[],"groups":[1]}"#, Full),
            (r#"{"orders":[],"stats":{"n":0}}"#, Empty),
            // Errors and warnings beside the data
            (r#"{"data":{"id":1},"errors":[]}"#, Unknown),
            (r#"{"data":{"id":1},"warnings":[],"messages":[]}"#, Unknown),
            (r#"{"data":{"id":1},"tags":[]}"#, Unknown),
            (r#"{"data":[1],"errors":[]}"#, Full),
            (r#"{"data":[],"errors":[]}"#, Empty),
            (r#"{"data":null,"errors":[]}"#, Empty),
            (r#"{"id":1,"errors":[]}"#, Unknown),
            // Cloudflare
            (r#"{"result":[{}],"success":true,"errors":[],"messages":[],"result_info":{"page":1}}"#, Full),
            (r#"{"result":[],"success":true,"errors":[],"messages":[],"result_info":{"page":9}}"#, Empty),
            // JSON:API
            (r#"{"data":[{}],"included":[],"links":{"next":null},"meta":{}}"#, Full),
            (r#"{"data":[],"included":[{}],"links":{"next":null},"meta":{}}"#, Empty),
            // HAL
            (r#"{"_links":{"self":{}},"_embedded":{"orders":[{}]},"page":{"size":20}}"#, Full),
            (r#"{"_links":{"self":{}},"_embedded":{"orders":[]},"page":{"size":20}}"#, Empty),
            (r#"{"_links":{"self":{"href":"/"}},"total":0}"#, Unknown),
            // OData
            (r#"{"@odata.context":"x","value":[{}]}"#, Full),
            (r#"{"@odata.context":"x","@odata.x":[1],"value":[]}"#, Empty),
            // Elasticsearch
            (r#"{"took":1,"_shards":{"failures":[]},"hits":{"total":{"value":1},"hits":[{"_id":1}]}}"#, Full),
            (
                r#"{"took":1,"_shards":{"failures":[]},"hits":{"total":{"value":0},"hits":[]},"aggregations":{"a":{"buckets":[1]}}}"#,
                Empty,
            ),
            // GitHub's search, Stripe, DynamoDB, Google, Spring, S3 as JSON
            (r#"{"total_count":1,"incomplete_results":false,"items":[{}]}"#, Full),
            (r#"{"total_count":0,"incomplete_results":false,"items":[]}"#, Empty),
            (r#"{"object":"list","url":"/v1/x","has_more":false,"data":[]}"#, Empty),
            (r#"{"Items":[],"Count":0,"ScannedCount":0}"#, Empty),
            (r#"{"kind":"x#list","etag":"y","files":[]}"#, Empty),
            (r#"{"content":[],"pageable":{"sort":{"sorted":false}},"totalElements":0,"last":true}"#, Empty),
            (r#"{"Contents":[{"Key":"a"}],"CommonPrefixes":[]}"#, Full),
            // GraphQL
            (r#"{"data":{"repository":{"issues":{"nodes":[],"pageInfo":{"hasNextPage":false}}}}}"#, Empty),
            (r#"{"data":{"repository":{"issues":{"edges":[{}],"pageInfo":{"hasNextPage":true}}}},"errors":[]}"#, Full),
            (r#"{"data":{"viewer":{"login":"x"}},"errors":[]}"#, Unknown),
            // MediaWiki, tables
            (r#"{"batchcomplete":"","query":{"pages":{"1":{"pageid":1}}}}"#, Unknown),
            (r#"{"columns":["a","b"],"rows":[]}"#, Empty),
            (r#"{"info":{"pages":[1]},"results":[]}"#, Empty),
            (r#"{"value":5,"orders":[]}"#, Empty),
            (r#"{"items":{"a":{},"b":{}}}"#, Unknown),
        ] {
            assert_eq!(of(body), fill, "{body}");
        }
    }

    #[test]
    fn the_place_of_the_items_decides() {
        let at = |place: &[&str], body: &str| {
            let place: Vec<String> = place.iter().map(|&name| name.to_owned()).collect();
            super::of(body.as_bytes(), Some(&place))
        };
        let body = r#"{"data":{"a":[],"b":[1],"c":null},"items":[1]}"#;
        for (place, fill) in [
            (&["data", "a"][..], Empty),
            (&["data", "b"], Full),
            (&["data", "c"], Empty),
            (&["data", "d"], Empty),
            (&["none", "d"], Empty),
            (&["items"], Full),
            (&[], Full),
        ] {
            assert_eq!(at(place, body), fill, "{place:?}");
        }
        assert_eq!(at(&[], "[]"), Empty);
        assert_eq!(at(&["a"], r#"{"a":"x"}"#), Unknown);
    }

    #[test]
    fn deep_bodies_end() {
        let deep = format!("{}1{}", "{\"data\":".repeat(100), "}".repeat(100));
        assert_eq!(of(&deep), Unknown);
    }
}
