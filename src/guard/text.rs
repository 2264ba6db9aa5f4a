//! Text for people: how many columns it takes, how it is shortened, and how numbers are grouped.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

use super::terminal::printable;

/// The most characters in one column: more are combining marks that only a hostile text stacks.
const MAX_STACKED: usize = 8;

/// The text of a header field's value: UTF-8 if it is that, else Latin-1, in which every byte is a character (RFC 9110,
/// section 5.5).
pub fn field_text(value: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(value) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => value.iter().copied().map(char::from).collect::<String>().into(),
    }
}

/// A number with commas between its thousands.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How many columns of a terminal a text takes, without its colours: wide characters take two, combining marks none.
pub fn width(text: &str) -> usize {
    let mut styled = text.split('\x1b');
    let plain = styled.next().map_or(0, UnicodeWidthStr::width);
    plain + styled.map(|rest| rest.split_once('m').map_or(0, |(_, rest)| rest.width())).sum::<usize>()
}

/// The printable beginning of a text in at most so many columns, with an ellipsis if there is more.
pub fn shorten(text: &str, columns: usize) -> String {
    let text = printable(text);
    match start(&text, columns) {
        whole if whole.len() == text.len() => text.into_owned(),
        _ => format!("{}…", start(&text, columns.saturating_sub(1))),
    }
}

/// The printable end of a text in about so many columns, from the beginning of a word, with an ellipsis if there is
/// more.
pub fn shorten_start(text: &str, columns: usize) -> String {
    let text = printable(text);
    match end(&text, columns) {
        whole if whole.len() == text.len() => text.into_owned(),
        end => format!("…{}", end.trim_start_matches(|c| c != ' ')),
    }
}

/// The longest beginning that fits.
fn start(text: &str, columns: usize) -> &str {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(columns.saturating_mul(MAX_STACKED));
    let fits = ends.map(|end| &text[..end]).take_while(|start| start.width() <= columns);
    fits.last().unwrap_or_default()
}

/// The longest end that fits.
fn end(text: &str, columns: usize) -> &str {
    let starts = text.char_indices().rev().map(|(at, _)| at).take(columns.saturating_mul(MAX_STACKED));
    let fits = starts.map(|start| &text[start..]).take_while(|end| end.width() <= columns);
    fits.last().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn thousands_are_grouped() {
        for (n, shown) in [(0, "0"), (999, "999"), (1_000, "1,000"), (123_456, "123,456"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(n), shown);
        }
    }

    #[test]
    fn a_field_is_utf8_or_latin1() {
        for (value, text) in [
            (&b""[..], ""),
            (b"a b", "a b"),
            ("é漢".as_bytes(), "é漢"),
            (b"caf\xe9", "café"),
            (b"\xc3\xa9 \xe9", "Ã© é"),
            (b"\xc3", "Ã"),
            (b"\x80\xff", "\u{80}ÿ"),
        ] {
            assert_eq!(field_text(value), text);
        }
    }

    #[test]
    fn colours_and_combining_marks_take_no_columns() {
        assert_eq!(width("äb"), 2);
        assert_eq!(width("a\u{308}b"), 2);
        assert_eq!(width("漢字 kanji"), 10);
        assert_eq!(width("\x1b[31m3 failed\x1b[0m"), 8);
    }

    #[test]
    fn long_text_is_shortened_to_its_columns() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüß", 3), "äö…");
        assert_eq!(shorten("\r\r", 3), "\\r…");
        assert_eq!(shorten("漢字漢字", 8), "漢字漢字");
        assert_eq!(shorten("漢字漢字", 7), "漢字漢…");
        assert_eq!(shorten("漢字漢字", 6), "漢字…");
        assert_eq!(shorten("a\u{308}o\u{308}u\u{308}x", 3), "a\u{308}o\u{308}…");
        assert_eq!(shorten("x", 0), "…");
        assert_eq!([shorten("äöü", usize::MAX), shorten_start("äöü", usize::MAX)], ["äöü", "äöü"]);
        assert_eq!(shorten_start("one two three", 9), "… three");
        assert_eq!(shorten_start("one 漢字 漢字", 9), "… 漢字");
        assert_eq!(shorten_start("one two", 7), "one two");
    }

    #[test]
    fn stacked_marks_are_cut() {
        let stacked = format!("a{}", "\u{308}".repeat(1_000));
        assert_eq!(shorten(&stacked, 2).chars().count(), MAX_STACKED + 1);
    }

    proptest! {
        #[test]
        fn what_is_shortened_fits(text: String, columns in 1..20usize) {
            prop_assert!(width(&shorten(&text, columns)) <= columns);
            prop_assert!(width(&shorten_start(&text, columns)) <= columns + 1);
        }
    }
}
