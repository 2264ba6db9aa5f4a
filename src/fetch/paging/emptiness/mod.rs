//! Whether a page has anything on it.
//!
//! Only the body tells: a filter may drop every element of a full page. Where it cannot tell, a page counts as full:
//! then another one is requested, and `--max-pages` bounds that, while an end that is taken for granted loses pages.

mod members;

use serde_json::value::RawValue;

use super::keys;
use super::place::Place;

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

/// What `body` tells of its page. `place` is where the items come from, if that is known.
pub(super) fn of(body: &[u8], place: Option<&Place>) -> Fill {
    if body.trim_ascii().is_empty() {
        return Fill::Empty;
    }
    let Ok(json) = serde_json::from_slice::<&RawValue>(body) else { return Fill::Unknown };
    let Some(place) = place else { return look(json.get(), false, 0).fill };
    match place.names.iter().try_fold(json.get(), |value, name| member(value, name)) {
        None => Fill::Empty,
        Some(value) if place.iterates && is_map(value) => Fill::Full,
        Some(value) => look(value, false, 0).fill,
    }
}

/// The member of an object, unless it is missing or null. If there are several, the last one counts.
fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let mut found = None;
    let is_it = |(key, value): (&str, &'a str)| (key == name).then_some(value);
    members::each(object, |key, value| found = is_it((key, value)).or(found)).ok()?;
    found.filter(|value| *value != "null")
}

/// Whether an object has items as its members, such as `{"17":{"open":false}}`, unlike an empty page such as
/// `{"users":[],"total":0}`.
fn is_map(json: &str) -> bool {
    if !json.starts_with('{') {
        return false;
    }
    let mut has_object = false;
    let is_read = members::each(json, |name, value| has_object |= value.starts_with('{') && !keys::is_aside(name));
    is_read.is_ok() && (has_object || look(json, false, 0).fill != Fill::Empty)
}

/// What a value shows at one look.
struct Seen {
    fill: Fill,
    /// It has content of its own: neither about the page, nor zero, false or empty.
    has_content: bool,
}

/// Looks at a value once. `is_about_page` tells that its name, or that of the object around it, is about the page.
fn look(json: &str, is_about_page: bool, depth: usize) -> Seen {
    let seen = |fill, has_content| Seen { fill, has_content };
    match json.as_bytes().first() {
        Some(b'[') if is_hollow(json) => seen(Fill::Empty, false),
        Some(b'[') => seen(Fill::Full, true),
        Some(b'{') if is_hollow(json) => seen(Fill::Empty, false),
        Some(b'{') if depth < MAX_DEPTH => {
            let mut object = Object::default();
            match members::each(json, |name, json| object.add(name, json, is_about_page, depth)) {
                Ok(()) => seen(object.fill(), object.has_content),
                Err(_) => seen(Fill::Unknown, true),
            }
        }
        Some(b'{') => seen(Fill::Unknown, true),
        Some(b'n') => seen(Fill::Empty, false),
        _ => seen(Fill::Unknown, !is_about_page && !is_zero(json)),
    }
}

/// What the members of an object have shown.
#[derive(Default)]
struct Object {
    has_content: bool,
    /// What the members tell that hold the page.
    held: Option<Fill>,
    /// Of the other lists and objects, asides left out.
    has_full: bool,
    has_full_list: bool,
    has_empty: bool,
    has_other_content: bool,
    has_aside_list: bool,
    has_full_aside_list: bool,
}

impl Object {
    fn add(&mut self, name: &str, json: &str, is_in_aside: bool, depth: usize) {
        let is_list = json.starts_with('[');
        let is_holder = keys::holds(name, json);
        if !is_holder && keys::is_aside(name) {
            self.has_aside_list |= is_list;
            self.has_full_aside_list |= is_list && !is_hollow(json);
            return;
        }
        let is_nested = json.starts_with(['[', '{']);
        let is_about_page = keys::is_about_page(name) || (is_in_aside && !is_nested);
        let seen = look(json, is_about_page, depth + 1);
        // An identifier may be zero.
        let has_content = seen.has_content || keys::identifies(name) && json == "0";
        self.has_content |= has_content;
        if is_holder {
            self.held = Some(self.held.map_or(seen.fill, |held| held.fuller(seen.fill)));
            return;
        }
        self.has_other_content |= has_content;
        self.has_full |= seen.fill == Fill::Full;
        self.has_full_list |= is_list && seen.fill == Fill::Full;
        self.has_empty |= is_nested && seen.fill == Fill::Empty && (is_list || !is_hollow(json));
    }

    /// The members that hold the page decide; if none is known to, all but asides do, and of these the lists.
    fn fill(&self) -> Fill {
        match self.held {
            Some(Fill::Empty) if self.has_full_list => return Fill::Full,
            // What holds nothing may be a part of the thing that the content describes.
            Some(Fill::Empty) if self.has_other_content => return Fill::Unknown,
            Some(held) => return held,
            None if self.has_full => return Fill::Full,
            None => {}
        }
        // An empty list among content may be about that content. If the only lists are asides, they may be the page.
        let is_beside_content = self.has_other_content || self.has_full_aside_list;
        match (self.has_empty || self.has_aside_list) && !is_beside_content {
            true => Fill::Empty,
            false => Fill::Unknown,
        }
    }
}

/// Whether a list or an object has nothing in it.
fn is_hollow(json: &str) -> bool {
    json[1..json.len() - 1].trim_ascii().is_empty()
}

fn is_zero(scalar: &str) -> bool {
    matches!(scalar, "null" | "false" | "\"\"") || scalar.parse() == Ok(0.0)
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
