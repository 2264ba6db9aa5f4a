//! The formats of strings: `@html`, `@base64` and so on.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use data_encoding::{BASE32, BASE32_NOPAD, Encoding};

use super::super::meter;
use super::super::value::{Error, Text, ValR, Value, to_json};
use super::{Native, plain};

pub(super) fn natives() -> Vec<Native> {
    vec![
        plain!("@html", |value| Ok(escape(value, html))),
        plain!("@uri", |value| Ok(escape(value, uri))),
        plain!("@sh", shell),
        plain!("@csv", |value| row(value, "csv", ",", csv_cell)),
        plain!("@tsv", |value| row(value, "tsv", "\t", tsv_cell)),
        plain!("@base64", |value| Ok(base64(value))),
        plain!("@base64d", base64_decode),
        plain!("@base32", |value| Ok(base32(value))),
        plain!("@base32d", base32_decode),
        plain!("@urid", uri_decode),
        plain!("@htmld", |value| Ok(html_decode(value))),
    ]
}

/// The text of a string, and the JSON of anything else.
fn text_of(value: Value) -> Value {
    jaq_core::ValT::into_string(value)
}

/// Writes each character, escaped if need be.
fn escape(value: Value, write: fn(char, &mut Text)) -> Value {
    let text = text_of(value);
    let text = text.as_str().unwrap_or_default();
    let mut escaped = Text::with_capacity(text.len());
    push_escaped(text, &mut escaped, write);
    escaped.into()
}

fn push_escaped(text: &str, out: &mut Text, write: fn(char, &mut Text)) {
    meter::work(text.len() / 8);
    text.chars().for_each(|c| write(c, out));
}

fn html(c: char, out: &mut Text) {
    match c {
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '&' => out.push_str("&amp;"),
        '\'' => out.push_str("&#39;"),
        '"' => out.push_str("&quot;"),
        other => out.push(other),
    }
}

fn html_decode(value: Value) -> Value {
    const ENTITIES: [(&str, char); 6] =
        [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&#39;", '\''), ("&apos;", '\''), ("&quot;", '"')];
    let text = text_of(value);
    let mut rest = text.as_str().unwrap_or_default();
    let mut decoded = Text::with_capacity(rest.len());
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity));
        let (len, c) = entity.map_or((1, '&'), |(entity, c)| (entity.len(), *c));
        decoded.push(c);
        rest = &rest[len..];
        meter::work(1);
    }
    decoded.push_str(rest);
    decoded.into()
}

fn uri(c: char, out: &mut Text) {
    if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~') {
        return out.push(c);
    }
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        out.push_str(percent_encoding::percent_encode_byte(byte));
    }
}

fn uri_decode(value: Value) -> ValR {
    let text = text_of(value);
    let text = text.as_str().unwrap_or_default();
    let _charge = meter::Charge::new(meter::block(text.len()));
    meter::work(text.len() / 16);
    match percent_encoding::percent_decode_str(text).decode_utf8() {
        Ok(decoded) => Ok(Value::string(&decoded)),
        Err(_) => Err(Error::str(format_args!("{} is not a valid URI encoding", Value::string(text)))),
    }
}

fn shell(value: Value) -> ValR {
    let mut out = Text::with_capacity(0);
    match &value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(" ");
                }
                shell_word(item, &mut out)?;
            }
        }
        other => shell_word(other, &mut out)?,
    }
    Ok(out.into())
}

fn shell_word(value: &Value, out: &mut Text) -> Result<(), Error> {
    match (value, value.as_str()) {
        (_, Some(text)) => {
            out.push_str("'");
            push_escaped(text, out, |c, out| if c == '\'' { out.push_str("'\\''") } else { out.push(c) });
            out.push_str("'");
        }
        (Value::Array(_) | Value::Object(_), _) => {
            return Err(Error::str(format_args!("{value} can not be escaped for shell")));
        }
        _ => out.push_str(&to_json(value)),
    }
    Ok(())
}

fn row(value: Value, what: &str, separator: &str, cell: fn(&str, &mut Text)) -> ValR {
    let Value::Array(cells) = &value else {
        return Err(Error::str(format_args!("{} cannot be {what}-formatted, only an array", value.described())));
    };
    let mut out = Text::with_capacity(0);
    for (at, value) in cells.iter().enumerate() {
        if at > 0 {
            out.push_str(separator);
        }
        match (value, value.as_str()) {
            (_, Some(text)) => cell(text, &mut out),
            (Value::Null(_), _) => {}
            (Value::Array(_) | Value::Object(_), _) => {
                let why = format_args!("{} is not valid in a {what} row", value.described());
                return Err(Error::str(why));
            }
            _ => out.push_str(&to_json(value)),
        }
    }
    Ok(out.into())
}

fn csv_cell(text: &str, out: &mut Text) {
    out.push_str("\"");
    push_escaped(text, out, |c, out| if c == '"' { out.push_str("\"\"") } else { out.push(c) });
    out.push_str("\"");
}

fn tsv_cell(text: &str, out: &mut Text) {
    push_escaped(text, out, |c, out| match c {
        '\\' => out.push_str("\\\\"),
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        other => out.push(other),
    });
}

fn base64(value: Value) -> Value {
    let text = text_of(value);
    let text = text.as_str().unwrap_or_default();
    let mut out = Text::with_capacity(text.len().div_ceil(3).saturating_mul(4));
    for chunk in text.as_bytes().chunks(3 << 10) {
        out.push_str(&STANDARD.encode(chunk));
    }
    out.into()
}

fn base64_decode(value: Value) -> ValR {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let text = text_of(value);
    let encoded = text.as_str().unwrap_or_default();
    let _charge = meter::Charge::new(meter::block(encoded.len()).saturating_mul(2));
    meter::work(encoded.len() / 64);
    match LENIENT.decode(encoded) {
        Ok(decoded) => Ok(Value::string(&String::from_utf8_lossy(&decoded))),
        Err(_) => Err(Error::str(format_args!("{text} is not valid base64 data"))),
    }
}

fn base32(value: Value) -> Value {
    let text = text_of(value);
    let text = text.as_str().unwrap_or_default();
    let mut out = Text::with_capacity(text.len().div_ceil(5).saturating_mul(8));
    for chunk in text.as_bytes().chunks(5 << 10) {
        out.push_str(&BASE32.encode(chunk));
    }
    out.into()
}

fn base32_decode(value: Value) -> ValR {
    static LENIENT: LazyLock<Encoding> = LazyLock::new(|| {
        let mut lenient = BASE32_NOPAD.specification();
        lenient.check_trailing_bits = false;
        lenient.encoding().expect("an encoding but for the trailing bits")
    });
    let text = text_of(value);
    let encoded = text.as_str().unwrap_or_default();
    let _charge = meter::Charge::new(meter::block(encoded.len()).saturating_mul(2));
    meter::work(encoded.len() / 64);
    match LENIENT.decode(encoded.trim_end_matches('=').as_bytes()) {
        Ok(decoded) => Ok(Value::string(&String::from_utf8_lossy(&decoded))),
        Err(_) => Err(Error::str(format_args!("{text} is not valid base32 data"))),
    }
}
