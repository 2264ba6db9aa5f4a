//! Names and values, as a query or a form has them.

use url::Url;
use url::form_urlencoded;

/// Pairs in the order in which they were added, encoded as [`form_urlencoded`] is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(String);

impl Params {
    /// Adds one; the same name may come again.
    pub fn add(&mut self, name: &str, value: &str) {
        self.0 = form_urlencoded::Serializer::new(std::mem::take(&mut self.0)).append_pair(name, value).finish();
    }

    /// The pairs as they are sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The pairs as they are sent.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds them to the query of `url`, behind what is there.
    pub fn add_to(&self, url: &mut Url) {
        if self.is_empty() {
            return;
        }
        let query = match url.query() {
            None | Some("") => self.0.clone(),
            Some(query) if query.ends_with('&') => format!("{query}{}", self.0),
            Some(query) => format!("{query}&{}", self.0),
        };
        url.set_query(Some(&query));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_there_stays_in_front() {
        let mut params = Params::default();
        params.add("b", "2 3");
        params.add("b", "ä&");
        for (before, after) in [
            ("http://a/", "http://a/?b=2+3&b=%C3%A4%26"),
            ("http://a/?", "http://a/?b=2+3&b=%C3%A4%26"),
            ("http://a/?x=%41+#f", "http://a/?x=%41+&b=2+3&b=%C3%A4%26#f"),
            ("http://a/?x&", "http://a/?x&b=2+3&b=%C3%A4%26"),
        ] {
            let mut url = Url::parse(before).unwrap();
            params.add_to(&mut url);
            assert_eq!(url.as_str(), after);
        }
    }

    proptest! {
        #[test]
        fn they_read_as_they_were_added(pairs in proptest::collection::vec(("\\PC{0,8}", ".{0,8}"), 0..8)) {
            let mut params = Params::default();
            pairs.iter().for_each(|(name, value)| params.add(name, value));
            let mut url = Url::parse("http://a/?x=y").unwrap();
            params.add_to(&mut url);
            let read: Vec<_> = url.query_pairs().skip(1).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
            prop_assert_eq!(read, pairs);
        }
    }
}
