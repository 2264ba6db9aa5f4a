//! Builds the request body from the options.

use std::path::Path;

use haul::model::request::{BodyOrigin, FORM, JSON, Multipart, Part, Payload, Piece, Request, open};
use serde::de::IgnoredAny;

use super::args::BodySent;
use super::exit::{CliError, invalid};
use super::given::{Given, pair};

/// The body of each request; at most one option may set it.
pub(crate) fn body(typed: &BodySent, given: &mut Given) -> Result<Option<Payload>, CliError> {
    let flags = [
        ("--json", typed.json.is_some()),
        ("--data", !typed.data.is_empty()),
        ("--data-binary", typed.data_binary.is_some()),
        ("--form", !typed.form.is_empty()),
        ("--multipart", !typed.multipart.is_empty()),
        ("--data-template", typed.data_template.is_some()),
    ];
    let used: Vec<_> = flags.into_iter().filter(|(_, used)| *used).map(|(flag, _)| flag).collect();
    let &[flag] = &used[..] else {
        return match used[..] {
            [first, second, ..] => {
                Err(CliError::usage(format!("{first} cannot be used with {second}: a request has only one body")))
            }
            _ => Ok(None),
        };
    };
    let payload = match flag {
        "--json" => json(typed.json.as_deref().unwrap_or_default(), given)?,
        "--data" => Payload::of_type(data(&typed.data, given)?, FORM),
        "--data-binary" => binary(typed.data_binary.as_deref().unwrap_or_default(), given)?,
        "--form" => form(&typed.form)?,
        "--multipart" => multipart(&typed.multipart)?,
        _ => return Ok(None), // a template yields a body per line
    };
    for path in payload.files() {
        check(flag, path)?;
    }
    Ok(Some(payload))
}

fn json(typed: &str, given: &mut Given) -> Result<Payload, CliError> {
    let text = given.text("--json", typed)?;
    serde_json::from_str::<IgnoredAny>(&text).map_err(|why| CliError::usage(format!("--json: invalid JSON: {why}")))?;
    Ok(Payload::of_type(text, JSON))
}

/// As in curl: values are joined, and files lose their line breaks and NULs.
fn data(typed: &[String], given: &mut Given) -> Result<Vec<u8>, CliError> {
    let mut joined = Vec::new();
    for (n, value) in typed.iter().enumerate() {
        let mut bytes = given.text_bytes("--data", value)?;
        if value.starts_with('@') {
            bytes.retain(|byte| !matches!(byte, b'\r' | b'\n' | 0));
        }
        if n > 0 {
            joined.push(b'&');
        }
        joined.append(&mut bytes);
    }
    Ok(joined)
}

fn binary(typed: &str, given: &mut Given) -> Result<Payload, CliError> {
    let mut payload = match typed.strip_prefix('@') {
        Some(path) if path != "-" => Payload::file(path),
        _ => Payload::of_type(given.bytes("--data-binary", typed)?, FORM),
    };
    payload.content_type.get_or_insert(http::header::HeaderValue::from_static(FORM));
    payload.origin = Some(BodyOrigin::Raw(typed.to_owned()).into());
    Ok(payload)
}

fn form(typed: &[String]) -> Result<Payload, CliError> {
    let fields = typed.iter().map(|text| pair("--form", text)).collect::<Result<Vec<_>, _>>()?;
    Request::default().form(fields).body.ok_or_else(|| CliError::usage("--form: write NAME=VALUE"))
}

fn multipart(typed: &[String]) -> Result<Payload, CliError> {
    let mut form = Multipart::new();
    for text in typed {
        form = form.part(part(text)?);
    }
    let mut payload = form.into_payload().map_err(invalid("--multipart"))?;
    payload.origin = Some(BodyOrigin::Multipart(typed.join("\n")).into());
    Ok(payload)
}

/// `NAME=VALUE` or `NAME=@FILE`, optionally followed by `;type=` and `;filename=`.
fn part(text: &str) -> Result<Part, CliError> {
    let (name, mut value) = pair("--multipart", text)?;
    let mut part = Part { name: name.to_owned(), content: Piece::Bytes("".into()), filename: None, content_type: None };
    while let Some((rest, last)) = value.rsplit_once(';') {
        match last.trim_start().split_once('=') {
            Some(("type", kind)) => part.content_type = Some(kind.to_owned()),
            Some(("filename", name)) => part.filename = Some(name.to_owned()),
            _ => break,
        }
        value = rest;
    }
    part.content = match value.strip_prefix('@') {
        Some(path) => Piece::File(path.into()),
        None => Piece::Bytes(value.to_owned().into()),
    };
    Ok(part)
}

/// Fails now, rather than during the run, if a file cannot be sent.
fn check(flag: &str, path: &Path) -> Result<(), CliError> {
    open(path).map(drop).map_err(|why| CliError::usage(format!("{flag}: {why}")))
}
