//! The place in a body that a filter takes its items from.

/// Functions that work on each member of an object.
const ITERATORS: [&str; 6] = ["keys", "keys_unsorted", "map", "map_values", "to_entries", "with_entries"];

/// Where the items come from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The names that lead there from the root of a document.
    pub(super) names: Vec<String>,
    /// The filter goes on with each element or member of the value, as `[]` and `to_entries` do.
    pub(super) iterates: bool,
}

/// The place that `filter` begins with: `.data.items[] | select(.x)` begins with `data`, `items`, and iterates there.
/// None if the filter begins with anything else, such as a function or two values.
///
/// What the filter makes of that value does not matter here: it may drop every element of a full page.
pub(super) fn of(filter: &str) -> Option<Place> {
    let mut names = Vec::new();
    let mut rest = filter;
    loop {
        let step = chain(rest.trim_start()).map(|(found, after, end)| (found, after.trim_start(), end));
        let is_last = |after: &str| after.is_empty();
        let is_piped = |after: &str| after.starts_with('|') && !after.starts_with("|=");
        let Some((found, after, end)) = step.filter(|(_, after, _)| is_last(after) || is_piped(after)) else {
            // Only the first step must be a path: whatever comes later works on the value that this one has led to.
            return (rest.len() < filter.len()).then(|| Place { names, iterates: begins_to_iterate(rest) });
        };
        names.extend(found);
        if is_last(after) || end != End::Name {
            return Some(Place { names, iterates: end == End::Iteration });
        }
        rest = &after[1..];
    }
}

/// Whether a step that is more than a path iterates, as `to_entries[]` and `[.[] | select(.x)]` do.
fn begins_to_iterate(step: &str) -> bool {
    let step = step.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '(' | '['));
    let word = step.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    step.starts_with(".[]") || ITERATORS.contains(&word)
}

/// How a path ends, or goes on where the names end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Name,
    Iteration,
    Index,
}

/// Reads a path such as `.a."b"["c"][]?`. Returns the names up to the first index or iteration, what follows the path,
/// and what ends the names.
fn chain(text: &str) -> Option<(Vec<String>, &str, End)> {
    let mut found = Vec::new();
    let mut end = End::Name;
    let mut rest = text.strip_prefix('.')?;
    if rest.starts_with('.') {
        return None;
    }
    let mut is_after_dot = true;
    loop {
        let (name, after) = if let Some(inner) = rest.strip_prefix('[') {
            let (inner, after) = inner.split_once(']')?;
            if inner.trim().is_empty() && end == End::Name {
                end = End::Iteration;
            }
            (quoted(inner.trim()).filter(|(_, rest)| rest.is_empty()).map(|(name, _)| name), after)
        } else if let Some(after) = rest.strip_prefix('?') {
            rest = after;
            continue;
        } else if let Some(after) = rest.strip_prefix('.').filter(|_| !is_after_dot) {
            (rest, is_after_dot) = (after, true);
            continue;
        } else if is_after_dot && rest.starts_with('"') {
            let (name, after) = quoted(rest)?;
            (Some(name), after)
        } else {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            if length == 0 || !is_after_dot {
                break;
            }
            (Some(rest[..length].to_owned()), &rest[length..])
        };
        if name.is_none() && end == End::Name {
            end = End::Index;
        }
        found.extend(name.filter(|_| end == End::Name));
        (rest, is_after_dot) = (after, false);
    }
    Some((found, rest, end))
}

/// A string without escapes at the start of `text`, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (name, after) = text.strip_prefix('"')?.split_once('"')?;
    (!name.contains('\\')).then(|| (name.to_owned(), after))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_place_is_the_path_that_a_filter_begins_with() {
        for (filter, place) in [
            (".", Some("")),
            (".[]", Some("")),
            (".[] | select(.open) | .id", Some("")),
            (".[0].items[]", Some("")),
            (".items[]", Some("items")),
            (" .items [] ", None),
            (".items", Some("items")),
            (".items[]?", Some("items")),
            (".items?[]?.id", Some("items")),
            (".data.items[] | select(.a // .b)", Some("data/items")),
            (".data | .items | .[]", Some("data/items")),
            (".data|.items[]|.tags[]", Some("data/items")),
            (".data | map(select(.x)) | .[]", Some("data")),
            (".\"a b\"[].x, 1", None),
            (".\"a b\"[\"c\"].d[].e", Some("a b/c/d")),
            (".a[], .b[]", None),
            (".a[] // .b[]", None),
            (".a[] as $x | $x", None),
            (".a |= 1", None),
            (".a + .b", None),
            // A step that is more than a path is left out.
            (".data | .a[], .b[]", Some("data")),
            (". | .a[], .b[]", Some("")),
            (".data | .error as $e | .items[]", Some("data")),
            (".data | .users // .members | .[]", Some("data")),
            (".data | .users? // .members | .[]", Some("data")),
            (".data | .a + .b | .[]", Some("data")),
            (".data | .a == null, .b[]", Some("data")),
            (".data | .a |= 1 | .b[]", Some("data")),
            (".data | .page.info as {$n} | .b[]", Some("data")),
            (".data | .a | .b, .c", Some("data/a")),
            (".data | .a[] | .b, .c", Some("data/a")),
            (".data | .a and .b", Some("data")),
            ("..", None),
            ("(.a // [])[]", None),
            ("to_entries[]", None),
            ("", None),
            (".[", None),
        ] {
            assert_eq!(of(filter).map(|place| place.names.join("/")).as_deref(), place, "{filter}");
        }
    }

    #[test]
    fn a_filter_iterates_where_its_names_end_or_does_not() {
        for filter in [
            ".[]",
            ".items[]",
            ".items[ ]?.id",
            ".items | .[] | .id",
            ".items[].tags[0]",
            ".items | to_entries[] | select(.value.x)",
            ".items|to_entries|map(.value)|.[]",
            ".items | map(select(.x))[]",
            ".items | with_entries(select(.value.x))[]",
            ".items | keys[]",
            ".items | [.[] | select(.x)][]",
            ".items | (.[] | select(.x))",
        ] {
            assert!(of(filter).unwrap().iterates, "{filter}");
        }
        for filter in [".", ".items", ".items[0][]", ".items | select(.x)", ".data | .a[], .b[]", ".data | mapped"] {
            assert!(!of(filter).unwrap().iterates, "{filter}");
        }
    }
}
