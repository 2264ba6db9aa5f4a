//! Options for reading lists.

use std::sync::Arc;

use haul::plan::Plan;
use haul::source::{self, DataTemplate, Input, InputFormat, LooksLike, UrlTemplate, WrongFormat};
use http::header::CONTENT_TYPE;

use super::args::{self, Options};
use super::exit::CliError;
use super::given::Given;

/// How the lines of `inputs` are read.
pub(crate) fn options(
    options: &Options,
    inputs: &[Input],
    plan: &Plan,
    given: &mut Given,
) -> Result<source::ListOptions, CliError> {
    let format = options.lists.input_format.map(|format| match format {
        args::InputFormat::Text => InputFormat::Text,
        args::InputFormat::Ndjson => InputFormat::Ndjson,
        args::InputFormat::Csv => InputFormat::Csv,
        args::InputFormat::Tsv => InputFormat::Tsv,
        args::InputFormat::Vegeta => InputFormat::Vegeta,
    });
    let formats = || inputs.iter().map(|input| InputFormat::of_input(input, format));
    let fills = [
        ("--url", options.lists.url.is_some()),
        ("--url-column", options.lists.url_column.is_some()),
        ("--data-template", options.body_sent.data_template.is_some()),
    ];
    for (flag, _) in fills.into_iter().filter(|(_, used)| *used) {
        if formats().any(|format| matches!(format, InputFormat::Text | InputFormat::Vegeta)) {
            return Err(CliError::usage(format!(
                "{flag} needs columns, which text lists and URLs do not have: give a .csv, .tsv or .ndjson file, or \
                 --input-format"
            )));
        }
    }
    Ok(source::ListOptions {
        base_url: options.lists.base_url.clone(),
        request: plan.request.0.clone(),
        method: options.request.as_ref().map(super::request::in_capitals),
        format,
        url: url_template(options)?,
        data: data_template(options, plan, given)?,
        redact: plan.output.redact,
        setting_names: plan.setting_names,
    })
}

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
        LooksLike::VegetaText => "write one JSON object per target, and use --input-format vegeta".to_owned(),
        _ => "a list has a URL on each line; see docs/lists.md for other formats".to_owned(),
    }
}

fn url_template(options: &Options) -> Result<Option<Arc<UrlTemplate>>, CliError> {
    if let Some(name) = &options.lists.url_column {
        return match name.trim() {
            "" => Err(CliError::usage("--url-column: the name is empty")),
            name => Ok(Some(Arc::new(UrlTemplate::column(name)))),
        };
    }
    let Some(text) = &options.lists.url else { return Ok(None) };
    let template = UrlTemplate::parse(text, options.lists.base_url.as_ref());
    template.map(|template| Some(Arc::new(template))).map_err(|why| CliError::usage(format!("--url: {why}")))
}

fn data_template(options: &Options, plan: &Plan, given: &mut Given) -> Result<Option<Arc<DataTemplate>>, CliError> {
    const FLAG: &str = "--data-template";
    let Some(typed) = &options.body_sent.data_template else { return Ok(None) };
    let text = given.text(FLAG, typed)?;
    let template = DataTemplate::parse(&text, plan.request.0.headers.get(CONTENT_TYPE));
    template.map(|template| Some(Arc::new(template))).map_err(|why| CliError::usage(format!("{FLAG}: {why}")))
}
