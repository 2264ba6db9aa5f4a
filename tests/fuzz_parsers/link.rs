//! `Link`: a value is read on its own, and the target is a part of it.

use haul::policy::next_link;

/// Each line is the value of a field.
pub(crate) fn check(input: &[u8]) {
    let values: Vec<&[u8]> = input.split(|&byte| byte == b'\n').collect();
    let first = values.iter().find_map(|value| next_link([*value]));
    assert_eq!(next_link(values.iter().copied()), first, "values are not read in order");
    if let Some(target) = first {
        let is_within = |value: &&[u8]| target.is_empty() || value.windows(target.len()).any(|part| part == target);
        assert!(values.iter().any(is_within) && !target.contains(&b'>'), "the target is nowhere");
    }
}
