//! Targets in vegeta's text format: `METHOD URL`, then header fields and `@FILE`, up to a blank line or the next
//! target.

use std::path::PathBuf;

use http::Method;

use crate::model::request::{header_name, header_value};
use crate::model::{LinePosition, Request};
use crate::source::error::LineError;
use crate::source::job_builder::parse_method;
use crate::source::lines::MAX_RECORD;
use crate::storage::text::{from_decoded, from_decoded_lossy};

/// A target whose end has not been read yet.
#[derive(Debug)]
pub(super) struct TextTarget {
    pub(super) place: LinePosition,
    pub(super) method: Option<Method>,
    pub(super) url: String,
    /// Empty once there is an error.
    headers: Vec<(String, String)>,
    /// The length of its lines so far, in bytes.
    len: usize,
    pub(super) body: Option<PathBuf>,
    /// The first error of its lines.
    error: Option<LineError>,
}

impl TextTarget {
    /// The target that `line` begins, if it does.
    pub(super) fn begin(line: &[u8], place: LinePosition) -> Option<Self> {
        let methods = line.iter().take_while(|byte| byte.is_ascii_uppercase() || **byte == b'-').count();
        if methods == 0 || !line[methods..].starts_with(b" ") {
            return None;
        }
        let len = line.len() + 1;
        let (line, error) = decoded(line);
        let (method, url) = line.split_once(' ').unwrap_or((&line, ""));
        let (method, url) = (parse_method(method).ok(), url.trim().to_owned());
        Some(TextTarget { place, method, url, headers: Vec::new(), len, body: None, error })
    }

    /// Adds a line that does not begin another target.
    pub(super) fn add(&mut self, line: &[u8], number: u64) {
        if self.error.is_some() {
            return;
        }
        self.len += line.len() + 1;
        let (line, error) = decoded(line);
        self.error = match (error, line.split_once(':'), line.strip_prefix('@')) {
            (Some(error), ..) => Some(error),
            _ if self.len > MAX_RECORD => Some(too_long()),
            (_, _, Some("")) => Some(LineError::new(format!("line {number} names no file"))),
            (_, _, Some(_)) if self.body.is_some() => Some(LineError::new("has two bodies")),
            (_, _, Some(path)) => {
                self.body = Some(path.into());
                None
            }
            (_, Some((name, value)), None) => {
                self.headers.push((name.trim().to_owned(), value.trim().to_owned()));
                None
            }
            (_, None, None) => {
                Some(LineError::new(format!("line {number} is neither a header, an @FILE nor a target")))
            }
        };
        if self.error.is_some() {
            self.headers = Vec::new();
        }
    }

    /// Sets what the lines of the target say in `request`. A header replaces that of the run.
    pub(super) fn apply(&mut self, request: &mut Request) -> Result<(), LineError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let mut fields = Vec::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            let name = header_name(name).map_err(|why| LineError::new(why.to_string()))?;
            request.headers.remove(&name);
            let value = header_value(&name, value.as_bytes()).map_err(|why| LineError::new(why.to_string()))?;
            fields.push((name, value));
        }
        for (name, value) in fields {
            request.add_header(name, value).map_err(|why| LineError::new(why.to_string()))?;
        }
        Ok(())
    }

    pub(super) fn changes_request(&self) -> bool {
        !self.headers.is_empty() || self.error.is_some()
    }
}

fn too_long() -> LineError {
    LineError::new(format!("longer than {} MiB", MAX_RECORD >> 20))
}

/// A line as text; what it holds instead is an error.
fn decoded(line: &[u8]) -> (String, Option<LineError>) {
    if line.len() > MAX_RECORD {
        return (String::new(), Some(too_long()));
    }
    match from_decoded(line) {
        Ok(text) => (text.to_owned(), None),
        Err(why) => (from_decoded_lossy(line).into_owned(), Some(LineError::new(why.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_a_longest_length() {
        let header = [b"X-A: ", &[b'x'; 1000][..]].concat();
        for (count, is_valid) in [(900, true), (1043, false), (5000, false)] {
            let mut target = TextTarget::begin(b"GET http://a/", LinePosition::default()).unwrap();
            for number in 0..count {
                target.add(&header, number);
            }
            assert_eq!((target.error.is_none(), target.headers.capacity() > 0), (is_valid, is_valid), "{count}");
            assert_eq!(target.apply(&mut Request::default()).is_ok(), is_valid, "{count}");
        }
    }

    #[test]
    fn a_wrong_target_keeps_nothing() {
        let mut target = TextTarget::begin(b"GET http://a/", LinePosition::default()).unwrap();
        for line in ["X-A: 1", "nonsense", "X-B: 2"] {
            target.add(line.as_bytes(), 1);
        }
        assert!(target.error.is_some() && target.headers.is_empty());
    }
}
