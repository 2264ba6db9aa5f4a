//! Reads the body of a line.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::value::RawValue;

use super::keys::InputKey;
use super::values::{Pairs, Strings, elements, text};
use crate::model::request::{FORM, JSON, Multipart, Params, Part, Payload, Piece};

/// The names and values of a query or form.
pub(super) fn fields(raw: &RawValue) -> Result<Params, String> {
    let Pairs(pairs) = Pairs::read(raw).ok_or("must be an object of names and values")?;
    let mut fields = Params::default();
    for (name, raw) in &pairs {
        let Strings(values) = Strings::read(raw)
            .ok_or_else(|| format!("{name:?} must be a string, a number, true, false, or a list of them"))?;
        values.iter().for_each(|value| fields.add(name, value));
    }
    Ok(fields)
}

/// The body that `key` sets to `raw`.
pub(super) fn body(key: InputKey, raw: &RawValue) -> Result<Payload, String> {
    const STRING: &str = "must be a string";
    match key {
        InputKey::Json => Ok(Payload::of_type(Bytes::copy_from_slice(raw.get().as_bytes()), JSON)),
        InputKey::Form => Ok(Payload::of_type(fields(raw)?.into_string(), FORM)),
        InputKey::Multipart => multipart(raw),
        InputKey::BodyFile => Ok(Payload::file(text(raw).filter(|path| !path.is_empty()).ok_or(STRING)?.into_owned())),
        InputKey::BodyBase64 => {
            let text = text(raw).ok_or(STRING)?;
            let bytes = BASE64_STANDARD.decode(text.as_bytes()).map_err(|_| "is not valid base64")?;
            Ok(Payload::untyped(bytes))
        }
        _ => Ok(Payload::untyped(text(raw).ok_or(STRING)?.into_owned())),
    }
}

fn multipart(raw: &RawValue) -> Result<Payload, String> {
    let Pairs(pairs) = Pairs::read(raw).ok_or("must be an object of names and values or files")?;
    let mut form = Multipart::new();
    for (name, raw) in &pairs {
        for raw in elements(raw) {
            form = form.part(part(name, raw)?);
        }
    }
    form.into_payload().map_err(|why| why.to_string())
}

fn part(name: &str, raw: &RawValue) -> Result<Part, String> {
    let wrong =
        || format!(r#"{name:?} must be a string, a number, true, false, or {{"file": …, "filename": …, "type": …}}"#);
    let mut part =
        Part { name: name.to_owned(), content: Piece::Bytes(Bytes::new()), filename: None, content_type: None };
    let Some(Pairs(pairs)) = Pairs::read(raw) else {
        let Strings(values) = Strings::read(raw).ok_or_else(wrong)?;
        let [value] = &values[..] else { return Err(wrong()) };
        part.content = Piece::Bytes(value.to_string().into());
        return Ok(part);
    };
    let mut file = None;
    for (key, raw) in &pairs {
        let value = Some(text(raw).ok_or_else(wrong)?.into_owned());
        match &**key {
            "file" => file = value,
            "filename" => part.filename = value,
            "type" => part.content_type = value,
            _ => return Err(wrong()),
        }
    }
    part.content = Piece::File(file.filter(|path| !path.is_empty()).ok_or_else(wrong)?.into());
    Ok(part)
}
