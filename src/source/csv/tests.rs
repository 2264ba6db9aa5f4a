use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::source::lines::{LineBuffer, LineContext};
use crate::source::parser::Parser;
use crate::source::{DataTemplate, Entry, Input, InputFormat, ListOptions, MAX_RECORD, UrlTemplate, check, open};

fn entries_with(options: &ListOptions, name: &str, text: &str) -> Vec<Entry> {
    let input = Input::Text { name: name.to_owned(), text: text.to_owned() };
    let mut source = open([input], options).unwrap();
    let mut entries = Vec::new();
    while let Some(batch) = source.next_batch().unwrap() {
        entries.extend(batch);
    }
    entries
}

fn entries(text: &str) -> Vec<Entry> {
    entries_with(&ListOptions::default(), "t.csv", text)
}

/// The URL and meta of a job, or the message of an invalid record.
fn shown(entry: &Entry) -> (String, Json) {
    match entry {
        Entry::Target(_) | Entry::Interrupted(_) | Entry::Completed(_) => panic!("neither a probe nor a resumed run"),
        Entry::Job(job) => {
            let meta = job.tags.as_ref().and_then(|tags| tags.meta.as_ref());
            (job.url.to_string(), meta.map_or(Json::Null, |meta| serde_json::from_str(meta.get()).unwrap()))
        }
        Entry::Invalid(invalid) => (invalid.message.clone(), Json::Null),
    }
}

fn refused(options: &ListOptions, text: &str) -> String {
    let input = Input::Text { name: "t.csv".to_owned(), text: text.to_owned() };
    open([input], options).err().unwrap().to_string()
}

fn template(text: &str) -> ListOptions {
    ListOptions { url: Some(Arc::new(UrlTemplate::parse(text, None).unwrap())), ..ListOptions::default() }
}

#[test]
fn a_row_is_a_request_and_its_other_columns_are_meta() {
    let text = "\u{feff}id,url,method,note, x \r\n7,http://a/,,\"a \"\"b\"\"\",c\"\r\n\r\n,http://b/,delete,\"two\nlines, one field\",\n8,http://c/,PUT,,\"\"";
    let entries = entries(text);
    assert_eq!(
        entries.iter().map(shown).collect::<Vec<_>>(),
        [
            ("http://a/".to_owned(), json!({"note": "a \"b\"", "x": "c\""})),
            ("http://b/".to_owned(), json!({"note": "two\nlines, one field", "x": ""})),
            ("http://c/".to_owned(), json!({"note": "", "x": ""})),
        ]
    );
    let summary = |entry: &Entry| match entry {
        Entry::Job(job) => {
            let id = job.tags.as_ref().and_then(|tags| tags.id.as_ref()).map(|id| id.get().to_owned());
            (job.request.method.to_string(), id.unwrap(), job.place.line, job.place.offset)
        }
        other => panic!("{other:?}"),
    };
    let offset = |part: &str| text.find(part).unwrap() as u64;
    assert_eq!(
        entries.iter().map(summary).collect::<Vec<_>>(),
        [
            ("GET".to_owned(), "\"7\"".to_owned(), 2, offset("7,")),
            ("DELETE".to_owned(), "\"\"".to_owned(), 4, offset(",http://b/")),
            ("PUT".to_owned(), "\"8\"".to_owned(), 6, offset("8,")),
        ]
    );
}

#[test]
fn tabs_separate_fields() {
    let entries = entries_with(&ListOptions::default(), "t.tsv", "url\ta,b\nhttp://a/\t\"x\ty\"\n");
    assert_eq!(shown(&entries[0]), ("http://a/".to_owned(), json!({"a,b": "x\ty"})));
}

#[test]
fn a_url_template_is_filled_from_columns() {
    let options = template("http://a/{id}?q={q}");
    let entries = entries_with(&options, "t.csv", "id,q,url\na/b,c d&,x\n,y,z\n..,y,z\n");
    assert_eq!(shown(&entries[0]), ("http://a/a%2Fb?q=c%20d%26".to_owned(), json!({"q": "c d&", "url": "x"})));
    assert_eq!(shown(&entries[1]).0, "t.csv line 3: \"id\" is empty, but is used in the host or path");
    assert_eq!(shown(&entries[2]).0, "t.csv line 4: a path segment would be . or .., which a URL cannot contain");
}

#[test]
fn a_body_template_is_filled_from_columns() {
    let data = DataTemplate::parse(r#"{"n":{{n}}}"#, None).unwrap();
    let options = ListOptions { data: Some(Arc::new(data)), ..ListOptions::default() };
    let entries = entries_with(&options, "t.csv", "url,n\nhttp://a/,5\nhttp://a/,five\n");
    let sent = |entry: &Entry| match entry {
        Entry::Job(job) => job.request.body.clone().unwrap().content,
        other => panic!("{other:?}"),
    };
    let bytes = |text: &'static str| crate::model::request::Content::Bytes(text.into());
    assert_eq!(entries.iter().map(sent).collect::<Vec<_>>(), [bytes(r#"{"n":5}"#), bytes(r#"{"n":"five"}"#)]);
}

#[test]
fn a_bad_header_row_is_refused_on_opening() {
    let none = "cannot read t.csv: no column \"url\": the header row has \"URL\", \"x\"; name the column of URLs, or use a template with {columns}";
    assert_eq!(refused(&ListOptions::default(), "URL,x\nhttp://a/,1\n"), none);
    assert_eq!(refused(&ListOptions::default(), "url,x,x\n"), "cannot read t.csv: duplicate column \"x\"");
    let unclosed = "cannot read t.csv: the header row has an unclosed quote";
    assert_eq!(refused(&ListOptions::default(), "url,\"x\nhttp://a/,1\nhttp://b/,2\n"), unclosed);
    assert_eq!(
        refused(&template("http://a/{y}"), "\n\nx\n"),
        "cannot read t.csv: no column \"y\" for the template: the header row has \"x\""
    );
    for (template, why) in [
        (template("{nope}"), "no column \"nope\": the header row has \"Link\", \"x\""),
        (template("{link}"), "no column \"link\": the header row has \"Link\", \"x\"; did you mean \"Link\"?"),
        (
            template("http://a/{X}"),
            "no column \"X\" for the template: the header row has \"Link\", \"x\"; did you mean \"x\"?",
        ),
    ] {
        assert_eq!(refused(&template, "Link,x\nhttp://a/,1\n"), format!("cannot read t.csv: {why}"));
    }
    assert!(entries("").is_empty() && entries("url\n").is_empty());
}

#[cfg(unix)]
#[test]
fn a_bad_header_row_of_a_pipe_is_refused_on_reading() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, b"x\n1\n").unwrap();
    drop(writer);
    let fd = std::os::fd::AsRawFd::as_raw_fd(&reader);
    let options = ListOptions { format: Some(InputFormat::Csv), ..ListOptions::default() };
    let mut source = open([Input::File(format!("/dev/fd/{fd}").into())], &options).unwrap();
    assert!(source.next_batch().unwrap_err().to_string().contains("no column \"url\""));
}

#[test]
fn an_invalid_record_does_not_end_the_list() {
    let long = format!("http://long/,\"{}\"", "x".repeat(2 * MAX_RECORD));
    let lines = format!("http://lines/,\"{}\"", format!("{}\n", "x".repeat(1023)).repeat(MAX_RECORD >> 10));
    let wide = ",".repeat(10_000);
    let text = format!(
        "url,x\nhttp://a/,1,2\nhttp://a b/,1\n,1\n{long}\n{lines}\n{wide}\nhttp://ok/,\"5\"\" disk\"\nhttp://ok/,5\" disk\nhttp://z/,\"open\n"
    );
    let entries = entries(&text);
    let at = 6 + (MAX_RECORD >> 10);
    assert_eq!(
        entries.iter().map(|entry| shown(entry).0).collect::<Vec<_>>(),
        [
            "t.csv line 2: 3 fields, but 2 columns".to_owned(),
            "t.csv line 3: \"url\": a URL cannot contain a space; write %20".to_owned(),
            "t.csv line 4: \"url\": is empty".to_owned(),
            "t.csv line 5: longer than 1 MiB, or more than 4096 fields".to_owned(),
            "t.csv line 6: longer than 1 MiB, or more than 4096 fields; the row spans 1,025 lines: is a quote unclosed?"
                .to_owned(),
            format!("t.csv line {}: longer than 1 MiB, or more than 4096 fields", at + 1),
            "http://ok/".to_owned(),
            "http://ok/".to_owned(),
            format!("t.csv line {}: unclosed quote", at + 4),
        ]
    );
    let input = Input::Text { name: "t.csv".to_owned(), text };
    assert!(
        check([input], &ListOptions::default())
            .err()
            .unwrap()
            .to_string()
            .starts_with("7 lines are not valid requests")
    );
}

#[test]
fn an_unclosed_quote_says_what_it_took_in() {
    let row = format!("http://a/,{}\n", "x".repeat(80));
    for (rows, message) in [
        (0, "unclosed quote"),
        (1, "unclosed quote: the last line of the list was read as part of this row"),
        (500, "unclosed quote: the 500 lines up to the end of the list were read as part of this row"),
        (20_000, "unclosed quote: the 20,000 lines up to the end of the list were read as part of this row"),
    ] {
        let entries = entries(&format!("url,t\nhttp://a/,1\nhttp://b/,\"oops\n{}", row.repeat(rows)));
        assert_eq!(shown(&entries[1]).0, format!("t.csv line 3: {message}"));
        assert_eq!(entries.len(), 2);
    }
    let entries = entries("url,t\nhttp://a/,\"oops\nhttp://b/,1\nhttp://c/,\"x\",y\nhttp://d/,2\n");
    let message = "t.csv line 2: 3 fields, but 2 columns; the row spans 3 lines: is a quote unclosed?";
    assert_eq!(entries.iter().map(|entry| shown(entry).0).collect::<Vec<_>>(), [message, "http://d/"]);
}

/// Whether each line of `text` ends an entry, found out by skipping or by parsing it.
fn entry_ends(text: &[u8], skips: bool) -> Vec<bool> {
    let (mut parser, mut lines) = (Parser::new(InputFormat::Csv, &ListOptions::default()), LineBuffer::new(MAX_RECORD));
    let (mut input, mut ends) = (text, Vec::new());
    loop {
        while let Some(line) = lines.next_line() {
            let context = LineContext { list: 0, line_name: "", seq: 0 };
            ends.push(if skips {
                parser.skip(line, context).unwrap()
            } else {
                parser.entry(line, context).unwrap().is_some()
            });
        }
        if lines.ended() {
            return ends;
        }
        lines.fill(&mut input).unwrap();
    }
}

#[test]
fn a_field_may_consist_of_line_breaks() {
    let entries = entries("url,a\nhttp://a/,\"\n\n\"\n");
    assert_eq!(entries.iter().map(|entry| shown(entry).1).collect::<Vec<_>>(), [json!({"a": "\n\n"})]);
}

proptest! {
    #[test]
    fn a_written_table_reads_back(
        rows in vec(vec("([a-z\",\n\r]|\\PC){0,8}", 3..=3), 0..8), crlf: bool,
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let quote = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
        let mut text = format!("url,a,b,c{end}");
        for row in &rows {
            text += &format!("http://a/,{}{end}", row.iter().map(quote).collect::<Vec<_>>().join(","));
        }
        let read: Vec<_> = entries(&text).iter().map(|entry| shown(entry).1).collect();
        let rows: Vec<_> = rows.iter().map(|row| json!({"a": row[0], "b": row[1], "c": row[2]})).collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn parsing_never_panics_and_skipping_agrees(text in "[a,\"\n\r\t]{0,30}", bytes: Vec<u8>) {
        for text in [text.as_bytes(), &bytes] {
            let text = [b"url,a\n", text].concat();
            prop_assert_eq!(entry_ends(&text, true), entry_ends(&text, false));
        }
    }
}
