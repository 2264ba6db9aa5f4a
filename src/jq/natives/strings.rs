//! Strings.

use super::super::meter;
use super::super::value::{Array, Error, Text, ValR, Value};
use super::{Native, plain, with_value};

pub(super) fn natives() -> Vec<Native> {
    vec![
        plain!("explode", explode),
        plain!("implode", implode),
        plain!("ascii_downcase", |value: Value| map(&value, |text| text.make_ascii_lowercase())),
        plain!("ascii_upcase", |value: Value| map(&value, |text| text.make_ascii_uppercase())),
        plain!("trim", |value| trim(value, str::trim)),
        plain!("ltrim", |value| trim(value, str::trim_start)),
        plain!("rtrim", |value| trim(value, str::trim_end)),
        with_value!("ltrimstr", |value: Value, fix: Value| Ok(strip(value, &fix, |text, fix| text.strip_prefix(fix)))),
        with_value!("rtrimstr", |value: Value, fix: Value| Ok(strip(value, &fix, |text, fix| text.strip_suffix(fix)))),
        with_value!("startswith", |value: Value, start: Value| {
            compare_end(&value, &start, "startswith", |text, start| text.starts_with(start))
        }),
        with_value!("endswith", |value: Value, end: Value| {
            compare_end(&value, &end, "endswith", |text, end| text.ends_with(end))
        }),
        with_value!("split", |value: Value, separator: Value| {
            if value.as_str().is_none() || separator.as_str().is_none() {
                return Err(Error::str("split input and separator must be strings"));
            }
            value / separator
        }),
        with_value!("join", |value: Value, separator: Value| join(&value, &separator)),
    ]
}

fn explode(value: Value) -> ValR {
    let text = value.try_str()?;
    meter::work(text.len() / 8);
    let mut codepoints = Array::with_capacity(text.chars().count());
    text.chars().for_each(|c| codepoints.push(Value::Int(i64::from(u32::from(c)))));
    Ok(Value::array(codepoints))
}

fn implode(value: Value) -> ValR {
    let codepoints = value.into_array()?;
    let mut text = Text::with_capacity(0);
    for codepoint in codepoints.iter() {
        meter::work(1);
        let c = codepoint.as_int().and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
        let Some(c) = c else {
            return Err(Error::str(format_args!("{codepoint} is not a codepoint, as implode needs")));
        };
        text.push(c);
    }
    Ok(text.into())
}

fn map(value: &Value, change: fn(&mut str)) -> ValR {
    let mut text = Text::new(value.try_str()?);
    meter::work(text.len() / 64);
    text.change(change);
    Ok(text.into())
}

fn trim(value: Value, trim: fn(&str) -> &str) -> ValR {
    let text = value.try_str()?;
    let trimmed = trim(text);
    if trimmed.len() == text.len() { Ok(value) } else { Ok(Value::string(trimmed)) }
}

fn compare_end(value: &Value, part: &Value, filter: &str, compare: fn(&str, &str) -> bool) -> ValR {
    let Some((text, part)) = value.as_str().zip(part.as_str()) else {
        return Err(Error::str(format_args!("{filter}() requires string inputs")));
    };
    meter::work(part.len() / 64);
    Ok(compare(text, part).into())
}

/// Removes a prefix or suffix; as in jq, values that are not strings are returned unchanged.
fn strip(value: Value, fix: &Value, strip: for<'a> fn(&'a str, &str) -> Option<&'a str>) -> Value {
    let stripped = value.as_str().zip(fix.as_str()).and_then(|(text, fix)| strip(text, fix)).map(Value::string);
    stripped.unwrap_or(value)
}

fn join(value: &Value, separator: &Value) -> ValR {
    use jaq_core::ValT as _;
    let mut text = Text::with_capacity(0);
    for (at, item) in value.clone().values().enumerate() {
        let item = item?;
        meter::work(1);
        if at > 0 {
            match (separator, separator.as_str()) {
                (Value::Null(_), _) => {}
                (_, Some(separator)) => text.push_str(separator),
                _ => return Err(Error::typ(separator.clone(), "string")),
            }
        }
        match &item {
            Value::Null(_) => {}
            Value::Array(_) | Value::Object(_) => {
                return Err(Error::str(format_args!(
                    "cannot join {item}: only strings, numbers, booleans and null can be"
                )));
            }
            _ => text.push_str(item.into_string().try_str()?),
        }
    }
    Ok(text.into())
}
