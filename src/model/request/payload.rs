//! Request bodies.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::header::HeaderValue;

use crate::guard::without_os_code;

/// The content type of JSON.
pub const JSON: &str = "application/json";

/// The content type of a URL-encoded form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// A request body.
#[derive(Debug, Clone, PartialEq)]
pub struct Payload {
    /// The content.
    pub content: Content,
    /// The content type, unless a header field of the request sets it.
    pub content_type: Option<HeaderValue>,
    /// What it was made of, if the content alone does not identify it across runs.
    pub origin: Option<Box<BodyOrigin>>,
}

/// What a body was made of. Unlike the contents of files and random boundaries, it is the same in every run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyOrigin {
    /// One file, as `@PATH`, or literal bytes.
    Raw(String),
    /// Parts, one per line: `NAME=VALUE` or `NAME=@PATH`.
    Multipart(String),
}

/// The content of a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Bytes in memory.
    Bytes(Bytes),
    /// Pieces that are streamed in order. Only a chunk of each file is in memory at a time.
    Pieces(Arc<[Piece]>),
}

/// A piece of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes in memory.
    Bytes(Bytes),
    /// The contents of a file at the time of the attempt.
    File(PathBuf),
}

/// A body file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {reason}", path.display())]
pub struct BodyFileError {
    /// The file.
    pub path: PathBuf,
    /// The cause.
    pub reason: String,
}

impl Payload {
    /// A body with a content type.
    pub fn of_type(bytes: impl Into<Bytes>, content_type: &'static str) -> Self {
        let content_type = Some(HeaderValue::from_static(content_type));
        Payload { content: Content::Bytes(bytes.into()), content_type, origin: None }
    }

    /// A body without a content type.
    pub fn untyped(bytes: impl Into<Bytes>) -> Self {
        Payload { content: Content::Bytes(bytes.into()), content_type: None, origin: None }
    }

    /// A body that consists of a file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let origin = BodyOrigin::Raw(format!("@{}", path.display()));
        Payload {
            content: Content::Pieces(Arc::new([Piece::File(path)])),
            content_type: None,
            origin: Some(origin.into()),
        }
    }

    /// The files that the body consists of.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let pieces = match &self.content {
            Content::Bytes(_) => &[][..],
            Content::Pieces(pieces) => pieces,
        };
        pieces.iter().filter_map(|piece| match piece {
            Piece::File(path) => Some(path.as_path()),
            Piece::Bytes(_) => None,
        })
    }
}

/// Opens a body file, and returns it with its length.
///
/// Only a regular file can be sent: any other cannot be read again for a retry.
///
/// # Errors
/// The file cannot be opened, or is not regular.
pub fn open(path: &Path) -> Result<(File, u64), BodyFileError> {
    let opened = || {
        if !path.metadata()?.is_file() {
            return Err(io::Error::other("not a regular file, so it could not be sent again for a retry"));
        }
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok((file, length))
    };
    opened().map_err(|error| BodyFileError { path: path.to_owned(), reason: without_os_code(error) })
}
