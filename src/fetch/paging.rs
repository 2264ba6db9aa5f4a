//! What an answer says of its items, and of the page after it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::Method;
use serde_json::value::RawValue;

use crate::jq::{Filter, FilterLimits, Outputs, bare};
use crate::model::PageInfo;
use crate::plan::Plan;

/// What the plan asks to be found out about a whole body; none if that is nothing. What it is labelled does not
/// matter.
pub(super) fn of(plan: &Plan, method: &Method, body: &[u8]) -> Option<Box<PageInfo>> {
    if plan.paginate.is_none() && plan.output.items.is_none() {
        return None;
    }
    if body.is_empty() {
        let items = plan.output.items.as_ref().map(|_| Ok(Outputs::default()));
        return Some(Box::new(PageInfo { items, empty: method != Method::HEAD, ..PageInfo::default() }));
    }
    let run = |filter: &Filter| {
        filter
            .run(body, FilterLimits::for_document(body.len(), plan.fetch.max_filesize))
            .map_err(|why| format!("jq: {why}"))
    };
    let items = plan.output.items.as_ref().map(run);
    let filter = plan.paginate.as_ref().and_then(|paginate| paginate.by.filter());
    let next = filter.map_or(Ok(None), |filter| run(filter).and_then(|outputs| first_text(&outputs)));
    let empty = match &items {
        Some(items) => items.as_ref().is_ok_and(Outputs::is_empty),
        None => plan.paginate.is_some() && has_nothing(body),
    };
    Some(Box::new(PageInfo { items, next, empty, ..PageInfo::default() }))
}

/// The first output as text, unless it says that there is nothing.
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

/// Whether a body is JSON that holds nothing: null, an array or object without elements, or an object that has just
/// one array, and that is empty. What is no JSON is not known to be so.
fn has_nothing(body: &[u8]) -> bool {
    let is_empty = |array: &str| array[1..array.len() - 1].trim_ascii().is_empty();
    let Ok(json) = serde_json::from_slice::<&RawValue>(body).map(RawValue::get) else { return false };
    match json.as_bytes()[0] {
        b'n' => true,
        b'[' => is_empty(json),
        b'{' => serde_json::from_str(json).is_ok_and(|members: BTreeMap<Cow<'_, str>, &RawValue>| {
            let mut arrays = members.values().map(|member| member.get()).filter(|member| member.starts_with('['));
            members.is_empty() || arrays.next().is_some_and(is_empty) && arrays.next().is_none()
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Paginate;

    fn plan(by: &str, items: Option<&str>) -> Plan {
        let mut plan = Plan::default();
        plan.paginate = Some(Paginate { by: by.parse().unwrap(), max: crate::plan::DEFAULT_MAX_PAGES });
        plan.output.items = items.map(|items| Filter::compile(items).unwrap());
        plan
    }

    #[test]
    fn pages_without_anything_are_known() {
        for (body, nothing) in [
            ("null", true),
            (" [ ] ", true),
            ("{}", true),
            (r#"{"items": [], "total": 0, "links": {"self": ["x"]}}"#, true),
            (r#"{"items": [], "links": ["x"]}"#, false),
            (r#"{"items": [[]]}"#, false),
            (r#"{"total": 0}"#, false),
            ("[0]", false),
            ("0", false),
            ("\"\"", false),
            ("[]]", false),
            ("<html>", false),
        ] {
            assert_eq!(has_nothing(body.as_bytes()), nothing, "{body}");
        }
    }

    #[test]
    fn a_cursor_is_a_text_or_a_number() {
        let next = |body: &str| of(&plan("cursor=c:.a", None), &Method::GET, body.as_bytes()).unwrap().next;
        for (body, cursor) in [(r#"{"a":"x y"}"#, "x y"), (r#"{"a":1.50}"#, "1.50"), (r#"{"a":0}"#, "0")] {
            assert_eq!(next(body), Ok(Some(cursor.to_owned())));
        }
        for body in [r#"{"a":null}"#, r#"{"a":false}"#, r#"{"a":""}"#, "{}", ""] {
            assert_eq!(next(body), Ok(None));
        }
        for (body, why) in [
            (r#"{"a":[1]}"#, "jq: expected a string or a number, got [1]"),
            (r#"{"a":true}"#, "jq: expected a string or a number, got true"),
            ("[]", "jq: cannot index [] with \"a\""),
            ("<a>", "jq: the body is not JSON: expected value at line 1 column 1"),
        ] {
            assert_eq!(next(body), Err(why.to_owned()));
        }
    }

    #[test]
    fn items_decide_whether_there_is_something() {
        let of = |items, body: &str| of(&plan("link", items), &Method::GET, body.as_bytes()).unwrap();
        assert!(of(Some(".a[]"), r#"{"a":[],"b":[1]}"#).empty);
        assert!(!of(Some(".a"), r#"{"a":[]}"#).empty, "an empty array is an item");
        let wrong = of(Some(".a[]"), "[]");
        assert!(wrong.items.unwrap().is_err() && !wrong.empty);
        assert!(of(Some(".a[]"), "").items().unwrap().is_empty());
    }

    #[test]
    fn only_what_is_asked_for_is_found_out() {
        assert_eq!(of(&Plan::default(), &Method::GET, b"[]"), None);
        assert!(of(&plan("link", None), &Method::GET, b"").unwrap().empty);
        assert!(!of(&plan("link", None), &Method::HEAD, b"").unwrap().empty, "an answer to HEAD never has a body");
    }
}
