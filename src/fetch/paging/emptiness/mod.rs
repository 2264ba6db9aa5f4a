//! Whether a page has anything on it.
//!
//! Only the body tells: a filter may drop every element of a full page. Where it cannot tell, a page counts as full:
//! then another one is requested, and `--max-pages` bounds that, while an end that is taken for granted loses pages.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::keys;

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

/// The member of an object, unless it is missing or null.
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
    let named = members.iter().map(|(name, value)| (&**name, value.get()));
    let (holders, rest): (Vec<_>, Vec<_>) = named.partition(|(name, json)| keys::holds(name, json));
    let (asides, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(name, _)| keys::is_aside(name));
    let fill = |(_, json): &(&str, &str)| of_value(json, depth + 1);
    let has_list = |members: &[(&str, &str)]| members.iter().any(|(_, json)| json.starts_with('['));
    if let Some(held) = holders.iter().map(fill).reduce(Fill::fuller) {
        let is_beside_a_list = || others.iter().any(|other| other.1.starts_with('[') && fill(other) == Fill::Full);
        return if held == Fill::Empty && is_beside_a_list() { Fill::Full } else { held };
    }
    let fills: Vec<_> = others.iter().filter(|(_, json)| is_nested(json) && *json != "{}").map(fill).collect();
    if fills.contains(&Fill::Full) {
        return Fill::Full;
    }
    // An empty list among content may be about that content. If the only lists are asides, they may be the page.
    let is_beside_content = others.iter().any(|(name, json)| has_content(name, json, depth + 1))
        || asides.iter().any(|aside| aside.1.starts_with('[') && fill(aside) == Fill::Full);
    match (fills.contains(&Fill::Empty) || has_list(&asides), is_beside_content) {
        (true, false) => Fill::Empty,
        _ => Fill::Unknown,
    }
}

/// Whether a member has content of its own: neither about the page, nor zero, false or empty.
fn has_content(name: &str, json: &str, depth: usize) -> bool {
    match json.as_bytes().first() {
        Some(b'[') => of_value(json, depth) == Fill::Full,
        Some(b'{') if depth < MAX_DEPTH => {
            serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(json).is_ok_and(|members| {
                let mut own = members.iter().filter(|(name, _)| !keys::is_aside(name));
                own.any(|(name, value)| has_content(name, value.get(), depth + 1))
            })
        }
        Some(b'{') => true,
        _ => !matches!(json, "null" | "false" | "0" | "\"\"") && !keys::is_about_page(name),
    }
}

fn is_nested(json: &str) -> bool {
    json.starts_with(['[', '{'])
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
mod tests;
