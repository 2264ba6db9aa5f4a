//! What to do about a list that is not in its format.

use std::borrow::Cow;
use std::path::Path;

use haul::source::{InputFormat, LooksLike, WrongFormat};
use haul::storage::compression::Coding;

/// The command that reads a list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reader {
    Lists,
    Probe,
}

/// What to type for the list `name`, which is not in the format in which `reader` read it.
pub(crate) fn advice(error: WrongFormat, name: &str, reader: Reader) -> String {
    let haul = match reader {
        Reader::Lists => "| haul",
        Reader::Probe => "| haul probe",
    };
    let (file, is_stdin) = if name == "stdin" { ("FILE".into(), true) } else { (quoted(name), false) };
    let (unpack, ending) = match error.coding {
        Coding::Plain => ("", ""),
        Coding::Gzip => ("gzip -dc FILE | ", ".gz"),
        Coding::Zstd => ("zstd -dc FILE | ", ".zst"),
    };
    let format = |format: &str, names: &str| match is_stdin {
        true => format!("use --input-format {format}"),
        false => format!("use --input-format {format}, or name it {names}{ending}"),
    };
    let convert = |command: &str| {
        let command = match unpack {
            "" => command.to_owned(),
            unpack => unpack.to_owned() + &command.replace(" < FILE", "").replace(" FILE", ""),
        };
        format!("convert it: {}", command.replace("| haul", haul).replace("FILE", &file))
    };
    let decode = |command: &str| convert(&format!("{command} | haul{}", input_format(error, name)));
    match error.looks {
        LooksLike::Format(InputFormat::Text) => format("text", ".txt"),
        LooksLike::Format(InputFormat::Ndjson) => format("ndjson", ".ndjson"),
        LooksLike::Format(InputFormat::Csv) => format("csv", ".csv"),
        LooksLike::Format(InputFormat::Tsv) => format("tsv", ".tsv"),
        LooksLike::Format(InputFormat::Vegeta) => "use --input-format vegeta".to_owned(),
        LooksLike::JsonObjects => convert("jq -c '.[]' FILE | haul --input-format ndjson"),
        LooksLike::JsonStrings => convert("jq -r '.[]' FILE | haul"),
        LooksLike::JsonLines => convert("jq -r . FILE | haul"),
        LooksLike::JsonDocument => convert("jq -c . FILE | haul --input-format ndjson"),
        LooksLike::Headless => "add a row with the names of the columns, one of them url".to_owned(),
        LooksLike::Semicolons => "separate the fields by commas or tabs".to_owned(),
        LooksLike::SepLine => "remove that line, and separate the fields by commas or tabs".to_owned(),
        LooksLike::Har => convert("jq -c '.log.entries[].request | {method, url}' FILE | haul --input-format ndjson"),
        LooksLike::Zip => "save the sheet as CSV, or unpack the archive".to_owned(),
        LooksLike::Xz => decode("xz -dc FILE"),
        LooksLike::Bzip2 => decode("bzip2 -dc FILE"),
        LooksLike::Utf16Le => decode("iconv -f UTF-16LE -t UTF-8 FILE"),
        LooksLike::Utf16Be => decode("iconv -f UTF-16BE -t UTF-8 FILE"),
        LooksLike::Utf32 => decode("iconv -f UTF-32 -t UTF-8 FILE"),
        LooksLike::NulSeparated => decode("tr '\\0' '\\n' < FILE"),
        _ => "a list has a URL on each line; see docs/lists.md for other formats".to_owned(),
    }
}

/// The option that a pipe needs in place of the name of the file.
fn input_format(error: WrongFormat, name: &str) -> &'static str {
    let format = match (error.format, error.looks) {
        (InputFormat::Text, LooksLike::Xz | LooksLike::Bzip2) => {
            InputFormat::of(Path::new(Path::new(name).file_stem().unwrap_or_default()))
        }
        (format, _) => format,
    };
    match format {
        InputFormat::Ndjson => " --input-format ndjson",
        InputFormat::Csv => " --input-format csv",
        InputFormat::Tsv => " --input-format tsv",
        InputFormat::Vegeta => " --input-format vegeta",
        _ => "",
    }
}

/// A file name as a shell takes it, and a command that would take it for an option.
fn quoted(name: &str) -> Cow<'_, str> {
    if name.starts_with('-') {
        return quoted(&format!("./{name}")).into_owned().into();
    }
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '+' | '@' | ',' | ':' | '=');
    match name.chars().all(is_plain) {
        true => name.into(),
        false => format!("'{}'", name.replace('\'', "'\\''")).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Coding, InputFormat, LooksLike, Reader, WrongFormat, advice};

    #[test]
    fn a_converted_list_keeps_its_format() {
        use InputFormat::{Csv, Ndjson, Text, Tsv, Vegeta};
        for (name, format, looks, command) in [
            ("m.csv", Csv, LooksLike::Utf16Le, "iconv -f UTF-16LE -t UTF-8 m.csv | haul --input-format csv"),
            ("m.tsv", Tsv, LooksLike::Utf16Be, "iconv -f UTF-16BE -t UTF-8 m.tsv | haul --input-format tsv"),
            ("m.json", Ndjson, LooksLike::Utf32, "iconv -f UTF-32 -t UTF-8 m.json | haul --input-format ndjson"),
            ("m.txt", Text, LooksLike::Utf32, "iconv -f UTF-32 -t UTF-8 m.txt | haul"),
            ("m", Vegeta, LooksLike::Xz, "xz -dc m | haul --input-format vegeta"),
            ("m.csv.xz", Text, LooksLike::Xz, "xz -dc m.csv.xz | haul --input-format csv"),
            ("d.csv/m.xz", Text, LooksLike::Xz, "xz -dc d.csv/m.xz | haul"),
            ("m.jsonl.bz2", Text, LooksLike::Bzip2, "bzip2 -dc m.jsonl.bz2 | haul --input-format ndjson"),
            ("stdin", Csv, LooksLike::Bzip2, "bzip2 -dc FILE | haul --input-format csv"),
            ("Ann's list.csv", Csv, LooksLike::Xz, r"xz -dc 'Ann'\''s list.csv' | haul --input-format csv"),
            ("m.ndjson", Ndjson, LooksLike::JsonLines, "jq -r . m.ndjson | haul"),
        ] {
            let error = WrongFormat { format, looks, coding: Coding::Plain };
            assert_eq!(advice(error, name, Reader::Lists), format!("convert it: {command}"));
        }
    }

    #[test]
    fn a_compressed_list_is_unpacked_first() {
        use InputFormat::{Csv, Ndjson, Text};
        for (name, coding, format, looks, command) in [
            (
                "m.json.gz",
                Coding::Gzip,
                Ndjson,
                LooksLike::JsonObjects,
                "gzip -dc m.json.gz | jq -c '.[]' | haul --input-format ndjson",
            ),
            ("m.zst", Coding::Zstd, Text, LooksLike::JsonStrings, "zstd -dc m.zst | jq -r '.[]' | haul"),
            ("m.gz", Coding::Gzip, Text, LooksLike::NulSeparated, "gzip -dc m.gz | tr '\\0' '\\n' | haul"),
            (
                "a b.csv",
                Coding::Gzip,
                Csv,
                LooksLike::Utf16Le,
                "gzip -dc 'a b.csv' | iconv -f UTF-16LE -t UTF-8 | haul --input-format csv",
            ),
            ("stdin", Coding::Zstd, Text, LooksLike::JsonLines, "zstd -dc FILE | jq -r . | haul"),
            ("-m.gz", Coding::Gzip, Text, LooksLike::Xz, "gzip -dc ./-m.gz | xz -dc | haul"),
            ("- m", Coding::Plain, Text, LooksLike::Xz, "xz -dc './- m' | haul"),
        ] {
            assert_eq!(
                advice(WrongFormat { format, looks, coding }, name, Reader::Lists),
                format!("convert it: {command}")
            );
        }
        let error = WrongFormat { format: Text, looks: LooksLike::Format(Csv), coding: Coding::Gzip };
        assert_eq!(advice(error, "m.txt.gz", Reader::Lists), "use --input-format csv, or name it .csv.gz");
    }

    #[test]
    fn a_probe_is_named_as_such() {
        for (looks, command) in [
            (LooksLike::JsonObjects, "jq -c '.[]' m.json | haul probe --input-format ndjson"),
            (LooksLike::Utf32, "iconv -f UTF-32 -t UTF-8 m.json | haul probe --input-format ndjson"),
        ] {
            let error = WrongFormat { format: InputFormat::Ndjson, looks, coding: Coding::Plain };
            assert_eq!(advice(error, "m.json", Reader::Probe), format!("convert it: {command}"));
        }
    }
}
