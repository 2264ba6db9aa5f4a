//! Finds the items in a body, and what it says about the next page.

mod emptiness;
mod keys;
mod place;

use bytes::Bytes;
use http::Method;

use self::emptiness::Fill;
use super::filtering::{FilterFailure, Filtering};
use crate::jq::{Filter, Outputs, bare};
use crate::model::PageInfo;
use crate::plan::Plan;

/// What the plan wants to know about a complete body, whatever it is labelled as; none if it wants to know nothing.
pub(super) async fn page_info(filtering: Filtering<'_>, method: &Method, body: &Bytes) -> Option<Box<PageInfo>> {
    let plan = filtering.plan;
    if plan.paginate.is_none() && plan.output.items.is_none() {
        return None;
    }
    let is_counted = plan.paginate.as_ref().is_some_and(|paginate| paginate.by.is_counted());
    if body.is_empty() {
        let items = plan.output.items.as_ref().map(|_| Ok(Outputs::default()));
        return Some(Box::new(PageInfo { items, empty: is_counted && method != Method::HEAD, ..PageInfo::default() }));
    }
    let mut limited_by = None;
    let mut why = |failure: FilterFailure| {
        limited_by = limited_by.or(failure.setting);
        format!("jq: {}", failure.why)
    };
    let items = match &plan.output.items {
        Some(filter) => Some(filtering.evaluate(filter, body, Filter::run).await.map_err(&mut why)),
        None => None,
    };
    let next = match plan.paginate.as_ref().and_then(|paginate| paginate.by.filter()) {
        None => Ok(None),
        Some(filter) => match filtering.evaluate(filter, body, Filter::run).await {
            Ok(outputs) => first_text(&outputs),
            Err(_) if is_bare(body) => Ok(None), // There is nothing that could name a next page.
            Err(failure) => Err(why(failure)),
        },
    };
    let empty = is_counted && is_empty(plan, items.as_ref(), body);
    Some(Box::new(PageInfo { items, next, limited_by, empty, ..PageInfo::default() }))
}

/// The first output as text, or none if it stands for no next page.
fn first_text(outputs: &Outputs) -> Result<Option<String>, String> {
    match outputs.iter().next().unwrap_or("null") {
        "null" | "false" | "\"\"" => Ok(None),
        output if output == "true" || output.starts_with(['[', '{']) => {
            let shown = &output[..output.floor_char_boundary(40)];
            Err(format!("jq: expected a string or a number, got {shown}"))
        }
        output => Ok(Some(bare(output).into_owned())),
    }
}

/// Whether a body is blank, null, `[]` or `{}`.
fn is_bare(body: &[u8]) -> bool {
    let mut bytes = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    let start: Vec<u8> = bytes.by_ref().take(5).collect();
    matches!(&start[..], b"" | b"null" | b"[]" | b"{}")
}

/// Whether the page is empty: by its body, at the place that the items come from if the filter shows it. A page that
/// has items is not empty; if the body cannot tell, one without items is.
fn is_empty(plan: &Plan, items: Option<&Result<Outputs, String>>, body: &[u8]) -> bool {
    let filter = plan.output.items.as_ref();
    let items = || filter.zip(items.and_then(|items| items.as_ref().ok()));
    match emptiness::of(body, filter.and_then(|filter| place::of(filter.code())).as_ref()) {
        Fill::Empty => items().is_none_or(|(filter, items)| !has_items(filter.code(), items)),
        Fill::Full => false,
        Fill::Unknown => items().is_some_and(|(_, items)| items.is_empty()),
    }
}

/// Whether there are items among the outputs. If the filter has no `[]`, an output may be the page itself, such as
/// `{"items":[]}`.
fn has_items(filter: &str, outputs: &Outputs) -> bool {
    let splits = filter.replace(char::is_whitespace, "").contains("[]");
    let is_item = |output: &str| match splits {
        true => !is_bare(output.as_bytes()),
        false => emptiness::of(output.as_bytes(), None) != Fill::Empty,
    };
    outputs.iter().any(is_item)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::fetch::memory::MemoryBudget;
    use crate::plan::{Paginate, Plan};

    fn page_info(plan: &Plan, method: &Method, body: &[u8]) -> Option<Box<PageInfo>> {
        let permit = MemoryBudget::new(1 << 30).book(0);
        let body = Bytes::copy_from_slice(body);
        let info = super::page_info(Filtering { plan, permit: &permit }, method, &body).now_or_never();
        info.expect("small bodies are not waited for")
    }

    fn plan(by: &str, items: Option<&str>) -> Plan {
        let mut plan = Plan { paginate: Some(Paginate::new(by.parse().unwrap())), ..Plan::default() };
        plan.output.items = items.map(|items| Filter::compile(items).unwrap());
        plan
    }

    #[test]
    fn a_cursor_is_a_string_or_a_number() {
        let next = |body: &str| page_info(&plan("cursor=c:.a", None), &Method::GET, body.as_bytes()).unwrap().next;
        for (body, cursor) in [(r#"{"a":"x y"}"#, "x y"), (r#"{"a":1.50}"#, "1.50"), (r#"{"a":0}"#, "0")] {
            assert_eq!(next(body), Ok(Some(cursor.to_owned())));
        }
        for body in [r#"{"a":null}"#, r#"{"a":false}"#, r#"{"a":""}"#, "{}", "", "[]", " [ ]\n", "null", "\n"] {
            assert_eq!(next(body), Ok(None));
        }
        for (body, why) in [
            (r#"{"a":[1]}"#, "jq: expected a string or a number, got [1]"),
            (r#"{"a":true}"#, "jq: expected a string or a number, got true"),
            ("[1]", "jq: Cannot index array with \"a\""),
            ("<a>", "jq: the body is not JSON: expected value at line 1 column 1"),
        ] {
            assert_eq!(next(body), Err(why.to_owned()));
        }
    }

    #[test]
    fn the_body_decides_whether_a_page_is_empty_whatever_the_filter_keeps() {
        let info = |items, body: &str| page_info(&plan("page=p", items), &Method::GET, body.as_bytes()).unwrap();
        for (items, body, empty) in [
            (Some(".a[]"), r#"{"a":[],"b":[1]}"#, true),
            (Some(".a"), r#"{"a":[]}"#, true),
            (Some(".[] | select(.x)"), "[{}]", false),
            (Some(".[] | select(.x)"), "[]", true),
            (Some("[.data[] | select(.x)][]"), r#"{"data":[{}]}"#, false),
            (Some("[.data[] | select(.x)][]"), r#"{"data":[]}"#, true),
            (Some(".a[]?"), r#"{"b":[1]}"#, true),
            (Some("objects | select(.x)"), r#"{"id":1}"#, true),
            (Some("objects"), r#"{"id":1}"#, false),
            (None, r#"{"id":1}"#, false),
            // Items may be the members of an object.
            (Some(".items[] | select(.open)"), r#"{"items":[{"open":false},{"open":false}]}"#, false),
            (Some(".items[] | select(.open)"), r#"{"items":{"1":{"open":false},"2":{"open":false}}}"#, false),
            (Some(".items[] | select(.open)"), r#"{"items":{"1":{"tags":[]}}}"#, false),
            (Some(".items[] | select(.open)"), r#"{"items":{}}"#, true),
            (Some(".items[] | select(.open)"), r#"{"items":null}"#, true),
            (Some(".items[] | select(. > 5)"), r#"{"items":{"a":1,"b":0}}"#, false),
            (Some(".[] | select(.open)"), r#"{"1":{"open":false}}"#, false),
            (Some(".[] | select(.open)"), "{}", true),
            (Some(".items | to_entries[] | select(.value.x)"), r#"{"items":{"1":{"x":false}}}"#, false),
            (Some(".items | [.[] | select(.x)][]"), r#"{"items":{"1":{"x":false}}}"#, false),
            (Some(".query.pages[] | select(.x)"), r#"{"query":{"pages":{"7":{"title":"t"}}}}"#, false),
            (Some(".query.pages[] | select(.x)"), r#"{"query":{"pages":{}}}"#, true),
            (Some(".data[] | arrays[]"), r#"{"data":{"users":[],"total":0}}"#, true),
            (Some(".data[] | arrays[]"), r#"{"data":{"users":[],"meta":{"n":1}}}"#, true),
            // Items make a page full, whatever else is on it.
            (Some(".query.pages[]"), r#"{"query":{"pages":{"1":{"title":"t1","categories":[]}}}}"#, false),
            (Some(".query.pages[]"), r#"{"query":{"pages":{}}}"#, true),
            (Some(".items[]"), r#"{"items":{"a":{"tags":[]}}}"#, false),
            (Some(".items | to_entries[]"), r#"{"items":{"a":{"tags":[]}}}"#, false),
            (Some("(.items // {})[ ]"), r#"{"items":{"a":{"tags":[]}}}"#, false),
            (Some(".items[]"), r#"{"items":{}}"#, true),
            (Some("."), r#"{"id":1,"tags":[]}"#, false),
            (Some("{id}"), r#"{"id":1,"tags":[]}"#, false),
            (Some(".data"), r#"{"data":{"id":1,"tags":[]}}"#, false),
            (Some(".data"), r#"{"data":null}"#, true),
            (Some("(.orders | arrays)[]"), r#"{"results":[],"orders":[1]}"#, false),
            (Some("(.orders | arrays)[]"), r#"{"results":[],"orders":[]}"#, true),
            (Some("to_entries[] | .value[]"), r#"{"results":[],"orders":[1]}"#, false),
            (Some("(.meta.orders // [])[]"), r#"{"results":[],"meta":{"orders":[{"tags":[]}]}}"#, false),
            (Some(".data | .a[], .b[]"), r#"{"data":{"a":[],"b":[1]}}"#, false),
            (Some(".data | .a[], .b[]"), r#"{"data":{"a":[],"b":[]}}"#, true),
            // Outputs that are the empty page itself
            (Some("."), r#"{"items":[],"total":0}"#, true),
            (Some("{items}"), r#"{"items":[],"total":0}"#, true),
            (Some(".. | arrays"), r#"{"items":[]}"#, true),
            (Some(".items[0]"), r#"{"items":[]}"#, true),
        ] {
            assert_eq!(info(items, body).empty, empty, "{items:?} {body}");
        }
        for by in ["link", "next=.next", "cursor=c:.next"] {
            assert!(!page_info(&plan(by, None), &Method::GET, b"[]").unwrap().empty, "{by} does not ask for it");
        }
        let wrong = info(Some(".a[]"), r#"{"a":"x"}"#);
        assert!(wrong.items.unwrap().is_err() && !wrong.empty);
        assert!(info(Some(".a[]"), "").items().unwrap().is_empty());
    }

    #[test]
    fn only_what_the_plan_wants_is_found() {
        assert_eq!(page_info(&Plan::default(), &Method::GET, b"[]"), None);
        assert!(page_info(&plan("page=p", None), &Method::GET, b"").unwrap().empty);
        assert!(
            !page_info(&plan("page=p", None), &Method::HEAD, b"").unwrap().empty,
            "an answer to HEAD never has a body"
        );
    }
}
