//! The lines for which a probe is refused.

use crate::source::strict::{MAX_REPORTED, report};

/// The lines for which a probe is refused.
#[derive(Default)]
pub(super) struct Refused {
    count: u64,
    /// What is wrong with the first of them.
    messages: Vec<String>,
}

impl Refused {
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
