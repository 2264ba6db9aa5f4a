//! What to do about a list that is not in its format.

use haul::source::{InputFormat, LooksLike, WrongFormat};

/// What to type for the list `name`, which is not in the format in which it was read.
pub(crate) fn advice(error: WrongFormat, name: &str) -> String {
    let (file, is_stdin) = if name == "stdin" { ("FILE", true) } else { (name, false) };
    let format = |format: &str, names: &str| match is_stdin {
        true => format!("use --input-format {format}"),
        false => format!("use --input-format {format}, or name it {names}"),
    };
    let convert = |command: &str| format!("convert it: {}", command.replace("FILE", file));
    match error.looks {
        LooksLike::Format(InputFormat::Text) => format("text", ".txt"),
        LooksLike::Format(InputFormat::Ndjson) => format("ndjson", ".ndjson"),
        LooksLike::Format(InputFormat::Csv) => format("csv", ".csv"),
        LooksLike::Format(InputFormat::Tsv) => format("tsv", ".tsv"),
        LooksLike::Format(InputFormat::Vegeta) => "use --input-format vegeta".to_owned(),
        LooksLike::JsonObjects => convert("jq -c '.[]' FILE | haul --input-format ndjson"),
        LooksLike::JsonStrings => convert("jq -r '.[]' FILE | haul"),
        LooksLike::JsonDocument => convert("jq -c . FILE | haul --input-format ndjson"),
        LooksLike::Headless => "add a row with the names of the columns, one of them url".to_owned(),
        LooksLike::Semicolons => "separate the fields by commas or tabs".to_owned(),
        LooksLike::Zip => "save the sheet as CSV, or unpack the archive".to_owned(),
        LooksLike::Xz => convert("xz -dc FILE | haul"),
        LooksLike::Bzip2 => convert("bzip2 -dc FILE | haul"),
        LooksLike::Utf16Le => convert("iconv -f UTF-16LE -t UTF-8 FILE | haul"),
        LooksLike::Utf16Be => convert("iconv -f UTF-16BE -t UTF-8 FILE | haul"),
        LooksLike::Utf32 => convert("iconv -f UTF-32 -t UTF-8 FILE | haul"),
        LooksLike::NulSeparated => convert("tr '\\0' '\\n' < FILE | haul"),
        _ => "a list has a URL on each line; see docs/lists.md for other formats".to_owned(),
    }
}
