//! Lines for terminals of few columns.

use std::fmt::Write;

/// Parts side by side, as far as there are columns for them; those that do not fit go on below the first.
pub(super) fn folded<'a>(
    parts: impl Iterator<Item = &'a str>,
    separator: &str,
    indent: usize,
    columns: usize,
) -> String {
    let (mut text, mut column) = (String::new(), indent);
    for (place, part) in parts.enumerate() {
        let width = width(part);
        let beside = column + separator.chars().count() + width;
        column = match place {
            0 => indent + width,
            _ if beside <= columns => {
                text += separator;
                beside
            }
            _ => {
                let _ = write!(text, "\n{:indent$}", "");
                indent + width
            }
        };
        text += part;
    }
    text
}

/// How many columns a text takes, whatever its style.
fn width(text: &str) -> usize {
    let mut styled = text.split('\x1b');
    let plain = styled.next().map_or(0, |first| first.chars().count());
    plain + styled.map(|rest| rest.split_once('m').map_or(0, |(_, rest)| rest.chars().count())).sum::<usize>()
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
    fn styles_take_no_columns() {
        assert_eq!(width("äb"), 2);
        assert_eq!(width("\x1b[31m3 failed\x1b[0m"), 8);
    }
}
