//! Bodies to send.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::header::HeaderValue;

/// The content type of JSON.
pub const JSON: &str = "application/json";

/// The content type of a form without files.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// A body to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Payload {
    /// What is sent.
    pub content: Content,
    /// What it is, where no header of the request says otherwise.
    pub content_type: Option<HeaderValue>,
    /// What it was made of, where its content cannot tell one run from another.
    pub origin: Option<Box<BodyOrigin>>,
}

/// What a body was made of: the same in every run, unlike files that are read anew and boundaries drawn at random.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyOrigin {
    /// One file, as `@PATH`, or bytes that were given literally.
    Raw(String),
    /// Parts, a line each: `NAME=VALUE` or `NAME=@PATH`.
    Multipart(String),
}

/// What a body consists of.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Bytes at hand.
    Bytes(Bytes),
    /// Pieces, one after the other, streamed: of a file no more than a chunk is in memory.
    Pieces(Arc<[Piece]>),
}

/// A piece of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes at hand.
    Bytes(Bytes),
    /// What a file holds at the time of the attempt.
    File(PathBuf),
}

/// A file cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {reason}", path.display())]
pub struct BodyFileError {
    /// The file.
    pub path: PathBuf,
    /// What the system says, or what haul wants of it.
    pub reason: String,
}

impl Payload {
    /// `bytes` of the type `content_type`.
    pub fn of_type(bytes: impl Into<Bytes>, content_type: &'static str) -> Self {
        let content_type = Some(HeaderValue::from_static(content_type));
        Payload { content: Content::Bytes(bytes.into()), content_type, origin: None }
    }

    /// `bytes` of no type, unless a header names one.
    pub fn untyped(bytes: impl Into<Bytes>) -> Self {
        Payload { content: Content::Bytes(bytes.into()), content_type: None, origin: None }
    }

    /// The content of a file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let origin = BodyOrigin::Raw(format!("@{}", path.display()));
        Payload {
            content: Content::Pieces(Arc::new([Piece::File(path)])),
            content_type: None,
            origin: Some(origin.into()),
        }
    }

    /// The files that are read for it.
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

/// Opens a file that is to be sent, and says how long it is.
///
/// It must be a regular one: another cannot be read again for another attempt.
///
/// # Errors
/// It cannot be opened, or is none.
pub fn open(path: &Path) -> Result<(File, u64), BodyFileError> {
    let opened = || {
        if !path.metadata()?.is_file() {
            return Err(io::Error::other("not a regular file, so it could not be sent again for a retry"));
        }
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok((file, length))
    };
    opened().map_err(|reason| {
        let reason = reason.to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default().to_owned();
        BodyFileError { path: path.to_owned(), reason }
    })
}
