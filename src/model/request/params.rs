//! Names and values for queries and forms.

use url::Url;
use url::form_urlencoded;

/// Pairs of names and values in order, encoded by [`form_urlencoded`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(String);

impl Params {
    /// Appends a pair. A name may occur more than once.
    pub fn add(&mut self, name: &str, value: &str) {
        self.0 = form_urlencoded::Serializer::new(std::mem::take(&mut self.0)).append_pair(name, value).finish();
    }

    /// Pairs that are encoded already.
    pub(crate) fn of_encoded(pairs: String) -> Self {
        Params(pairs)
    }

    /// Appends the pairs of `other`.
    pub(crate) fn append(&mut self, other: &Params) {
        if !self.is_empty() && !other.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(&other.0);
    }

    /// The encoded pairs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The encoded pairs.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends the pairs to the query of `url`.
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
    fn pairs_are_appended() {
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
        fn pairs_read_back(pairs in proptest::collection::vec(("\\PC{0,8}", ".{0,8}"), 0..8)) {
            let mut params = Params::default();
            pairs.iter().for_each(|(name, value)| params.add(name, value));
            let mut url = Url::parse("http://a/?x=y").unwrap();
            params.add_to(&mut url);
            let read: Vec<_> = url.query_pairs().skip(1).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
            prop_assert_eq!(read, pairs);
        }
    }
}
