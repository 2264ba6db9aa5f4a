//! The `Link` field ([RFC 8288], section 3), read as its appendix B.2 says.
//!
//! [RFC 8288]: https://www.rfc-editor.org/rfc/rfc8288

/// The target of the first link to the next page, in the values of a response's `Link` fields.
///
/// A link with an anchor belongs to something other than the response.
pub fn next<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    values.into_iter().flat_map(links).find(Link::is_next).map(|link| link.target.to_vec())
}

/// The parts of a link that matter here.
struct Link<'a> {
    target: &'a [u8],
    /// Its first relation parameter: later ones do not count.
    rel: Option<Vec<u8>>,
    has_anchor: bool,
}

impl Link<'_> {
    fn is_next(&self) -> bool {
        let rel = self.rel.as_deref().unwrap_or_default();
        !self.has_anchor && rel.split(u8::is_ascii_whitespace).any(|rel| rel.eq_ignore_ascii_case(b"next"))
    }
}

/// The links of one value, up to the first part that is not a link.
fn links(value: &[u8]) -> impl Iterator<Item = Link<'_>> {
    let mut rest = Scanner(value);
    let mut more = true;
    std::iter::from_fn(move || {
        rest.skip_empty_elements();
        if !more || !rest.take(b'<') {
            return None;
        }
        let target = rest.until(|byte| byte == b'>');
        if !rest.take(b'>') {
            return None;
        }
        let mut link = Link { target, rel: None, has_anchor: false };
        while let Some((name, value)) = rest.parameter() {
            match name {
                name if name.eq_ignore_ascii_case(b"rel") => {
                    link.rel.get_or_insert(value);
                }
                name if name.eq_ignore_ascii_case(b"anchor") => link.has_anchor = true,
                _ => {}
            }
        }
        rest.skip_space();
        more = rest.take(b',');
        Some(link)
    })
}

/// What is left of a value.
struct Scanner<'a>(&'a [u8]);

impl<'a> Scanner<'a> {
    fn skip_space(&mut self) {
        self.until(|byte| !matches!(byte, b' ' | b'\t'));
    }

    /// Skips commas and blanks: a list may have empty elements ([RFC 9110], section 5.6.1.2).
    ///
    /// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1.2
    fn skip_empty_elements(&mut self) {
        self.until(|byte| !matches!(byte, b' ' | b'\t' | b','));
    }

    /// Takes what comes before the first byte that is an end.
    fn until(&mut self, is_end: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|&byte| is_end(byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    /// Takes one byte, if it is the next.
    fn take(&mut self, byte: u8) -> bool {
        let rest = self.0.strip_prefix(&[byte]);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Takes `; name=value`, or `; name`.
    fn parameter(&mut self) -> Option<(&'a [u8], Vec<u8>)> {
        self.skip_space();
        if !self.take(b';') {
            return None;
        }
        self.skip_space();
        let name = self.until(|byte| matches!(byte, b' ' | b'\t' | b'=' | b';' | b','));
        self.skip_space();
        if !self.take(b'=') {
            return Some((name, Vec::new()));
        }
        self.skip_space();
        let value = if self.take(b'"') {
            self.quoted()
        } else {
            self.until(|byte| matches!(byte, b';' | b',')).trim_ascii_end().to_vec()
        };
        Some((name, value))
    }

    /// Takes a quoted string, whose quote is taken already; one without an end goes to the end.
    fn quoted(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        loop {
            text.extend_from_slice(self.until(|byte| matches!(byte, b'"' | b'\\')));
            if !self.take(b'\\') {
                self.take(b'"');
                return text;
            }
            if let Some((&escaped, rest)) = self.0.split_first() {
                text.push(escaped);
                self.0 = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{links, next};

    fn found(value: &str) -> Option<String> {
        next([value.as_bytes()]).map(|target| String::from_utf8(target).unwrap())
    }

    #[test]
    fn the_next_page_is_found_in_every_notation() {
        for value in [
            r#"</n>; rel="next""#,
            "</n>;rel=next",
            "</n> ;\trel = next ",
            r#"</n>; REL="prev  NEXT""#,
            r#"</p>; rel="prev", </n>; rel="next", </l>; rel="last""#,
            r#"</p>; rel=prev,</n>; rel=next"#,
            r#"</n>; title="a, \"b\"; rel=last"; rel="next""#,
            r#"</n>; title="a"; crossorigin; rel="next""#,
            r#"</n>; rel="n\ext""#,
            "</n>; rel=\"next",
            r#"</p>; rel=last; rel=next, </n>; rel=next"#,
            r#"</p>; rel=next; anchor="/other", </n>; rel=next"#,
            "  </n>; rel=next, garbage",
            ", </n>; rel=next",
            ",,\t, </n>; rel=next,,",
            "</p>; rel=prev, , </n>; rel=next",
            "</p>; rel=prev;, </n>; rel=next;",
            r#"</p>; rel="prev" , ,</n>; rel="next" ,"#,
            r#"</p>; title="a, </x>; rel=next"; rel=prev, </n>; rel="last next""#,
        ] {
            assert_eq!(found(value).as_deref(), Some("/n"), "{value}");
        }
        assert_eq!(found("<>; rel=next").as_deref(), Some(""));
        assert_eq!(found("</a,b;c>; rel=next").as_deref(), Some("/a,b;c"));
    }

    #[test]
    fn other_links_are_ignored() {
        for value in [
            "",
            "</n>",
            "</n>; rel=prev",
            "</n>; rel=nextpage",
            "</n>; title=next",
            "/n; rel=next",
            "</n; rel=next",
            "garbage, </n>; rel=next",
            "</a>; rel=prev </n>; rel=next",
            "</n>; rel=prev; rel=next",
        ] {
            assert_eq!(found(value), None, "{value}");
        }
    }

    #[test]
    fn fields_are_read_in_order() {
        let values: [&[u8]; 3] = [b"no link", b"</p>; rel=prev", b"</n>; rel=next"];
        assert_eq!(next(values).as_deref(), Some(&b"/n"[..]));
    }

    fn quoted(text: &str) -> String {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }

    proptest! {
        #[test]
        fn every_link_is_read_as_written(
            separator in "[ \t]{0,2},[ \t,]{0,4}",
            written in vec(("[ -=?-~]{0,12}", "[a-z ]{0,8}", "[ -~]{0,12}", any::<bool>()), 0..5),
        ) {
            let link = |(target, rel, title, first): &(String, String, String, bool)| {
                let (title, rel) = (format!("; title={}", quoted(title)), format!("; rel={}", quoted(rel)));
                format!("<{target}>{}", if *first { rel + &title } else { title + &rel })
            };
            let value = written.iter().map(link).collect::<Vec<_>>().join(&separator);
            let read: Vec<_> = links(value.as_bytes()).map(|link| (link.target.to_vec(), link.rel.unwrap())).collect();
            let expected: Vec<_> =
                written.into_iter().map(|(target, rel, ..)| (target.into_bytes(), rel.into_bytes())).collect();
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn any_value_ends(value in vec(prop_oneof![any::<u8>(), "[<>;,=\"\\\\ a]".prop_map(|c| c.as_bytes()[0])], 0..60)) {
            prop_assert!(links(&value).count() <= value.len());
        }
    }
}
