//! Lines for narrow terminals.

use std::fmt::Write;

use crate::guard::text::width;

/// Parts side by side within the columns; those that do not fit continue on further lines, below the first.
pub(super) fn folded<'a>(
    parts: impl Iterator<Item = &'a str>,
    separator: &str,
    indent: usize,
    columns: usize,
) -> String {
    let (mut text, mut column) = (String::new(), indent);
    for (place, part) in parts.enumerate() {
        let part_width = width(part);
        let beside = column + width(separator) + part_width;
        column = match place {
            0 => indent + part_width,
            _ if beside <= columns => {
                text += separator;
                beside
            }
            _ => {
                let _ = write!(text, "\n{:indent$}", "");
                indent + part_width
            }
        };
        text += part;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_goes_on_below() {
        let folded = |columns| folded("ab 1 · cd 2 · ef 3".split(" · "), " · ", 4, columns);
        assert_eq!(folded(usize::MAX), "ab 1 · cd 2 · ef 3");
        assert_eq!(folded(22), "ab 1 · cd 2 · ef 3");
        assert_eq!(folded(21), "ab 1 · cd 2\n    ef 3");
        assert_eq!(folded(14), "ab 1\n    cd 2\n    ef 3");
        assert_eq!(folded(1), "ab 1\n    cd 2\n    ef 3");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let folded = |columns| folded("漢字 1 · e\u{301}\u{302} 2".split(" · "), " · ", 4, columns);
        assert_eq!(folded(16), "漢字 1 · e\u{301}\u{302} 2");
        assert_eq!(folded(15), "漢字 1\n    e\u{301}\u{302} 2");
    }
}
