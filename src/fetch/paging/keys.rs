//! The names that members of a page have.

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
const ASIDES: [&str; 44] = [
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
    "header",
    "headers",
    "included",
    "includes",
    "info",
    "links",
    "messages",
    "meta",
    "metadata",
    "notices",
    "page",
    "pageable",
    "pageinfo",
    "pagination",
    "paging",
    "parameters",
    "params",
    "query_params",
    "request",
    "responseheader",
    "schema",
    "schemas",
    "sort",
    "stats",
    "suggest",
    "summary",
    "warnings",
];

/// Words in the names of scalars that count or link pages, such as `total_count` and `nextPageToken`.
const PAGE_WORDS: [&str; 18] = [
    "count",
    "counts",
    "cursor",
    "found",
    "limit",
    "meta",
    "metadata",
    "more",
    "next",
    "offset",
    "page",
    "pages",
    "pagination",
    "paging",
    "prev",
    "previous",
    "total",
    "totals",
];

/// Names of other scalars, and of objects of scalars, that are said about a page, in lower case without separators.
const PAGE_SCALARS: [&str; 86] = [
    "after",
    "apiversion",
    "attribution",
    "attributions",
    "before",
    "code",
    "copyright",
    "credit",
    "credits",
    "disclaimer",
    "elapsed",
    "empty",
    "end",
    "errcode",
    "errmsg",
    "errno",
    "error",
    "etag",
    "expand",
    "first",
    "from",
    "generatedat",
    "help",
    "incompleteresults",
    "isempty",
    "isend",
    "isfirst",
    "islast",
    "jsonrpc",
    "kind",
    "last",
    "legal",
    "licence",
    "license",
    "licenseurl",
    "maxresults",
    "maxscore",
    "message",
    "messagetype",
    "messageversion",
    "msg",
    "nbhits",
    "notice",
    "number",
    "numbermatched",
    "numberofelements",
    "numberreturned",
    "object",
    "ok",
    "pagelen",
    "path",
    "pitid",
    "processingtimems",
    "q",
    "query",
    "requestid",
    "requesttime",
    "responsecode",
    "responsetime",
    "resultinfo",
    "resultsizeestimate",
    "ret",
    "scrollid",
    "self",
    "servertime",
    "size",
    "start",
    "startat",
    "startindex",
    "status",
    "statuscode",
    "statusmessage",
    "statustext",
    "succeeded",
    "success",
    "terms",
    "time",
    "timedout",
    "timestamp",
    "to",
    "took",
    "traceid",
    "type",
    "url",
    "version",
    "warning",
];

/// Whether a member holds the page.
pub(super) fn holds(name: &str, json: &str) -> bool {
    let name = name.to_lowercase();
    let is_nested = json.starts_with(['[', '{']);
    HOLDERS.contains(&&*name) && (is_nested || json == "null") || WEAK_HOLDERS.contains(&&*name) && is_nested
}

/// Whether a member says something about the page.
pub(super) fn is_aside(name: &str) -> bool {
    name.starts_with(['@', '$']) || ASIDES.contains(&&*name.to_lowercase())
}

/// Whether a member identifies the object that it is in.
pub(super) fn identifies(name: &str) -> bool {
    matches!(name, "id" | "_id" | "Id" | "ID")
}

/// Whether a scalar, or an object of scalars, says something about the page.
pub(super) fn is_about_page(name: &str) -> bool {
    let words = words(name);
    words.iter().any(|word| PAGE_WORDS.contains(&&**word)) || PAGE_SCALARS.contains(&&*words.concat())
}

/// The words of a name like `per_page` or `perPage`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::is_about_page;

    #[test]
    fn scalars_are_about_the_page_or_its_content() {
        let about = ["total", "total_count", "perPage", "numFound", "next_url", "__count", "TotalPages", "has_more"];
        for name in about.into_iter().chain(["status", "request_id", "requestId", "prev", "x-next", "took"]) {
            assert!(is_about_page(name), "{name}");
        }
        for name in ["id", "name", "first_name", "lastName", "account", "discount", "person", "hash", "zip_code", ""] {
            assert!(!is_about_page(name), "{name}");
        }
    }
}
