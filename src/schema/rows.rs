//! Parts of records: as rows of CSV and TSV, as objects, and as bare values.

use std::borrow::Cow;

use super::field::Field;
use super::key::{Condition, Key};
use super::value::{compact, member};
use super::{BodyMode, Output};
use crate::guard::json::escape_line_ends;
use crate::jq::bare;

/// The fields that are columns: those that are named, or else the default ones.
pub(crate) fn columns(format: &Output) -> Vec<Field> {
    if !format.fields.is_empty() {
        return format.fields.clone();
    }
    let applies = |condition| match condition {
        Condition::Always => true,
        Condition::BodiesInFiles => matches!(format.body, BodyMode::Dir(_)),
        Condition::Extract => format.extract.is_some(),
    };
    let columns = Key::default_columns().into_iter().filter(|(_, column)| applies(column.condition));
    columns.map(|(key, column)| Field::of_column(key, column)).collect()
}

/// The text of a cell: strings without quotes, objects and arrays as compact JSON, null and missing values as nothing.
/// A header field with one value is that value.
pub(crate) fn cell<'a>(field: &Field, value: Option<&'a str>) -> Cow<'a, str> {
    let value = value.unwrap_or("null");
    let is_header = field.key() == Key::Headers && field.path().len() == 1;
    let only = if is_header && member(value, "1").is_none() { member(value, "0") } else { None };
    match only.unwrap_or(value) {
        "null" => Cow::Borrowed(""),
        value if value.starts_with('"') => bare(value),
        value => compact(value),
    }
}

/// Appends a row as in RFC 4180, except that it ends in a newline alone.
#[cfg(feature = "csv")]
pub(crate) fn csv_row(cells: impl Iterator<Item = impl AsRef<str>>, out: &mut Vec<u8>) {
    /// More than most rows have.
    const BUFFER: usize = 1 << 10;
    const TAKES: &str = "a vector takes it";
    let mut row = csv::WriterBuilder::new().buffer_capacity(BUFFER).from_writer(out);
    cells.for_each(|cell| row.write_field(cell.as_ref()).expect(TAKES));
    row.write_record(None::<&[u8]>).expect(TAKES);
    row.flush().expect(TAKES);
}

/// Appends a row in which tabs, line ends and backslashes within cells are escaped as `\t`, `\n`, `\r` and `\\`.
pub(crate) fn tsv_row(cells: impl Iterator<Item = impl AsRef<str>>, out: &mut Vec<u8>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(b'\t');
        }
        for byte in cell.as_ref().bytes() {
            match byte {
                b'\t' => out.extend_from_slice(b"\\t"),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                b'\\' => out.extend_from_slice(b"\\\\"),
                byte => out.push(byte),
            }
        }
    }
    out.push(b'\n');
}

/// Appends an object of fields and their JSON on a line.
pub(crate) fn json_row<'a>(values: impl Iterator<Item = (&'a Field, Option<&'a str>)>, out: &mut Vec<u8>) {
    let start = out.len();
    for (at, (field, value)) in values.enumerate() {
        out.push(if at == 0 { b'{' } else { b',' });
        serde_json::to_writer(&mut *out, field.name()).expect("a vector takes it");
        out.push(b':');
        out.extend_from_slice(value.unwrap_or("null").as_bytes());
    }
    out.extend_from_slice(b"}\n");
    escape_line_ends(out, start);
}

/// Appends the output of a filter: the characters of a string, and the JSON of anything else.
pub(crate) fn bare_row(output: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(bare(output).as_bytes());
    out.push(b'\n');
    if !output.starts_with('"') {
        escape_line_ends(out, start);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{cell, columns, csv_row, tsv_row};
    use crate::schema::field::Field;
    use crate::schema::{BodyMode, Output};

    fn shown(field: &str, value: Option<&str>) -> String {
        cell(&field.parse().unwrap(), value).into_owned()
    }

    #[test]
    fn a_cell_is_text_or_compact_json() {
        for (field, value, expected) in [
            ("seq", Some("17"), "17"),
            ("ok", Some("true"), "true"),
            ("url", Some(r#""a\"é\n""#), "a\"é\n"),
            ("error.kind", None, ""),
            ("json", Some("null"), ""),
            ("json", Some(r#"{"a": [1.50, "x y"]}"#), r#"{"a":[1.50,"x y"]}"#),
            ("json", Some("\"null\""), "null"),
            ("headers.etag", Some(r#"["x"]"#), "x"),
            ("headers.set-cookie", Some(r#"["a","b"]"#), r#"["a","b"]"#),
            ("headers", Some(r#"{"etag":["x"]}"#), r#"{"etag":["x"]}"#),
            ("extract", Some("[1]"), "[1]"),
        ] {
            assert_eq!(shown(field, value), expected, "{field}");
        }
    }

    #[test]
    fn columns_follow_what_is_asked_for() {
        let names = |format: &Output| columns(format).iter().map(|field| field.name().to_owned()).collect::<Vec<_>>();
        let plain = names(&Output::default());
        assert_eq!((plain[0].as_str(), plain[7].as_str(), plain.len()), ("seq", "error.kind", 17));
        let dir = Output { body: BodyMode::Dir("bodies".into()), ..Output::default() };
        assert_eq!(names(&dir)[15..], ["body_path", "body_sha256", "deferred", "note"]);
        let fields = Output { fields: Field::list("url,seq").unwrap(), ..dir };
        assert_eq!(names(&fields), ["url", "seq"]);
    }

    fn cells() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[a\",;\t\n\r\\\\tné =+@-]{0,8}", 1..6)
    }

    proptest! {
        #[test]
        fn any_csv_row_reads_back(rows in prop::collection::vec(cells(), 1..5)) {
            let mut out = Vec::new();
            rows.iter().for_each(|row| csv_row(row.iter(), &mut out));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&out[..]);
            let read: Vec<Vec<String>> =
                reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
            prop_assert_eq!(read, rows);
        }

        #[test]
        fn any_tsv_row_is_one_line_that_reads_back(row in cells()) {
            let mut out = Vec::new();
            tsv_row(row.iter(), &mut out);
            let line = String::from_utf8(out).unwrap();
            let line = line.strip_suffix('\n').unwrap();
            prop_assert!(!line.contains(['\n', '\r']));
            let read: Vec<String> = line.split('\t').map(unescaped).collect();
            prop_assert_eq!(read, row);
        }
    }

    fn unescaped(cell: &str) -> String {
        let mut chars = cell.chars();
        let mut text = String::new();
        while let Some(c) = chars.next() {
            text.push(if c != '\\' {
                c
            } else {
                match chars.next().unwrap() {
                    't' => '\t',
                    'n' => '\n',
                    'r' => '\r',
                    other => other,
                }
            });
        }
        text
    }
}
