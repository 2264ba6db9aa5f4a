//! The lines that are not valid requests.

use crate::source::strict::{MAX_REPORTED, report};

/// The lines that are not valid requests, for which a probe does not start.
#[derive(Default)]
pub(super) struct InvalidLines {
    count: u64,
    /// What is wrong with the first of them.
    messages: Vec<String>,
}

impl InvalidLines {
    pub(super) fn add(&mut self, message: String) {
        self.count += 1;
        if self.messages.len() < MAX_REPORTED {
            self.messages.push(message);
        }
    }

    /// What is wrong, if anything is.
    pub(super) fn report(&self) -> Option<String> {
        (self.count > 0).then(|| report(self.count, self.messages.iter().map(String::as_str)))
    }
}
