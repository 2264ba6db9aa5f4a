//! Bodies as APIs send them, and what they tell of their page.

use super::super::place::Place;
use super::Fill::{self, Empty, Full, Unknown};
use super::MAX_DEPTH;

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
        (r#"{"orders":[],"errors":["x"]}"#, Unknown),
        // An empty list among content
        (r#"{"id":1,"tags":[]}"#, Unknown),
        (r#"{"data":{"id":1,"tags":[]}}"#, Unknown),
        (r#"{"data":{"id":1,"errors":[],"tags":[]}}"#, Unknown),
        (r#"{"query":{"pages":{"1":{"title":"t1","categories":[]}}}}"#, Unknown),
        (r#"{"user":{"name":"x"},"tags":[]}"#, Unknown),
        (r#"{"first_name":"x","tags":[]}"#, Unknown),
        (r#"{"user":{"address":{"city":"x"}},"tags":[]}"#, Unknown),
        (r#"{"data":{"a":{"id":1,"tags":[]},"b":{"tags":[]}}}"#, Unknown),
        (r#"{"id":1,"tags":[],"sizes":[1]}"#, Full),
        (r#"{"name":null,"tags":[]}"#, Empty),
        (r#"{"data":{"users":[]}}"#, Empty),
        (r#"{"data":{"users":[],"totalCount":5,"page":9}}"#, Empty),
        (r#"{"orders":[],"page":9,"per_page":20,"total_pages":8,"has_more":false}"#, Empty),
        (r#"{"orders":[],"nextPageToken":"x","resultSizeEstimate":5}"#, Empty),
        (r#"{"success":true,"code":200,"message":"OK","orders":[],"request_id":"x"}"#, Empty),
        (r#"{"copyright":"x","results":[]}"#, Empty),
        // Members that hold nothing, beside content
        (r#"{"id":17,"title":"x","content":null}"#, Unknown),
        (r#"{"id":1,"name":"order","items":[]}"#, Unknown),
        (r#"{"id":0,"items":[]}"#, Unknown),
        (r#"{"answer":42,"result":null}"#, Unknown),
        (r#"{"name":"x","data":{}}"#, Unknown),
        (r#"{"user":{"id":1},"data":[]}"#, Unknown),
        (r#"{"user":{"name":"x"},"entries":[]}"#, Unknown),
        (r#"{"data":{"id":1,"name":"x","items":[]}}"#, Unknown),
        (r#"{"data":{"repository":{"id":"x","issues":{"nodes":[]}}}}"#, Unknown),
        (r#"{"pages":{"1":{"title":"x"}},"items":[]}"#, Unknown),
        (r#"{"text":"x","value":[]}"#, Unknown),
        // Members that hold nothing, beside what is about the page
        (r#"{"attribution":"x","license":"y","disclaimer":"z","notice":"n","results":[]}"#, Empty),
        (r#"{"help":"x","success":true,"result":{"count":3,"sort":"x","facets":{},"results":[]}}"#, Empty),
        (r#"{"current_page":9,"data":[],"from":null,"path":"x","per_page":5,"to":null,"total":7}"#, Empty),
        (r#"{"content":[],"totalElements":7,"number":9,"size":20,"numberOfElements":0,"empty":true}"#, Empty),
        (r#"{"values":[],"isLast":true,"maxResults":50,"startAt":100}"#, Empty),
        (r#"{"values":[],"pagelen":10,"size":3,"page":9}"#, Empty),
        (r#"{"hits":[],"nbHits":7,"nbPages":1,"page":9,"hitsPerPage":20,"query":"x","params":"y"}"#, Empty),
        (
            r#"{"took":1,"timed_out":false,"hits":{"total":{"value":7,"relation":"eq"},"max_score":0.0,"hits":[]}}"#,
            Empty,
        ),
        (r#"{"schemas":["x"],"totalResults":7,"startIndex":9,"itemsPerPage":5,"Resources":[]}"#, Empty),
        (r#"{"code":0,"data":[],"id":null,"name":""}"#, Empty),
        // Members that hold no page, and another list that is not empty
        (r#"{"result":null,"orders":[1,2]}"#, Full),
        (r#"{"data":{},"orders":[1]}"#, Full),
        (r#"{"content":[],"users":[1]}"#, Full),
        (r#"{"content":[],"users":[]}"#, Empty),
        (r#"{"result":null,"orders":[]}"#, Empty),
        (r#"{"data":{},"orders":[]}"#, Empty),
        (r#"{"items":[],"total":0}"#, Empty),
        (r#"{"data":null,"errors":[{"message":"x"}]}"#, Empty),
        (r#"{"data":[],"messages":["x"]}"#, Empty),
        (r#"{"data":[],"items":[1]}"#, Full),
        // Asides that may be the page
        (r#"{"messages":[1,2]}"#, Unknown),
        (r#"{"messages":[]}"#, Empty),
        (r#"{"messages":[],"total":0}"#, Empty),
        (r#"{"messages":[1],"attachments":[]}"#, Unknown),
        (r#"{"messages":[],"attachments":[]}"#, Empty),
        (r#"{"links":[1],"tags":[]}"#, Unknown),
        (r#"{"notices":[1],"ads":[]}"#, Unknown),
        (r#"{"notices":[1],"messages":[]}"#, Unknown),
        (r#"{"page":[]}"#, Empty),
        (r#"{"fields":[]}"#, Empty),
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
        (r#"{"value":5,"orders":[]}"#, Unknown),
        (r#"{"responseHeader":{"params":{"fq":["a"]}},"response":{"numFound":2,"docs":[]}}"#, Empty),
        (r#"{"d":{"results":[],"__count":"4"}}"#, Empty),
        (r#"{"items":{"a":{},"b":{}}}"#, Unknown),
    ] {
        assert_eq!(of(body), fill, "{body}");
    }
}

#[test]
fn the_place_of_the_items_decides() {
    let at = |names: &[&str], body: &str| {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        super::of(body.as_bytes(), Some(&Place { names, iterates: false }))
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
fn the_last_of_members_with_one_name_counts() {
    let place = Place { names: vec!["a".to_owned()], iterates: true };
    assert_eq!(super::of(br#"{"a":[1],"a":[]}"#, Some(&place)), Empty);
    assert_eq!(super::of(br#"{"a":[],"a":[1]}"#, Some(&place)), Full);
}

#[test]
fn objects_are_followed_to_a_bounded_depth() {
    let nested =
        |levels: usize, inner: &str| of(&format!("{}{inner}{}", "{\"data\":".repeat(levels), "}".repeat(levels)));
    for (inner, fill) in [("[]", Empty), ("[1]", Full)] {
        assert_eq!(nested(MAX_DEPTH, inner), fill);
        assert_eq!(nested(MAX_DEPTH + 1, inner), Unknown);
        assert_eq!(nested(200_000, inner), Unknown, "nor does it overflow the stack");
    }
    let lists = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(of(&lists), Full);
    assert_eq!(of(&format!(r#"{{"items":[],"x":{lists}}}"#)), Full);
}
