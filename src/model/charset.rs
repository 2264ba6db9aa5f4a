//! Names of text encodings.

use std::fmt::{self, Write};

use encoding_rs::{Encoding, UTF_8};

/// An encoding of text. It displays as its name in the [Encoding Standard](https://encoding.spec.whatwg.org/), in lower
/// case: `utf-8`, `windows-1252`, `shift_jis`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

impl Charset {
    /// UTF-8.
    pub const UTF_8: Charset = Charset(UTF_8);

    pub(crate) fn of(encoding: &'static Encoding) -> Self {
        Charset(encoding)
    }

    /// The encoding with this label, which is its name or an alias such as `latin1`; case and surrounding blanks do not
    /// matter.
    ///
    /// ```
    /// use haul::Charset;
    ///
    /// assert_eq!(Charset::for_label("Latin1").unwrap().to_string(), "windows-1252");
    /// assert!(Charset::for_label("latin-2000").is_none());
    /// ```
    pub fn for_label(label: &str) -> Option<Self> {
        Encoding::for_label(label.as_bytes()).map(Charset)
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.name().chars().try_for_each(|c| f.write_char(c.to_ascii_lowercase()))
    }
}
