//! What a list gives for its records to repeat.

use crate::haul::lines;
use crate::readers::{Reader, records, text};
use crate::server::{Answer, serve};

pub(crate) fn ids_and_meta(readers: &[Reader]) {
    let addr = serve(vec![Answer::json("{}")]);
    let deep = "[".repeat(300) + &"]".repeat(300);
    let cases = [
        (r#""row-1""#, r#"{"a": [1.50, "\ud83d\ude00"]}"#.to_owned(), ""),
        (r#""\ud800""#, "1".to_owned(), "id given as text, since it has an unpaired surrogate"),
        ("7", deep, "meta given as text, since it nests more than 249 levels (an object counts as two)"),
        ("7", r#"{"n": 1e400}"#.to_owned(), "meta given as text, since it has a number too large for a double"),
        ("7", "\"\u{2028}\u{85}\"".to_owned(), ""),
    ];
    let line = |(id, meta, _): &(&str, String, &str)| {
        format!("{{\"url\": \"http://{addr}/0\", \"id\": {id}, \"meta\": {meta}}}\n")
    };
    let list: String = cases.iter().map(line).collect();
    for options in [&[][..], &["--fields", "seq,id,meta,note"], &["--dedup"]] {
        let records = records(readers, &lines(&list, options));
        assert_eq!(records.len(), cases.len());
        for (record, (id, meta, note)) in records.iter().zip(&cases) {
            assert_eq!(text(record, "note").unwrap_or_default(), *note);
            let is_text = |key: &str| note.starts_with(key);
            match is_text("id") {
                true => assert_eq!(text(record, "id").unwrap(), *id),
                false => assert_eq!(record["id"].get(), *id),
            }
            match is_text("meta") {
                true => assert_eq!(text(record, "meta").unwrap(), *meta),
                false => {
                    assert_eq!(record["meta"].get().replace(r"\u2028\u0085", "\u{2028}\u{85}"), *meta)
                }
            }
        }
    }
}

pub(crate) fn tags_of_inputs_that_are_not_sent(readers: &[Reader]) {
    let list = "{\"url\": \"nowhere\", \"meta\": 1e400}\n{\"url\": 1, \"id\": \"\\ud800\"}\n";
    let records = records(readers, &lines(list, &[]));
    assert_eq!(text(&records[0], "meta").unwrap(), "1e400");
    assert_eq!(text(&records[0], "note").unwrap(), "meta given as text, since it has a number too large for a double");
    assert_eq!(text(&records[1], "id").unwrap(), r#""\ud800""#);
}
