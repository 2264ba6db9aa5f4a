//! The place in a body that a filter takes its items from.

/// The names that lead from the root of a document to the value that `filter` begins with: `.data.items[] | select(.x)`
/// begins with `data`, `items`. None if the filter begins with anything else, such as a function or two values.
///
/// What the filter makes of that value does not matter here: it may drop every element of a full page.
pub(super) fn of(filter: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = filter;
    loop {
        let step = chain(rest.trim_start()).map(|(found, after, is_whole)| (found, after.trim_start(), is_whole));
        let is_last = |after: &str| after.is_empty();
        let is_piped = |after: &str| after.starts_with('|') && !after.starts_with("|=");
        let Some((found, after, is_whole)) = step.filter(|(_, after, _)| is_last(after) || is_piped(after)) else {
            // Only the first step must be a path: whatever comes later works on the value that this one has led to.
            return (rest.len() < filter.len()).then_some(names);
        };
        names.extend(found);
        if is_last(after) || !is_whole {
            return Some(names);
        }
        rest = &after[1..];
    }
}

/// Reads a path such as `.a."b"["c"][]?`. Returns the names up to the first index or iteration, what follows the path,
/// and whether the names are all of it.
fn chain(text: &str) -> Option<(Vec<String>, &str, bool)> {
    let mut found = Vec::new();
    let mut is_whole = true;
    let mut rest = text.strip_prefix('.')?;
    if rest.starts_with('.') {
        return None;
    }
    let mut is_after_dot = true;
    loop {
        let (name, after) = if let Some(inner) = rest.strip_prefix('[') {
            let (inner, after) = inner.split_once(']')?;
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
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            if end == 0 || !is_after_dot {
                break;
            }
            (Some(rest[..end].to_owned()), &rest[end..])
        };
        is_whole &= name.is_some();
        found.extend(name.filter(|_| is_whole));
        (rest, is_after_dot) = (after, false);
    }
    Some((found, rest, is_whole))
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
            assert_eq!(of(filter).map(|names| names.join("/")).as_deref(), place, "{filter}");
        }
    }
}
