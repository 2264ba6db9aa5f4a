//! The name of a group in braces.

use super::SyntaxError;

/// The name in `text`, which begins with a brace, and the number of bytes that it takes; `at` is where it begins.
///
/// A name with a closing brace is a JSON string: `{"a}b"}`. Names of groups have no blanks at their ends.
pub(crate) fn group(text: &str, at: usize) -> Result<(Box<str>, usize), SyntaxError> {
    let inside = text[1..].trim_start();
    let begin = text.len() - inside.len();
    let whole = at..at + text.trim_end().len();
    let (name, end) = if inside.starts_with('"') {
        let mut strings = serde_json::Deserializer::from_str(inside).into_iter::<String>();
        let name = strings.next().and_then(Result::ok);
        let name = name.ok_or_else(|| {
            SyntaxError::new("the quotes are not closed, or contain an invalid escape", whole.clone())
        })?;
        (name.trim().to_owned(), begin + strings.byte_offset())
    } else {
        let end = inside.find('}').ok_or_else(|| SyntaxError::new("the brace is not closed", whole.clone()))?;
        (inside[..end].trim_end().to_owned(), begin + end)
    };
    let rest = text[end..].trim_start();
    if !rest.starts_with('}') {
        return Err(SyntaxError::new("expected } after the name of the group", at + end..at + end));
    }
    let end = text.len() - rest.len() + 1;
    match name.is_empty() {
        true => Err(SyntaxError::new("the group has no name", at..at + end)),
        false => Ok((name.into(), end)),
    }
}
