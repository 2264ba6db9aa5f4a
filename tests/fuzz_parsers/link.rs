//! `Link`: a value is read on its own, and the target is a part of it.

use haul::policy::{MalformedLink, next_link};

/// Each line is the value of a field.
pub(crate) fn check(input: &[u8]) {
    let values: Vec<&[u8]> = input.split(|&byte| byte == b'\n').collect();
    let first = values.iter().find_map(|value| next_link([*value]).ok().flatten());
    let is_malformed = first.is_none() && values.iter().any(|value| next_link([*value]).is_err());
    let expected = if is_malformed { Err(MalformedLink) } else { Ok(first.clone()) };
    assert_eq!(next_link(values.iter().copied()), expected, "values are not read in order");
    if let Some(target) = first {
        let is_within = |value: &&[u8]| target.is_empty() || value.windows(target.len()).any(|part| part == target);
        assert!(values.iter().any(is_within) && !target.contains(&b'>'), "the target is nowhere");
    }
}
