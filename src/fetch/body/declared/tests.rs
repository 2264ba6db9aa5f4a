use super::{MAX_PRESCAN, in_html, in_xhtml, in_xml};

/// The name of the encoding that is declared; the label and a question mark if that is unknown.
fn name(declared: Option<super::Declared>) -> String {
    match declared {
        None => "none".to_owned(),
        Some(declared) => match declared.encoding {
            Some(encoding) => encoding.name().to_ascii_lowercase(),
            None => format!("{}?", declared.label),
        },
    }
}

/// Checks what an HTML document declares.
#[track_caller]
fn declares(html: &str, expected: &str) {
    assert_eq!(name(in_html(html.as_bytes())), expected, "{html:?}");
}

#[test]
fn a_meta_element_declares_an_encoding() {
    for (document, expected) in [
        ("<meta charset=koi8-r>", "koi8-r"),
        ("<meta charset='koi8-r'>", "koi8-r"),
        ("<meta charset=\"koi8-r\"/>", "koi8-r"),
        ("<META CHARSET=KOI8-R>", "koi8-r"),
        ("<meta\n\tcharset \r\n= \x0c koi8-r >", "koi8-r"),
        ("<meta/charset=koi8-r>", "koi8-r"),
        ("<meta charset=koi8-r/>", "koi8-r/?"),
        ("<meta charset=\" latin1 \">", "windows-1252"),
        ("<!doctype html><html><head><title>a</title><meta charset=big5>", "big5"),
        ("<html lang='>' class=a><meta charset=big5>", "big5"),
        ("<p title='<meta charset=koi8-r>'><meta charset=big5>", "big5"),
        ("</p <meta charset=koi8-r><meta charset=big5>", "big5"),
        ("<?php <meta charset=koi8-r><meta charset=big5>", "big5"),
        ("</ <meta charset=koi8-r><meta charset=big5>", "big5"),
        ("<3 <meta charset=koi8-r>", "koi8-r"),
        ("<<meta charset=koi8-r>", "koi8-r"),
        ("<script>'<meta charset=koi8-r>'</script>", "koi8-r"),
        ("<meta name=a charset=koi8-r content=b>", "koi8-r"),
        ("<meta charset=koi8-r charset=big5>", "koi8-r"),
        ("<meta charset=utf-16>", "utf-8"),
        ("<meta charset=utf-16be>", "utf-8"),
        ("<meta charset=x-user-defined>", "windows-1252"),
        ("<meta charset=hz-gb-2312>", "replacement"),
        ("<meta>", "none"),
        ("<meta >", "none"),
        ("<meta charset>", "none"),
        ("<meta charset=>", "none"),
        ("<meta charset=\"\">", "none"),
        ("<meta =charset=koi8-r>", "none"),
        ("<meta content='charset=koi8-r'>", "none"),
        ("<metacharset=koi8-r>", "none"),
        ("<meta xcharset=koi8-r>", "none"),
        ("meta charset=koi8-r>", "none"),
        ("", "none"),
        ("<", "none"),
    ] {
        declares(document, expected);
    }
}

#[test]
fn a_meta_element_may_stand_for_the_content_type() {
    for (attributes, expected) in [
        ("http-equiv=content-type content='text/html; charset=koi8-r'", "koi8-r"),
        ("content='text/html; charset=koi8-r' HTTP-EQUIV='Content-Type'", "koi8-r"),
        ("http-equiv=content-type content=charset=koi8-r", "koi8-r"),
        ("http-equiv=content-type content='text/html; charset = koi8-r ; a=b'", "koi8-r"),
        ("http-equiv=content-type content='text/html; charset=\"koi8-r\"'", "koi8-r"),
        ("http-equiv=content-type content=\"text/html; charset='koi8-r'\"", "koi8-r"),
        ("http-equiv=content-type content='charset charset=koi8-r'", "koi8-r"),
        ("http-equiv=content-type content='text/html; CHARSET=utf-16'", "utf-8"),
        ("http-equiv=content-type content='charset=big5' charset=koi8-r", "koi8-r"),
        ("http-equiv=content-type charset=koi8-r content='charset=big5'", "koi8-r"),
        ("http-equiv=content-type content='text/html; charset=\"koi8-r'", "none"),
        ("http-equiv=content-type content='text/html; charset='", "none"),
        ("http-equiv=content-type content='text/html; charset=;'", "none"),
        ("http-equiv=content-type content=text/html", "none"),
        ("http-equiv=content-type", "none"),
        ("http-equiv=refresh content='charset=koi8-r'", "none"),
    ] {
        declares(&format!("<meta {attributes}>"), expected);
    }
}

#[test]
fn a_comment_declares_nothing() {
    for (comment, expected) in [
        ("<!-- <meta charset=koi8-r> -->", "big5"),
        ("<!--><meta charset=koi8-r>-->", "koi8-r"),
        ("<!---><meta charset=koi8-r>-->", "koi8-r"),
        ("<!-- > -- > <meta charset=koi8-r>-->", "big5"),
        ("<!- <meta charset=koi8-r>", "big5"),
        ("<!-- <meta charset=koi8-r>", "none"),
    ] {
        declares(&format!("{comment}<meta charset=big5>"), expected);
    }
}

#[test]
fn the_first_known_encoding_counts() {
    for (document, expected) in [
        ("<meta charset=koi8-r><meta charset=big5>", "koi8-r"),
        ("<meta charset=foo><meta charset=big5>", "big5"),
        ("<meta charset=foo><meta charset=bar>", "foo?"),
        ("<meta charset=''><meta charset=bar>", "bar?"),
        ("<meta charset=foo><meta charset=bar", "foo?"),
        ("<?xml version='1.0' encoding='koi8-r'?><meta charset=foo>", "koi8-r"),
    ] {
        declares(document, expected);
    }
}

#[test]
fn a_declaration_that_is_cut_off_or_comes_late_does_not_count() {
    let meta = "<meta charset=koi8-r>";
    for end in 1..meta.len() {
        assert_eq!(name(in_html(&meta.as_bytes()[..end])), "none");
    }
    for (room, expected) in [(meta.len(), "koi8-r"), (meta.len() - 1, "none"), (0, "none")] {
        let document = " ".repeat(MAX_PRESCAN - room) + meta;
        assert_eq!(name(in_html(document.as_bytes())), expected);
    }
}

#[test]
fn an_xml_declaration_counts_for_xml_and_after_meta_elements_for_html() {
    for (document, xml, html) in [
        ("<?xml version=\"1.0\" encoding=\"koi8-r\"?>", "koi8-r", "koi8-r"),
        ("<?xml version='1.0' encoding='KOI8-R' standalone='yes'?>", "koi8-r", "koi8-r"),
        ("<?xml encoding \n=\t'koi8-r'?>", "koi8-r", "koi8-r"),
        ("<?xml encoding='foo'?>", "foo?", "foo?"),
        ("<?xml encoding='utf-16'?>", "utf-8", "utf-8"),
        ("<?xml encoding='koi8-r'?><html><meta charset=big5>", "koi8-r", "big5"),
        ("<?xml version='1.0'?><html><meta charset=big5>", "none", "big5"),
        ("<?xml version='1.0'?><a encoding='koi8-r'>", "none", "none"),
        (" <?xml encoding='koi8-r'?>", "none", "none"),
        ("<?xml encoding=koi8-r?>", "none", "none"),
        ("<?xml encoding='koi8-r?>", "none", "none"),
        ("<?xml encoding=' koi8-r'?>", "none", "none"),
        ("<?xml encoding=''?>", "?", "?"),
        ("<?xml encoding='koi8-r'", "none", "none"),
        ("<?XML encoding='koi8-r'?>", "none", "none"),
        ("<a/>", "none", "none"),
    ] {
        assert_eq!(name(in_xml(document.as_bytes())), xml, "{document}");
        assert_eq!(name(in_html(document.as_bytes())), html, "{document}");
        let xhtml = if xml == "none" { html } else { xml };
        assert_eq!(name(in_xhtml(document.as_bytes())), xhtml, "{document}");
    }
    for (document, expected) in [("<\0?\0x\0", "utf-16le"), ("\0<\0?\0x", "utf-16be"), ("<\0h\0", "none")] {
        assert_eq!(name(in_xml(document.as_bytes())), expected);
        assert_eq!(name(in_html(document.as_bytes())), expected);
    }
}
