//! The keys of a record: one table, from which everything that reads or writes a key derives.
//!
//! Rendering, `--verbose-records`, `--fields`, the default columns and reading back all follow this table, and a test
//! compares `docs/record.md` and `docs/record.schema.json` with it.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

/// What the table says of one key.
pub(crate) struct KeyInfo {
    always_present: bool,
    parts: KeyParts,
    columns: &'static [Column],
}

/// What `--fields` may name below a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyParts {
    /// The value depends on the response or the input.
    Any,
    /// Exactly these; none if the value is a scalar.
    Only(&'static [&'static str]),
}

/// A default column of CSV and TSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    /// The part of the key's value; empty for the whole value.
    pub(crate) part: &'static str,
    pub(crate) condition: Condition,
    /// The key whose column comes before this one; columns follow the order of the keys otherwise.
    after: Option<Key>,
}

/// When a default column is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    Always,
    BodiesInFiles,
    Extract,
}

impl KeyInfo {
    const fn always(self) -> Self {
        KeyInfo { always_present: true, ..self }
    }

    const fn any_parts(self) -> Self {
        KeyInfo { parts: KeyParts::Any, ..self }
    }

    const fn parts(self, parts: &'static [&'static str]) -> Self {
        KeyInfo { parts: KeyParts::Only(parts), ..self }
    }

    const fn columns(self, columns: &'static [Column]) -> Self {
        KeyInfo { columns, ..self }
    }

    const fn column(self) -> Self {
        self.columns(&[WHOLE])
    }
}

/// A key of a scalar that is left out without a value, and is not a default column.
const fn key() -> KeyInfo {
    KeyInfo { always_present: false, parts: KeyParts::Only(&[]), columns: &[] }
}

const WHOLE: Column = part("");

const fn part(part: &'static str) -> Column {
    Column { part, condition: Condition::Always, after: None }
}

impl Column {
    const fn only_if(self, condition: Condition) -> Self {
        Column { condition, ..self }
    }

    const fn after(self, key: Key) -> Self {
        Column { after: Some(key), ..self }
    }
}

/// Makes the enum, its order and its names out of one list.
macro_rules! keys {
    ($($key:ident = $name:literal: $info:expr;)*) => {
        /// A key of a record, in the order in which keys are written.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Key { $($key),* }

        const INFO: &[KeyInfo] = &[$($info),*];

        impl Key {
            /// All keys, in the order in which they are written.
            pub(crate) const ALL: &[Key] = &[$(Key::$key),*];

            pub(crate) const fn name(self) -> &'static str {
                match self { $(Key::$key => $name),* }
            }

            pub(crate) fn from_name(name: &str) -> Option<Key> {
                match name {
                    $($name => Some(Key::$key),)*
                    _ => None,
                }
            }
        }
    };
}

keys! {
    Seq = "seq": key().always().column();
    Id = "id": key().column();
    Meta = "meta": key().any_parts();
    Group = "group": key();
    Method = "method": key().always().column();
    Url = "url": key().always().column();
    FinalUrl = "final_url": key().column();
    Ok = "ok": key().always().column();
    StatusCode = "status_code": key().always().column();
    Error = "error": key().always().parts(&["kind", "message", "phase"]).columns(&[part("kind"), part("message")]);
    HttpVersion = "http_version": key();
    RemoteAddr = "remote_addr": key();
    StartedAt = "started_at": key();
    TimingsMs = "timings_ms": key()
        .parts(&["queue", "dns", "connect", "wait", "receive", "total", "latency", "service_time"])
        .columns(&[part("total").after(Key::Attempts)]);
    Attempts = "attempts": key().column();
    Retries = "retries": key().any_parts();
    Reconnects = "reconnects": key();
    Redirects = "redirects": key().any_parts();
    Headers = "headers": key().any_parts().columns(&[part("content-type")]);
    EncodedBodySize = "encoded_body_size": key().column();
    DecodedBodySize = "decoded_body_size": key().column();
    Truncated = "truncated": key().column();
    Json = "json": key().any_parts();
    Body = "body": key();
    Charset = "charset": key();
    BodyBase64 = "body_base64": key();
    BodyPath = "body_path": key().columns(&[WHOLE.only_if(Condition::BodiesInFiles)]);
    BodySha256 = "body_sha256": key().columns(&[WHOLE.only_if(Condition::BodiesInFiles)]);
    Page = "page": key();
    NextUrl = "next_url": key();
    PagesEnded = "pages_ended": key();
    Item = "item": key().any_parts();
    Extract = "extract": key().any_parts().columns(&[WHOLE.only_if(Condition::Extract)]);
    DuplicateOf = "duplicate_of": key();
    Deferred = "deferred": key().column();
    IntendedAt = "intended_at": key();
    WarmUp = "warm_up": key();
    Note = "note": key().column();
}

/// The keys of an item of a page, which takes the place of a record.
pub(crate) const ITEM_KEYS: [Key; 4] = [Key::Seq, Key::Id, Key::Page, Key::Item];

impl Key {
    fn info(self) -> &'static KeyInfo {
        &INFO[self as usize]
    }

    /// Whether every record has the key, if only with null for its value.
    pub(crate) fn is_always_present(self) -> bool {
        self.info().always_present
    }

    pub(crate) fn parts(self) -> KeyParts {
        self.info().parts
    }

    /// The default columns, in their order.
    pub(crate) fn default_columns() -> Vec<(Key, Column)> {
        let columns = |&key: &Key| key.info().columns.iter().map(move |column| (key, *column));
        let mut all: Vec<_> = Key::ALL.iter().flat_map(columns).collect();
        all.sort_by_key(|(key, column)| (column.after.unwrap_or(*key), column.after.is_some()));
        all
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct KeySet(u64);

const _: () = assert!(Key::ALL.len() <= u64::BITS as usize, "a bit for every key");

impl KeySet {
    /// Adds a key, and tells whether it is new.
    pub(crate) fn insert(&mut self, key: Key) -> bool {
        let is_new = !self.contains(key);
        self.0 |= 1 << key as u32;
        is_new
    }

    pub(crate) fn contains(self, key: Key) -> bool {
        self.0 & 1 << key as u32 != 0
    }
}

impl FromIterator<Key> for KeySet {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        let mut set = KeySet::default();
        keys.into_iter().for_each(|key| _ = set.insert(key));
        set
    }
}

/// The name of a member of an object, which need not be a record's.
pub(crate) struct MemberName(pub(crate) Option<Key>);

impl<'de> Deserialize<'de> for MemberName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = MemberName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<MemberName, E> {
                Ok(MemberName(Key::from_name(name)))
            }
        }
        deserializer.deserialize_identifier(NameVisitor)
    }
}
