//! Markup, which takes text only escaped.

use crate::guard::terminal::printable;

/// A part of a page. Markup is of this program alone; whatever else is shown comes in as [`text`](Html::text).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::report) struct Html(String);

impl Html {
    /// Adds markup.
    pub(in crate::report) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds text, or the value of an attribute between quotes. Control characters are shown as in Rust, so that they
    /// neither vanish nor turn the text around them.
    pub(in crate::report) fn text(&mut self, text: &str) -> &mut Self {
        for c in printable(text).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    /// Adds another part.
    pub(in crate::report) fn part(&mut self, part: &Html) -> &mut Self {
        self.0.push_str(&part.0);
        self
    }

    /// Adds the number of a class or a cell.
    pub(in crate::report) fn number(&mut self, number: u64) -> &mut Self {
        self.0.push_str(&number.to_string());
        self
    }

    /// A chart, as the crate that draws it wrote it.
    pub(super) fn of_svg(svg: String) -> Self {
        Html(svg)
    }

    /// A paragraph of one text.
    pub(in crate::report) fn paragraph(text: &str) -> Self {
        let mut html = Html::default();
        html.raw("<p>").text(text).raw("</p>\n");
        html
    }

    pub(in crate::report) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(text: &str) -> String {
        let mut html = Html::default();
        html.text(text);
        html.0
    }

    #[test]
    fn text_cannot_become_markup() {
        for (text, shown) in [
            ("grüße · 漢字", "grüße · 漢字"),
            ("</script><svg onload=a(1)>", "&lt;/script&gt;&lt;svg onload=a(1)&gt;"),
            (r#""'&amp;"#, "&quot;&#39;&amp;amp;"),
            ("a\0b\u{1b}[2J\u{202e}c\n", r"a\u{0}b\u{1b}[2J\u{202e}c\n"),
        ] {
            assert_eq!(escaped(text), shown);
        }
    }

    proptest! {
        #[test]
        fn no_text_ends_an_element_or_an_attribute(text: String) {
            prop_assert!(!escaped(&text).contains(['<', '>', '"', '\'']));
        }
    }
}
