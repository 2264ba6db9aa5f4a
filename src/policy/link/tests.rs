//! Link fields, well-formed and not.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Element, MalformedLink, elements, next};

fn read(value: &str) -> Result<Option<String>, MalformedLink> {
    Ok(next([value.as_bytes()])?.map(|target| String::from_utf8(target).unwrap()))
}

fn found(value: &str) -> Option<String> {
    read(value).unwrap()
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

/// Looking for the end of each of its quotes would take minutes.
#[test]
fn a_megabyte_of_quotes_is_read_quickly() {
    for unit in
        ["\\\"", "x\"\\\",", "\"", "\",", "<a>;\"", "<a>; x=\"\\\", ", "<a;", ";x=\"\\\"", ",<", "<a> \"\\\";x,"]
    {
        for start in ["", "x\"", "<a>; x=\"", "<a> \""] {
            let value = format!("{start}{}", unit.repeat((1 << 20) / unit.len()));
            assert_eq!(read(&value), Ok(None), "{start}{unit}");
        }
    }
}

#[test]
fn other_links_are_ignored() {
    for value in [
        "",
        "</n>",
        "</n>; rel=prev",
        "</n>; rel=nextpage",
        "</n>; title=next",
        "garbage",
        "</rel/next> junk",
        r#"</p>; rel="prev" junk"#,
        r#"</p>; rel=prev; title="the next one"#,
        r#"</n>; anchor="/x"; rel=next junk"#,
        "</n>; rel=prev; rel=next",
    ] {
        assert_eq!(found(value), None, "{value}");
    }
}

#[test]
fn fields_are_read_in_order() {
    let values: [&[u8]; 3] = [b"no link", b"</p>; rel=prev", b"</n>; rel=next"];
    assert_eq!(next(values).unwrap().as_deref(), Some(&b"/n"[..]));
    let values: [&[u8]; 2] = [b"</a> rel=next", b"</n>; rel=next"];
    assert_eq!(next(values).unwrap().as_deref(), Some(&b"/n"[..]));
}

#[test]
fn malformed_links_are_read_as_others_read_them() {
    for value in [
        "</n>; rel='next'",
        "</n>; rel='prev next'; title='a, b; c'",
        "</p>; title='it'; rel='prev', </n>; rel='next'",
        "</n>; rel='next",
        "</n>; rel=next\"",
        "</n>; \"rel\"=\"next\"",
        r#"garbage, </n>; rel="next""#,
        r#""x", </n>; rel="next""#,
        r#""x, </y>; rel=next", </n>; rel=next"#,
        r#"<x>; rel="prev" junk, </n>; rel="next""#,
        r#"<x>; rel="prev" "junk, </y>; rel=next", </n>; rel="next""#,
        r#"<x> rel=prev, </n>; rel="next""#,
        "<x>; rel=prev, ;, </n>; rel=next",
        r#"<x; rel=prev, </n>; rel="next""#,
        r#"/n; rel="next""#,
        r#"'/n'; rel="next""#,
        r#"'</n>'; rel="next""#,
        "/p; rel=prev, /n; rel=next",
        "</n; rel=next",
        r#"</n>; title="unclosed; rel="next""#,
        r#"</n>; rel="next; title="unclosed""#,
        r#"</n>; rel="next" junk; title=x"#,
        r#"</p>; title="unclosed; rel=prev, </n>; rel="next""#,
        r#"</n>; title="a; rel=prev" junk; rel=next"#,
    ] {
        assert_eq!(read(value), Ok(Some("/n".to_owned())), "{value}");
    }
    assert_eq!(found("http://a/?b=c; rel=next").as_deref(), Some("http://a/?b=c"));
}

#[test]
fn a_next_page_that_nobody_can_find_is_not_ignored() {
    for value in [
        r#"</n> rel="next""#,
        "</n>, rel=next",
        "</n>; rel: next",
        "garbage; rel=next",
        "garbage rel='last NEXT'",
        "</a>; rel=prev </n>; rel=next",
        "/n?a=1,2; rel=next",
        "/n?a=1,/2; rel=next",
        "{\"rel\":\"next\",\"href\":\"/n\"}",
    ] {
        assert_eq!(read(value), Err(MalformedLink), "{value}");
    }
}

/// Whether `parse_header_links` of requests finds a next page. Of several relations of a link, the first counts here.
fn requests_finds_next(value: &str) -> bool {
    let strip = |text: &str| text.trim_matches([' ', '\'', '"']).to_owned();
    let is_next = |link: &str| {
        let params = link.split_once(';').map_or("", |(_, params)| params).split(';');
        let mut pairs = params.map_while(|param| param.split_once('=').filter(|(_, value)| !value.contains('=')));
        let rel = pairs.find(|(name, _)| strip(name) == "rel");
        rel.is_some_and(|(_, value)| strip(value).split(' ').any(|rel| rel == "next"))
    };
    let mut links = Vec::new();
    let mut rest = value;
    let is_before_link = |text: &str, at: usize| text[at + 1..].trim_start_matches(' ').starts_with('<');
    while let Some((at, _)) = rest.match_indices(',').find(|(at, _)| is_before_link(rest, *at)) {
        links.push(&rest[..at]);
        rest = &rest[at + 1..];
    }
    links.push(rest);
    links.into_iter().any(is_next)
}

fn well_formed(element: Element<'_>) -> (Vec<u8>, Vec<u8>) {
    let Element::Link(link) = element else { panic!("{element:?}") };
    (link.target.to_vec(), link.rel.unwrap())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

proptest! {
    #[test]
    fn every_link_is_read_as_written(
        separator in "[ \t]{0,2},[ \t,]{0,4}",
        written in vec(("[ -;=?-~]{0,12}", "[a-z ]{0,8}", "[ -~]{0,12}", any::<bool>()), 0..5),
    ) {
        let link = |(target, rel, title, first): &(String, String, String, bool)| {
            let (title, rel) = (format!("; title={}", quoted(title)), format!("; rel={}", quoted(rel)));
            format!("<{target}>{}", if *first { rel + &title } else { title + &rel })
        };
        let value = written.iter().map(link).collect::<Vec<_>>().join(&separator);
        let read: Vec<_> = elements(value.as_bytes()).map(well_formed).collect();
        let expected: Vec<_> =
            written.into_iter().map(|(target, rel, ..)| (target.into_bytes(), rel.into_bytes())).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn what_precedes_a_link_does_not_hide_it(
        before in vec("[a-z ;='.?]{0,8}|\"[a-z ,;=]{0,8}\"|<[a-z/,]{0,8}>[a-z =]{0,8}", 0..4),
        separator in "[ \t]{0,2},[ \t]{0,2}",
        behind in "[ -~]{0,12}",
    ) {
        let value = [&before[..], &["</n>; rel=next".to_owned()]].concat().join(&separator);
        let read = read(&format!("{value},{behind}"));
        prop_assert!(matches!(read, Ok(Some(_))), "{value:?}: {read:?}");
    }

    /// A page may be found or missing, but the list does not end there as if it were the last.
    #[test]
    fn what_other_clients_find_is_not_overlooked(
        parts in vec(prop_oneof![
            "</[a-z]>|/[a-z]|[;,= ]|; |, ",
            "; ?rel=(next|prev|'next'|\"next\"|\"prev\"|'prev next'|next junk)",
            "rel=next|title=(x|\"x|\"a b\"|'y)|junk|\"|'",
        ], 0..10),
    ) {
        let value = parts.concat();
        prop_assert!(!requests_finds_next(&value) || read(&value) != Ok(None), "{}", value);
    }

    #[test]
    fn a_link_without_its_semicolon_is_noticed(
        before in vec("<[a-z/,]{0,8}>; ?rel=['\"]?prev['\"]?", 0..4),
        (space, quote) in ("[ \t]{1,2}", "['\"]?"),
    ) {
        let value = [&before[..], &[format!("</n>{space}rel={quote}next{quote}")]].concat().join(", ");
        prop_assert_eq!(read(&value), Err(MalformedLink));
    }

    #[test]
    fn any_value_ends(value in vec(prop_oneof![any::<u8>(), "[<>;,=\"\\\\ a]".prop_map(|c| c.as_bytes()[0])], 0..60)) {
        prop_assert!(elements(&value).count() <= value.len());
    }
}
