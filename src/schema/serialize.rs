//! A record as serde sees it: the line that is written for it by default.

use serde::ser::{Error, Serialize, Serializer};
use serde_json::value::RawValue;

use super::Output;
use super::render::render;
use crate::model::Record;

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = Vec::new();
        render(self, &Output::default(), &mut line);
        let text = String::from_utf8(line).map_err(S::Error::custom)?;
        // Bodies and ids are in it as they came, which no other form of serde keeps.
        let json: &RawValue = serde_json::from_str(&text).map_err(S::Error::custom)?;
        json.serialize(serializer)
    }
}
