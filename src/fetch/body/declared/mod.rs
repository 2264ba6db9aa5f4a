//! The encoding that a document declares in itself: the HTML Standard's prescan, and the XML declaration.

#[cfg(test)]
mod tests;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// How far into a document a declaration may be.
const MAX_PRESCAN: usize = 1024;

/// An encoding by its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) label: String,
    /// None if the label is unknown.
    pub(super) encoding: Option<&'static Encoding>,
}

impl Declared {
    pub(super) fn new(label: &str) -> Self {
        Declared { label: label.to_owned(), encoding: Encoding::for_label(label.as_bytes()) }
    }

    /// What a declaration in the bytes themselves says. One that can be read at all is not in UTF-16.
    fn in_bytes(label: &[u8]) -> Self {
        let declared = Declared::new(&String::from_utf8_lossy(label));
        match declared.encoding {
            Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
                Declared { encoding: Some(UTF_8), ..declared }
            }
            _ => declared,
        }
    }
}

/// What an HTML document declares: a known encoding, if there is one.
pub(super) fn in_html(document: &[u8]) -> Option<Declared> {
    let start = &document[..document.len().min(MAX_PRESCAN)];
    utf16_declaration(start).or_else(|| {
        let mut unknown = None;
        let mut scan = Scan { bytes: start, at: 0 };
        let found = scan.find_meta(&mut unknown);
        prefer_known([found, unknown, xml_declaration(start)])
    })
}

/// What an XHTML document declares that is sent as XML.
pub(super) fn in_xhtml(document: &[u8]) -> Option<Declared> {
    prefer_known([in_xml(document), in_html(document), None])
}

/// What an XML document declares.
pub(super) fn in_xml(document: &[u8]) -> Option<Declared> {
    let start = &document[..document.len().min(MAX_PRESCAN)];
    utf16_declaration(start).or_else(|| xml_declaration(start))
}

fn prefer_known(found: [Option<Declared>; 3]) -> Option<Declared> {
    let mut found: Vec<_> = found.into_iter().flatten().collect();
    let known = found.iter().position(|declared| declared.encoding.is_some());
    (!found.is_empty()).then(|| found.swap_remove(known.unwrap_or(0)))
}

/// A document in UTF-16 that begins as an XML declaration does shows its encoding by that.
fn utf16_declaration(start: &[u8]) -> Option<Declared> {
    let encoding = match start {
        [b'<', 0, b'?', 0, b'x', 0, ..] => UTF_16LE,
        [0, b'<', 0, b'?', 0, b'x', ..] => UTF_16BE,
        _ => return None,
    };
    Some(Declared { label: encoding.name().to_ascii_lowercase(), encoding: Some(encoding) })
}

/// The HTML Standard's "get an XML encoding".
fn xml_declaration(start: &[u8]) -> Option<Declared> {
    if !start.starts_with(b"<?xml") {
        return None;
    }
    let end = memchr::memchr(b'>', start)?;
    let name = memchr::memmem::find(&start[..end], b"encoding")?;
    let after = start[name + b"encoding".len()..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = after.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    let label = &value[..memchr::memchr(*quote, value)?];
    (!label.iter().any(|byte| *byte <= b' ')).then(|| Declared::in_bytes(label))
}

/// Reads tags and attributes as the HTML Standard's "prescan a byte stream to determine its encoding" does. Each method
/// returns None where the bytes end, which ends the scan.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// An attribute of a tag, in lower case.
struct Attribute {
    name: Vec<u8>,
    value: Vec<u8>,
}

impl<'a> Scan<'a> {
    /// The first known encoding that a meta element declares. The first unknown one is left in `unknown`.
    fn find_meta(&mut self, unknown: &mut Option<Declared>) -> Option<Declared> {
        loop {
            self.at += memchr::memchr(b'<', self.rest())?;
            match self.rest() {
                [b'<', b'!', b'-', b'-', ..] => {
                    self.at += 2; // the dashes that begin a comment may end it as well
                    self.at += memchr::memmem::find(self.rest(), b"-->")? + 2;
                }
                rest if is_meta(rest) => {
                    self.at += b"<meta".len();
                    match self.meta()? {
                        Some(declared) if declared.encoding.is_some() => return Some(declared),
                        Some(declared) => _ = unknown.get_or_insert(declared),
                        None => {}
                    }
                }
                [b'<', b'/', letter, ..] | [b'<', letter, ..] if letter.is_ascii_alphabetic() => {
                    self.at += self.rest().iter().position(|byte| is_space(*byte) || *byte == b'>')?;
                    while self.attribute()?.is_some() {}
                }
                [b'<', b'!' | b'/' | b'?', ..] => self.at += memchr::memchr(b'>', self.rest())?,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// What a meta element declares, from behind its name.
    fn meta(&mut self) -> Option<Option<Declared>> {
        let (mut is_content_type, mut needs_content_type) = (false, None);
        let mut label: Option<Vec<u8>> = None;
        let mut names: Vec<Vec<u8>> = Vec::new();
        while let Some(Attribute { name, value }) = self.attribute()? {
            if names.contains(&name) {
                continue;
            }
            match &*name {
                b"http-equiv" => is_content_type |= value == b"content-type",
                b"content" if label.is_none() => {
                    if let Some(found) = charset_in(&value) {
                        (label, needs_content_type) = (Some(found.to_vec()), Some(true));
                    }
                }
                b"charset" => (label, needs_content_type) = (Some(value), Some(false)),
                _ => {}
            }
            names.push(name);
        }
        let counts = needs_content_type.is_some_and(|needs| !needs || is_content_type);
        Some(label.filter(|label| counts && !label.trim_ascii().is_empty()).map(|label| {
            let declared = Declared::in_bytes(&label);
            match declared.encoding {
                Some(encoding) if encoding == X_USER_DEFINED => Declared { encoding: Some(WINDOWS_1252), ..declared },
                _ => declared,
            }
        }))
    }

    /// The next attribute of the tag, or none at its end.
    fn attribute(&mut self) -> Option<Option<Attribute>> {
        self.skip(|byte| is_space(byte) || byte == b'/')?;
        if self.byte()? == b'>' {
            return Some(None);
        }
        let start = self.at;
        while !matches!(self.byte()?, b'/' | b'>') && !is_space(self.byte()?) {
            if self.byte()? == b'=' && self.at > start {
                break;
            }
            self.at += 1;
        }
        let name = self.bytes[start..self.at].to_ascii_lowercase();
        self.skip(is_space)?;
        if self.byte()? != b'=' {
            return Some(Some(Attribute { name, value: Vec::new() }));
        }
        self.at += 1;
        let value = self.value()?;
        Some(Some(Attribute { name, value }))
    }

    fn value(&mut self) -> Option<Vec<u8>> {
        self.skip(is_space)?;
        let value = match self.byte()? {
            quote @ (b'"' | b'\'') => {
                self.at += 1;
                let len = memchr::memchr(quote, self.rest())?;
                let value = &self.rest()[..len];
                self.at += len + 1;
                value
            }
            _ => {
                let start = self.at;
                self.skip(|byte| !is_space(byte) && byte != b'>')?;
                &self.bytes[start..self.at]
            }
        };
        Some(value.to_ascii_lowercase())
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) -> Option<()> {
        self.at += self.rest().iter().position(|byte| !is_skipped(*byte))?;
        Some(())
    }
}

fn is_meta(rest: &[u8]) -> bool {
    let name = rest.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"<meta"));
    name && rest.get(5).is_some_and(|byte| is_space(*byte) || *byte == b'/')
}

/// White space as HTML defines it.
fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

/// The HTML Standard's "extract a character encoding from a meta element", from a value in lower case.
fn charset_in(content: &[u8]) -> Option<&[u8]> {
    let mut rest = content;
    loop {
        rest = &rest[memchr::memmem::find(rest, b"charset")? + b"charset".len()..];
        let Some(value) = rest.trim_ascii_start().strip_prefix(b"=") else { continue };
        let value = value.trim_ascii_start();
        return match value.first()? {
            quote @ (b'"' | b'\'') => memchr::memchr(*quote, &value[1..]).map(|end| &value[1..=end]),
            _ => {
                let end = value.iter().position(|byte| is_space(*byte) || *byte == b';');
                Some(&value[..end.unwrap_or(value.len())])
            }
        };
    }
}
