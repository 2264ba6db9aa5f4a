//! Options for reading lists.

use std::sync::Arc;

use haul::plan::Plan;
use haul::source::{self, DataTemplate, Input, InputFormat, UrlTemplate};
use http::header::CONTENT_TYPE;

use super::args::{self, Common};
use super::exit::CliError;
use super::given::Given;

/// The names of the values that a probe makes itself.
const GENERATED: [&str; 4] = ["seq", "uuid", "now", "random"];

/// How the lines of `inputs` are read.
pub(crate) fn options(
    options: &Common,
    inputs: &[Input],
    plan: &Plan,
    given: &mut Given,
    is_probe: bool,
) -> Result<source::ListOptions, CliError> {
    let format = options.lists.input_format.map(|format| match format {
        args::InputFormat::Text => InputFormat::Text,
        args::InputFormat::Ndjson => InputFormat::Ndjson,
        args::InputFormat::Csv => InputFormat::Csv,
        args::InputFormat::Tsv => InputFormat::Tsv,
        args::InputFormat::Vegeta => InputFormat::Vegeta,
    });
    let formats = || inputs.iter().map(|input| InputFormat::of_input(input, format));
    let data = data_template(options, plan, given)?;
    let fills = [
        ("--url", options.lists.url.is_some()),
        ("--url-column", options.lists.url_column.is_some()),
        ("--data-template", data.as_ref().is_some_and(|template| !(is_probe && template.is_generated()))),
        ("--group-column", options.lists.group_column.is_some()),
    ];
    if formats().any(|format| format == InputFormat::Text) {
        refuse_fixed_url(options)?;
    }
    if let Some(template) = data.as_ref().filter(|_| is_probe && !formats().all(has_columns)) {
        refuse_misspelt_value(template)?;
    }
    for (flag, _) in fills.into_iter().filter(|(_, used)| *used) {
        check_columns(flag, inputs, format)?;
    }
    Ok(source::ListOptions {
        base_url: options.lists.base_url.clone(),
        request: plan.request.0.clone(),
        method: options.request.as_ref().map(super::request::in_capitals),
        format,
        url: url_template(options, is_probe)?,
        data,
        group_column: options.lists.group_column.as_deref().map(Arc::from),
        redact: plan.output.redact,
        setting_names: plan.setting_names,
        ..source::ListOptions::default()
    })
}

/// Refuses an option for columns if a list has none. The format is that of all inputs.
pub(crate) fn check_columns(flag: &str, inputs: &[Input], format: Option<InputFormat>) -> Result<(), CliError> {
    let mut formats = inputs.iter().map(|input| InputFormat::of_input(input, format));
    if !formats.all(has_columns) {
        return Err(CliError::usage(format!(
            "{flag} needs columns, which text lists and URLs do not have: give a .csv, .tsv or .ndjson file, or \
             --input-format"
        )));
    }
    Ok(())
}

fn has_columns(format: InputFormat) -> bool {
    !matches!(format, InputFormat::Text | InputFormat::Vegeta)
}

/// Refuses a name that is probably a typo of a value that a probe makes, where it cannot be a column.
fn refuse_misspelt_value(template: &DataTemplate) -> Result<(), CliError> {
    let misspelt = template.columns().find_map(|name| {
        let (word, rest) =
            name.split_once(' ').map_or((name, String::new()), |(word, rest)| (word, format!(" {rest}")));
        let meant = GENERATED.into_iter().find(|known| strsim::osa_distance(known, word) == 1)?;
        Some(format!("--data-template: {{{{{name}}}}} is unknown (did you mean {{{{{meant}{rest}}}}}?)"))
    });
    misspelt.map_or(Ok(()), |message| Err(CliError::usage(message)))
}

/// Refuses a URL that --url takes for a template: curl's option of this name means what haul takes as an argument.
pub(crate) fn refuse_fixed_url(options: &Common) -> Result<(), CliError> {
    match &options.lists.url {
        Some(url) if !url.contains('{') => {
            let message = "--url is a template for the columns of a list, and this one names no column";
            Err(CliError::usage(message).with_hint("to fetch one URL, give it as an argument: haul URL"))
        }
        _ => Ok(()),
    }
}

fn url_template(options: &Common, is_probe: bool) -> Result<Option<Arc<UrlTemplate>>, CliError> {
    if let Some(name) = &options.lists.url_column {
        return match name.trim() {
            "" => Err(CliError::usage("--url-column: the name is empty")),
            name => Ok(Some(Arc::new(UrlTemplate::column(name)))),
        };
    }
    let Some(text) = &options.lists.url else { return Ok(None) };
    let parse = if is_probe { UrlTemplate::parse_for_probe } else { UrlTemplate::parse };
    let template = parse(text, options.lists.base_url.as_ref());
    template.map(|template| Some(Arc::new(template))).map_err(|why| CliError::usage(format!("--url: {why}")))
}

fn data_template(options: &Common, plan: &Plan, given: &mut Given) -> Result<Option<Arc<DataTemplate>>, CliError> {
    const FLAG: &str = "--data-template";
    let Some(typed) = &options.body_sent.data_template else { return Ok(None) };
    let text = given.text(FLAG, typed)?;
    let template = DataTemplate::parse(&text, plan.request.0.headers.get(CONTENT_TYPE));
    template.map(|template| Some(Arc::new(template))).map_err(|why| CliError::usage(format!("{FLAG}: {why}")))
}
