//! Endpoints for redirects and pagination.

use hyper::StatusCode;
use hyper::header::{LINK, LOCATION};
use serde_json::{Value, json};

use super::faulty::Visits;
use super::limits;
use super::reply::{Fault, Reply, header_value};
use super::request::{Call, within};

/// A chain of relative redirects that ends at `/get`.
pub(super) fn redirect(hops: u64) -> Result<Reply, Fault> {
    to(StatusCode::FOUND, next_hop("redirect", hops))
}

/// The same chain, with absolute URLs.
pub(super) fn absolute_redirect(call: &Call, hops: u64) -> Result<Reply, Fault> {
    to(StatusCode::FOUND, call.absolute(next_hop("absolute-redirect", hops)))
}

/// A redirect to the URL and with the status code in the query.
pub(super) fn redirect_to(call: &Call) -> Result<Reply, Fault> {
    let url = call.param("url").ok_or_else(|| Fault::bad_request("no url in the query"))?;
    let status = call.param_status("status_code", StatusCode::FOUND, limits::REDIRECT)?;
    to(status, url.into_owned())
}

fn next_hop(endpoint: &str, hops: u64) -> String {
    match hops {
        1 => "/get".to_owned(),
        _ => format!("/{endpoint}/{}", hops - 1),
    }
}

fn to(status: StatusCode, location: String) -> Result<Reply, Fault> {
    Ok(Reply::empty().status(status).header(LOCATION, header_value(location)?))
}

/// One page of a list, with links to the others in the [`Link` field] and in the body. The page given by `fail` fails at
/// its first visit.
///
/// [`Link` field]: https://www.rfc-editor.org/rfc/rfc8288#section-3
pub(super) fn paginate(call: &Call, visits: &Visits) -> Result<Reply, Fault> {
    let total = call.param_within("total", 100, limits::ITEMS)?;
    let per_page = call.param_within("per_page", 4, limits::PER_PAGE)?;
    let page = call.param_within("page", 1, limits::PAGE)?;
    let page = call.param_within("cursor", page, limits::PAGE)?;
    let page = match call.param("offset") {
        Some(offset) => within(&offset, limits::ITEMS)? / per_page + 1,
        None => page,
    };
    let failing = call.param("fail").map(|fail| within(&fail, limits::PAGE)).transpose()?;
    if failing == Some(page) && visits.count(call.target(), u64::MAX) == 1 {
        let reply = Reply::json(&json!({ "error": "as asked for", "page": page }));
        return Ok(reply.status(StatusCode::SERVICE_UNAVAILABLE));
    }
    let fail = failing.map_or(String::new(), |fail| format!("&fail={fail}"));

    let last = total.div_ceil(per_page).max(1);
    let next = (page < last).then_some(page + 1);
    let previous = (page > 1).then(|| last.min(page - 1));
    let url = |page| call.absolute(format_args!("/paginate?page={page}&per_page={per_page}&total={total}{fail}"));
    let links = [("first", Some(1)), ("prev", previous), ("next", next), ("last", Some(last))];
    let links = links.into_iter().filter_map(|(rel, page)| Some(format!("<{}>; rel=\"{rel}\"", url(page?))));
    let links = links.collect::<Vec<_>>().join(", ");

    let before = (page - 1) * per_page;
    let items = before + 1..=total.min(before + per_page);
    Ok(Reply::json(&json!({
        "items": items.map(|id| json!({ "id": id, "name": format!("item {id}") })).collect::<Value>(),
        "page": page,
        "per_page": per_page,
        "total": total,
        "next": next.map(url),
        "next_cursor": next.map(|page| page.to_string()),
    }))
    .header(LINK, header_value(links)?))
}
