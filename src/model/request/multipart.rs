//! Multipart forms ([RFC 7578]), encoded as by browsers.
//!
//! [RFC 7578]: https://www.rfc-editor.org/rfc/rfc7578

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::header::HeaderValue;

use super::{BodyOrigin, Content, Payload, Piece, RequestError};

/// The most files of one body. An attempt opens all of them at once.
pub const MAX_FILES: usize = 64;

/// Content types by file extension, as in curl.
const TYPES: [(&str, &str); 10] = [
    ("gif", "image/gif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("xml", "application/xml"),
];

/// A multipart form: fields and files, in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Multipart(Vec<Part>);

/// A part of a form: a field or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The name of the field.
    pub name: String,
    /// The value of the field, or the file.
    pub content: Piece,
    /// The file name to send. By default, that of the file.
    pub filename: Option<String>,
    /// The content type. By default, that of a file is guessed from its extension.
    pub content_type: Option<String>,
}

impl Multipart {
    /// An empty form.
    pub fn new() -> Self {
        Multipart::default()
    }

    /// Adds a field.
    pub fn text(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let content = Piece::Bytes(Bytes::from(value.into()));
        self.part(Part { name: name.into(), content, filename: None, content_type: None })
    }

    /// Adds a file.
    pub fn file(self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        let content = Piece::File(path.into());
        self.part(Part { name: name.into(), content, filename: None, content_type: None })
    }

    /// Adds a part.
    pub fn part(mut self, part: Part) -> Self {
        self.0.push(part);
        self
    }

    /// Encodes the form as a body, with an unpredictable boundary.
    ///
    /// # Errors
    /// The content type of a part is invalid, or there are more than [`MAX_FILES`] files.
    pub fn into_payload(self) -> Result<Payload, RequestError> {
        let files = self.0.iter().filter(|part| matches!(part.content, Piece::File(_))).count();
        if files > MAX_FILES {
            return Err(RequestError::new(format!("{files} files: a request can have at most {MAX_FILES}")));
        }
        let origin = self.0.iter().map(Part::to_string).collect::<Vec<_>>().join("\n");
        let boundary = format!("haul-{:032x}", fastrand::u128(..));
        let mut builder = PieceBuilder::default();
        for part in self.0 {
            let head = part.head(&boundary)?;
            builder.text.extend_from_slice(head.as_bytes());
            builder.add(part.content);
            builder.text.extend_from_slice(b"\r\n");
        }
        builder.text.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let content_type = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"));
        let content_type = content_type.map_err(|_| RequestError::new("the boundary does not fit in a header"))?;
        let origin = Some(BodyOrigin::Multipart(origin).into());
        Ok(Payload { content: builder.finish(), content_type: Some(content_type), origin })
    }
}

/// In the syntax of the command line: `NAME=VALUE` or `NAME=@PATH`, then `;type=` and `;filename=`.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Piece::Bytes(bytes) => write!(f, "{}={}", self.name, String::from_utf8_lossy(bytes))?,
            Piece::File(path) => write!(f, "{}=@{}", self.name, path.display())?,
        }
        for (key, value) in [("type", &self.content_type), ("filename", &self.filename)] {
            if let Some(value) = value {
                write!(f, ";{key}={value}")?;
            }
        }
        Ok(())
    }
}

impl Part {
    fn head(&self, boundary: &str) -> Result<String, RequestError> {
        let name = quoted(&self.name);
        let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"");
        let path = match &self.content {
            Piece::File(path) => Some(path.as_path()),
            Piece::Bytes(_) => None,
        };
        let own = path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        if let Some(filename) = self.filename.clone().or(own) {
            let _ = write!(head, "; filename=\"{}\"", quoted(&filename));
        }
        if let Some(kind) = self.content_type.as_deref().or(path.map(guessed_type)) {
            let is_valid = kind.contains('/') && kind.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            if !is_valid {
                return Err(RequestError::new(format!("the part {:?} has an invalid type", self.name)));
            }
            let _ = write!(head, "\r\nContent-Type: {kind}");
        }
        head.push_str("\r\n\r\n");
        Ok(head)
    }
}

/// Collects the pieces of a body.
#[derive(Default)]
struct PieceBuilder {
    pieces: Vec<Piece>,
    /// The bytes after the last piece.
    text: Vec<u8>,
}

impl PieceBuilder {
    fn add(&mut self, piece: Piece) {
        match piece {
            Piece::Bytes(bytes) => self.text.extend_from_slice(&bytes),
            file @ Piece::File(_) => {
                self.pieces.push(Piece::Bytes(std::mem::take(&mut self.text).into()));
                self.pieces.push(file);
            }
        }
    }

    fn finish(mut self) -> Content {
        if self.pieces.is_empty() {
            return Content::Bytes(self.text.into());
        }
        self.pieces.push(Piece::Bytes(self.text.into()));
        Content::Pieces(Arc::from(self.pieces))
    }
}

/// Escapes a name for use within quotes (WHATWG HTML, "multipart/form-data encoding algorithm").
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn guessed_type(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let known = TYPES.iter().find(|(name, _)| extension.eq_ignore_ascii_case(name));
    known.map_or("application/octet-stream", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(payload: &Payload) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Piece::File(path) => format!("<{}>", path.display()),
        };
        let content = match &payload.content {
            Content::Bytes(bytes) => text(&Piece::Bytes(bytes.clone())),
            Content::Pieces(pieces) => pieces.iter().map(text).collect(),
        };
        let content_type = payload.content_type.as_ref().unwrap().to_str().unwrap();
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        content.replace(boundary, "B")
    }

    #[test]
    fn parts_are_separated_by_boundaries() {
        let typed = Part {
            name: "j\"\r\n".to_owned(),
            content: Piece::Bytes("{}".into()),
            filename: Some("ä.json".to_owned()),
            content_type: Some("application/json".to_owned()),
        };
        let form = Multipart::new().text("a", "1").file("f", "dir/x.PNG").file("g", "y").part(typed);
        assert_eq!(
            written(&form.into_payload().unwrap()),
            "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
             --B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.PNG\"\r\nContent-Type: image/png\r\n\r\n\
             <dir/x.PNG>\r\n\
             --B\r\nContent-Disposition: form-data; name=\"g\"; filename=\"y\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n<y>\r\n\
             --B\r\nContent-Disposition: form-data; name=\"j%22%0D%0A\"; filename=\"ä.json\"\r\n\
             Content-Type: application/json\r\n\r\n{}\r\n--B--\r\n"
        );
        assert_eq!(written(&Multipart::new().into_payload().unwrap()), "--B--\r\n");
    }

    #[test]
    fn invalid_parts_are_refused() {
        let part = |kind: &str| Part {
            name: "a".to_owned(),
            content: Piece::Bytes(Bytes::new()),
            filename: None,
            content_type: Some(kind.to_owned()),
        };
        for kind in ["text/plain\r\nX: y", "nonsense", ""] {
            assert!(Multipart::new().part(part(kind)).into_payload().is_err(), "{kind}");
        }
        let many = (0..=MAX_FILES).fold(Multipart::new(), |form, _| form.file("f", "x"));
        assert!(many.into_payload().is_err());
    }
}
