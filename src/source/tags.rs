//! What a line gives for its record to repeat.

use serde_json::value::{RawValue, to_raw_value};

use crate::guard::json::{IN_RECORD, embeddable};
use crate::model::Tags;

/// The tags in a form that every reader of records reads, unless there are none. JSON that some readers refuse becomes
/// a string that holds its text, with a note.
pub(super) fn readable(mut tags: Tags) -> Option<Box<Tags>> {
    let mut notes = Vec::new();
    for (name, value) in [("id", &mut tags.id), ("meta", &mut tags.meta)] {
        let Some(json) = value else { continue };
        if let Err(why) = embeddable(json.get().as_bytes(), IN_RECORD) {
            notes.push(format!("{name} given as text, since it {why}"));
            *json = as_text(json);
        }
    }
    if !notes.is_empty() {
        tags.note = Some(notes.join("; ").into());
    }
    tags.boxed()
}

fn as_text(json: &RawValue) -> Box<RawValue> {
    to_raw_value(json.get()).expect("text is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(id: &str, meta: &str) -> Tags {
        let raw = |json: &str| Some(RawValue::from_string(json.to_owned()).unwrap());
        Tags { id: raw(id), meta: raw(meta), note: None, group: None }
    }

    #[test]
    fn json_that_some_readers_refuse_becomes_text() {
        let deep = "[".repeat(300) + &"]".repeat(300);
        let tags = readable(tags(r#""\ud800""#, &deep)).unwrap();
        assert_eq!(tags.id.unwrap().get(), r#""\"\\ud800\"""#);
        assert_eq!(serde_json::from_str::<String>(tags.meta.unwrap().get()).unwrap(), deep);
        let note = "id given as text, since it has an unpaired surrogate; \
                    meta given as text, since it nests more than 249 levels (an object counts as two)";
        assert_eq!(tags.note.as_deref(), Some(note));
    }

    #[test]
    fn other_json_stays_as_it_is() {
        let (id, meta) = ("12345678901234567890", r#"{"a": [1.50, "\ud83d\ude00"]}"#);
        let same = readable(tags(id, meta)).unwrap();
        assert_eq!((same.id.unwrap().get(), same.meta.unwrap().get(), same.note), (id, meta, None));
        assert!(readable(Tags::default()).is_none());
    }
}
