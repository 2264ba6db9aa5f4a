//! Reads what a line says about its place in a probe.

use std::sync::Arc;

use jiff::SignedDuration;

use super::keys::{InputKey, LineObject};
use super::values::template_value;
use crate::source::ListOptions;
use crate::source::error::LineError;
use crate::source::probe::{parse_at, parse_group, parse_weight};
use crate::source::template::TemplateValue;

/// The group, weight and time of a line.
pub(super) struct LineSchedule {
    pub(super) group: Option<Arc<str>>,
    pub(super) weight: Option<u32>,
    pub(super) at: Option<SignedDuration>,
}

impl LineSchedule {
    /// Reads the keys of a line, or in place of missing ones the columns among its `values`.
    pub(super) fn read<'v>(
        object: &LineObject<'v>,
        options: &ListOptions,
        values: impl Fn(&str) -> Option<TemplateValue<'v>>,
    ) -> Result<Self, LineError> {
        let given = |key: InputKey, column: &Option<Arc<str>>| match (object.get(key), column.as_deref()) {
            (Some(raw), _) => Some((key.name().to_owned(), template_value(raw))),
            (None, Some(column)) => {
                let value = values(column).filter(|value| !matches!(value, TemplateValue::Json("null")));
                value.map(|value| (column.to_owned(), value))
            }
            (None, None) => None,
        };
        let has_name = object.get(InputKey::Name).is_some();
        let group = read(given(InputKey::Name, &options.group_column), |value| match value {
            TemplateValue::Text(name) => parse_group(&name),
            TemplateValue::Json(scalar) if !has_name && !scalar.starts_with(['{', '[']) => parse_group(scalar),
            _ if has_name => Err("must be a string".to_owned()),
            _ => Err("must be a string, a number, true or false".to_owned()),
        })?;
        let weight = read(given(InputKey::Weight, &options.weight_column), |value| match value {
            TemplateValue::Json(number) => parse_weight(number),
            _ => parse_weight(""),
        })?;
        let at = read(given(InputKey::At, &options.at_column), |value| match value {
            TemplateValue::Json(number) => parse_at(number),
            TemplateValue::Text(text) => parse_at(&text),
            _ => parse_at(""),
        })?;
        Ok(LineSchedule { group: group.flatten(), weight, at })
    }
}

/// Reads the value of a key, if it is given.
fn read<T>(
    given: Option<(String, TemplateValue<'_>)>,
    parse: impl FnOnce(TemplateValue<'_>) -> Result<T, String>,
) -> Result<Option<T>, LineError> {
    let Some((key, value)) = given else { return Ok(None) };
    parse(value).map(Some).map_err(|why| LineError::of_key(key, why))
}
