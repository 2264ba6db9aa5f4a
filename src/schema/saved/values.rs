//! The values that are read of a line; other keys are checked to be JSON, and skipped.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::{ErrorKind, PagesEnd};
use crate::schema::key::{ITEM_KEYS, Key, KeySet, MemberName};

/// What is read of a record.
#[derive(Debug, Default)]
pub(super) struct SavedValues<'a> {
    read: KeySet,
    pub(super) seq: u64,
    pub(super) url: Cow<'a, str>,
    pub(super) final_url: Option<Cow<'a, str>>,
    pub(super) ok: bool,
    pub(super) status_code: Option<StatusCode>,
    pub(super) error: Option<SavedFailure<'a>>,
    pub(super) timings: Option<SavedTimings>,
    /// None for an input that was malformed, or was not sent.
    pub(super) attempts: Option<u64>,
    pub(super) redirects: u64,
    pub(super) encoded_body_size: Option<u64>,
    pub(super) decoded_body_size: Option<u64>,
    pub(super) truncated: Option<bool>,
    pub(super) page: Option<u64>,
    pub(super) pages_ended: Option<PagesEnd>,
    pub(super) duplicate_of: Option<u64>,
    pub(super) deferred: Option<bool>,
    pub(super) group: Option<Cow<'a, str>>,
    pub(super) started_at: Option<SavedTime>,
    /// None but for a probe.
    pub(super) intended_at: Option<SavedTime>,
    pub(super) warm_up: Option<bool>,
}

impl<'a> SavedValues<'a> {
    /// A key that every record has, and this line has not.
    pub(super) fn missing_key(&self) -> Option<Key> {
        Key::ALL.iter().copied().find(|&key| key.is_always_present() && !self.read.contains(key))
    }

    /// Whether the line has a key that is read of it, whatever its value.
    pub(super) fn has(&self, key: Key) -> bool {
        self.read.contains(key)
    }

    fn take<A: MapAccess<'a>>(&mut self, key: Key, map: &mut A) -> Result<(), A::Error> {
        match key {
            Key::Seq => self.seq = self.next(key, map)?,
            Key::Method => _ = self.next::<_, Text<'a>>(key, map)?,
            Key::Body | Key::Charset => _ = self.next::<_, IgnoredAny>(key, map)?,
            Key::Url => self.url = self.next::<_, Text<'a>>(key, map)?.0,
            Key::FinalUrl => self.final_url = self.next::<_, Option<Text<'a>>>(key, map)?.map(|url| url.0),
            Key::Ok => self.ok = self.next(key, map)?,
            Key::StatusCode => {
                self.status_code = self.next::<_, Option<SavedStatus>>(key, map)?.map(|status| status.0);
            }
            Key::Error => self.error = self.next(key, map)?,
            Key::TimingsMs => self.timings = self.next(key, map)?,
            Key::Attempts => self.attempts = self.next(key, map)?,
            Key::Redirects => self.redirects = self.next::<_, Option<Length>>(key, map)?.unwrap_or_default().0,
            Key::EncodedBodySize => self.encoded_body_size = self.next(key, map)?,
            Key::DecodedBodySize => self.decoded_body_size = self.next(key, map)?,
            Key::Truncated => self.truncated = self.next(key, map)?,
            Key::Page => self.page = self.next(key, map)?,
            Key::PagesEnded => self.pages_ended = self.next(key, map)?,
            Key::DuplicateOf => self.duplicate_of = self.next(key, map)?,
            Key::Deferred => self.deferred = self.next(key, map)?,
            Key::Group => self.group = self.next::<_, Option<Text<'a>>>(key, map)?.map(|name| name.0),
            Key::StartedAt => self.started_at = self.next(key, map)?,
            Key::IntendedAt => self.intended_at = self.next(key, map)?,
            Key::WarmUp => self.warm_up = self.next(key, map)?,
            _ => _ = map.next_value::<IgnoredAny>()?,
        }
        Ok(())
    }

    /// The value of a key that may be there only once.
    fn next<A: MapAccess<'a>, T: Deserialize<'a>>(&mut self, key: Key, map: &mut A) -> Result<T, A::Error> {
        match self.read.insert(key) {
            true => map.next_value(),
            false => Err(de::Error::duplicate_field(key.name())),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for SavedValues<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RecordVisitor;
        impl<'de> Visitor<'de> for RecordVisitor {
            type Value = SavedValues<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SavedValues<'de>, A::Error> {
                let mut values = SavedValues::default();
                while let Some(MemberName(key)) = map.next_key()? {
                    match key {
                        Some(key) => values.take(key, &mut map)?,
                        None => _ = map.next_value::<IgnoredAny>()?,
                    }
                }
                Ok(values)
            }
        }
        deserializer.deserialize_map(RecordVisitor)
    }
}

/// A string: borrowed from the line, unless it has escapes. Within an option, a bare `Cow` would always be owned.
#[derive(Debug, Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// Why there was no complete response.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct SavedFailure<'a> {
    pub(super) kind: ErrorKind,
    #[serde(borrow)]
    pub(super) message: Text<'a>,
}

/// Durations in milliseconds.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct SavedTimings {
    pub(super) connect: Option<f64>,
    pub(super) wait: Option<f64>,
    pub(super) total: f64,
    pub(super) latency: Option<f64>,
    pub(super) service_time: Option<f64>,
}

/// A point in time, in microseconds since 1970.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "Cow<'_, str>")]
pub(super) struct SavedTime(pub(super) i64);

impl SavedTime {
    /// The same without a sign.
    pub(super) fn since_1970(self) -> Option<u64> {
        u64::try_from(self.0).ok()
    }
}

impl TryFrom<Cow<'_, str>> for SavedTime {
    type Error = &'static str;

    fn try_from(text: Cow<'_, str>) -> Result<Self, Self::Error> {
        let at: Result<Timestamp, _> = text.parse();
        at.map(|at| SavedTime(at.as_microsecond())).map_err(|_| "expected a time as in RFC 3339")
    }
}

#[derive(Deserialize)]
#[serde(try_from = "u16")]
struct SavedStatus(StatusCode);

impl TryFrom<u16> for SavedStatus {
    type Error = &'static str;

    fn try_from(number: u16) -> Result<Self, Self::Error> {
        StatusCode::from_u16(number).map(SavedStatus).map_err(|_| "expected a status from 100 to 999")
    }
}

/// The length of a list whose elements are skipped.
#[derive(Default)]
struct Length(u64);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor;
        impl<'de> Visitor<'de> for ListVisitor {
            type Value = Length;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Length, A::Error> {
                let mut length = 0;
                while elements.next_element::<IgnoredAny>()?.is_some() {
                    length += 1;
                }
                Ok(Length(length))
            }
        }
        deserializer.deserialize_seq(ListVisitor)
    }
}

/// Whether a line is an item of a page, which takes the place of a record.
pub(super) struct IsItem(pub(super) bool);

impl<'de> Deserialize<'de> for IsItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ItemVisitor;
        impl<'de> Visitor<'de> for ItemVisitor {
            type Value = IsItem;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<IsItem, A::Error> {
                let (mut read, mut fits) = (KeySet::default(), true);
                while let Some(MemberName(key)) = map.next_key()? {
                    match key {
                        Some(Key::Seq | Key::Page) => _ = map.next_value::<u64>()?,
                        _ => _ = map.next_value::<IgnoredAny>()?,
                    }
                    fits &= key.is_some_and(|key| ITEM_KEYS.contains(&key) && read.insert(key));
                }
                // An item has an id only if its input has one.
                let is_whole = ITEM_KEYS.iter().all(|&key| key == Key::Id || read.contains(key));
                Ok(IsItem(fits && is_whole))
            }
        }
        deserializer.deserialize_map(ItemVisitor)
    }
}
